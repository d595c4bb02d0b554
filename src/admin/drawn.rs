//! What befell a request on purpose, as the journal shows it.

use std::time::Duration;

use super::json::object;
use crate::{
    model::Json,
    store::{Applied, Drawn, Limited, ServeEvent},
};

/// What ringer did to a request on purpose; `None` where it did nothing.
pub(super) fn of(event: &ServeEvent) -> Option<Json> {
    let mut own = event.drawn().map(|drawn| shown(&drawn));
    if let Some(refusal) = event.limited() {
        own.get_or_insert_with(|| Json::Object(Vec::new())).set("limited", limited(refusal));
    }
    own
}

/// The seed, and what befell the request with its draws.
fn shown(drawn: &Drawn) -> Json {
    let applied = drawn.applied.iter().map(one).collect();
    object([("seed", drawn.seed.0.into()), ("applied", Json::Array(applied))])
}

/// The limit that refused the request, to whom, and the seconds to wait.
fn limited(limited: &Limited) -> Json {
    let mut json = object([
        ("limit", limited.limit.as_str().into()),
        ("place", limited.place.to_string().into()),
        ("policy", limited.policy.as_str().into()),
        ("key", limited.key.as_str().into()),
        ("retryAfter", Json::Number(limited.retry_after.as_secs_f64().to_string())),
    ]);
    if let Some(stub) = &limited.stub {
        json.set("stub", stub.0.to_string().into());
    }
    json
}

fn one(applied: &Applied) -> Json {
    let mut members = vec![("place".to_owned(), applied.place.to_string().into())];
    if !applied.rule.is_empty() {
        members.push(("rule".to_owned(), applied.rule.as_str().into()));
    }
    members.push(("kind".to_owned(), applied.kind.into()));
    members.push(("number".to_owned(), applied.number.into()));
    if let Some(draw) = applied.draw {
        members.push(("draw".to_owned(), Json::Number(draw.to_string())));
    }
    if let Some(wait) = applied.wait {
        let micros = |wait: Duration| u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        members.push(("waitMicros".to_owned(), micros(wait).into()));
    }
    if let Some(fault) = &applied.fault {
        members.push(("fault".to_owned(), fault.as_str().into()));
    }
    Json::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::json,
        model::{JsonStyle, Place, ServiceName},
        runtime::Seed,
        store::Subject,
    };

    #[test]
    fn what_was_applied_is_shown_with_its_draws() {
        let fault = Applied {
            place: Place::Service(ServiceName::new("payments")),
            rule: "flaky".to_owned(),
            kind: "fault",
            subject: Subject::Endpoint(String::new()),
            is_together: false,
            number: 12,
            seed: Seed(7),
            draw: Some(0.031),
            wait: None,
            fault: Some("status 503".to_owned()),
        };
        let latency = Applied {
            rule: String::new(),
            kind: "latency",
            draw: None,
            wait: Some(Duration::from_millis(3)),
            fault: None,
            ..fault.clone()
        };
        let drawn = Drawn { seed: Seed(7), applied: vec![latency, fault] };
        insta::assert_snapshot!(json::write(&shown(&drawn), JsonStyle::default()), @r#"{"seed":7,"applied":[{"place":"service payments","kind":"latency","number":12,"waitMicros":3000},{"place":"service payments","rule":"flaky","kind":"fault","number":12,"draw":0.031,"fault":"status 503"}]}"#);
    }
}
