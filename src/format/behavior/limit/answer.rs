//! What answers say of a limit: its headers and when they are there, and what a refused request gets.

use std::{ops::Range, time::Duration};

use super::value::{is_off, word};
use crate::{
    behavior::duration,
    codec::json::{self, Node, NodeValue},
    format::{
        behavior::{scalar, tree::open},
        fields::{Fields, Place, expected, expected_one_of, free_members, span_of},
        problem::Problems,
    },
    model::{Emit, Json, JsonStyle, LimitHeader, Refusal, RetryAfter},
};

/// The keys of a refusal, in a limit or in a policy.
pub(super) const REFUSAL_KEYS: [&str; 5] =
    ["status", "refusal_headers", "retry_after", "min_retry_after", "body"];

const RETRY_AFTER: [(&str, RetryAfter); 4] = [
    ("seconds", RetryAfter::Seconds),
    ("float", RetryAfter::Float),
    ("date", RetryAfter::Date),
    ("absent", RetryAfter::Absent),
];

const EMIT: [&str; 4] = ["always", "near:80%", "when-limited", "never"];

const HEADER: Place = Place { noun: "key", name: "a header", known: &["name", "value", "emit"] };

/// A text with placeholders and where it stands, to be checked once the policies are known.
pub(super) type Placed = (String, Range<usize>);

/// What is said of a refusal; what is not said stays as it was.
#[derive(Default)]
pub(super) struct RefusalEdit {
    status: Option<u16>,
    headers: Option<HeaderEdit>,
    retry_after: Option<RetryAfter>,
    min_retry_after: Option<Duration>,
    body: Option<Option<String>>,
}

/// What is said of headers: those of a list are all there are, those of a table come to what was there.
pub(super) struct HeaderEdit {
    replaces: bool,
    /// Name and header; without one it is taken out.
    headers: Vec<(String, Option<LimitHeader>)>,
}

impl RefusalEdit {
    /// Takes what is said; nothing if nothing is.
    pub(super) fn take(
        fields: &mut Fields,
        texts: &mut Vec<Placed>,
        problems: &mut Problems,
    ) -> Option<Self> {
        if !REFUSAL_KEYS.iter().any(|key| fields.has(key)) {
            return None;
        }
        Some(Self {
            status: status(fields, problems),
            headers: HeaderEdit::take(fields, "refusal_headers", texts, problems),
            retry_after: retry_after(fields, problems),
            min_retry_after: scalar::duration(fields, "min_retry_after", problems),
            body: body(fields, texts, problems),
        })
    }

    /// Changes a refusal.
    pub(super) fn apply(&self, refusal: &mut Refusal) {
        refusal.status = self.status.unwrap_or(refusal.status);
        if let Some(headers) = &self.headers {
            headers.apply(&mut refusal.headers);
        }
        refusal.retry_after = self.retry_after.unwrap_or(refusal.retry_after);
        refusal.min_retry_after = self.min_retry_after.unwrap_or(refusal.min_retry_after);
        if let Some(body) = &self.body {
            refusal.body.clone_from(body);
        }
    }
}

impl HeaderEdit {
    /// Takes headers.
    pub(super) fn take(
        fields: &mut Fields,
        name: &str,
        texts: &mut Vec<Placed>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let node = fields.take(name)?;
        if let NodeValue::Array(items) = node.value {
            let headers = items.into_iter().filter_map(|item| {
                let (name, header) = header(item, None, texts, problems)?;
                Some((name, header))
            });
            return Some(Self { replaces: true, headers: headers.collect() });
        }
        let headers = free_members(node, name, problems)
            .into_iter()
            .filter_map(|member| header(member.value, Some(member.name), texts, problems));
        Some(Self { replaces: false, headers: headers.collect() })
    }

    /// Changes headers.
    pub(super) fn apply(&self, headers: &mut Vec<LimitHeader>) {
        if self.replaces {
            headers.clear();
        }
        for (name, header) in &self.headers {
            let at = headers.iter().position(|known| known.name.eq_ignore_ascii_case(name));
            match (at, header) {
                (Some(at), Some(header)) => {
                    if let Some(known) = headers.get_mut(at) {
                        known.clone_from(header);
                    }
                }
                (Some(at), None) => {
                    headers.remove(at);
                }
                (None, Some(header)) => headers.push(header.clone()),
                (None, None) => {}
            }
        }
    }
}

fn header(
    node: Node,
    name: Option<String>,
    texts: &mut Vec<Placed>,
    problems: &mut Problems,
) -> Option<(String, Option<LimitHeader>)> {
    if let Some(name) = &name {
        if is_off(&node) {
            return Some((name.clone(), None));
        }
        if let Some(value) = word(&node) {
            check_name(name, &node, problems);
            texts.push((value.to_owned(), span_of(&node)));
            let header = LimitHeader { name: name.clone(), value: value.to_owned(), emit: None };
            return Some((name.clone(), Some(header)));
        }
    }
    let span = span_of(&node);
    let mut fields = open(node, &HEADER, &[], problems)?;
    let given = fields.take("name");
    let emit = emit(&mut fields, problems);
    let value = fields.take("value");
    let name = name.or_else(|| given.as_ref().and_then(word).map(str::to_owned));
    let (Some(name), Some(value)) = (name, value) else {
        problems.add_unless_within(
            span,
            "a header needs a `name` and a `value`",
            "write `{ name = \"X-RateLimit-Remaining\", value = \"{remaining}\" }`",
        );
        return None;
    };
    let Some(text) = word(&value) else {
        expected(&value, "value", "a string", problems);
        return None;
    };
    check_name(&name, &value, problems);
    texts.push((text.to_owned(), span_of(&value)));
    Some((name.clone(), Some(LimitHeader { name, value: text.to_owned(), emit })))
}

/// Header names are tokens (RFC 9110 §5.1), values have no line ends (§5.5).
fn check_name(name: &str, value: &Node, problems: &mut Problems) {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        problems.add(span_of(value), format!("`{name}` cannot be the name of a header"));
    }
    if word(value).is_some_and(|text| text.chars().any(|c| c.is_control() && c != '\t')) {
        problems.add(span_of(value), format!("the value of header `{name}` has a line end in it"));
    }
}

fn status(fields: &mut Fields, problems: &mut Problems) -> Option<u16> {
    let node = fields.take("status")?;
    let status = word(&node).and_then(|text| text.parse().ok());
    if !status.is_some_and(|status| (200..600).contains(&status)) {
        expected(&node, "status", "a status code from 200 to 599", problems);
    }
    status
}

fn retry_after(fields: &mut Fields, problems: &mut Problems) -> Option<RetryAfter> {
    scalar::word(fields, "retry_after", &RETRY_AFTER, problems)
}

/// Takes a body: a text, or JSON; `false` is none.
pub(super) fn body(
    fields: &mut Fields,
    texts: &mut Vec<Placed>,
    problems: &mut Problems,
) -> Option<Option<String>> {
    let node = fields.take("body")?;
    let span = span_of(&node);
    let text = match node.value {
        NodeValue::Bool(false) => return Some(None),
        NodeValue::String(text) if text == "false" => return Some(None),
        NodeValue::String(text) => text,
        NodeValue::Object(_) | NodeValue::Array(_) => {
            json::write(&node.into_json(), JsonStyle::default())
        }
        _ => {
            expected(&node, "body", "a text or JSON", problems);
            return None;
        }
    };
    texts.push((text.clone(), span));
    Some(Some(text))
}

/// Takes on which answers headers are.
pub(super) fn emit(fields: &mut Fields, problems: &mut Problems) -> Option<Emit> {
    let node = fields.take("emit")?;
    let Some(text) = word(&node) else {
        expected(&node, "emit", "a string", problems);
        return None;
    };
    match text {
        "always" => return Some(Emit::Always),
        "when-limited" => return Some(Emit::WhenLimited),
        "never" => return Some(Emit::Never),
        _ => {}
    }
    if let Some(share) = text.strip_prefix("near:") {
        let (number, unit) = match share.trim().strip_suffix('%') {
            Some(percent) => (percent.trim().parse(), 100.0),
            None => (share.trim().parse(), 1.0),
        };
        if let Ok(share) = number.map(|number: f64| number / unit)
            && (0.0..=1.0).contains(&share)
        {
            return Some(Emit::Near(share));
        }
        problems.add_with_hint(
            span_of(&node),
            format!("`emit` cannot be `{text}`"),
            "write the share that is used up: `near:80%`",
        );
        return None;
    }
    expected_one_of(span_of(&node), "emit", text, &EMIT, problems);
    None
}

/// Writes on which answers headers are.
pub(super) fn write_emit(emit: Emit) -> Json {
    match emit {
        Emit::Always => "always".into(),
        Emit::WhenLimited => "when-limited".into(),
        Emit::Never => "never".into(),
        Emit::Near(share) => format!("near:{share}").as_str().into(),
    }
}

/// Writes headers as a list, which replaces those of a preset.
pub(super) fn write_headers(headers: &[LimitHeader]) -> Json {
    let header = |header: &LimitHeader| {
        let mut members = vec![
            ("name".to_owned(), header.name.as_str().into()),
            ("value".to_owned(), header.value.as_str().into()),
        ];
        if let Some(emit) = header.emit {
            members.push(("emit".to_owned(), write_emit(emit)));
        }
        Json::Object(members)
    };
    Json::Array(headers.iter().map(header).collect())
}

/// Writes a refusal, member by member.
pub(super) fn write_refusal(refusal: &Refusal) -> Vec<(String, Json)> {
    let form = RETRY_AFTER.iter().find(|(_, form)| *form == refusal.retry_after);
    let least = duration::print(refusal.min_retry_after);
    let body = refusal.body.as_deref().map_or(Json::Bool(false), Json::from);
    vec![
        ("status".to_owned(), u64::from(refusal.status).into()),
        ("refusal_headers".to_owned(), write_headers(&refusal.headers)),
        ("retry_after".to_owned(), form.map_or("seconds", |(name, _)| *name).into()),
        ("min_retry_after".to_owned(), least.as_str().into()),
        ("body".to_owned(), body),
    ]
}
