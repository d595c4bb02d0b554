//! One client connection: TLS or not, HTTP/1.1 or HTTP/2, until it ends or ringer stops.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use http::Request;
use hyper::{
    body::{Body as _, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::{
    administration::AdminDoor,
    aside::Aside,
    client::{Client, Served, Tunnel},
    connect_faults::{Meant, OPENING, Opening, decide},
    exchange::Answering,
    handler::handle,
    head_timer::HeadTimer,
    last_route::LastRoute,
    lines::Lines,
    rewound::Rewound,
    route::{Arrival, Belonging},
    socket::{Reset, Socket},
    state::State,
    unserved::{alert, hold},
    wire::{Interim, Wire},
};
use crate::{
    model::{ConnectFault, Scheme},
    runtime::Watch,
    tls::Hello,
};

/// Room for requests that an HTTP/2 client may have open at a time.
const H2_STREAMS: u32 = 1000;
const H2_STREAM_WINDOW: u32 = 1 << 20;
const H2_CONNECTION_WINDOW: u32 = 4 << 20;
/// The window of a connection of which nothing was said (RFC 9113 §6.9.2).
const H2_UNTOUCHED_WINDOW: u32 = 65_535;

/// Serves a connection that was just accepted at this address.
pub(super) async fn serve_tcp(
    state: Arc<State>,
    tcp: TcpStream,
    (listener, belonging): (SocketAddr, Belonging),
    watch: Watch,
) {
    // A failure only costs latency.
    let _ = tcp.set_nodelay(true);
    let Ok(local) = tcp.local_addr() else { return };
    let from = tcp.peer_addr().ok();
    let peer = from.map(|address| address.ip().to_canonical());
    let reset = Reset::default();
    let arrival = Arrival {
        scheme: Scheme::Http,
        local,
        listener,
        peer,
        from,
        tunnel: None,
        service: belonging.service,
        session: belonging.session,
        reset: reset.clone(),
    };
    let mut first = [0; OPENING];
    let mut stop = watch.clone();
    let peeked = tokio::select! {
        peeked = timeout(state.limits.headers, tcp.peek(&mut first)) => peeked,
        // Nothing was asked yet, so nothing is left to finish.
        () = stop.stopped() => return,
    };
    let opening = match peeked {
        Ok(Ok(length @ 1..)) => Opening::of(first.get(..length).unwrap_or_default()),
        // Closed, broken or silent: there is nothing to answer.
        _ => return,
    };
    let socket = Socket::new(tcp, reset);
    let fault = match opening {
        Opening::Tls => {
            // Boxed: what is plain takes no memory of what is not.
            let served = Box::pin(serve_tls(state, socket, arrival, Told::Later, watch)).await;
            if let Err(error) = served {
                tracing::debug!(%error, "a TLS handshake failed");
            }
            return;
        }
        Opening::Tunnel => None,
        Opening::Admin if state.admin.as_ref().is_some_and(AdminDoor::is_everywhere) => None,
        Opening::Admin | Opening::Other => decide(&state, &arrival, None),
    };
    serve_plain(state, socket, arrival, fault, watch).await;
}

/// Serves what is inside a CONNECT tunnel.
fn serve_tunnel(state: Arc<State>, tunnel: Tunnel) -> Served {
    let Tunnel { first, stream, arrival, fault, watch } = tunnel;
    let opening = Opening::of(&first);
    let stream = Rewound::new(first, stream);
    Box::pin(async move {
        if opening != Opening::Tls {
            let arrival = Arrival { scheme: Scheme::Http, ..arrival };
            serve_plain(state, stream, arrival, fault, watch).await;
            return;
        }
        let target = arrival.tunnel.clone().unwrap_or_default();
        let is_well = fault.is_none();
        let served = serve_tls(state, stream, arrival, Told::Now(fault), watch).await;
        if let Err(error) = served
            && is_well
        {
            tracing::warn!(
                %error,
                "the TLS handshake for {target} failed: does the client trust ringer's CA? see `ringer ca`"
            );
        }
    })
}

/// Whether it is known what goes wrong with a TLS connection.
enum Told {
    /// The client's greeting tells.
    Later,
    /// It is.
    Now(Option<ConnectFault>),
}

async fn serve_plain<S>(
    state: Arc<State>,
    stream: S,
    arrival: Arrival,
    fault: Option<ConnectFault>,
    watch: Watch,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    match fault {
        Some(ConnectFault::Refuse | ConnectFault::Reset) => arrival.reset.order(),
        Some(ConnectFault::NeverAnswer) => hold(stream, watch).await,
        Some(ConnectFault::WithheldWindow) => {
            serve_http(state, stream, arrival, Uploads::Withheld, watch).await;
        }
        None | Some(ConnectFault::Tls(_)) => {
            serve_http(state, stream, arrival, Uploads::Taken, watch).await;
        }
    }
}

async fn serve_tls<S>(
    state: Arc<State>,
    stream: S,
    arrival: Arrival,
    told: Told,
    watch: Watch,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (begun, limit) = (state.clock.elapsed(), state.limits.handshake);
    let hello = in_time(limit, Hello::read(stream)).await?;
    let fault = match told {
        Told::Later => decide(&state, &arrival, hello.server_name().as_deref()),
        Told::Now(fault) => fault,
    };
    let (mut flaw, mut uploads) = (None, Uploads::Taken);
    match fault.map(Meant::from) {
        None => {}
        Some(Meant::Reset) => {
            arrival.reset.order();
            return Ok(());
        }
        Some(Meant::Silence) => {
            hold(hello.into_stream(), watch).await;
            return Ok(());
        }
        Some(Meant::Alert(code)) => {
            alert(hello.into_stream(), code, limit).await;
            return Ok(());
        }
        Some(Meant::Flaw(found)) => flaw = Some(found),
        Some(Meant::WithheldWindow) => uploads = Uploads::Withheld,
    }
    let local_ip = arrival.local.ip().to_string();
    let name = arrival.tunnel.as_deref().map_or(local_ip.as_str(), crate::tls::acceptor::host_of);
    let left = limit.saturating_sub(state.clock.elapsed().saturating_sub(begun));
    let stream = match flaw {
        None => in_time(left, state.acceptor.finish(hello, name)).await?,
        Some(flaw) => in_time(left, state.acceptor.finish_flawed(hello, name, flaw)).await?,
    };
    let arrival = Arrival { scheme: Scheme::Https, ..arrival };
    serve_http(state, stream, arrival, uploads, watch).await;
    Ok(())
}

async fn in_time<T>(limit: Duration, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, "the client did not finish it in time");
    timeout(limit, step).await.unwrap_or_else(|_| Err(late()))
}

/// What becomes of the bodies of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uploads {
    /// They are read.
    Taken,
    /// They are not: no window is ever opened for them. What a client sends before it has heard of
    /// that is not looked at.
    Withheld,
}

/// A boxed future: a tunnel serves connections inside a connection.
fn serve_http<S>(
    state: Arc<State>,
    stream: S,
    arrival: Arrival,
    uploads: Uploads,
    mut watch: Watch,
) -> Served
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    Box::pin(async move {
        let interim = Interim::default();
        if state.session.journal().is_on() {
            interim.names().open();
        }
        let orders = interim.orders().clone();
        let stream = TokioIo::new(Wire::new(stream, interim.clone()));
        let client = Arc::new(Client {
            arrival,
            interim,
            last_route: LastRoute::default(),
            clean_fields: Mutex::default(),
            number: state.connections.fetch_add(1, Ordering::Relaxed) + 1,
            lines: Lines::default(),
            watch: watch.clone(),
            serve_tunnel,
        });
        let builder = builder(&state, uploads);
        let service = service_fn(move |request| answer(&state, &client, uploads, request));
        let connection = builder.serve_connection_with_upgrades(stream, service);
        tokio::pin!(connection);
        let (hung_up, stopped) = (Aside::new(orders.hung_up()), Aside::new(watch.stopped()));
        let result = tokio::select! {
            biased;
            () = hung_up => return,
            () = stopped => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    result = connection => result,
                    () = orders.given_up() => return,
                }
            }
            result = connection.as_mut() => result,
        };
        if let Err(error) = result {
            tracing::debug!(%error, "a connection ended with an error");
        }
    })
}

fn answer(
    state: &Arc<State>,
    client: &Arc<Client>,
    uploads: Uploads,
    request: Request<Incoming>,
) -> Answering {
    if uploads == Uploads::Withheld && !request.body().is_end_stream() {
        let mut watch = client.watch.clone();
        return Answering::later(async move {
            watch.stopped().await;
            Err("the body was never read".into())
        });
    }
    if client.interim.orders().is_held_open() {
        // The answer before this one ends the connection: nothing comes after it.
        return Answering::later(std::future::pending());
    }
    handle(state, client, request)
}

fn builder(state: &State, uploads: Uploads) -> Builder<TokioExecutor> {
    let (stream_window, connection_window) = match uploads {
        Uploads::Taken => (H2_STREAM_WINDOW, H2_CONNECTION_WINDOW),
        Uploads::Withheld => (0, H2_UNTOUCHED_WINDOW),
    };
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(HeadTimer::default())
        .header_read_timeout(state.limits.headers)
        .max_buf_size(state.limits.head_bytes.max(8192))
        // Most names are spelled so; others come with their spelling.
        .title_case_headers(true)
        // Requests are passed on with the names that the client spelled.
        .preserve_header_case(state.router.forwards())
        .auto_date_header(false);
    if state.router.forwards() {
        // APIs are sent more than the 100 that hyper has room for on the stack.
        builder.http1().max_headers(256);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(H2_STREAMS)
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(connection_window)
        .max_header_list_size(u32::try_from(state.limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(state.limits.headers))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
