//! `serveEventListeners` of a mapping, and `postServeActions`, as they were called before.

use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, Place, items, text},
        problem::Problems,
    },
    model::{Json, ServeListener},
};

/// The keys of a listener.
pub(super) const LISTENER: Place = Place {
    noun: "key",
    name: "an item of `serveEventListeners`",
    known: &["name", "requestPhases", "parameters"],
};

/// The keys of an action.
pub(super) const ACTION: Place =
    Place { name: "an item of `postServeActions`", known: &["name", "parameters"], ..LISTENER };

/// Reads both lists.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Vec<ServeListener> {
    let mut listeners: Vec<ServeListener> = fields
        .items("serveEventListeners", problems)
        .into_iter()
        .filter_map(|item| read_one(item, &LISTENER, problems))
        .collect();
    match fields.take("postServeActions") {
        None => {}
        // Once, actions stood in an object under their names.
        Some(Node { value: NodeValue::Object(members), .. }) => {
            listeners.extend(members.into_iter().map(|member| ServeListener {
                name: member.name,
                phases: Vec::new(),
                parameters: Some(member.value.into_json()),
                is_post_serve_action: true,
            }));
        }
        Some(node) => {
            let actions = items(node, "postServeActions", problems);
            listeners
                .extend(actions.into_iter().filter_map(|item| read_one(item, &ACTION, problems)));
        }
    }
    listeners
}

fn read_one(node: Node, place: &Place, problems: &mut Problems) -> Option<ServeListener> {
    let mut fields = Fields::open(node, place, &[], problems)?;
    let Some(name) = fields.text("name", problems) else {
        let hint = "`webhook` is the one that there is";
        problems.add_unless_within(
            fields.span.clone(),
            &format!("`name` is missing in {}", place.name),
            hint,
        );
        return None;
    };
    let phases = fields
        .items("requestPhases", problems)
        .into_iter()
        .filter_map(|phase| text(phase, "requestPhases", problems))
        .collect();
    let parameters = fields.take("parameters").map(Node::into_json);
    let is_post_serve_action = place.name == ACTION.name;
    Some(ServeListener { name, phases, parameters, is_post_serve_action })
}

/// Writes both lists under their keys; an empty one is left out.
pub(super) fn write(listeners: &[ServeListener]) -> Vec<(&'static str, Json)> {
    let list = |is_action: bool| {
        let items: Vec<Json> = listeners
            .iter()
            .filter(|listener| listener.is_post_serve_action == is_action)
            .map(write_one)
            .collect();
        (!items.is_empty()).then_some(Json::Array(items))
    };
    [("serveEventListeners", list(false)), ("postServeActions", list(true))]
        .into_iter()
        .filter_map(|(name, list)| Some((name, list?)))
        .collect()
}

fn write_one(listener: &ServeListener) -> Json {
    let mut members = vec![("name".to_owned(), listener.name.as_str().into())];
    if !listener.phases.is_empty() {
        let phases = listener.phases.iter().map(|phase| phase.as_str().into()).collect();
        members.push(("requestPhases".to_owned(), Json::Array(phases)));
    }
    if let Some(parameters) = &listener.parameters {
        members.push(("parameters".to_owned(), parameters.clone()));
    }
    Json::Object(members)
}
