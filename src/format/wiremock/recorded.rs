//! What the recorder notes in `metadata.ringer`: how an answer went over the wire.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::operand::read_base64;
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{
            Fields, Place, expected, expected_one_of, free_members, items, span_of, text, whole,
        },
        problem::Problems,
    },
    model::{
        BodySpec, Coding, CodingSettings, Headers, Json, JsonStyle, Latency, PacedChunk, Recorded,
        ResponseEnding, ResponseSpec,
    },
};

/// Notes on a stub with one answer: on the stub and on the answer.
pub(super) const NOTES: Place = Place {
    noun: "key",
    name: "`metadata.ringer`",
    known: &[
        "upstream",
        "address",
        "latency",
        "interim",
        "computedHeaders",
        "headerOrder",
        "contentCoding",
        "contentCodingLevel",
        "gzipHeader",
        "jsonStyle",
        "ending",
        "echoes",
        "redacted",
        "turn",
    ],
};

/// Notes on a stub with several answers.
pub(super) const STUB_NOTES: Place = Place { known: &["upstream", "redacted", "turn"], ..NOTES };

/// Notes on one of several answers.
pub(super) const ANSWER_NOTES: Place = Place {
    name: "the `metadata.ringer` of an answer",
    known: &[
        "address",
        "latency",
        "interim",
        "computedHeaders",
        "headerOrder",
        "contentCoding",
        "contentCodingLevel",
        "gzipHeader",
        "jsonStyle",
        "ending",
        "echoes",
    ],
    ..NOTES
};

pub(super) const LATENCY: Place =
    Place { name: "`latency`", known: &["firstByteMs", "totalMs", "chunks"], ..NOTES };

pub(super) const INTERIM: Place =
    Place { name: "an item of `interim`", known: &["status", "headers"], ..NOTES };

pub(super) const STYLE: Place = Place {
    name: "`jsonStyle`",
    known: &[
        "indent",
        "spaceAfterComma",
        "spaceAfterColon",
        "ascii",
        "escapedSlash",
        "finalNewline",
    ],
    ..NOTES
};

/// Notes on an answer.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) address: Option<String>,
    pub(super) latency: Option<Latency>,
    pub(super) interim: Vec<(u16, Headers)>,
    pub(super) computed: Vec<(String, usize)>,
    /// Names of the header fields in order, where `headers` cannot show it.
    pub(super) header_order: Option<Vec<String>>,
    pub(super) coding: Option<Coding>,
    pub(super) coding_settings: CodingSettings,
    pub(super) style: JsonStyle,
    pub(super) ending: ResponseEnding,
    pub(super) echoes: Vec<(String, String)>,
}

impl Notes {
    /// Whether the answer was recorded, and not written by a person.
    pub(super) fn are_of_a_recording(&self) -> bool {
        self.address.is_some() || self.latency.is_some()
    }
}

/// Reads a `ringer` object: notes on the answer, notes on the stub.
pub(super) fn read_notes(
    node: Node,
    place: &Place,
    problems: &mut Problems,
) -> (Notes, Option<Recorded>) {
    let Some(mut fields) = Fields::open(node, place, &[&NOTES, &ANSWER_NOTES], problems) else {
        return (Notes::default(), None);
    };
    let redacted = fields
        .items("redacted", problems)
        .into_iter()
        .filter_map(|item| text(item, "redacted", problems))
        .collect();
    let turn = fields.whole("turn", problems).and_then(|turn| u32::try_from(turn).ok());
    let turn = turn.unwrap_or_default();
    let recorded =
        fields.text("upstream", problems).map(|upstream| Recorded { upstream, redacted, turn });
    let notes = Notes {
        address: fields.text("address", problems),
        latency: fields.take("latency").and_then(|node| latency(node, problems)),
        interim: fields
            .items("interim", problems)
            .into_iter()
            .filter_map(|item| interim(item, problems))
            .collect(),
        computed: computed(&mut fields, problems),
        header_order: fields.take("headerOrder").map(|node| {
            items(node, "headerOrder", problems)
                .into_iter()
                .filter_map(|item| text(item, "headerOrder", problems))
                .collect()
        }),
        coding: coding(&mut fields, problems),
        coding_settings: CodingSettings {
            level: fields
                .whole("contentCodingLevel", problems)
                .and_then(|level| u8::try_from(level).ok()),
            gzip_header: fields
                .take("gzipHeader")
                .map(|node| read_base64(node, "gzipHeader", problems).into()),
        },
        style: fields.take("jsonStyle").map(|node| style(node, problems)).unwrap_or_default(),
        ending: ending(&mut fields, problems),
        echoes: fields
            .free_members("echoes", problems)
            .into_iter()
            .filter_map(|member| Some((member.name, text(member.value, "echoes", problems)?)))
            .collect(),
    };
    (notes, recorded)
}

/// Writes the notes on a stub whose only answer is `answer`, or that has several.
pub(super) fn write_notes(
    recorded: Option<&Recorded>,
    answer: Option<&ResponseSpec>,
) -> Vec<(String, Json)> {
    let mut members = Vec::new();
    if let Some(recorded) = recorded {
        members.push(("upstream".to_owned(), recorded.upstream.as_str().into()));
    }
    members.extend(answer.map(write_answer).unwrap_or_default());
    if let Some(recorded) = recorded
        && !recorded.redacted.is_empty()
    {
        let places = recorded.redacted.iter().map(|place| place.as_str().into()).collect();
        members.push(("redacted".to_owned(), Json::Array(places)));
    }
    if let Some(recorded) = recorded
        && recorded.turn > 0
    {
        members.push(("turn".to_owned(), Json::Number(recorded.turn.to_string())));
    }
    members
}

/// Writes the notes on an answer.
pub(super) fn write_answer(answer: &ResponseSpec) -> Vec<(String, Json)> {
    let mut members: Vec<(String, Json)> = Vec::new();
    let mut put = |name: &str, value: Json| members.push((name.to_owned(), value));
    if let Some(address) = &answer.extras.address {
        put("address", address.as_str().into());
    }
    if let Some(latency) = &answer.latency {
        put("latency", write_latency(latency));
    }
    if !answer.extras.interim.is_empty() {
        let interim = answer.extras.interim.iter().map(|(status, fields)| {
            let status = ("status".to_owned(), u64::from(*status).into());
            Json::Object(vec![status, ("headers".to_owned(), super::headers::write(fields))])
        });
        put("interim", Json::Array(interim.collect()));
    }
    if !answer.extras.computed.is_empty() {
        put("computedHeaders", write_computed(&answer.extras.computed));
    }
    if let Some(order) = super::headers::order(&answer.headers) {
        put("headerOrder", Json::Array(order.into_iter().map(Json::from).collect()));
    }
    if let Some(coding) = answer.coding {
        put("contentCoding", coding.token().into());
    }
    if let Some(level) = answer.extras.coding_settings.level {
        put("contentCodingLevel", u64::from(level).into());
    }
    if let Some(header) = &answer.extras.coding_settings.gzip_header {
        put("gzipHeader", BASE64_STANDARD.encode(header).into());
    }
    if let BodySpec::Json(_, style) = &answer.body
        && *style != JsonStyle::default()
    {
        put("jsonStyle", write_style(*style));
    }
    match answer.ending {
        ResponseEnding::Complete => {}
        ResponseEnding::Breaks => put("ending", "breaks".into()),
        ResponseEnding::StaysOpen => put("ending", "staysOpen".into()),
    }
    if !answer.extras.echoes.is_empty() {
        let echo = |(name, value): &(String, String)| (name.clone(), value.as_str().into());
        put("echoes", Json::Object(answer.extras.echoes.iter().map(echo).collect()));
    }
    members
}

/// A time in whole milliseconds.
pub(super) fn milliseconds(time: Duration) -> Json {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into()
}

fn latency(node: Node, problems: &mut Problems) -> Option<Latency> {
    let mut fields = Fields::open(node, &LATENCY, &[], problems)?;
    let first_byte =
        fields.whole("firstByteMs", problems).map(Duration::from_millis).unwrap_or_default();
    let total = fields.whole("totalMs", problems).map(Duration::from_millis);
    let chunks: Vec<PacedChunk> = fields
        .items("chunks", problems)
        .into_iter()
        .filter_map(|item| chunk(&item, problems))
        .collect();
    let last = chunks.last().map(|chunk| chunk.at).unwrap_or_default();
    Some(Latency { first_byte, total: total.unwrap_or(first_byte.max(last)), chunks })
}

/// An interim answer: hyper sends 100 itself, 101 ends HTTP.
fn interim(node: Node, problems: &mut Problems) -> Option<(u16, Headers)> {
    let span = span_of(&node);
    let mut fields = Fields::open(node, &INTERIM, &[], problems)?;
    let fields_of_it = super::headers::read(fields.free_members("headers", problems), problems);
    match fields.whole("status", problems).and_then(|status| u16::try_from(status).ok()) {
        Some(status @ 102..=199) => Some((status, fields_of_it)),
        _ => {
            problems.add(span, "the `status` of an interim answer is a number from 102 to 199");
            None
        }
    }
}

/// `[ms, size]` or `[ms, size, requestBytes]`.
fn chunk(node: &Node, problems: &mut Problems) -> Option<PacedChunk> {
    let NodeValue::Array(parts) = &node.value else {
        expected(node, "chunks", "a list of [milliseconds, bytes]", problems);
        return None;
    };
    if !(2..=3).contains(&parts.len()) {
        let message = "a chunk is [milliseconds, bytes] or [milliseconds, bytes, request bytes]";
        problems.add(span_of(node), message);
        return None;
    }
    let mut numbers = parts.iter().map(|part| whole(part, "chunks", problems));
    Some(PacedChunk {
        at: Duration::from_millis(numbers.next()??),
        size: numbers.next()??,
        request_bytes: numbers.next().unwrap_or(Some(0))?,
    })
}

fn write_latency(latency: &Latency) -> Json {
    let mut members = vec![
        ("firstByteMs".to_owned(), milliseconds(latency.first_byte)),
        ("totalMs".to_owned(), milliseconds(latency.total)),
    ];
    if !latency.chunks.is_empty() {
        let chunk = |chunk: &PacedChunk| {
            let mut parts = vec![milliseconds(chunk.at), chunk.size.into()];
            if chunk.request_bytes > 0 {
                parts.push(chunk.request_bytes.into());
            }
            Json::Array(parts)
        };
        let chunks = latency.chunks.iter().map(chunk).collect();
        members.push(("chunks".to_owned(), Json::Array(chunks)));
    }
    Json::Object(members)
}

/// A name's place, or the places of each of its fields.
fn computed(fields: &mut Fields, problems: &mut Problems) -> Vec<(String, usize)> {
    let mut computed = Vec::new();
    let Some(node) = fields.take("computedHeaders") else { return computed };
    for member in free_members(node, "computedHeaders", problems) {
        let places = match member.value.value {
            NodeValue::Array(places) => places,
            _ => vec![member.value],
        };
        for place in places {
            let place = whole(&place, &member.name, problems).and_then(|at| at.try_into().ok());
            computed.extend(place.map(|place| (member.name.clone(), place)));
        }
    }
    computed
}

fn write_computed(computed: &[(String, usize)]) -> Json {
    let mut members: Vec<(String, Json)> = Vec::new();
    for (name, place) in computed {
        let place = Json::from(*place as u64);
        match members.iter_mut().find(|(earlier, _)| earlier == name) {
            Some((_, Json::Array(places))) => places.push(place),
            Some((_, first)) => *first = Json::Array(vec![first.clone(), place]),
            None => members.push((name.clone(), place)),
        }
    }
    Json::Object(members)
}

fn coding(fields: &mut Fields, problems: &mut Problems) -> Option<Coding> {
    let node = fields.take("contentCoding")?;
    let span = span_of(&node);
    let token = text(node, "contentCoding", problems)?;
    let coding = Coding::from_token(&token);
    if coding.is_none() {
        let right = ["br", "deflate", "gzip", "zstd"];
        expected_one_of(span, "contentCoding", &token, &right, problems);
    }
    coding
}

fn ending(fields: &mut Fields, problems: &mut Problems) -> ResponseEnding {
    let Some(node) = fields.take("ending") else { return ResponseEnding::Complete };
    let span = span_of(&node);
    match text(node, "ending", problems).as_deref() {
        None | Some("complete") => ResponseEnding::Complete,
        Some("breaks") => ResponseEnding::Breaks,
        Some("staysOpen") => ResponseEnding::StaysOpen,
        Some(other) => {
            let right = ["complete", "breaks", "staysOpen"];
            expected_one_of(span, "ending", other, &right, problems);
            ResponseEnding::Complete
        }
    }
}

fn style(node: Node, problems: &mut Problems) -> JsonStyle {
    let Some(mut fields) = Fields::open(node, &STYLE, &[], problems) else {
        return JsonStyle::default();
    };
    JsonStyle {
        indent: fields.take("indent").and_then(|node| {
            let indent = whole(&node, "indent", problems)?.try_into().ok();
            if indent.is_none() {
                problems.add(span_of(&node), "`indent` must be 255 or less");
            }
            indent
        }),
        space_after_comma: fields.flag("spaceAfterComma", problems),
        space_after_colon: fields.flag("spaceAfterColon", problems),
        ascii: fields.flag("ascii", problems),
        escaped_slash: fields.flag("escapedSlash", problems),
        final_newline: fields.flag("finalNewline", problems),
    }
}

fn write_style(style: JsonStyle) -> Json {
    let indent = style.indent.map(|indent| ("indent", u64::from(indent).into()));
    let flags = [
        ("spaceAfterComma", style.space_after_comma),
        ("spaceAfterColon", style.space_after_colon),
        ("ascii", style.ascii),
        ("escapedSlash", style.escaped_slash),
        ("finalNewline", style.final_newline),
    ];
    let set = flags.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (name, true.into()));
    Json::Object(
        indent.into_iter().chain(set).map(|(name, value)| (name.to_owned(), value)).collect(),
    )
}
