//! The `response` of a mapping, or each of its `responses`.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    headers,
    operand::read_base64,
    proxying,
    recorded::{self, ANSWER_NOTES, Notes},
    timing,
    written::{MAX_INLINE_DEPTH, nests_within},
};
use crate::{
    codec::json::{self, Node, NodeValue},
    format::{
        fields::{Fields, Place, expected, expected_one_of, items, span_of, text, whole},
        problem::Problems,
    },
    model::{BodySpec, Json, JsonStyle, ResponseExtras, ResponseSpec, ResponseStep, WireFault},
};

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
        "delayDistribution",
        "chunkedDribbleDelay",
        "fault",
        "proxyBaseUrl",
        "proxyUrlPrefixToRemove",
        "additionalProxyRequestHeaders",
        "removeProxyRequestHeaders",
        "transformers",
        "transformerParameters",
        "trailers",
        "fromConfiguredStub",
    ],
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
        "delayDistribution",
        "chunkedDribbleDelay",
        "fault",
        "proxyBaseUrl",
        "proxyUrlPrefixToRemove",
        "additionalProxyRequestHeaders",
        "removeProxyRequestHeaders",
        "transformers",
        "transformerParameters",
        "trailers",
        "times",
        "metadata",
    ],
    ..RESPONSE
};

/// Where the recorder's notes on one of several answers stand.
pub(super) const STEP_METADATA: Place =
    Place { noun: "key", name: "the `metadata` of an answer", known: &["ringer"] };

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
    if let Some(reason) = &response.extras.reason {
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
    if let Some(delay) = response.extras.fixed_delay {
        put("fixedDelayMilliseconds", recorded::milliseconds(delay));
    }
    if let Some(delay) = response.extras.delay.as_deref().copied() {
        put("delayDistribution", timing::write_delay(delay));
    }
    if let Some(dribble) = response.extras.dribble {
        put("chunkedDribbleDelay", timing::write_dribble(dribble));
    }
    if let Some(fault) = response.extras.fault {
        put("fault", fault.wiremock_name().into());
    }
    for (name, value) in response.extras.proxy.iter().flat_map(|it| proxying::write(it)) {
        put(name, value);
    }
    if !response.extras.transformers.is_empty() {
        let names = response.extras.transformers.iter().map(|name| name.as_str().into()).collect();
        put("transformers", Json::Array(names));
    }
    if let Some(parameters) = &response.extras.transformer_parameters {
        put("transformerParameters", parameters.clone());
    }
    if !response.extras.trailers.is_empty() {
        put("trailers", headers::write(&response.extras.trailers));
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
    let is_recorded = notes.are_of_a_recording();
    ResponseSpec {
        extras: ResponseExtras {
            reason: reason(fields, problems),
            computed: notes.computed,
            interim: notes.interim,
            trailers: headers::read(fields.free_members("trailers", problems), problems),
            coding_settings: notes.coding_settings,
            fixed_delay: fields
                .whole("fixedDelayMilliseconds", problems)
                .map(Duration::from_millis),
            delay: fields
                .take("delayDistribution")
                .and_then(|node| timing::read_delay(node, problems))
                .map(Box::new),
            dribble: fields
                .take("chunkedDribbleDelay")
                .and_then(|node| timing::read_dribble(node, problems)),
            fault: fault(fields, problems),
            proxy: proxying::read(fields, problems).map(Box::new),
            transformers: fields
                .take("transformers")
                .map(|node| transformers(node, problems))
                .unwrap_or_default(),
            transformer_parameters: transformer_parameters(fields, problems),
            address: notes.address,
            echoes: notes.echoes,
        }
        .into(),
        status: status(fields, problems),
        headers: match &notes.header_order {
            Some(order) => headers::reorder(&headers, order),
            None => headers,
        },
        body: body(fields, is_recorded, notes.style, problems),
        coding: notes.coding,
        latency: notes.latency.map(Box::new),
        ending: notes.ending,
    }
}

/// A status that HTTP has; WireMock's 0 is 200 too.
fn status(fields: &mut Fields, problems: &mut Problems) -> u16 {
    let Some(node) = fields.take("status") else { return 200 };
    if let NodeValue::Number(spelled) | NodeValue::String(spelled) = &node.value {
        // WireMock reads a text as the number that it holds, and drops a fraction.
        let whole = spelled.split('.').next().unwrap_or_default();
        match whole.parse() {
            Ok(0) => return 200,
            Ok(status @ 100..=999) => return status,
            _ => {}
        }
    }
    expected(&node, "status", "a number from 100 to 999", problems);
    200
}

fn reason(fields: &mut Fields, problems: &mut Problems) -> Option<String> {
    let node = fields.take("statusMessage")?;
    let span = span_of(&node);
    let reason = scalar(node, "statusMessage", problems)?;
    if reason.chars().any(|c| c.is_ascii_control() && c != '\t') {
        problems.add(span, "`statusMessage` has a control character in it");
    }
    Some(reason)
}

fn fault(fields: &mut Fields, problems: &mut Problems) -> Option<WireFault> {
    let node = fields.take("fault")?;
    let span = span_of(&node);
    let name = text(node, "fault", problems)?;
    let found = WireFault::OF_WIREMOCK.into_iter().find(|(_, known)| *known == name);
    if found.is_none() {
        expected_one_of(
            span,
            "fault",
            &name,
            &WireFault::OF_WIREMOCK.map(|(_, name)| name),
            problems,
        );
    }
    found.map(|(fault, _)| fault)
}

/// Names that nothing has are kept: WireMock ignores them too.
fn transformers(node: Node, problems: &mut Problems) -> Vec<String> {
    items(node, "transformers", problems)
        .into_iter()
        .filter_map(|name| text(name, "transformers", problems))
        .collect()
}

fn transformer_parameters(fields: &mut Fields, problems: &mut Problems) -> Option<Json> {
    let node = fields.take("transformerParameters")?;
    if !matches!(node.value, NodeValue::Object(_)) {
        expected(&node, "transformerParameters", "an object", problems);
        return None;
    }
    Some(node.into_json())
}

/// Of several kinds of body, WireMock takes the first in this order.
fn body(
    fields: &mut Fields,
    is_recorded: bool,
    style: JsonStyle,
    problems: &mut Problems,
) -> BodySpec {
    let body =
        fields.take("body").and_then(|node| scalar(node, "body", problems)).map(BodySpec::Text);
    let json = fields
        .take_any("jsonBody")
        // To WireMock it is no body; in a recording it is the body that was sent.
        .filter(|node| is_recorded || node.value != NodeValue::Null)
        .map(|node| BodySpec::Json(node.into_json(), style));
    let bytes = fields
        .take("base64Body")
        .map(|node| BodySpec::Bytes(read_base64(node, "base64Body", problems).into()));
    let file = fields.text("bodyFileName", problems).map(BodySpec::File);
    body.or(json).or(bytes).or(file).unwrap_or_default()
}

/// A text; WireMock takes a number or a truth value as the text that it is written with.
fn scalar(node: Node, name: &str, problems: &mut Problems) -> Option<String> {
    match node.value {
        NodeValue::Number(spelled) => Some(spelled),
        NodeValue::Bool(value) => Some(value.to_string()),
        _ => text(node, name, problems),
    }
}
