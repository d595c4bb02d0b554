//! Stubs whose answer is fetched from another server (`proxyBaseUrl`), streamed both ways.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version,
    header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TRANSFER_ENCODING, USER_AGENT},
};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use super::{
    errand::{self, ErrandError},
    hop,
    inquiry::Inquiry,
    observed::timed,
    reply::{BodyError, Production, ReplyBody, Sizing},
    settings::Dialect,
    spellings::note_names,
    state::State,
    wait::{since, sleep_until},
};
use crate::{
    behavior::{delay, latency::Schedule},
    model::{Dribble, Headers, ProxySpec, RequestBody, bytes_of},
    render::PreparedBody,
    upstream::Protocol,
};

/// Who ringer says that it is, in place of the client.
const OWN_NAME: &str = concat!("ringer/", env!("CARGO_PKG_VERSION"));

/// An answer that is to be fetched.
pub(super) struct Fetch<'a> {
    pub(super) proxy: &'a ProxySpec,
    /// Fields that the answer gets besides its own.
    pub(super) fields: &'a Headers,
    pub(super) schedule: Schedule,
    pub(super) dribble: Option<Dribble>,
}

impl Fetch<'_> {
    /// Fetches the answer and gives it when it is due. Where there is none, the client gets 500.
    pub(super) async fn give(self, state: &State, mut inquiry: Inquiry) -> Response<ReplyBody> {
        let (version, watch) = (inquiry.version, inquiry.watch);
        let path = inquiry.request.target.as_str();
        let path = match &self.proxy.prefix_to_remove {
            Some(prefix) => path.strip_prefix(prefix.as_str()).unwrap_or(path),
            None => path,
        };
        let url = format!("{}{path}", self.proxy.base_url);
        let fetched = self.fetch(state, &url, &mut inquiry).await;
        sleep_until(state.session.clock(), watch, self.schedule.head).await;
        let response = match fetched {
            Ok(response) => response,
            Err(error) => return failed(state, &url, &error),
        };
        let (mut parts, body) = response.into_parts();
        note_names(&mut parts.extensions);
        parts.headers = hop::response_fields(&parts.headers, version == Version::HTTP_11);
        add_fields(&mut parts.headers, self.fields);
        match self.dribble {
            None => Response::from_parts(parts, ReplyBody::Relayed(body)),
            Some(dribble) => match dribbled(state, body, dribble, self.schedule, watch).await {
                Ok(body) => Response::from_parts(parts, body),
                Err(error) => failed(
                    state,
                    &url,
                    &ErrandError::Url {
                        url: url.clone(),
                        reason: format!("its answer cannot be dribbled: {error}"),
                    },
                ),
            },
        }
    }

    async fn fetch(
        &self,
        state: &State,
        url: &str,
        inquiry: &mut Inquiry,
    ) -> Result<Response<Incoming>, ErrandError> {
        let (uri, origin) = errand::target(url)?;
        let unsendable =
            |reason: &str| ErrandError::Url { url: url.to_owned(), reason: reason.to_owned() };
        match &inquiry.request.body {
            RequestBody::Whole(bytes) if !bytes.is_empty() => {
                let bytes = bytes.clone();
                inquiry.body.put_back(&bytes);
            }
            RequestBody::Whole(_) => {}
            RequestBody::Hashed { .. } => {
                return Err(unsendable(
                    "the request was too large to be kept; see \
                     `max_body_in_memory`",
                ));
            }
        }
        let host = if state.answers.proxy_preserves_host {
            inquiry.route.authority.to_string()
        } else {
            origin.authority()
        };
        let fields = self
            .request_fields(state, inquiry, &host)
            .ok_or_else(|| unsendable("a header field of the stub cannot be sent"))?;
        let body = std::mem::take(&mut inquiry.body);
        let mut request = Request::new(body.map_err(BodyError::from).boxed_unsync());
        *request.method_mut() = inquiry.request.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = fields;
        let protocol =
            if inquiry.version == Version::HTTP_2 { Protocol::Http2 } else { Protocol::Http1 };
        let sent = errand::send(state, request, &origin, &inquiry.route, protocol);
        timed(&inquiry.route.service.metrics, state.clock, sent).await
    }

    /// The fields of the request as the other server gets them; `None` where the stub has one that
    /// HTTP does not allow.
    fn request_fields(&self, state: &State, inquiry: &Inquiry, host: &str) -> Option<HeaderMap> {
        let mut passed = hop::request_fields(&inquiry.request.headers);
        // A stub may have the last word.
        if let Some(span) = &inquiry.route.span
            && !self.proxy.additional_headers.contains("traceparent")
        {
            span.continue_in(&mut passed);
        }
        let keeps_name = state.answers.proxy_preserves_user_agent;
        let mut sent = HeaderMap::with_capacity(passed.len() + 2);
        sent.insert(HOST, HeaderValue::from_str(host).ok()?);
        for (name, value) in &passed {
            let is_removed = || {
                let removed = &self.proxy.removed_headers;
                removed.iter().any(|removed| removed.eq_ignore_ascii_case(name.as_str()))
            };
            let stays = name == HOST || name == EXPECT || (name == USER_AGENT && !keeps_name);
            if !stays && !is_removed() {
                sent.append(name.clone(), value.clone());
            }
        }
        for (name, value) in self.proxy.additional_headers.iter() {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let value = HeaderValue::from_bytes(&bytes_of(value)).ok()?;
            if name == HOST || name == CONTENT_TYPE || name == USER_AGENT {
                sent.insert(name, value);
            } else {
                sent.append(name, value);
            }
        }
        if !keeps_name && !sent.contains_key(USER_AGENT) {
            sent.insert(USER_AGENT, HeaderValue::from_static(OWN_NAME));
        }
        Some(sent)
    }
}

/// Adds a stub's fields to a fetched answer; those of which there is one take the place of its own.
/// What frames the answer stays as it is.
fn add_fields(fields: &mut HeaderMap, added: &Headers) {
    for (name, value) in added.iter() {
        let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&bytes_of(value)))
        else {
            continue;
        };
        if name == CONTENT_TYPE {
            fields.insert(name, value);
        } else if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
            fields.append(name, value);
        }
    }
}

/// A fetched body in pieces: it is held until it is whole.
async fn dribbled(
    state: &State,
    body: Incoming,
    dribble: Dribble,
    schedule: Schedule,
    watch: super::tee::Stopwatch,
) -> Result<ReplyBody, BodyError> {
    let whole = Limited::new(body, state.limits.body_in_memory).collect().await?;
    let trailers = whole.trailers().cloned().unwrap_or_default();
    let bytes = whole.to_bytes();
    let clock = state.session.clock();
    let pieces = delay::pieces(dribble, bytes.len() as u64, schedule.head.max(since(clock, watch)));
    let chunks = pieces.into_iter().map(|(due, size)| (due, size, 0)).collect();
    let body = PreparedBody::Bytes(bytes);
    let schedule = Schedule::of_pieces(schedule.head, chunks);
    let (ending, clock) = (Default::default(), Arc::clone(clock));
    Ok(Production { body, trailers, schedule, ending, watch, clock, request: None }.start())
}

/// 500 with the reference server's words.
fn failed(state: &State, url: &str, error: &ErrandError) -> Response<ReplyBody> {
    let own = match state.answers.dialect {
        Dialect::Ringer => "ringer",
        Dialect::WireMock => "WireMock",
    };
    tracing::warn!(%error, "the answer of a stub cannot be fetched from {url}");
    let is_denied = matches!(error, ErrandError::Denied { .. });
    let text = match is_denied {
        true if own == "WireMock" => {
            "The target proxy address is denied in WireMock's configuration.".to_owned()
        }
        true => error.to_string(),
        false => {
            format!(
                "Network failure trying to make a proxied request from {own} to {url}\r\n{error}"
            )
        }
    };
    let bytes = Some(text.into());
    let mut response =
        Response::new(ReplyBody::Whole { bytes, trailers: None, sizing: Sizing::InPieces });
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    if is_denied {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    response
}
