//! Requests that turn a connection into something else: CONNECT and protocol upgrades.

use std::{sync::Arc, time::Duration};

use http::{
    HeaderValue, Request, Response, StatusCode, Version,
    header::{CONNECTION, HOST, UPGRADE},
};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

use super::{
    client::{Client, Tunnel},
    connect_faults::{Opening, decide},
    forward, hop,
    observed::{Observed, timed, told},
    reply::ReplyBody,
    rescue,
    rewound::first_bytes,
    route::{Arrival, Route},
    session_of,
    state::State,
};
use crate::{
    model::{ConnectFault, Handled, Mode, Outcome},
    telemetry,
    upstream::Protocol,
};

/// A client that opens a tunnel and says nothing for this long waits for the server to speak first.
const CLIENT_SPEAKS_WITHIN: Duration = Duration::from_secs(2);

/// Opens a tunnel (RFC 9110 §9.3.6). What is in it is served as if its target were here, or passed
/// through unseen where the mode neither records nor replays its host.
pub(super) fn connect(
    state: &Arc<State>,
    client: &Client,
    request: Request<Incoming>,
) -> Response<ReplyBody> {
    let Some(target) = request.uri().authority().map(ToString::to_string) else {
        return rescue::bad_request("CONNECT needs a target of the form `host:port`");
    };
    let blind = state.router.forward_mode(&target) == Mode::Passthrough;
    let session = match session_of::named(request.headers()) {
        Ok(named) => named.or_else(|| client.arrival.session.clone()),
        Err(sessionless) => return sessionless.answer(request.headers()),
    };
    let state = match session_of::within(state, session.as_ref()) {
        Ok(state) => state,
        Err(sessionless) => return sessionless.answer(request.headers()),
    };
    let arrival = Arrival { tunnel: Some(target.clone()), session, ..client.arrival.clone() };
    let fault = decide(&state, &arrival, None);
    if fault == Some(ConnectFault::Refuse) {
        // What a proxy says whose own connection is refused (RFC 9110 §15.6.3).
        return rescue::tunnel_refused(&target);
    }
    let serve_tunnel = client.serve_tunnel;
    let watch = client.watch.clone();
    let mut cut_off = state.cut_off.watch();
    let tunnel = async move {
        let upgraded = match hyper::upgrade::on(request).await {
            Ok(upgraded) => upgraded,
            Err(error) => {
                tracing::debug!(%error, "a tunnel was not opened");
                return;
            }
        };
        let mut stream = TokioIo::new(upgraded);
        if blind && fault.is_none() {
            relay(stream, &target, &[]).await;
            return;
        }
        match first_bytes(&mut stream, CLIENT_SPEAKS_WITHIN).await {
            Some(first) if blind && !strikes_unseen(fault.as_ref(), &first) => {
                relay(stream, &target, &first).await;
            }
            Some(first) => {
                serve_tunnel(state, Tunnel { first, stream, arrival, fault, watch }).await;
            }
            None => {
                tracing::warn!(
                    "the tunnel to {target} was closed: its client waited for the server to speak, so it is not HTTP"
                );
            }
        }
    };
    tokio::spawn(async move {
        tokio::select! {
            () = tunnel => {}
            () = cut_off.stopped() => {}
        }
    });
    Response::new(ReplyBody::empty())
}

/// Whether a fault can strike a tunnel that is passed through unseen and begins with these bytes.
fn strikes_unseen(fault: Option<&ConnectFault>, first: &[u8]) -> bool {
    match fault {
        None | Some(ConnectFault::WithheldWindow) => false,
        Some(ConnectFault::Tls(_)) => Opening::of(first) == Opening::Tls,
        Some(_) => true,
    }
}

/// Passes bytes both ways until both sides are done.
async fn relay(mut stream: TokioIo<hyper::upgrade::Upgraded>, target: &str, first: &[u8]) {
    let connected = timeout(Duration::from_secs(10), TcpStream::connect(target)).await;
    let mut server = match connected {
        Ok(Ok(server)) => server,
        Ok(Err(error)) => {
            tracing::warn!(%error, "cannot connect the tunnel to {target}");
            return;
        }
        Err(_) => {
            tracing::warn!("cannot connect the tunnel to {target} within 10 s");
            return;
        }
    };
    if server.write_all(first).await.is_ok() {
        // Either side may just go away.
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
    }
}

/// Whether an HTTP/1.1 request asks for another protocol (RFC 9110 §7.8). Asking for h2c that way
/// is obsolete (RFC 9113 §3.1) and is ignored.
pub(super) fn wants_upgrade(request: &Request<Incoming>) -> bool {
    request.version() == Version::HTTP_11
        && request
            .headers()
            .get(UPGRADE)
            .is_some_and(|protocol| !protocol.as_bytes().eq_ignore_ascii_case(b"h2c"))
}

/// Passes an upgrade on and relays what follows. The conversation is not recorded.
pub(super) async fn upgrade(
    state: &Arc<State>,
    route: &Route,
    request: &mut Request<Incoming>,
    number: u64,
    observed: &Observed,
) -> Response<ReplyBody> {
    let Some(upstream) = &route.service.upstream else {
        return rescue::no_upstream(route.mode.as_str());
    };
    let handled = |status: StatusCode, outcome: Outcome| {
        observed.tell(Some(status), told(&outcome));
        state.handled(outcome, |outcome| Handled {
            number,
            method: request.method().to_string(),
            target: state.redactor.target(route.target.as_str()).into_owned(),
            status: Some(status.as_u16()),
            latency: observed.elapsed(),
            outcome,
        });
    };
    let host = if upstream.preserve_host { &route.authority } else { upstream.authority.as_str() };
    let uri = upstream.uri(host, &route.target);
    let (Ok(uri), Ok(host)) = (uri, HeaderValue::from_str(host)) else {
        observed.tell(Some(StatusCode::BAD_REQUEST), telemetry::Outcome::Rejected);
        return rescue::bad_request("the request's target cannot be passed on");
    };
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let mut outbound = Request::new(body);
    *outbound.method_mut() = request.method().clone();
    *outbound.uri_mut() = uri;
    let mut fields = hop::request_fields(request.headers());
    if let Some(span) = &route.span {
        span.continue_in(&mut fields);
    }
    for name in [CONNECTION, UPGRADE] {
        if let Some(value) = request.headers().get(&name) {
            fields.insert(name, value.clone());
        }
    }
    fields.insert(HOST, host);
    *outbound.headers_mut() = fields;
    let sent = upstream.client.send(outbound, &upstream.origin, Protocol::Http1);
    let sent = timed(&route.service.metrics, state.clock, sent).await;
    let mut answer = match sent {
        Ok(answer) => answer,
        Err(error) => {
            handled(error.status(), Outcome::UpstreamFailed(error.to_string()));
            return forward::failure(&error, upstream);
        }
    };
    handled(answer.status(), Outcome::Passed);
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        let (mut parts, body) = answer.into_parts();
        parts.headers = hop::response_fields(&parts.headers, true);
        return Response::from_parts(parts, ReplyBody::Relayed(body));
    }
    let (server, client) = (hyper::upgrade::on(&mut answer), hyper::upgrade::on(request));
    tokio::spawn(async move {
        if let (Ok(server), Ok(client)) = tokio::join!(server, client) {
            let (mut server, mut client) = (TokioIo::new(server), TokioIo::new(client));
            // Either side may just go away.
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    });
    answer.map(|_| ReplyBody::empty())
}
