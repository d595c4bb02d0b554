//! The way of a request to the admin API: who may take it, and on which listener.

use std::{net::SocketAddr, sync::Arc};

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version,
    header::{HOST, ORIGIN},
};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use super::{
    client::Client,
    event_stream,
    reply::{BodyError, ReplyBody},
    rescue,
    route::Arrival,
};
use crate::{
    admin::Admin,
    model::{Origin, SessionName},
};

/// A call's body may be as large as so many bodies that are held in memory: imports are large.
const BODIES: usize = 64;

/// Where the admin API answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminPlace {
    /// On a listener of its own, which answers nothing else.
    Address(SocketAddr),
    /// On every listener, under `/__admin`. Unless it is `open`, only to clients on this machine as
    /// soon as a listener can be reached from another.
    Everywhere {
        /// To clients of other machines too.
        open: bool,
    },
}

/// The admin API, and who may come to it.
pub(super) struct AdminDoor {
    pub(super) admin: Arc<Admin>,
    /// The only listener that it answers on.
    pub(super) local: Option<SocketAddr>,
    pub(super) loopback_only: bool,
    /// Web pages of any origin may call.
    pub(super) is_shared: bool,
}

impl AdminDoor {
    /// Whether a request comes to the API.
    pub(super) fn takes(&self, request: &Request<Incoming>, arrival: &Arrival) -> bool {
        let is_asked = self.local == Some(arrival.listener) || Admin::is_path(request.uri().path());
        is_asked && self.is_open_to(arrival) && is_for_ringer(request, arrival)
    }

    fn is_open_to(&self, arrival: &Arrival) -> bool {
        let is_here = self.local.is_none_or(|local| arrival.listener == local);
        is_here
            && (!self.loopback_only
                || arrival.peer.is_some_and(|peer| peer.to_canonical().is_loopback()))
    }

    /// Answers a call.
    pub(super) async fn answer(
        &self,
        client: &Client,
        request: Request<Incoming>,
        body_in_memory: usize,
    ) -> Result<Response<ReplyBody>, BodyError> {
        let arrival = &client.arrival;
        if !self.is_shared && changes(request.method()) && !is_own_page(request.headers(), arrival)
        {
            return Ok(rescue::foreign_page());
        }
        let (mut parts, body) = request.into_parts();
        let limit = body_in_memory.saturating_mul(BODIES);
        let Ok(body) = Limited::new(body, limit).collect().await else {
            let message = format!("the body could not be read, or is larger than {limit} bytes");
            return Ok(rescue::bad_request(&message));
        };
        parts.uri = absolute(&parts.uri, &parts.headers, arrival);
        // A client that knows only its session's own address means that session.
        if let Some(session) = &arrival.session
            && !parts.headers.contains_key(SessionName::HEADER)
            && let Ok(name) = HeaderValue::try_from(session.to_string())
        {
            parts.headers.insert(SessionName::HEADER, name);
        }
        let request = Request::from_parts(parts, body.to_bytes());
        let admin = Arc::clone(&self.admin);
        // Files are read and written.
        let answered = tokio::task::spawn_blocking(move || admin.answer(&request)).await;
        Ok(answered.map_or_else(
            |_| {
                let mut response = Response::new(ReplyBody::empty());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            },
            |response| event_stream::answer(response, client.watch.clone()),
        ))
    }
}

fn changes(method: &Method) -> bool {
    ![Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// Whether a request comes from no web page, or from one of this listener's own. A name other than
/// `localhost` could be made to lead here by whoever owns it, so only addresses count.
fn is_own_page(fields: &HeaderMap, arrival: &Arrival) -> bool {
    let mut origins = fields.get_all(ORIGIN).iter();
    origins.all(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Origin>().ok());
        origin.is_some_and(|origin| {
            let is_here = match origin.host.as_str() {
                "localhost" => arrival.local.ip().to_canonical().is_loopback(),
                host => host.parse() == Ok(arrival.local.ip().to_canonical()),
            };
            is_here && origin.port == arrival.local.port() && origin.scheme == arrival.scheme
        })
    })
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
fn absolute(uri: &Uri, headers: &HeaderMap, arrival: &Arrival) -> Uri {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(ToString::to_string).or(host.map(str::to_owned));
    let built = Uri::builder()
        .scheme(arrival.scheme.as_str())
        .authority(authority.unwrap_or_else(|| arrival.local.to_string()))
        .path_and_query(uri.path_and_query().map_or("/", |path| path.as_str()))
        .build();
    built.unwrap_or_else(|_| uri.clone())
}
