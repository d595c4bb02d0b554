//! `/recordings`: WireMock's way to record, which is not here yet.

use http::StatusCode;

use super::{
    call::{self, Answer, Call},
    json::object,
    problem::Problem,
};

pub(super) fn status(_: &Call<'_>) -> Answer {
    Ok(call::json(&object([("status", "NeverStarted".into())])))
}

pub(super) fn stop(_: &Call<'_>) -> Answer {
    Err(Problem::titled(StatusCode::BAD_REQUEST, 30, "Not currently recording."))
}

/// 501, with the way out.
pub(super) fn later(_: &Call<'_>) -> Answer {
    let title = "Recording over the admin API is not supported yet: `ringer record URL` records";
    Err(Problem::titled(StatusCode::NOT_IMPLEMENTED, 501, title))
}
