//! What answers tell of rate limits: their fields, and the answer to a request that was refused.

use http::{
    Extensions, HeaderName, HeaderValue, Response, StatusCode, Version, header::CONTENT_TYPE,
};

use super::{
    reply::ReplyBody,
    rescue::{self, Wants},
    spellings::Spelled,
    state::State,
};
use crate::{
    model::Json,
    store::{FieldNames, Refused},
    upstream::HeadTap,
};

/// What a client gets that was refused.
pub(super) async fn refusal(
    state: &State,
    refused: &Refused,
    wants: Wants,
    version: Version,
) -> Response<ReplyBody> {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
    let mut response = match &refused.body {
        Some(body) => {
            let mut response = written(body.clone());
            *response.status_mut() = status;
            response
        }
        None => own(status, refused, wants),
    };
    tell(state, &mut response, &refused.headers, version).await;
    response
}

/// A body of a limit, as what it is.
pub(super) fn written(body: String) -> Response<ReplyBody> {
    let kind = (!body.is_empty()).then(|| HeaderValue::from_static(content_type(&body)));
    let mut response = Response::new(ReplyBody::text(body));
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

/// What a body is that a limit says nothing of.
fn content_type(body: &str) -> &'static str {
    match body.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') => "application/xml",
        _ => "text/plain; charset=utf-8",
    }
}

/// In ringer's own words, with the whole seconds to wait.
fn own(status: StatusCode, refused: &Refused, wants: Wants) -> Response<ReplyBody> {
    let seconds = refused.retry_after.as_secs_f64().ceil().max(1.0);
    let json = Json::Object(vec![
        ("error".to_owned(), "rate_limited".into()),
        ("message".to_owned(), "the rate limit that ringer was given is used up".into()),
        ("limit".to_owned(), refused.limit.as_str().into()),
        ("retryAfterSeconds".to_owned(), Json::Number(format!("{seconds}"))),
    ]);
    let text = format!(
        "{} the rate limit that ringer was given is used up; retry after {seconds} s\n",
        status.as_u16()
    );
    rescue::own_answer(status, wants, &json, &text)
}

/// Sets fields, those of their names gone, and has HTTP/1.1 spell them as they are written.
pub(super) async fn tell(
    state: &State,
    response: &mut Response<ReplyBody>,
    headers: &[(String, String)],
    version: Version,
) {
    if headers.is_empty() {
        return;
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::try_from(value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    if version < Version::HTTP_2 {
        let is_told = |name: &&String| headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
        let mut names = spelled(response.extensions());
        names.retain(|name| !is_told(&name));
        names.extend(headers.iter().map(|(name, _)| name.clone()));
        let spelling = state.spellings.of(names).await;
        response.extensions_mut().extend(spelling);
    }
}

/// How the names of an answer are spelled: a stub's, or those of the API that was asked.
fn spelled(extensions: &Extensions) -> Vec<String> {
    if let Some(spelled) = extensions.get::<Spelled>() {
        return spelled.names().to_vec();
    }
    if let Some(FieldNames(Some(names))) = extensions.get() {
        return names.to_vec();
    }
    let head = extensions.get::<HeadTap>().and_then(HeadTap::take);
    let fields = head.map(|(_, head)| head.fields).unwrap_or_default();
    fields.into_iter().map(|(name, _)| name).collect()
}
