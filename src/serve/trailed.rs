//! Trailers of answers to clients of HTTP/1.1.

use http::{
    Response,
    header::{CONTENT_LENGTH, TRAILER},
};

use super::{reply::ReplyBody, wire::Interim};

/// Lets trailers through to a client of HTTP/1.1, asked for or not.
pub(super) fn with_trailers(
    response: Response<ReplyBody>,
    interim: Interim,
) -> Response<ReplyBody> {
    interim.clear_trailers();
    if response.headers().contains_key(CONTENT_LENGTH) {
        return response;
    }
    let announced = response.headers().get_all(TRAILER).iter();
    let spelled = announced
        .filter_map(|names| names.to_str().ok())
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    response.map(|body| ReplyBody::Trailed { body: Box::new(body), interim, spelled })
}
