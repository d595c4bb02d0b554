//! What goes wrong: `status = 503`, or `fault = "reset-within"` with its parameters.

use super::{
    fault_names::FaultName,
    named_fault, parameter,
    scalar::{text, whole},
    tree::one_or_more,
};
use crate::{
    codec::json::{self, Member, Node, NodeValue},
    format::{
        fields::{Fields, expected, expected_one_of, free_members, span_of},
        problem::Problems,
        wiremock::headers,
    },
    model::{AnswerFault, ErrorAnswer, Fault, Headers, Json},
};

/// The keys of a fault, and what else is known beside them.
macro_rules! fault_keys {
    ($($more:literal),* $(,)?) => {
        crate::format::behavior::selection::selection_keys!(
            "fault", "status", "headers", "body", "grpc_status", "message", "at", "time", "bytes",
            "value", "code", "alert", "offset" $(, $more)*
        )
    };
}
pub(super) use fault_keys;

/// Takes the keys of a fault out of an entry.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<Fault> {
    let before = problems.count();
    let kinds = ["fault", "status", "grpc_status"];
    let given: Vec<&str> = kinds.into_iter().filter(|key| fields.has(key)).collect();
    let fault = match given.as_slice() {
        ["fault"] => named(fields, problems),
        ["status"] => status(fields, problems),
        ["grpc_status"] => grpc_status(fields, problems),
        [] => {
            problems.add_with_hint(
                fields.span.clone(),
                "no fault is given",
                "`status` = 503, or `fault` = \"connection-reset\"",
            );
            None
        }
        _ => {
            let message = format!("`{}` are one too many", given.join("` and `"));
            problems.add_with_hint(fields.span.clone(), message, "make two faults of it");
            None
        }
    };
    for key in
        ["headers", "body", "message", "at", "time", "bytes", "value", "code", "alert", "offset"]
    {
        if let Some(node) = fields.take_any(key)
            && problems.count() == before
        {
            let message = format!("`{key}` means nothing to this fault");
            let hint = match key {
                "body" => "`request_body` selects requests by their body",
                "headers" => "`header` selects requests by their header",
                _ => "take it away",
            };
            problems.add_with_hint(span_of(&node), message, hint);
        }
    }
    (problems.count() == before).then_some(fault).flatten()
}

fn named(fields: &mut Fields, problems: &mut Problems) -> Option<Fault> {
    let node = fields.take("fault")?;
    let NodeValue::String(name) = &node.value else {
        expected(&node, "fault", "a string", problems);
        return None;
    };
    if let Some(hint) = FaultName::other(name) {
        let message = format!("`{name}` is no fault, and has a key of its own");
        problems.add_with_hint(span_of(&node), message, hint);
        return None;
    }
    let Some(name) = FaultName::of(name) else {
        if let Some(meant) = meant(name) {
            let message = format!("`fault` cannot be `{name}`");
            problems.add_with_hint(span_of(&node), message, meant);
        } else {
            let right: Vec<_> = FaultName::words().collect();
            expected_one_of(span_of(&node), "fault", name, &right, problems);
        }
        return None;
    };
    named_fault::read(name, fields, problems)
}

/// How to write a fault that is given as a share of errors, or with more behind its name.
fn meant(text: &str) -> Option<String> {
    if let Some((share, status)) = text.split_once(':')
        && share.ends_with('%')
    {
        return Some(format!("write `status={}; p={share}`", status.trim()));
    }
    let (word, rest) = text.split_once([' ', ':', '='])?;
    let rest = rest.trim();
    match word {
        "status" | "grpc_status" => Some(format!("write `{word}={rest}`")),
        _ if word.parse::<u16>().is_ok() => Some(format!("write `status={word}; p={rest}`")),
        _ if FaultName::of(word).is_some() => {
            Some(format!("what goes with it has a key of its own: `{word}; time=5s; p=5%`"))
        }
        _ => None,
    }
}

fn status(fields: &mut Fields, problems: &mut Problems) -> Option<Fault> {
    let status = whole(fields, "status", (200, 999), problems)?;
    let headers = answer_headers(fields, problems);
    let body = fields.take("body").map(|node| match node.value {
        NodeValue::String(text) => text,
        // What is written as JSON is sent as JSON.
        _ => json::write(&node.into_json(), <_>::default()),
    });
    let status = u16::try_from(status).ok()?;
    Some(Fault::Answer(AnswerFault::Status(ErrorAnswer { status, headers, body })))
}

/// A table of headers, or `Name: value`, or a list of these.
fn answer_headers(fields: &mut Fields, problems: &mut Problems) -> Headers {
    let Some(node) = fields.take("headers") else { return Headers::default() };
    if let NodeValue::Object(_) = &node.value {
        return headers::read(free_members(node, "headers", problems), problems);
    }
    let mut members: Vec<Member> = Vec::new();
    for item in one_or_more(node) {
        let pair = match &item.value {
            NodeValue::String(text) => text.split_once(':'),
            _ => None,
        };
        let Some((name, value)) = pair else {
            expected(&item, "headers", "a table, or \"Name: value\"", problems);
            continue;
        };
        let value = Node { value: NodeValue::String(value.trim().to_owned()), ..item };
        // Fields of one name stand together, as in a table.
        if let Some(earlier) = members.iter_mut().find(|member| member.name == name.trim()) {
            let first = std::mem::replace(&mut earlier.value.value, NodeValue::Null);
            let mut values = match first {
                NodeValue::Array(values) => values,
                first => vec![Node { value: first, ..value }],
            };
            values.push(value);
            earlier.value.value = NodeValue::Array(values);
            continue;
        }
        members.push(Member {
            name: name.trim().to_owned(),
            name_start: item.start,
            name_end: item.end,
            value,
        });
    }
    headers::read(members, problems)
}

fn grpc_status(fields: &mut Fields, problems: &mut Problems) -> Option<Fault> {
    let code = parameter::grpc_code(fields, problems)?;
    let message = text(fields, "message", problems);
    Some(Fault::Answer(AnswerFault::GrpcStatus { code, message }))
}

/// Writes a fault.
pub(super) fn write(fault: &Fault) -> Vec<(String, Json)> {
    let members: Vec<(&str, Json)> = match fault {
        Fault::Answer(AnswerFault::Status(ErrorAnswer { status, headers, body })) => {
            let mut members = vec![("status", u64::from(*status).into())];
            if !headers.is_empty() {
                members.push(("headers", headers::write(headers)));
            }
            members.extend(body.as_ref().map(|body| ("body", body.as_str().into())));
            members
        }
        Fault::Answer(AnswerFault::GrpcStatus { code, message }) => {
            let mut members = vec![("grpcStatus", u64::from(*code).into())];
            members.extend(message.as_ref().map(|it| ("message", it.as_str().into())));
            members
        }
        _ => {
            let name = named_fault::name_of(fault).map_or("", FaultName::word);
            let mut members = vec![("fault", name.into())];
            members.extend(named_fault::write(fault));
            members
        }
    };
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
