//! One connection to an upstream: address, TCP, TLS.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::{
    error::{UpstreamError, chain},
    head_tap::Tapped,
    own::{OwnAddresses, OwnCall},
};
use crate::model::Origin;

/// A stream that may be TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Makes connections for a pool.
#[derive(Clone)]
pub struct Connector {
    /// With the ALPN protocols that this pool may negotiate.
    pub tls: Arc<ClientConfig>,
    /// Time for the whole.
    pub time_limit: Duration,
    /// Addresses that ringer listens on itself.
    pub own_addresses: OwnAddresses,
    /// The pool speaks HTTP/2 without asking.
    pub h2_only: bool,
    /// Where every connection goes; `None` goes where the URI says.
    pub dial: Option<Origin>,
    /// The call that it is made for, which may go to ringer itself; without one it must not.
    pub own_call: Option<Arc<OwnCall>>,
}

type Io = TokioIo<Tapped<Box<dyn Stream>>>;

impl Service<Uri> for Connector {
    type Response = Io;
    type Error = UpstreamError;
    type Future = Pin<Box<dyn Future<Output = Result<Io, UpstreamError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UpstreamError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let is_tls = uri.scheme_str() == Some("https");
            let (host, port) = match &connector.dial {
                Some(origin) => (origin.host.clone(), origin.port),
                None => {
                    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
                    (host.to_owned(), uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }))
                }
            };
            let authority = format!("{host}:{port}");
            let limit = connector.time_limit;
            match timeout(limit, connector.connect(host, port, &authority, is_tls)).await {
                Ok(connected) => connected,
                Err(_) => Err(UpstreamError::ConnectTimeout { authority, after: limit }),
            }
        })
    }
}

impl Connector {
    async fn connect(
        &self,
        host: String,
        port: u16,
        authority: &str,
        is_tls: bool,
    ) -> Result<Io, UpstreamError> {
        let tcp = self.connect_tcp(&host, port, authority).await?;
        if !is_tls {
            return Ok(TokioIo::new(Tapped::new(Box::new(tcp), self.h2_only)));
        }
        let failed =
            |reason: String| UpstreamError::Tls { authority: authority.to_owned(), reason };
        let name = ServerName::try_from(host).map_err(|error| failed(error.to_string()))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, tcp)
            .await
            .map_err(|error| failed(chain(&error)))?;
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(TokioIo::new(Tapped::new(Box::new(stream), is_h2)))
    }

    async fn connect_tcp(
        &self,
        host: &str,
        port: u16,
        authority: &str,
    ) -> Result<TcpStream, UpstreamError> {
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| UpstreamError::Resolve {
                host: host.to_owned(),
                reason: error.to_string(),
            })?
            .collect();
        let failed = |error: std::io::Error| UpstreamError::Connect {
            authority: authority.to_owned(),
            reason: error.to_string(),
        };
        let tcp = TcpStream::connect(addresses.as_slice()).await.map_err(failed)?;
        if self.own_addresses.lead(&tcp) {
            // Else ringer would call itself for ever.
            let Some(call) = &self.own_call else {
                return Err(UpstreamError::Loop { authority: authority.to_owned() });
            };
            call.goes_by(&tcp);
        }
        tcp.set_nodelay(true).map_err(failed)?;
        Ok(tcp)
    }
}
