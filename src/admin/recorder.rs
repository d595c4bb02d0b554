//! `/recorder`: a page that starts and stops recordings.

use http::{HeaderValue, StatusCode, header::LOCATION};

use super::call::{self, Answer, Call};

/// What it shows: it has nothing from elsewhere, and asks the API where it stands itself.
const PAGE: &str = include_str!("recorder.html");

pub(super) fn page(_: &Call<'_>) -> Answer {
    Ok(call::typed("text/html;charset=utf-8", PAGE))
}

/// 302 to the page.
pub(super) fn moved(call: &Call<'_>) -> Answer {
    let mut response = call::empty();
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(place) = HeaderValue::try_from(format!("{}/", call.uri.path())) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}
