//! Pools of connections to upstreams, one for each protocol that a client may have come with.

use std::{collections::HashMap, error::Error, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};
use parking_lot::Mutex;

use super::{
    connector::Connector,
    error::{UpstreamError, chain},
    own::{OwnAddresses, OwnCall},
    probe::speaks_h2,
    trust,
};
use crate::model::{Origin, Scheme};

/// A body on its way to an upstream.
pub type RequestBody = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

type Pool = legacy::Client<Connector, RequestBody>;

/// Streams of a body that one connection may have in flight; the window must not be the bound.
const H2_STREAM_WINDOW: u32 = 1 << 20;
const H2_CONNECTION_WINDOW: u32 = 4 << 20;

/// How upstreams are reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// PEM files of authorities trusted besides the system's.
    pub ca_files: Vec<PathBuf>,
    /// Certificates are not verified.
    pub insecure: bool,
    /// Time for a connection to be made.
    pub connect_timeout: Duration,
    /// Idle connections are closed after this time.
    pub idle_timeout: Duration,
    /// Addresses that ringer listens on itself, to be connected to on purpose only.
    pub own_addresses: OwnAddresses,
}

/// The protocol of the client's connection, which the upstream's follows: the answer then has
/// what the client would have seen without ringer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.0 or HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// The pools.
pub struct Client {
    /// HTTP/1.1 only.
    h1: Pool,
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    negotiated: Pool,
    /// HTTP/2 in cleartext.
    h2c: Pool,
    /// Makes connections of HTTP/1.1.
    connector: Connector,
    idle_timeout: Duration,
    /// Which cleartext upstreams speak HTTP/2, as far as it was asked.
    speaks_h2: Mutex<HashMap<(String, u16), bool>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Pools without connections yet. With `dial`, every connection goes there, whatever the URI's
    /// authority, which is then only what the upstream is told; else the URI says where.
    ///
    /// # Errors
    ///
    /// When an authority file can't be used.
    pub fn new(options: &Options, dial: Option<&Origin>) -> Result<Self, UpstreamError> {
        let tls = trust::client_config(&options.ca_files, options.insecure)?;
        let connector = |alpn: &[&[u8]], h2_only: bool| {
            let mut tls = tls.clone();
            tls.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
            Connector {
                tls: Arc::new(tls),
                time_limit: options.connect_timeout,
                own_addresses: options.own_addresses.clone(),
                h2_only,
                dial: dial.cloned(),
                own_call: None,
            }
        };
        let pool =
            |alpn: &[&[u8]], h2_only: bool| pool(connector(alpn, h2_only), options.idle_timeout);
        Ok(Self {
            h1: pool(&[b"http/1.1"], false),
            negotiated: pool(&[b"h2", b"http/1.1"], false),
            h2c: pool(&[b"h2"], true),
            connector: connector(&[b"http/1.1"], false),
            idle_timeout: options.idle_timeout,
            speaks_h2: Mutex::default(),
        })
    }

    /// Sends a request whose URI is absolute and whose `Host` is set. The answer's extensions hold
    /// the connection's [`HeadTap`](super::HeadTap).
    ///
    /// # Errors
    ///
    /// When no answer comes; says why.
    pub async fn send(
        &self,
        mut request: Request<RequestBody>,
        origin: &Origin,
        protocol: Protocol,
    ) -> Result<Response<Incoming>, UpstreamError> {
        *request.version_mut() = Version::HTTP_11;
        let pool = match (protocol, origin.scheme) {
            (Protocol::Http1, _) => &self.h1,
            (Protocol::Http2, Scheme::Https) => &self.negotiated,
            (Protocol::Http2, Scheme::Http) => {
                // Boxed: what is rare takes no memory of what is not.
                if Box::pin(self.speaks_h2_in_cleartext(origin)).await {
                    *request.version_mut() = Version::HTTP_2;
                    // The authority goes into `:authority`; both would be refused if they differ.
                    &self.h2c
                } else {
                    &self.h1
                }
            }
        };
        pool.request(request).await.map_err(|error| classify(&error, origin))
    }

    /// As [`send`](Self::send), but by HTTP/1.1, on a connection of its own and perhaps to ringer itself.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn send_alone(
        &self,
        mut request: Request<RequestBody>,
        origin: &Origin,
        call: Arc<OwnCall>,
    ) -> Result<Response<Incoming>, UpstreamError> {
        *request.version_mut() = Version::HTTP_11;
        let connector = Connector { own_call: Some(call), ..self.connector.clone() };
        let pool = pool(connector, self.idle_timeout);
        pool.request(request).await.map_err(|error| classify(&error, origin))
    }

    async fn speaks_h2_in_cleartext(&self, origin: &Origin) -> bool {
        let key = (origin.host.clone(), origin.port);
        if let Some(&known) = self.speaks_h2.lock().get(&key) {
            return known;
        }
        let speaks = speaks_h2(&origin.host, origin.port).await;
        self.speaks_h2.lock().insert(key, speaks);
        speaks
    }
}

fn pool(connector: Connector, idle_timeout: Duration) -> Pool {
    let h2_only = connector.h2_only;
    // A connection that leads to ringer itself is for one call only.
    let idle = if connector.own_call.is_some() { 0 } else { usize::MAX };
    legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle_timeout)
        .pool_max_idle_per_host(idle)
        .http1_preserve_header_case(true)
        .http1_max_headers(256)
        .http2_initial_stream_window_size(H2_STREAM_WINDOW)
        .http2_initial_connection_window_size(H2_CONNECTION_WINDOW)
        .http2_only(h2_only)
        .set_host(false)
        .build(connector)
}

fn classify(error: &legacy::Error, origin: &Origin) -> UpstreamError {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(known) = cause.downcast_ref::<UpstreamError>() {
            return known.clone();
        }
        next = cause.source();
    }
    UpstreamError::Broken {
        authority: format!("{}:{}", origin.host, origin.port),
        reason: chain(error),
    }
}
