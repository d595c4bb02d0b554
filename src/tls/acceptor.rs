//! The rustls configuration of the listener: ALPN, and a leaf by the name that the client asks for.

use std::{fmt, net::IpAddr, sync::Arc};

use quick_cache::sync::Cache;
use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{authority::TlsError, leaf::Leaves};

const MAX_CONFIGS: usize = 64;

/// Accepts TLS with a certificate for whatever name the client has in mind.
#[derive(Clone)]
pub struct Acceptor {
    leaves: Arc<Leaves>,
    /// One configuration per fallback name, so that clients of the same one resume sessions.
    configs: Arc<Cache<String, Arc<ServerConfig>>>,
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("leaves", &self.leaves).finish()
    }
}

impl Acceptor {
    /// An acceptor that mints from `leaves`.
    pub fn new(leaves: Arc<Leaves>) -> Self {
        Self { leaves, configs: Arc::new(Cache::new(MAX_CONFIGS)) }
    }

    /// Does the handshake. A client that names no host (RFC 6066 has no SNI for addresses) gets a
    /// certificate for `fallback`: the CONNECT target, or the address it connected to.
    ///
    /// # Errors
    ///
    /// When the handshake fails.
    pub async fn accept<S>(&self, stream: S, fallback: &str) -> Result<TlsStream<S>, std::io::Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = self
            .configs
            .get_or_insert_with(fallback, || self.config(fallback))
            .map_err(std::io::Error::other)?;
        TlsAcceptor::from(config).accept(stream).await
    }

    fn config(&self, fallback: &str) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver {
                leaves: Arc::clone(&self.leaves),
                fallback: fallback.to_owned(),
            }));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

#[derive(Debug)]
struct Resolver {
    leaves: Arc<Leaves>,
    fallback: String,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or(&self.fallback);
        match self.leaves.leaf(name) {
            Ok(leaf) => Some(leaf),
            Err(error) => {
                tracing::warn!(%error, "no certificate for the name that a client asked for");
                None
            }
        }
    }
}

/// The host part of `host[:port]`, without the brackets of an IPv6 address.
pub fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    if authority.parse::<IpAddr>().is_ok() {
        return authority;
    }
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_authority() {
        assert_eq!(host_of("api.example.com:443"), "api.example.com");
        assert_eq!(host_of("api.example.com"), "api.example.com");
        assert_eq!(host_of("[::1]:443"), "::1");
        assert_eq!(host_of("::1"), "::1");
        assert_eq!(host_of("127.0.0.1:8080"), "127.0.0.1");
    }
}
