//! Does an answer say what the recorded one says, but for what is new on each run?

use std::{fs, path::PathBuf};

use super::{answer::Answer, pkt_line};
use crate::{
    codec::json,
    library::writer,
    matching::noise,
    model::{BodySpec, Headers, RecordedBody, ResponseEnding, ResponseSpec},
};

/// A value in the recorded answer and what stands in its place now.
pub(super) type Pair = (String, String);

/// Larger bodies in files are compared byte for byte only.
const MAX_NOISY_BODY: u64 = 8 << 20;

/// Gives the path of a file under `__files`.
pub(super) type BodyPath<'f> = &'f dyn Fn(&str) -> PathBuf;

/// The values that differ, when nothing but noise differs; `None` when the answers say different
/// things. Latency and the client's address are not looked at.
pub(super) fn same_but_for_noise(
    recorded: &ResponseSpec,
    now: &Answer,
    path: BodyPath<'_>,
) -> Option<Vec<Pair>> {
    let spec = &now.spec;
    if recorded.status != spec.status || recorded.extras.reason != spec.extras.reason {
        return None;
    }
    let is_cut = spec.ending != ResponseEnding::Complete;
    if !is_cut && recorded.ending != ResponseEnding::Complete {
        return None;
    }
    let mut pairs = Vec::new();
    if is_cut {
        same_head_of_cut(recorded, spec, &mut pairs)?;
        return same_beginning(recorded, now, path).then_some(pairs);
    }
    if recorded.extras.computed != spec.extras.computed || recorded.coding != spec.coding {
        return None;
    }
    same_headers(&recorded.headers, &spec.headers, &mut pairs)?;
    same_headers(&recorded.extras.trailers, &spec.extras.trailers, &mut pairs)?;
    same_body(recorded, now, path, &mut pairs)?;
    Some(pairs)
}

/// Headers that measure or trace one answer: other values say nothing new about the API.
fn is_measure(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "age"
            | "cf-ray"
            | "nel"
            | "report-to"
            | "retry-after"
            | "server-timing"
            | "traceparent"
            | "x-amz-crc32"
            | "x-cache-hits"
            | "x-process-time"
            | "x-response-time"
            | "x-runtime"
            | "x-served-by"
            | "x-timer"
    ) || name.starts_with("ratelimit")
        || name.starts_with("x-ratelimit-")
        || name.starts_with("x-rate-limit-")
        || name.starts_with("x-envoy-")
}

fn same_headers(recorded: &Headers, now: &Headers, pairs: &mut Vec<Pair>) -> Option<()> {
    if recorded.len() != now.len() {
        return None;
    }
    for ((name, value), (name_now, value_now)) in recorded.iter().zip(now.iter()) {
        if name != name_now {
            return None;
        }
        if value == value_now || is_measure(name) || is_same_set(name, value, value_now) {
            continue;
        }
        pairs.extend(match tags(name, value, value_now) {
            Some(tags) => vec![tags],
            None => noise::differences(value, value_now)?,
        });
    }
    Some(())
}

/// Lists whose order depends on the server's hash seed.
fn is_same_set(name: &str, recorded: &str, now: &str) -> bool {
    let is_set = name.eq_ignore_ascii_case("allow")
        || name.eq_ignore_ascii_case("vary")
        || name.to_ascii_lowercase().starts_with("access-control-");
    let sorted = |list: &str| {
        let mut items: Vec<String> =
            list.split(',').map(|item| item.trim().to_ascii_lowercase()).collect();
        items.sort_unstable();
        items
    };
    is_set && sorted(recorded) == sorted(now)
}

/// Two entity tags of one kind: servers make them of anything, times of files too. Whether the content
/// is another, the body says.
fn tags(name: &str, recorded: &str, now: &str) -> Option<Pair> {
    if !name.eq_ignore_ascii_case("etag") {
        return None;
    }
    let opaque = |tag: &str| {
        let (is_weak, tag) = match tag.trim().strip_prefix("W/") {
            Some(tag) => (true, tag.to_owned()),
            None => (false, tag.trim().to_owned()),
        };
        Some((is_weak, tag.strip_prefix('"')?.strip_suffix('"')?.to_owned()))
    };
    let (recorded, now) = (opaque(recorded)?, opaque(now)?);
    (recorded.0 == now.0).then_some((recorded.1, now.1))
}

/// Of an answer that was cut short, the length may be literal where it was computed before.
fn same_head_of_cut(
    recorded: &ResponseSpec,
    now: &ResponseSpec,
    pairs: &mut Vec<Pair>,
) -> Option<()> {
    let without_framing = |headers: &Headers| {
        let mut headers = headers.clone();
        for name in ["content-encoding", "content-length", "transfer-encoding"] {
            headers.remove(name);
        }
        headers
    };
    same_headers(&without_framing(&recorded.headers), &without_framing(&now.headers), pairs)
}

fn same_body(
    recorded: &ResponseSpec,
    now: &Answer,
    path: BodyPath<'_>,
    pairs: &mut Vec<Pair>,
) -> Option<()> {
    let found = match (&recorded.body, &now.spec.body, &now.side) {
        (BodySpec::File(name), BodySpec::File(other), None) => (name == other).then(Vec::new),
        (BodySpec::File(name), _, Some(side)) => {
            let path = path(name);
            let length = fs::metadata(&path).ok()?.len();
            if length == side.content.length() && writer::hash_file(&path).ok()? == side.sha256 {
                Some(Vec::new())
            } else if length > MAX_NOISY_BODY || side.content.length() > MAX_NOISY_BODY {
                None
            } else {
                let recorded = fs::read(&path).ok().and_then(|body| String::from_utf8(body).ok());
                let now = bytes_of(&side.content).and_then(|body| String::from_utf8(body).ok());
                recorded.zip(now).and_then(|(recorded, now)| text_differences(&recorded, &now))
            }
        }
        (BodySpec::Json(value, style), BodySpec::Json(value_now, style_now), None) => {
            if style == style_now { noise::json_differences(value, value_now) } else { None }
        }
        (BodySpec::Text(text), BodySpec::Text(text_now), None) => {
            noise::differences(text, text_now)
        }
        (body, body_now, None) => (body == body_now).then(Vec::new),
        _ => None,
    };
    match found {
        Some(found) => pairs.extend(found),
        None if is_same_git_answer(recorded, now, path) => {}
        None => return None,
    }
    Some(())
}

fn is_same_git_answer(recorded: &ResponseSpec, now: &Answer, path: BodyPath<'_>) -> bool {
    let is_small = |length: u64| length <= MAX_NOISY_BODY;
    pkt_line::is_answer(now.spec.headers.get("content-type"))
        && now.side.as_ref().is_none_or(|side| is_small(side.content.length()))
        && matches!(
            (spec_bytes(recorded, path), answer_bytes(now, path)),
            (Some(recorded), Some(now)) if pkt_line::say_the_same(&recorded, &now)
        )
}

fn text_differences(recorded: &str, now: &str) -> Option<Vec<Pair>> {
    match (json::parse(recorded), json::parse(now)) {
        (Ok(recorded), Ok(now)) => noise::json_differences(&recorded, &now),
        _ => noise::differences(recorded, now),
    }
}

/// Whether what came of a cut answer is how the recorded one begins, or the other way round when that
/// was cut too.
fn same_beginning(recorded: &ResponseSpec, now: &Answer, path: BodyPath<'_>) -> bool {
    if recorded.coding != now.spec.coding {
        // The pieces of a coded body cannot be compared with the decoded whole.
        return recorded.ending == ResponseEnding::Complete;
    }
    let (Some(recorded_bytes), Some(now_bytes)) =
        (spec_bytes(recorded, path), answer_bytes(now, path))
    else {
        return false;
    };
    let shorter = recorded_bytes.len().min(now_bytes.len());
    let may_be_longer = recorded.ending != ResponseEnding::Complete;
    if now_bytes.len() > recorded_bytes.len() && !may_be_longer {
        return false;
    }
    let (Some(recorded), Some(now)) = (recorded_bytes.get(..shorter), now_bytes.get(..shorter))
    else {
        return false;
    };
    recorded == now
        || matches!(
            (std::str::from_utf8(recorded), std::str::from_utf8(now)),
            (Ok(recorded), Ok(now)) if noise::equal_text(recorded, now)
        )
}

fn answer_bytes(answer: &Answer, path: BodyPath<'_>) -> Option<Vec<u8>> {
    match &answer.side {
        Some(side) => bytes_of(&side.content),
        None => spec_bytes(&answer.spec, path),
    }
}

fn spec_bytes(spec: &ResponseSpec, path: BodyPath<'_>) -> Option<Vec<u8>> {
    Some(match &spec.body {
        BodySpec::Empty => Vec::new(),
        BodySpec::Bytes(bytes) => bytes.to_vec(),
        BodySpec::File(name) => fs::read(path(name)).ok()?,
        BodySpec::Json(value, style) => json::write(value, *style).into_bytes(),
        BodySpec::Text(text) => text.clone().into_bytes(),
    })
}

fn bytes_of(body: &RecordedBody) -> Option<Vec<u8>> {
    match body {
        RecordedBody::Bytes(bytes) => Some(bytes.to_vec()),
        RecordedBody::File { path, .. } => fs::read(path).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Ending, Exchange},
        record::{
            answer::answer_of,
            sample::{Sample, exchange},
        },
    };

    fn compared(recorded: &Exchange, now: &Exchange) -> Option<Vec<Pair>> {
        let recorded = answer_of(recorded, false).unwrap().spec;
        let now = answer_of(now, false).unwrap();
        same_but_for_noise(&recorded, &now, &|name| PathBuf::from(name))
    }

    fn get(status: u16, body: &str) -> Sample {
        exchange("GET", "/").answer(status, body)
    }

    const ONE: &str = "3f1c5d3e-7a0b-4c2d-9e41-6b8ad0f27c55";
    const TWO: &str = "0b9d64e2-51f5-4a5b-8f7e-1f6a2f5f9d10";

    #[test]
    fn ids_and_dates_are_noise_anywhere_in_an_answer() {
        let answer = |id: &str, date: &str| {
            exchange("GET", "/")
                .answer_json(&format!(r#"{{"id":"{id}","n":1}}"#))
                .response_header("Date", date)
                .response_header("X-Request-Id", id)
                .build()
        };
        let pairs = compared(&answer(ONE, "Mon"), &answer(TWO, "Tue")).unwrap();
        assert!(pairs.contains(&(ONE.to_owned(), TWO.to_owned())));
    }

    #[test]
    fn status_header_names_and_words_are_not() {
        let recorded = get(200, "hello").response_header("A", "x").build();
        for other in [
            get(201, "hello").response_header("A", "x"),
            get(200, "hallo").response_header("A", "x"),
            get(200, "hello").response_header("a", "x"),
            get(200, "hello").response_header("A", "y"),
            get(200, "hello"),
        ] {
            assert_eq!(compared(&recorded, &other.build()), None);
        }
    }

    #[test]
    fn measures_of_one_answer_say_nothing() {
        let answer =
            |left: &str| get(200, "").response_header("X-RateLimit-Remaining", left).build();
        assert_eq!(compared(&answer("59"), &answer("12")), Some(vec![]));
    }

    #[test]
    fn entity_tags_and_the_order_of_sets_are_noise() {
        let answer = |tag: &str, allow: &str| {
            get(200, "hello").response_header("ETag", tag).response_header("Allow", allow).build()
        };
        let recorded = answer("\"6b03f4a7-15\"", "GET, HEAD, OPTIONS");
        let pairs = compared(&recorded, &answer("\"6b03f4b3-15\"", "OPTIONS, HEAD, GET"));
        assert_eq!(pairs, Some(vec![("6b03f4a7-15".to_owned(), "6b03f4b3-15".to_owned())]));
        assert_eq!(compared(&recorded, &answer("W/\"6b03f4a7-15\"", "GET, HEAD, OPTIONS")), None);
        assert_eq!(compared(&recorded, &answer("\"6b03f4a7-15\"", "GET, HEAD")), None);
    }

    #[test]
    fn a_cut_answer_is_the_same_as_far_as_it_came() {
        let cut = |body: &str| get(200, body).ending(Ending::ClientLeft).build();
        let whole = |body: &str| get(200, body).response_header("Content-Length", "3").build();
        assert_eq!(compared(&cut("one two"), &cut("one")), Some(vec![]));
        assert_eq!(compared(&cut("one"), &cut("one two")), Some(vec![]));
        assert_eq!(compared(&cut("one"), &cut("two")), None);
        assert_eq!(compared(&whole("one"), &cut("on")), Some(vec![]));
        assert_eq!(compared(&whole("one"), &cut("one two")), None);
        assert_eq!(compared(&cut("on"), &whole("one")), None);
    }

    #[test]
    fn large_bodies_are_compared_with_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let recorded_body = format!("{ONE} {}", "x ".repeat(50_000));
        fs::write(folder.path().join("f.txt"), &recorded_body).unwrap();
        let recorded = ResponseSpec {
            status: 200,
            body: BodySpec::File("f.txt".to_owned()),
            ..ResponseSpec::default()
        };
        let compared = |body: &str| {
            let now = answer_of(&get(200, body).build(), false).unwrap();
            assert!(now.side.is_some());
            same_but_for_noise(&recorded, &now, &|name| folder.path().join(name))
        };
        assert_eq!(compared(&recorded_body), Some(vec![]));
        let other_id = recorded_body.replace(ONE, TWO);
        assert_eq!(compared(&other_id), Some(vec![(ONE.to_owned(), TWO.to_owned())]));
        assert_eq!(compared(&recorded_body.replace('x', "y")), None);
    }
}
