//! The way of a request to the admin API: where it answers, who may call, and how much at a time.

#[cfg(unix)]
use std::path::PathBuf;
use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version,
    header::{HOST, RETRY_AFTER},
};
use hyper::body::Incoming;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    call_body::{self, BodyLimits},
    caller::Way,
    event_stream,
    reply::{BodyError, ReplyBody},
    rescue,
    route::Arrival,
    settings::Limits,
};
use crate::{
    admin::{Admin, Asking},
    model::{Scheme, SessionName},
    runtime::Watch,
};

/// Calls that are carried out at a time; further ones wait.
const CALLS: usize = 256;
/// Of these, those with large bodies.
const LARGE_CALLS: usize = 4;
/// A body of more bytes is a large one.
const LARGE: usize = 1 << 20;

/// Where the admin API answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminPlace {
    /// On a listener of its own, which answers nothing else.
    Address(SocketAddr),
    /// On a Unix socket, which only the user can open that ringer runs as.
    #[cfg(unix)]
    Unix(PathBuf),
    /// On every listener, under `/__admin`.
    Everywhere {
        /// To clients of other machines too, whatever they bring, as WireMock's does.
        open: bool,
    },
}

/// Where the admin API answers, when that is known for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AdminEntrance {
    /// At this address alone.
    Address(SocketAddr),
    /// At every address.
    Everywhere,
    /// At no address.
    Unix,
}

/// The admin API, and who may come to it.
pub(super) struct AdminDoor {
    admin: Arc<Admin>,
    entrance: AdminEntrance,
    /// Everybody may call.
    is_open: bool,
    /// Web pages of any origin may call.
    is_shared: bool,
    calls: Arc<Semaphore>,
    large_calls: Arc<Semaphore>,
}

impl AdminDoor {
    pub(super) fn new(
        admin: Arc<Admin>,
        entrance: AdminEntrance,
        is_open: bool,
        is_shared: bool,
    ) -> Self {
        let (calls, large_calls) = (Semaphore::new(CALLS), Semaphore::new(LARGE_CALLS));
        Self {
            admin,
            entrance,
            is_open,
            is_shared,
            calls: Arc::new(calls),
            large_calls: Arc::new(large_calls),
        }
    }

    /// Whether the API answers at an address, and nothing else does.
    pub(super) fn is_alone_at(&self, listener: SocketAddr) -> bool {
        self.entrance == AdminEntrance::Address(listener)
    }

    /// Whether the API answers at every address.
    pub(super) fn is_everywhere(&self) -> bool {
        self.entrance == AdminEntrance::Everywhere
    }

    /// Whether a request comes to the API.
    pub(super) fn takes(&self, request: &Request<Incoming>, arrival: &Arrival) -> bool {
        let is_asked = match self.entrance {
            AdminEntrance::Address(local) => arrival.listener == local,
            AdminEntrance::Everywhere => Admin::is_path(request.uri().path()),
            AdminEntrance::Unix => false,
        };
        is_asked && is_for_ringer(request, arrival)
    }

    /// Answers a call.
    pub(super) async fn answer(
        &self,
        way: &Way,
        request: Request<Incoming>,
        limits: &Limits,
        watch: Watch,
    ) -> Result<Response<ReplyBody>, BodyError> {
        let (mut parts, body) = request.into_parts();
        if !self.is_shared && way.is_foreign_page(&parts, self.admin.is_guarded()) {
            return Ok(rescue::foreign_page());
        }
        let asking = Asking {
            fields: &parts.headers,
            is_private: way.is_private(),
            is_trusted: self.is_open || way.is_trusted(&parts),
        };
        // Nothing is read of a body whose sender may not call.
        if let Some(refusal) = self.admin.refusal(&parts.method, parts.uri.path(), asking) {
            return Ok(refusal.map(ReplyBody::bytes));
        }
        let bounds = BodyLimits { bytes: limits.admin_body, pause: limits.headers };
        let small =
            hyper::body::Body::size_hint(&body).upper().is_some_and(|it| it <= LARGE as u64);
        let Ok(permits) = timeout(limits.headers, self.permits(small)).await else {
            return Ok(busy());
        };
        let body = match call_body::read(&parts.headers, body, bounds).await {
            Ok(body) => body,
            Err(unread) => {
                let (status, kind, message) = unread.told(bounds);
                return Ok(rescue::admin_refusal(status, kind, &message));
            }
        };
        parts.uri = absolute(&parts.uri, &parts.headers, way);
        // A client that knows only its session's own address means that session.
        if let Some(session) = way.session()
            && !parts.headers.contains_key(SessionName::HEADER)
            && let Ok(name) = HeaderValue::try_from(session.to_string())
        {
            parts.headers.insert(SessionName::HEADER, name);
        }
        let answered = self.carried_out(Request::from_parts(parts, body), permits).await;
        Ok(event_stream::answer(answered, watch))
    }

    /// Leave to carry out a call, and to hold its body.
    async fn permits(&self, is_small: bool) -> Vec<OwnedSemaphorePermit> {
        let rooms = [Some(&self.calls), (!is_small).then_some(&self.large_calls)];
        let mut permits = Vec::new();
        for room in rooms.into_iter().flatten() {
            permits.extend(Arc::clone(room).acquire_owned().await.ok());
        }
        permits
    }

    async fn carried_out(
        &self,
        request: Request<Bytes>,
        permits: Vec<OwnedSemaphorePermit>,
    ) -> Response<Bytes> {
        let admin = Arc::clone(&self.admin);
        // Files are read and written.
        let answered = tokio::task::spawn_blocking(move || {
            let answer = admin.answer(&request);
            drop(permits);
            answer
        });
        answered.await.unwrap_or_else(|_| {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

fn busy() -> Response<ReplyBody> {
    let message = format!(
        "{CALLS} calls of the admin API are being carried out already, or {LARGE_CALLS} with large \
         bodies; try again"
    );
    let mut response =
        rescue::admin_refusal(StatusCode::SERVICE_UNAVAILABLE, "too_many_calls", &message);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Whether a request is for ringer itself: not for another host, to which ringer is a forward proxy.
fn is_for_ringer(request: &Request<Incoming>, arrival: &Arrival) -> bool {
    if arrival.tunnel.is_some() {
        return false;
    }
    let port = arrival.local.port();
    match request.uri().authority() {
        Some(authority) if request.version() < Version::HTTP_2 => {
            let is_own = [arrival.local.ip().to_string().as_str(), "localhost", "127.0.0.1"]
                .contains(&authority.host().trim_matches(['[', ']']));
            is_own && authority.port_u16().unwrap_or(arrival.scheme.default_port()) == port
        }
        _ => true,
    }
}

/// The URI with the scheme and the host that the client meant.
fn absolute(uri: &Uri, headers: &HeaderMap, way: &Way) -> Uri {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(ToString::to_string).or(host.map(str::to_owned));
    let (scheme, otherwise) = match way {
        Way::Tcp { scheme, local, .. } => (*scheme, local.to_string()),
        Way::Unix => (Scheme::Http, "localhost".to_owned()),
    };
    let built = Uri::builder()
        .scheme(scheme.as_str())
        .authority(authority.unwrap_or(otherwise))
        .path_and_query(uri.path_and_query().map_or("/", |path| path.as_str()))
        .build();
    built.unwrap_or_else(|_| uri.clone())
}
