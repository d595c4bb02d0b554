//! What is counted, for scrapers.

use http::header::{ACCEPT, HeaderValue, VARY};

use super::call::{self, Answer, Call};
use crate::telemetry::Format;

pub(super) fn scrape(call: &Call<'_>) -> Answer {
    let parts = call.parts;
    let metrics = &parts.metrics;
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    // The default one is there always.
    metrics.sessions.set(whole(parts.sessions.count() + 1));
    metrics.stubs.set(whole(parts.keeper.stubs().snapshot().len()));
    let accepted = call.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let format = Format::accepted(&accepted.collect::<Vec<_>>().join(","));
    let text = metrics.encode(env!("CARGO_PKG_VERSION"), parts.clock.started_at(), format);
    let mut response = call::typed(format.content_type(), text);
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}
