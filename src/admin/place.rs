//! Places of behaviours as the API has them: `"all"`, `{"service": "pay"}`, `{"stub": ID}`,
//! `{"session": "s"}`; in a query, `service pay`.

use super::{json::object, problem::Problem};
use crate::model::{Json, Place};

/// Reads a place.
pub(super) fn place_in(value: &Json) -> Result<Place, Problem> {
    let wrong = || {
        Problem::at(
            "/place",
            "a place is expected: `\"all\"`, `{\"service\": \"NAME\"}`, `{\"stub\": \"ID\"}` or `{\"session\": \"NAME\"}`",
        )
    };
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Object(members) => match members.as_slice() {
            [(kind, Json::String(name))] => format!("{kind} {name}"),
            _ => return Err(wrong()),
        },
        _ => return Err(wrong()),
    };
    match text.parse() {
        // What holds for a request comes with it.
        Ok(Place::Request) | Err(_) => Err(wrong()),
        Ok(place) => Ok(place),
    }
}

/// Writes a place.
pub(super) fn place_shown(place: &Place) -> Json {
    match place {
        Place::Request => "request".into(),
        Place::Stub(id) => object([("stub", id.to_string().into())]),
        Place::Session(name) => object([("session", name.as_str().into())]),
        Place::Service(name) => object([("service", name.to_string().into())]),
        Place::All => "all".into(),
    }
}
