//! A mapping, or a file of them, as text.

use std::ops::Range;

use uuid::Uuid;

use super::{
    layout, listener,
    pattern::{self, REQUEST},
    recorded::{self, NOTES, Notes, STUB_NOTES},
    response::{self, RESPONSE, STEP},
    source::{Syntax, mapping_nodes},
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        behavior::document,
        fields::{Fields, Place, expected, expected_one_of, items, span_of, text, whole},
        problem::{Problem, Problems},
    },
    model::{
        AfterLast, Json, Recorded, RequestPattern, ResponseSpec, Responses, Scenario, ServiceName,
        Stub, StubId,
    },
};

/// The keys of a mapping.
pub(super) const MAPPING: Place = Place {
    noun: "key",
    name: "a mapping",
    known: &[
        "id",
        "uuid",
        "name",
        "priority",
        "request",
        "response",
        "responses",
        "afterLast",
        "metadata",
        "persistent",
        "insertionIndex",
        "behavior",
        "scenarioName",
        "requiredScenarioState",
        "newScenarioState",
        "serveEventListeners",
        "postServeActions",
    ],
};

/// Where a key that stands in the wrong object may belong.
const HOMES: &[&Place] = &[&MAPPING, &REQUEST, &RESPONSE, &STEP, &NOTES];

/// A stub and where its mapping stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// The stub.
    pub stub: Stub,
    /// Where, in bytes.
    pub span: Range<usize>,
    /// No mistake was found in it; otherwise the stub is what could be made out.
    pub is_right: bool,
}

/// Reads a JSON text that holds one mapping, or `{"mappings": […]}`.
///
/// All mistakes are returned, in order; a mapping without a mistake is returned whatever the others
/// hold. `fallback_id` gives the id of the mapping at an index that has none of its own.
pub fn read(
    text: &str,
    service: Option<&ServiceName>,
    fallback_id: impl Fn(usize) -> StubId,
) -> (Vec<Stub>, Vec<Problem>) {
    let (mappings, problems) = read_mappings(text, Syntax::Json, service, fallback_id);
    let right = mappings.into_iter().filter(|mapping| mapping.is_right);
    (right.map(|mapping| mapping.stub).collect(), problems)
}

/// Reads a text in JSON or YAML, and says where each mapping stands; those with a mistake are among
/// them, for further mistakes to be looked for.
pub fn read_mappings(
    text: &str,
    syntax: Syntax,
    service: Option<&ServiceName>,
    fallback_id: impl Fn(usize) -> StubId,
) -> (Vec<Mapping>, Vec<Problem>) {
    let mut problems = Problems::default();
    let mut mappings = Vec::new();
    let nodes = mapping_nodes(text, syntax, HOMES, &mut problems);
    for (index, node) in nodes.into_iter().enumerate() {
        let span = span_of(&node);
        let before = problems.count();
        let stub = read_mapping(node, service, || fallback_id(index), &mut problems);
        if let Some(stub) = stub {
            mappings.push(Mapping { stub, span, is_right: problems.count() == before });
        }
    }
    (mappings, problems.into_sorted())
}

/// Writes one mapping: pretty, and the same text for the same stub.
pub fn write(stub: &Stub) -> String {
    layout::write(&write_value(stub))
}

/// Writes one mapping as a value.
pub fn write_value(stub: &Stub) -> Json {
    let mut members: Vec<(String, Json)> = Vec::new();
    let mut put = |name: &str, value: Json| members.push((name.to_owned(), value));
    put("id", stub.id.to_string().into());
    if let Some(name) = &stub.name {
        put("name", name.as_str().into());
    }
    if let Some(priority) = stub.priority {
        put("priority", u64::from(priority).into());
    }
    if stub.request != RequestPattern::default() {
        put("request", pattern::write(&stub.request));
    }
    if let Some(scenario) = &stub.scenario {
        put("scenarioName", scenario.name.as_str().into());
        for (name, state) in [
            ("requiredScenarioState", &scenario.required_state),
            ("newScenarioState", &scenario.new_state),
        ] {
            if let Some(state) = state {
                put(name, state.as_str().into());
            }
        }
    }
    let Responses { steps, after_last } = &stub.responses;
    let only_answer = match steps.as_slice() {
        [step] if step.times == 1 && *after_last == AfterLast::Stay => Some(&step.response),
        _ => None,
    };
    match only_answer {
        Some(answer) => put("response", Json::Object(response::write(answer))),
        None => put("responses", Json::Array(steps.iter().map(response::write_step).collect())),
    }
    match after_last {
        AfterLast::Stay => {}
        AfterLast::Restart => put("afterLast", "restart".into()),
        AfterLast::Miss => put("afterLast", "miss".into()),
    }
    for (name, listeners) in listener::write(&stub.listeners) {
        put(name, listeners);
    }
    if let Some(behaviors) = &stub.behaviors {
        put("behavior", document::write(behaviors));
    }
    if let Some(persistent) = stub.persistent {
        put("persistent", persistent.into());
    }
    let notes = recorded::write_notes(stub.recorded.as_ref(), only_answer);
    if stub.metadata.is_some() || !notes.is_empty() {
        let mut metadata = stub.metadata.clone().unwrap_or_else(|| Json::Object(Vec::new()));
        if !notes.is_empty() {
            metadata.set("ringer", Json::Object(notes));
        }
        put("metadata", metadata);
    }
    Json::Object(members)
}

fn read_mapping(
    node: Node,
    service: Option<&ServiceName>,
    fallback_id: impl FnOnce() -> StubId,
    problems: &mut Problems,
) -> Option<Stub> {
    let mut fields = Fields::open(node, &MAPPING, HOMES, problems)?;
    // WireMock writes it; the order is that of the files.
    fields.whole("insertionIndex", problems);
    let persistent = fields.flag_if_given("persistent", problems);
    let id = id(&mut fields, problems).unwrap_or_else(fallback_id);
    let name = fields.text("name", problems);
    let priority = priority(&mut fields, problems);
    let request =
        fields.take("request").map(|node| pattern::read(node, HOMES, problems)).unwrap_or_default();
    let scenario = scenario(&mut fields, problems).map(Box::new);
    let listeners = listener::read(&mut fields, problems);
    let behaviors = fields
        .take("behavior")
        .map(|node| document::read_of_stub(node, problems))
        .filter(|behaviors| !behaviors.is_empty())
        .map(Box::new);
    let is_sequence = fields.has("responses");
    let (metadata, notes, recorded) = metadata(&mut fields, is_sequence, problems);
    let responses = responses(&mut fields, notes, problems);
    Some(Stub {
        behaviors,
        id,
        name,
        service: service.cloned(),
        priority,
        request,
        scenario,
        responses,
        listeners,
        persistent,
        recorded,
        metadata,
    })
}

/// A state without a scenario means nothing; WireMock takes it without a word.
fn scenario(fields: &mut Fields, problems: &mut Problems) -> Option<Scenario> {
    let name = fields.text("scenarioName", problems);
    let required_state = fields.text("requiredScenarioState", problems);
    let new_state = fields.text("newScenarioState", problems);
    Some(Scenario { name: name?, required_state, new_state })
}

fn id(fields: &mut Fields, problems: &mut Problems) -> Option<StubId> {
    let mut one = |name| {
        let node = fields.take(name)?;
        let span = span_of(&node);
        let spelled = text(node, name, problems)?;
        match Uuid::try_parse(&spelled) {
            Ok(id) => Some((StubId(id), span)),
            Err(_) => {
                problems.add_with_hint(
                    span,
                    format!("`{name}` is not a UUID"),
                    "leave it out to get one that is made from the file's name",
                );
                None
            }
        }
    };
    let (id, alias) = (one("id"), one("uuid"));
    if let (Some((id, _)), Some((alias, span))) = (&id, &alias)
        && id != alias
    {
        problems.add(span.clone(), "`uuid` is another name of `id`, and they differ");
    }
    id.or(alias).map(|(id, _)| id)
}

fn priority(fields: &mut Fields, problems: &mut Problems) -> Option<u32> {
    let node = fields.take("priority")?;
    let priority = whole(&node, "priority", problems)?;
    let fits = u32::try_from(priority).ok();
    if fits.is_none() {
        problems.add(span_of(&node), format!("`priority` must be {} or less", u32::MAX));
    }
    fits
}

fn metadata(
    fields: &mut Fields,
    is_sequence: bool,
    problems: &mut Problems,
) -> (Option<Json>, Notes, Option<Recorded>) {
    let Some(mut node) = fields.take("metadata") else { return (None, Notes::default(), None) };
    let NodeValue::Object(members) = &mut node.value else {
        expected(&node, "metadata", "an object", problems);
        return (None, Notes::default(), None);
    };
    let ours = members.iter().position(|member| member.name == "ringer");
    let Some(ours) = ours.map(|at| members.remove(at)) else {
        return (Some(node.into_json()), Notes::default(), None);
    };
    let is_all = members.is_empty();
    let place = if is_sequence { &STUB_NOTES } else { &NOTES };
    let (notes, recorded) = recorded::read_notes(ours.value, place, problems);
    ((!is_all).then(|| node.into_json()), notes, recorded)
}

fn responses(fields: &mut Fields, notes: Notes, problems: &mut Problems) -> Responses {
    let one = fields.take("response");
    let several = fields.take("responses");
    let after_last = fields.take("afterLast");
    let Some(several) = several else {
        if let Some(after_last) = after_last {
            problems.add(span_of(&after_last), "`afterLast` goes with `responses`");
        }
        let answer = match one {
            Some(node) => response::read(node, notes, HOMES, problems),
            None => ResponseSpec { status: 200, ..ResponseSpec::default() },
        };
        return Responses::one(answer);
    };
    if let Some(one) = one {
        problems.add_with_hint(
            span_of(&one),
            "both `response` and `responses`",
            "put this answer into the list `responses`",
        );
    }
    let span = span_of(&several);
    let steps: Vec<_> = items(several, "responses", problems)
        .into_iter()
        .map(|item| response::read_step(item, HOMES, problems))
        .collect();
    if steps.is_empty() {
        problems.add_unless_within(span, "`responses` needs an answer", "or leave it out");
    }
    let after_last = after_last.map_or(AfterLast::Stay, |node| {
        let span = span_of(&node);
        match text(node, "afterLast", problems).as_deref() {
            None | Some("stay") => AfterLast::Stay,
            Some("restart") => AfterLast::Restart,
            Some("miss") => AfterLast::Miss,
            Some(other) => {
                let right = ["stay", "restart", "miss"];
                expected_one_of(span, "afterLast", other, &right, problems);
                AfterLast::Stay
            }
        }
    });
    Responses { steps, after_last }
}

#[cfg(test)]
mod tests;
