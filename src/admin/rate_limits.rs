//! `/ringer/rate-limits`: what is left of limits, and how clients took them.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    call::{self, Answer, Call},
    json::object,
    place::place_shown,
};
use crate::{
    behavior::{
        limiter::Now,
        verdict::{Gap, Verdict},
    },
    model::Json,
};

/// What is left of each limit that counted a request, by policy and client.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let reading = call.session().clock().read();
    let now = Now {
        elapsed: reading.elapsed,
        wall: Timestamp::try_from(reading.now).unwrap_or_default(),
    };
    let standings = call.session().limits().standings(now).into_iter().map(|standing| {
        let reset = now.wall.checked_add(standing.reset_after).unwrap_or(now.wall);
        let reset = Timestamp::from_millisecond(reset.as_millisecond()).unwrap_or(reset);
        object([
            ("name", standing.limit.into()),
            ("place", place_shown(&standing.place)),
            ("policy", standing.policy.into()),
            ("key", standing.key.map_or(Json::Null, Json::from)),
            ("limit", standing.total.into()),
            ("remaining", standing.remaining.into()),
            ("reset", reset.to_string().into()),
            ("resetAfterMillis", millis(standing.reset_after)),
        ])
    });
    Ok(call::json(&object([("rateLimits", Json::Array(standings.collect()))])))
}

/// How each client took each limit.
pub(super) fn report(call: &Call<'_>) -> Answer {
    let session = call.session();
    let reports = session.limits().report(session.clock().elapsed()).into_iter().map(|report| {
        let policies = report.policies.into_iter().map(Json::from).collect();
        let mut members = vec![
            ("name".to_owned(), report.limit.into()),
            ("place".to_owned(), place_shown(&report.place)),
            ("key".to_owned(), report.key.into()),
            ("policies".to_owned(), Json::Array(policies)),
            ("status".to_owned(), u64::from(report.status).into()),
        ];
        members.extend(verdict(&report.verdict));
        Json::Object(members)
    });
    Ok(call::json(&object([("keys", Json::Array(reports.collect()))])))
}

/// Has limits count anew.
pub(super) fn reset(call: &Call<'_>) -> Answer {
    call.session().limits().reset();
    Ok(call::empty_object())
}

fn verdict(verdict: &Verdict) -> Vec<(String, Json)> {
    let Json::Object(members) = object([
        ("requests", verdict.requests.into()),
        ("limited", verdict.limited.into()),
        ("retries", verdict.retries.into()),
        ("earlyRetries", verdict.early.into()),
        ("shortestGap", verdict.shortest.map_or(Json::Null, gap)),
        ("medianGap", verdict.median.map_or(Json::Null, gap)),
        ("jitter", verdict.jitter.map_or(Json::Null, |it| Json::Number(format!("{it:.4}")))),
        ("burstAfterReset", verdict.burst_after_reset.into()),
        ("sameIdempotencyKey", verdict.same_idempotency_key.into()),
        ("newIdempotencyKey", verdict.new_idempotency_key.into()),
        ("gaveUp", verdict.given_up.into()),
        ("gaveUpAfterTries", u64::from(verdict.gave_up_after).into()),
    ]) else {
        return Vec::new();
    };
    members
}

/// A wait before another try, and how long it was to be.
fn gap(gap: Gap) -> Json {
    object([
        ("waitedMillis", millis(gap.waited)),
        ("advertisedMillis", gap.advertised.map_or(Json::Null, millis)),
    ])
}

fn millis(time: Duration) -> Json {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into()
}
