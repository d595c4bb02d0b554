//! Which header values of a request its answer gives back.
//!
//! They are not matched on, as they are new on each run: a token, a trace id, an idempotency key. So
//! the stub notes where an answer holds one, and on replay the client finds its own.

use crate::{
    matching::noise,
    model::{BodySpec, Headers, Json},
    redaction::contains_pseudonym,
};

/// A shorter value may stand in the answer by chance.
const MIN_LENGTH: usize = 8;

/// Names (in lower case) of request headers whose values the answer holds, with the values; of
/// credentials, without their scheme.
pub(super) fn echoes_of(
    request: &Headers,
    answer: &Headers,
    body: &BodySpec,
) -> Vec<(String, String)> {
    let mut echoes: Vec<(String, String)> = Vec::new();
    for (name, value) in request.iter() {
        let name = name.to_ascii_lowercase();
        let value = credential_of(&name, value);
        let is_new_each_run = noise::is_volatile(value)
            || value.split(['-', '.', ' ', ';', '=', ',']).any(noise::is_volatile)
            || contains_pseudonym(value.as_bytes());
        if value.len() >= MIN_LENGTH
            && is_new_each_run
            && !echoes.iter().any(|(other, _)| *other == name)
            && (answer.iter().any(|(_, text)| text.contains(value)) || holds(body, value))
        {
            echoes.push((name, value.to_owned()));
        }
    }
    echoes
}

/// What of a header's value an answer may hold: of a credential, what follows its scheme.
fn credential_of<'v>(name: &str, value: &'v str) -> &'v str {
    match name {
        "authorization" | "proxy-authorization" => {
            value.split_once(' ').map_or(value, |(_, credential)| credential.trim())
        }
        _ => value,
    }
}

fn holds(body: &BodySpec, value: &str) -> bool {
    match body {
        BodySpec::Json(json, _) => json_holds(json, value),
        BodySpec::Text(text) => text.contains(value),
        BodySpec::Bytes(_) | BodySpec::Empty | BodySpec::File(_) => false,
    }
}

fn json_holds(json: &Json, value: &str) -> bool {
    match json {
        Json::String(text) => text.contains(value),
        Json::Array(items) => items.iter().any(|item| json_holds(item, value)),
        Json::Object(members) => members.iter().any(|(_, member)| json_holds(member, value)),
        Json::Bool(_) | Json::Null | Json::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    const UUID: &str = "6caabddf-0802-472c-9459-5ec53e62eaeb";

    fn echoes(name: &str, value: &str, answered: &str) -> Vec<(String, String)> {
        let mut request = Headers::new();
        request.push("Accept", "application/json");
        request.push(name, value);
        let body = BodySpec::Json(json::parse(answered).unwrap(), Default::default());
        echoes_of(&request, &Headers::new(), &body)
    }

    fn echo(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn a_value_that_is_new_each_run_is_noted_where_it_comes_back() {
        let answer = format!(r#"{{"a":["x-{UUID}"]}}"#);
        assert_eq!(echoes("X-Request-Id", UUID, &answer), echo("x-request-id", UUID));
        assert_eq!(echoes("X-Request-Id", UUID, r#"{"a":"other"}"#), []);
        let token = "tok-r1ng0a1b2c3d4e5f";
        let answer = format!(r#"{{"you":"{token}"}}"#);
        assert_eq!(
            echoes("Authorization", &format!("Bearer {token}"), &answer),
            echo("authorization", token)
        );
    }

    #[test]
    fn a_value_that_stays_is_not_noted() {
        assert_eq!(echoes("Accept", "application/json", r#"{"type":"application/json"}"#), []);
        assert_eq!(echoes("X-Tenant", "customers", r#"{"tenant":"customers"}"#), []);
    }

    #[test]
    fn it_may_come_back_in_a_header() {
        let mut request = Headers::new();
        request.push("traceparent", format!("00-{}-01", UUID.replace('-', "")));
        let mut answer = Headers::new();
        answer.push("X-Trace", format!("00-{}-01", UUID.replace('-', "")));
        assert_eq!(echoes_of(&request, &answer, &BodySpec::Empty).len(), 1);
    }
}
