//! The way of a request to the admin API: who may take it, and on which listener.

use std::{net::SocketAddr, sync::Arc};

use http::{Request, Response, StatusCode, Uri, header::HOST};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use super::{
    reply::{BodyError, ReplyBody},
    rescue,
    route::Arrival,
};
use crate::admin::Admin;

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
}

impl AdminDoor {
    /// Whether requests of a connection come to the API.
    pub(super) fn is_open_to(&self, arrival: &Arrival) -> bool {
        let is_here = self.local.is_none_or(|local| arrival.local == local);
        is_here
            && (!self.loopback_only
                || arrival.peer.is_some_and(|peer| peer.to_canonical().is_loopback()))
    }

    /// Whether this listener answers nothing but the API.
    pub(super) fn is_all_of(&self, arrival: &Arrival) -> bool {
        self.local == Some(arrival.local)
    }

    /// Answers a call.
    pub(super) async fn answer(
        &self,
        arrival: &Arrival,
        request: Request<Incoming>,
        body_in_memory: usize,
    ) -> Result<Response<ReplyBody>, BodyError> {
        let (mut parts, body) = request.into_parts();
        let limit = body_in_memory.saturating_mul(BODIES);
        let Ok(body) = Limited::new(body, limit).collect().await else {
            let message = format!("the body could not be read, or is larger than {limit} bytes");
            return Ok(rescue::bad_request(&message));
        };
        parts.uri = absolute(&parts.uri, &parts.headers, arrival);
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
            |response| response.map(ReplyBody::bytes),
        ))
    }
}

/// The URI with the scheme and the host that the client meant.
fn absolute(uri: &Uri, headers: &http::HeaderMap, arrival: &Arrival) -> Uri {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(ToString::to_string).or(host.map(str::to_owned));
    let built = Uri::builder()
        .scheme(arrival.scheme.as_str())
        .authority(authority.unwrap_or_else(|| arrival.local.to_string()))
        .path_and_query(uri.path_and_query().map_or("/", |path| path.as_str()))
        .build();
    built.unwrap_or_else(|_| uri.clone())
}
