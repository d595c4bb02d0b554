//! The `response` of a mapping, or each of its `responses`.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    fields::{Fields, Place, expected, span_of, text, whole},
    headers,
    operand::read_base64,
    recorded::{self, ANSWER_NOTES, Notes},
    written::{MAX_INLINE_DEPTH, nests_within},
};
use crate::{
    codec::json::{self, Node, NodeValue},
    format::problem::Problems,
    model::{BodySpec, Json, JsonStyle, ResponseSpec, ResponseStep},
};

/// WireMock's keys that are not honoured yet.
const LATER: &[&str] = &[
    "additionalProxyRequestHeaders",
    "chunkedDribbleDelay",
    "delayDistribution",
    "disableBodyFileTemplating",
    "fault",
    "proxyBaseUrl",
    "proxyUrlPrefixToRemove",
    "removeProxyRequestHeaders",
    "transformerParameters",
    "transformers",
];

/// The keys of `response`.
pub(super) const RESPONSE: Place = Place {
    noun: "key",
    name: "`response`",
    known: &[
        "status",
        "statusMessage",
        "headers",
        "jsonBody",
        "body",
        "base64Body",
        "bodyFileName",
        "fixedDelayMilliseconds",
        "trailers",
        "fromConfiguredStub",
    ],
    later: LATER,
    later_options: &[],
};

/// The keys of an item of `responses`.
pub(super) const STEP: Place = Place {
    name: "an item of `responses`",
    known: &[
        "status",
        "statusMessage",
        "headers",
        "jsonBody",
        "body",
        "base64Body",
        "bodyFileName",
        "fixedDelayMilliseconds",
        "trailers",
        "times",
        "metadata",
    ],
    ..RESPONSE
};

/// Where the recorder's notes on one of several answers stand.
const STEP_METADATA: Place = Place {
    noun: "key",
    name: "the `metadata` of an answer",
    known: &["ringer"],
    later: &[],
    later_options: &[],
};

/// Reads a `response`; what the recorder noted about it stands elsewhere.
pub(super) fn read(
    node: Node,
    notes: Notes,
    homes: &[&Place],
    problems: &mut Problems,
) -> ResponseSpec {
    match Fields::open(node, &RESPONSE, homes, problems) {
        Some(mut fields) => {
            // WireMock says so in answers of its admin API; it means nothing here.
            fields.flag("fromConfiguredStub", problems);
            read_fields(&mut fields, notes, problems)
        }
        None => ResponseSpec::default(),
    }
}

/// Reads an item of `responses`.
pub(super) fn read_step(node: Node, homes: &[&Place], problems: &mut Problems) -> ResponseStep {
    let Some(mut fields) = Fields::open(node, &STEP, homes, problems) else {
        return ResponseStep { response: ResponseSpec::default(), times: 1 };
    };
    let notes = fields
        .take("metadata")
        .and_then(|node| Fields::open(node, &STEP_METADATA, homes, problems))
        .and_then(|mut metadata| metadata.take("ringer"))
        .map(|node| recorded::read_notes(node, &ANSWER_NOTES, problems).0)
        .unwrap_or_default();
    let times = fields.take("times").map_or(1, |node| {
        match whole(&node, "times", problems).map(u32::try_from) {
            Some(Ok(times @ 1..)) => times,
            None => 1,
            Some(_) => {
                problems.add(span_of(&node), "`times` must be 1 or more");
                1
            }
        }
    });
    ResponseStep { response: read_fields(&mut fields, notes, problems), times }
}

/// Writes what stands in a `response`.
pub(super) fn write(response: &ResponseSpec) -> Vec<(String, Json)> {
    let mut members: Vec<(String, Json)> = Vec::new();
    let mut put = |name: &str, value: Json| members.push((name.to_owned(), value));
    put("status", u64::from(response.status).into());
    if let Some(reason) = &response.reason {
        put("statusMessage", reason.as_str().into());
    }
    if !response.headers.is_empty() {
        put("headers", headers::write(&response.headers));
    }
    match &response.body {
        BodySpec::Empty => {}
        BodySpec::Bytes(bytes) => put("base64Body", BASE64_STANDARD.encode(bytes).into()),
        BodySpec::File(name) => put("bodyFileName", name.as_str().into()),
        BodySpec::Json(value, style) if !nests_within(value, MAX_INLINE_DEPTH) => {
            put("body", json::write(value, *style).into());
        }
        BodySpec::Json(value, _) => put("jsonBody", value.clone()),
        BodySpec::Text(text) => put("body", text.as_str().into()),
    }
    if let Some(delay) = response.fixed_delay {
        put("fixedDelayMilliseconds", recorded::milliseconds(delay));
    }
    if !response.trailers.is_empty() {
        put("trailers", headers::write(&response.trailers));
    }
    members
}

/// Writes an item of `responses`.
pub(super) fn write_step(step: &ResponseStep) -> Json {
    let mut members = write(&step.response);
    if step.times != 1 {
        members.push(("times".to_owned(), u64::from(step.times).into()));
    }
    let notes = recorded::write_answer(&step.response);
    if !notes.is_empty() {
        let ringer = vec![("ringer".to_owned(), Json::Object(notes))];
        members.push(("metadata".to_owned(), Json::Object(ringer)));
    }
    Json::Object(members)
}

fn read_fields(fields: &mut Fields, notes: Notes, problems: &mut Problems) -> ResponseSpec {
    let headers = headers::read(fields.free_members("headers", problems), problems);
    ResponseSpec {
        status: status(fields, problems),
        reason: reason(fields, problems),
        headers: match &notes.header_order {
            Some(order) => headers::reorder(&headers, order),
            None => headers,
        },
        computed: notes.computed,
        interim: notes.interim,
        trailers: headers::read(fields.free_members("trailers", problems), problems),
        body: body(fields, notes.style, problems),
        coding: notes.coding,
        coding_settings: notes.coding_settings,
        fixed_delay: fields.whole("fixedDelayMilliseconds", problems).map(Duration::from_millis),
        latency: notes.latency,
        ending: notes.ending,
        address: notes.address,
        echoes: notes.echoes,
        ..ResponseSpec::default()
    }
}

fn status(fields: &mut Fields, problems: &mut Problems) -> u16 {
    let Some(node) = fields.take("status") else { return 200 };
    if let NodeValue::Number(spelled) = &node.value
        && let Ok(status @ 100..=999) = spelled.parse()
    {
        return status;
    }
    expected(&node, "status", "a number from 100 to 999", problems);
    200
}

fn reason(fields: &mut Fields, problems: &mut Problems) -> Option<String> {
    let node = fields.take("statusMessage")?;
    let span = span_of(&node);
    let reason = text(node, "statusMessage", problems)?;
    if reason.chars().any(|c| c.is_ascii_control() && c != '\t') {
        problems.add(span, "`statusMessage` has a control character in it");
    }
    Some(reason)
}

/// Of several kinds of body, WireMock takes the first in this order.
fn body(fields: &mut Fields, style: JsonStyle, problems: &mut Problems) -> BodySpec {
    let body = fields.text("body", problems).map(BodySpec::Text);
    // `null` is a JSON value like any other.
    let json = fields.take_any("jsonBody").map(|node| BodySpec::Json(node.into_json(), style));
    let bytes = fields
        .take("base64Body")
        .map(|node| BodySpec::Bytes(read_base64(node, "base64Body", problems).into()));
    let file = fields.text("bodyFileName", problems).map(BodySpec::File);
    body.or(json).or(bytes).or(file).unwrap_or_default()
}
