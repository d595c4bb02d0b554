//! A request that fits a recorded one but for values that vary from run to run.
//!
//! For recorded stubs only, and only after no stub matched: what is compared here is looser than a
//! pattern says. The pairs that come back are what an answer that echoes the request must have
//! replaced.

use jiff::Timestamp;

use super::{
    body::BodyMatcher,
    content::{Content, PartContent},
    hint::Hint,
    nearest_head::{
        head_differences, pairs_differences, value_pattern_differences, values_differences,
        values_of,
    },
    noise::{self, Change, value_differences},
    structure,
};
use crate::{
    codec::{
        form, json,
        multipart::{self, Part},
        view::RequestView,
    },
    model::{BodyPattern, Json, MultipartPattern, RequestPattern, ValuePattern},
};

/// Longer bodies are compared only as a whole.
const MAX_COMPARED_BODY: usize = 4 << 20;

/// The values in which a request differs from the recorded one: `(recorded, now)`. `None` when it
/// differs in more than values that vary from run to run, empty when it fits.
pub fn differences(pattern: &RequestPattern, view: &RequestView<'_>) -> Option<Vec<Change>> {
    let mut changes = head_differences(pattern, view)?;
    if !pattern.extras.form.is_empty() {
        changes.extend(values_differences(
            &pattern.extras.form,
            |name| values_of(view.form(), name),
            view.received(),
        )?);
    }
    let kind = Kind::of(view);
    for body in &pattern.body {
        changes.extend(body_differences(body, view, &kind, Strictness::Noise)?);
    }
    changes.extend(multipart_differences(&pattern.extras.multipart, view, Strictness::Noise)?);
    Some(unique(changes))
}

/// As [`differences`], with any value of the body allowed to differ, as long as its structure is the
/// same: the same members and types, the same fields. Method, URL and header conditions must fit.
pub fn same_shape(pattern: &RequestPattern, view: &RequestView<'_>) -> Option<Vec<Change>> {
    if head_differences(pattern, view).is_none_or(|changes| !changes.is_empty()) {
        return None;
    }
    let mut changes = Vec::new();
    for (name, value) in &pattern.extras.form {
        let now = values_of(view.form(), name).next()?;
        if let ValuePattern::EqualTo { value, .. } = value {
            changes.push((value.clone(), now.to_owned()));
        }
    }
    let kind = Kind::of(view);
    for body in &pattern.body {
        changes.extend(body_differences(body, view, &kind, Strictness::Shape)?);
    }
    changes.extend(multipart_differences(&pattern.extras.multipart, view, Strictness::Shape)?);
    changes.retain(|(recorded, now)| recorded != now);
    Some(unique(changes))
}

/// What a body may differ in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// Values that vary from run to run.
    Noise,
    /// All values.
    Shape,
}

/// What a body is, as far as it is compared by its parts.
enum Kind {
    Form,
    Multipart(String),
    Other,
}

impl Kind {
    fn of(view: &RequestView<'_>) -> Self {
        let Some(content_type) = view.content_type() else { return Self::Other };
        match multipart::boundary(&content_type) {
            Some(boundary) => Self::Multipart(boundary),
            None if form::is_form(&content_type) => Self::Form,
            None => Self::Other,
        }
    }
}

fn body_differences(
    pattern: &BodyPattern,
    content: &dyn Content,
    kind: &Kind,
    strictness: Strictness,
) -> Option<Vec<Change>> {
    if BodyMatcher::compile(pattern).ok()?.is_match(content) {
        return Some(Vec::new());
    }
    match pattern {
        BodyPattern::Digest { .. } => None,
        BodyPattern::EqualToJson(pattern) => {
            json_changes(&pattern.expected, content.json()?, strictness)
        }
        BodyPattern::Text(ValuePattern::EqualTo { value, .. }) => {
            bytes_differences(value.as_bytes(), content, kind, strictness)
        }
        BodyPattern::Text(_) => None,
        BodyPattern::BinaryEqualTo(bytes) => bytes_differences(bytes, content, kind, strictness),
    }
}

fn json_changes(recorded: &Json, now: &Json, strictness: Strictness) -> Option<Vec<Change>> {
    match strictness {
        Strictness::Noise => noise::json_differences(recorded, now),
        Strictness::Shape => structure::changes(recorded, now),
    }
}

fn bytes_differences(
    recorded: &[u8],
    content: &dyn Content,
    kind: &Kind,
    strictness: Strictness,
) -> Option<Vec<Change>> {
    let now = content.decoded()?;
    if recorded.len().max(now.len()) > MAX_COMPARED_BODY || recorded.is_empty() || now.is_empty() {
        return None;
    }
    match kind {
        Kind::Form => {
            let (recorded, now) = (form::pairs(recorded), form::pairs(now));
            match strictness {
                Strictness::Noise => pairs_differences(recorded, now),
                Strictness::Shape => structure::pair_changes(recorded, now),
            }
        }
        Kind::Multipart(boundary) => raw_multipart_differences(recorded, now, boundary, strictness),
        Kind::Other => text_differences(recorded, now, strictness),
    }
}

fn text_differences(recorded: &[u8], now: &[u8], strictness: Strictness) -> Option<Vec<Change>> {
    let (recorded, now) = (std::str::from_utf8(recorded).ok()?, std::str::from_utf8(now).ok()?);
    if let (Ok(recorded), Ok(now)) = (json::parse(recorded), json::parse(now)) {
        return json_changes(&recorded, &now, strictness);
    }
    match strictness {
        Strictness::Noise => noise::differences(recorded, now),
        Strictness::Shape => None,
    }
}

/// Two multipart bodies by their parts, in order; the recorded one names its boundary in its first
/// line.
fn raw_multipart_differences(
    recorded: &[u8],
    now: &[u8],
    boundary: &str,
    strictness: Strictness,
) -> Option<Vec<Change>> {
    let first_line = recorded.split(|&byte| byte == b'\n').next()?;
    let first_line = std::str::from_utf8(first_line).ok()?.trim_end();
    let recorded_parts = multipart::parts(recorded, first_line.strip_prefix("--")?)?;
    let parts = multipart::parts(now, boundary)?;
    if recorded_parts.len() != parts.len() {
        return None;
    }
    let mut changes = Vec::new();
    for (recorded_part, part) in recorded_parts.iter().zip(&parts) {
        if recorded_part.headers.len() != part.headers.len() {
            return None;
        }
        for ((name, recorded), (other_name, now)) in recorded_part.headers.iter().zip(&part.headers)
        {
            if !name.eq_ignore_ascii_case(other_name) {
                return None;
            }
            changes.extend(value_differences(Hint::of_name(name), recorded, now)?);
        }
        let (recorded, now) = (recorded_part.body(recorded), part.body(now));
        if recorded != now {
            changes.extend(part_differences(part, recorded, now, strictness)?);
        }
    }
    Some(changes)
}

fn part_differences(
    part: &Part,
    recorded: &[u8],
    now: &[u8],
    strictness: Strictness,
) -> Option<Vec<Change>> {
    let (Ok(recorded_text), Ok(now_text)) =
        (std::str::from_utf8(recorded), std::str::from_utf8(now))
    else {
        // Of binary content any other is of the same shape.
        return (strictness == Strictness::Shape).then(Vec::new);
    };
    let is_field = part.file_name().is_none();
    match strictness {
        Strictness::Noise if is_field => {
            let hint = part.name().map_or(Hint::Neutral, |name| Hint::of_name(&name));
            value_differences(hint, recorded_text, now_text)
        }
        Strictness::Noise => text_differences(recorded, now, strictness),
        Strictness::Shape if is_field => {
            Some(vec![(recorded_text.to_owned(), now_text.to_owned())])
        }
        Strictness::Shape => Some(Vec::new()),
    }
}

/// Each pattern takes a part of its own.
fn multipart_differences(
    patterns: &[MultipartPattern],
    view: &RequestView<'_>,
    strictness: Strictness,
) -> Option<Vec<Change>> {
    if patterns.is_empty() {
        return Some(Vec::new());
    }
    let (whole, received) = (view.decoded_body()?, view.received());
    let mut left: Vec<&Part> = view.parts()?.iter().collect();
    let mut changes = Vec::new();
    for pattern in patterns {
        let found = left.iter().enumerate().find_map(|(at, part)| {
            pattern_part_differences(pattern, part, (whole, received), strictness)
                .map(|changes| (at, changes))
        });
        let (at, found) = found?;
        if !pattern.all_parts {
            left.remove(at);
        }
        changes.extend(found);
    }
    Some(changes)
}

fn pattern_part_differences(
    pattern: &MultipartPattern,
    part: &Part,
    (whole, received): (&[u8], Timestamp),
    strictness: Strictness,
) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    for (name, value) in &pattern.headers {
        changes.extend(value_pattern_differences(name, value, part.header(name), received)?);
    }
    let content = PartContent::new(part.body(whole), received);
    for body in &pattern.body {
        if BodyMatcher::compile(body).ok()?.is_match(&content) {
            continue;
        }
        changes.extend(match body {
            BodyPattern::Text(ValuePattern::EqualTo { value, .. }) => {
                part_differences(part, value.as_bytes(), content.raw()?, strictness)?
            }
            BodyPattern::BinaryEqualTo(bytes) => {
                part_differences(part, bytes, content.raw()?, strictness)?
            }
            other => body_differences(other, &content, &Kind::Other, strictness)?,
        });
    }
    Some(changes)
}

fn unique(changes: Vec<Change>) -> Vec<Change> {
    let mut unique: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        if !unique.contains(&change) {
            unique.push(change);
        }
    }
    unique
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{super::testing::request, *};
    use crate::model::{JsonPattern, MethodPattern, PatternExtras, Request, UrlPattern};

    const UUID_A: &str = "550e8400-e29b-41d4-a716-446655440000";
    const UUID_B: &str = "9b2f3e1c-0d4a-4c8b-9f6e-2a7d5c1b8e90";
    const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

    fn post(url: &str, body: Vec<BodyPattern>) -> RequestPattern {
        let url = match url.contains('?') {
            true => UrlPattern::Url(url.to_owned()),
            false => UrlPattern::UrlPath(url.to_owned()),
        };
        RequestPattern { url, body, ..RequestPattern::default() }
    }

    fn json_body(text: &str) -> Vec<BodyPattern> {
        vec![BodyPattern::EqualToJson(JsonPattern::strict(json::parse(text).unwrap()))]
    }

    fn text_body(text: &str) -> Vec<BodyPattern> {
        vec![BodyPattern::Text(ValuePattern::equal_to(text))]
    }

    fn pairs(changes: &[(&str, &str)]) -> Vec<Change> {
        changes.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    #[track_caller]
    fn check(pattern: &RequestPattern, request: &Request, expect: Option<&[(&str, &str)]>) {
        let found = differences(pattern, &RequestView::new(request));
        assert_eq!(found, expect.map(pairs));
    }

    #[track_caller]
    fn check_url(recorded: &str, now: &str, expect: Option<&[(&str, &str)]>) {
        check(&post(recorded, Vec::new()), &request(&format!("GET {now}"), &[], b""), expect);
    }

    #[test]
    fn ids_in_paths_may_vary_and_names_may_not() {
        check_url("/users/1", "/users/1", Some(&[]));
        check_url("/users/1", "/users/2", None);
        check_url("/users/10000001", "/users/10000002", None);
        check_url("/users/1700000000", "/users/1790000000", None);
        check_url("/days/2026-11-23", "/days/2026-11-24", None);
        check_url("/users/order-1700000001", "/users/order-1700000002", None);
        check_url(
            "/test-bucket-1700000000/a",
            "/test-bucket-1790000123/a",
            Some(&[("1700000000", "1790000123")]),
        );
        check_url(
            "/backup-2026-11-23.tar",
            "/backup-2026-12-01.tar",
            Some(&[("2026-11-23", "2026-12-01")]),
        );
        check_url("/users", "/user", None);
        check_url("/users/a", "/users/a/b", None);
        check_url("/users/a/", "/users/a", None);
        check_url(&format!("/u/{UUID_A}/x"), &format!("/u/{UUID_B}/x"), Some(&[(UUID_A, UUID_B)]));
        check_url(&format!("/u/{UUID_A}/x"), &format!("/u/{UUID_B}/y"), None);
        check_url("/k/r1ng4f0c", "/k/hunter2", Some(&[("r1ng4f0c", "hunter2")]));
    }

    #[test]
    fn query_values_may_vary_by_name() {
        check_url("/a?page=1", "/a?page=2", None);
        check_url("/a?page=1", "/a", None);
        check_url("/a?x=1&nonce=abc", "/a?nonce=def&x=1", Some(&[("abc", "def")]));
        check_url("/a?x=1&y=2", "/a?y=2&x=1", Some(&[]));
        check_url("/a?x=1&x=2", "/a?x=2&x=1", None);
        check_url(
            "/a?at=2026-11-23T06%3A40%3A12Z&page=1",
            "/a?at=2026-12-01T23%3A00%3A00Z&page=1",
            Some(&[("2026-11-23T06:40:12Z", "2026-12-01T23:00:00Z")]),
        );
        check_url(
            "/a?_=1700000000123",
            "/a?_=1790000000123",
            Some(&[("1700000000123", "1790000000123")]),
        );
        check_url("/a?user_id=1700000000", "/a?user_id=1700000001", None);
    }

    #[test]
    fn method_and_header_conditions_must_fit() {
        let mut pattern = post("/a", Vec::new());
        pattern.method = MethodPattern::Is("PUT".to_owned());
        check(&pattern, &request("POST /a", &[], b""), None);
        pattern.headers = vec![("X-Target".to_owned(), ValuePattern::equal_to("List"))];
        check(&pattern, &request("PUT /a", &["X-Target: Get"], b""), None);
        check(&pattern, &request("PUT /a", &["X-Target: List"], b""), Some(&[]));
        pattern.headers = vec![("Authorization".to_owned(), ValuePattern::Absent)];
        check(&pattern, &request("PUT /a", &["Authorization: x"], b""), None);
        pattern.headers =
            vec![("If-None-Match".to_owned(), ValuePattern::equal_to("\"0a4f113b\""))];
        check(
            &pattern,
            &request("PUT /a", &["If-None-Match: \"9c30d7e2\""], b""),
            Some(&[("0a4f113b", "9c30d7e2")]),
        );
    }

    #[test]
    fn json_leaves_may_vary() {
        let pattern = post("/a", json_body(&format!(r#"{{"id":"{UUID_A}","page":1}}"#)));
        let with = |body: String| request("POST /a", &[], body.as_bytes());
        check(
            &pattern,
            &with(format!(r#"{{"page":1,"id":"{UUID_B}"}}"#)),
            Some(&[(UUID_A, UUID_B)]),
        );
        check(&pattern, &with(format!(r#"{{"page":2,"id":"{UUID_B}"}}"#)), None);
        check(&pattern, &with(format!(r#"{{"page":1,"id":"{UUID_B}","x":1}}"#)), None);
        check(&pattern, &with("nonsense".to_owned()), None);
    }

    #[test]
    fn fields_of_a_form_may_vary() {
        let pattern = post("/a", text_body("a=1&oauth_nonce=123&at=2026-11-23T06%3A40%3A12Z"));
        let now = b"a=1&oauth_nonce=9&at=2026-12-01T23%3A00%3A00Z";
        check(
            &pattern,
            &request("POST /a", &[FORM], now),
            Some(&[("123", "9"), ("2026-11-23T06:40:12Z", "2026-12-01T23:00:00Z")]),
        );
        check(&pattern, &request("POST /a", &[FORM], b"a=2&oauth_nonce=9&at=2026-12-01"), None);
        let pattern = RequestPattern {
            extras: PatternExtras {
                form: vec![("nonce".to_owned(), ValuePattern::equal_to("x"))],
                ..PatternExtras::default()
            }
            .into(),
            ..RequestPattern::default()
        };
        check(&pattern, &request("POST /a", &[FORM], b"nonce=y"), Some(&[("x", "y")]));
    }

    fn multipart(boundary: &str, id: &str, file: &[u8]) -> Vec<u8> {
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n{id}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.bin\"\r\n\r\n"
        )
        .into_bytes();
        body.extend(file);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        body
    }

    #[test]
    fn boundary_and_fields_of_a_multipart_body_may_vary() {
        let recorded = multipart("aaa1", UUID_A, b"\xff\x00");
        let with = |boundary: &str, id: &str, file: &[u8]| {
            let content_type = format!("Content-Type: multipart/form-data; boundary={boundary}");
            request("POST /a", &[&content_type], &multipart(boundary, id, file))
        };
        let pattern = post("/a", vec![BodyPattern::BinaryEqualTo(Bytes::from(recorded))]);
        check(&pattern, &with("zz", UUID_A, b"\xff\x00"), Some(&[]));
        check(&pattern, &with("zz", UUID_B, b"\xff\x00"), Some(&[(UUID_A, UUID_B)]));
        check(&pattern, &with("zz", UUID_B, b"\xff\x01"), None);
        check(&pattern, &with("zz", "2", b"\xff\x00"), None);

        let part = |name: &str, body: BodyPattern| MultipartPattern {
            headers: vec![(
                "Content-Disposition".to_owned(),
                ValuePattern::Contains(format!("name=\"{name}\"")),
            )],
            body: vec![body],
            ..MultipartPattern::default()
        };
        let by_parts = RequestPattern {
            extras: PatternExtras {
                multipart: vec![
                    part("id", BodyPattern::Text(ValuePattern::equal_to(UUID_A))),
                    part("f", BodyPattern::BinaryEqualTo(Bytes::from_static(b"\xff\x00"))),
                ],
                ..PatternExtras::default()
            }
            .into(),
            ..RequestPattern::default()
        };
        check(&by_parts, &with("zz", UUID_B, b"\xff\x00"), Some(&[(UUID_A, UUID_B)]));
        check(&by_parts, &with("zz", UUID_B, b"\xff\x01"), None);
        assert!(same_shape(&by_parts, &RequestView::new(&with("q", "2", b"\xff\x07"))).is_some());
    }

    #[test]
    fn other_text_is_compared_by_token() {
        let pattern = post("/a", text_body("<n>0a4f113b</n><v>5</v>"));
        check(
            &pattern,
            &request("POST /a", &[], b"<n>9c30d7e2</n><v>5</v>"),
            Some(&[("0a4f113b", "9c30d7e2")]),
        );
        check(&pattern, &request("POST /a", &[], b"<n>9c30d7e2</n><v>6</v>"), None);
        check(&pattern, &request("POST /a", &[], b""), None);
    }

    #[test]
    fn same_shape_allows_any_value_in_the_body_only() {
        let shape = |pattern: &RequestPattern, request: &Request| {
            same_shape(pattern, &RequestView::new(request))
        };
        let pattern = post("/a", json_body(r#"{"q":"x","n":1,"l":[true],"z":null}"#));
        let now = request("POST /a", &[], br#"{"n":2,"q":"y","l":[false],"z":null}"#);
        assert_eq!(shape(&pattern, &now), Some(pairs(&[("1", "2"), ("x", "y")])));
        for other in [
            r#"{"q":"x","n":1,"l":[true]}"#,
            r#"{"q":"x","n":"1","l":[true],"z":null}"#,
            r#"{"q":"x","n":1,"l":[true,true],"z":null}"#,
        ] {
            assert_eq!(
                shape(&pattern, &request("POST /a", &[], other.as_bytes())),
                None,
                "{other}"
            );
        }
        assert_eq!(
            shape(&pattern, &request("POST /b", &[], br#"{"q":"x","n":1,"l":[true],"z":null}"#)),
            None
        );
        let form = post("/a", text_body("b=1&a=2"));
        assert_eq!(
            shape(&form, &request("POST /a", &[FORM], b"a=3&b=1")),
            Some(pairs(&[("2", "3")]))
        );
        assert_eq!(shape(&form, &request("POST /a", &[FORM], b"a=3&c=1")), None);
    }
}
