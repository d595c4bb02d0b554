//! Requests that stubs themselves send: to fetch an answer, to call a webhook.

use std::net::IpAddr;

use http::{Request, Response, Uri};
use hyper::body::Incoming;
use thiserror::Error;

use super::{observed::ErrorCode, route::Route, state::State};
use crate::{
    model::{Origin, Scheme},
    upstream::{OnBehalf, OwnCall, Protocol, UpstreamError, client::RequestBody},
};

/// How many calls to ringer itself one request may lead to, each by the one before.
const DEEPEST: u32 = 10;

/// Why a stub's own request got no answer.
#[derive(Debug, Error)]
pub(super) enum ErrandError {
    /// The settings forbid the host.
    #[error("calling {host} is not allowed: see `allow_proxy_targets` and `deny_proxy_targets`")]
    Denied {
        /// Its name.
        host: String,
    },
    /// It would be one call of ringer to itself too many.
    #[error(
        "{authority} is ringer itself, which called itself {DEEPEST} times already because of one request"
    )]
    Endless {
        /// `host:port`.
        authority: String,
    },
    /// The stub names no URL.
    #[error("`{url}` is no URL that can be called: {reason}")]
    Url {
        /// What it names.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// There was no answer.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

impl ErrorCode for ErrandError {
    fn code(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "target_denied",
            Self::Endless { .. } => "target_loops",
            Self::Url { .. } => "target_unusable",
            Self::Upstream(error) => error.code(),
        }
    }
}

/// The URL of a stub's own request.
///
/// # Errors
///
/// When it is none of `http` or `https` with a host.
pub(super) fn target(url: &str) -> Result<(Uri, Origin), ErrandError> {
    let wrong = |reason: String| ErrandError::Url { url: url.to_owned(), reason };
    let uri: Uri = url.parse().map_err(|error: http::uri::InvalidUri| wrong(error.to_string()))?;
    let scheme = match uri.scheme_str() {
        Some("http") => Scheme::Http,
        Some("https") => Scheme::Https,
        _ => return Err(wrong("it must begin with http:// or https://".to_owned())),
    };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if host.is_empty() {
        return Err(wrong("it names no host".to_owned()));
    }
    let port = uri.port_u16().unwrap_or_else(|| scheme.default_port());
    Ok((uri, Origin { scheme, host, port, base_path: String::new() }))
}

/// Sends a stub's own request, whose URI is absolute and whose `Host` is set, because of a request that
/// took `route`. One to ringer itself belongs to the same session, unless it names another.
///
/// # Errors
///
/// When the host is not allowed, is ringer itself in a loop, or gives no answer in time.
pub(super) async fn send(
    state: &State,
    request: Request<RequestBody>,
    origin: &Origin,
    route: &Route,
    protocol: Protocol,
) -> Result<Response<Incoming>, ErrandError> {
    let targets = &state.answers.targets;
    if !targets.allow_all() {
        // Looked up again by the connection: a name that changes its address in between is met by
        // denying the name.
        let addresses: Vec<IpAddr> = tokio::net::lookup_host((origin.host.as_str(), origin.port))
            .await
            .map(|found| found.map(|address| address.ip()).collect())
            .unwrap_or_default();
        if !targets.allow(&origin.host, &addresses) {
            return Err(ErrandError::Denied { host: origin.host.clone() });
        }
    }
    let client = state.router.errands()?;
    let limit = state.response_timeout;
    let sending = async {
        let is_far = !state.router.own_calls.addresses.may_be_at(origin.port);
        if is_far || route.depth >= DEEPEST {
            return client.send(request, origin, protocol).await;
        }
        let session = state.session.name().clone();
        let on_behalf = OnBehalf { session, depth: route.depth + 1 };
        client.send_alone(request, origin, OwnCall::new(&state.router.own_calls, on_behalf)).await
    };
    match tokio::time::timeout(limit, sending).await {
        Ok(Err(UpstreamError::Loop { authority })) => Err(ErrandError::Endless { authority }),
        Ok(sent) => Ok(sent?),
        Err(_) => {
            let authority = origin.authority();
            Err(UpstreamError::ResponseTimeout { authority, after: limit }.into())
        }
    }
}
