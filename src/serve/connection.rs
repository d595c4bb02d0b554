//! One client connection: TLS or not, HTTP/1.1 or HTTP/2, until it ends or ringer stops.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::{
    client::{Client, Served, Tunnel},
    handler::handle,
    lines::Lines,
    rewound::Rewound,
    route::Arrival,
    socket::{Reset, Socket},
    state::State,
    wire::{Interim, Wire},
};
use crate::{model::Scheme, runtime::Watch};

/// First byte of a TLS record that holds a handshake (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;
/// Room for requests that an HTTP/2 client may have open at a time.
const H2_STREAMS: u32 = 1000;
const H2_STREAM_WINDOW: u32 = 1 << 20;
const H2_CONNECTION_WINDOW: u32 = 4 << 20;

/// Serves a connection that was just accepted.
pub(super) async fn serve_tcp(state: Arc<State>, tcp: TcpStream, watch: Watch) {
    // A failure only costs latency.
    let _ = tcp.set_nodelay(true);
    let Ok(local) = tcp.local_addr() else { return };
    let peer = tcp.peer_addr().ok().map(|address| address.ip().to_canonical());
    let reset = Reset::default();
    let arrival = Arrival { scheme: Scheme::Http, local, peer, tunnel: None, reset: reset.clone() };
    let mut first = [0; 1];
    let mut stop = watch.clone();
    let peeked = tokio::select! {
        peeked = timeout(state.limits.headers, tcp.peek(&mut first)) => peeked,
        // Nothing was asked yet, so nothing is left to finish.
        () = stop.stopped() => return,
    };
    let is_tls = match peeked {
        Ok(Ok(1)) => first[0] == TLS_HANDSHAKE,
        // Closed, broken or silent: there is nothing to answer.
        _ => return,
    };
    let socket = Socket::new(tcp, reset);
    let served = if is_tls {
        serve_tls(state, socket, arrival, watch).await
    } else {
        serve_http(state, socket, arrival, watch).await;
        Ok(())
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a TLS handshake failed");
    }
}

/// Serves what is inside a CONNECT tunnel.
fn serve_tunnel(state: Arc<State>, tunnel: Tunnel) -> Served {
    let Tunnel { first, stream, arrival, watch } = tunnel;
    let is_tls = first.first() == Some(&TLS_HANDSHAKE);
    let stream = Rewound::new(first, stream);
    Box::pin(async move {
        if !is_tls {
            let arrival = Arrival { scheme: Scheme::Http, ..arrival };
            serve_http(state, stream, arrival, watch).await;
            return;
        }
        let target = arrival.tunnel.clone().unwrap_or_default();
        if let Err(error) = serve_tls(state, stream, arrival, watch).await {
            tracing::warn!(
                %error,
                "the TLS handshake for {target} failed: does the client trust ringer's CA? see `ringer ca`"
            );
        }
    })
}

async fn serve_tls<S>(
    state: Arc<State>,
    stream: S,
    arrival: Arrival,
    watch: Watch,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let local_ip = arrival.local.ip().to_string();
    let name = arrival.tunnel.as_deref().map_or(local_ip.as_str(), crate::tls::acceptor::host_of);
    let handshake = state.acceptor.accept(stream, name);
    let Ok(stream) = timeout(state.limits.handshake, handshake).await else {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client did not finish it in time",
        ));
    };
    let arrival = Arrival { scheme: Scheme::Https, ..arrival };
    serve_http(state, stream?, arrival, watch).await;
    Ok(())
}

/// A boxed future: a tunnel serves connections inside a connection.
fn serve_http<S>(state: Arc<State>, stream: S, arrival: Arrival, mut watch: Watch) -> Served
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    Box::pin(async move {
        let interim = Interim::default();
        let stream = TokioIo::new(Wire::new(stream, interim.clone()));
        let client = Arc::new(Client {
            arrival,
            interim,
            number: state.connections.fetch_add(1, Ordering::Relaxed) + 1,
            lines: Lines::default(),
            watch: watch.clone(),
            serve_tunnel,
        });
        let builder = builder(&state);
        let service =
            service_fn(move |request| handle(Arc::clone(&state), Arc::clone(&client), request));
        let connection = builder.serve_connection_with_upgrades(stream, service);
        tokio::pin!(connection);
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = watch.stopped() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "a connection ended with an error");
        }
    })
}

fn builder(state: &State) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(state.limits.headers)
        .max_buf_size(state.limits.head_bytes.max(8192))
        .max_headers(256)
        // Requests are passed on with the names that the client spelled.
        .preserve_header_case(state.router.forwards())
        .auto_date_header(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(H2_STREAMS)
        .initial_stream_window_size(H2_STREAM_WINDOW)
        .initial_connection_window_size(H2_CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(state.limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(state.limits.headers))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
