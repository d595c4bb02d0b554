//! The rustls configuration of the listener: ALPN, and a leaf by the name that the client asks for.

use std::{fmt, io, net::IpAddr, sync::Arc};

use quick_cache::sync::Cache;
use rustls::{
    CipherSuite, ServerConfig,
    crypto::CryptoProvider,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, server::TlsStream};

use super::{
    authority::TlsError,
    flawed::{Flaw, Flawed},
    leaf::Leaves,
};

const MAX_CONFIGS: usize = 64;

/// Accepts TLS with a certificate for whatever name the client has in mind.
#[derive(Clone)]
pub struct Acceptor {
    leaves: Arc<Leaves>,
    flawed: Arc<Flawed>,
    provider: Arc<CryptoProvider>,
    /// One configuration per fallback name, so that clients of the same one resume sessions.
    configs: Arc<Cache<String, Arc<ServerConfig>>>,
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("leaves", &self.leaves).finish_non_exhaustive()
    }
}

/// A handshake that the client has begun.
pub struct Hello<S>(StartHandshake<S>);

impl<S> fmt::Debug for Hello<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello").finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Hello<S> {
    /// Reads the client's first message.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub async fn read(stream: S) -> io::Result<Self> {
        let acceptor = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
        acceptor.await.map(Self)
    }

    /// The host that the client asks for (RFC 6066 §3).
    pub fn server_name(&self) -> Option<String> {
        self.0.client_hello().server_name().map(str::to_owned)
    }

    /// Takes the connection out of the handshake.
    pub fn into_stream(self) -> S {
        self.0.io
    }
}

impl Acceptor {
    /// An acceptor that mints from `leaves`.
    pub fn new(leaves: Arc<Leaves>) -> Self {
        let flawed = Arc::new(Flawed::new(Arc::clone(&leaves)));
        let configs = Arc::new(Cache::new(MAX_CONFIGS));
        Self { leaves, flawed, provider: Arc::new(provider()), configs }
    }

    /// Does the handshake. A client that names no host (RFC 6066 has no SNI for addresses) gets a
    /// certificate for `fallback`: the CONNECT target, or the address it connected to.
    ///
    /// # Errors
    ///
    /// When the handshake fails.
    pub async fn accept<S>(&self, stream: S, fallback: &str) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.finish(Hello::read(stream).await?, fallback).await
    }

    /// Does the rest of the handshake, as [`Acceptor::accept`] does.
    ///
    /// # Errors
    ///
    /// When the handshake fails.
    pub async fn finish<S>(&self, hello: Hello<S>, fallback: &str) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = self
            .configs
            .get_or_insert_with(fallback, || self.config(fallback))
            .map_err(io::Error::other)?;
        hello.0.into_stream(config).await
    }

    /// Does the rest of the handshake, but with a certificate that has a flaw.
    ///
    /// # Errors
    ///
    /// When the handshake fails, as it does with a client that looks at the certificate.
    pub async fn finish_flawed<S>(
        &self,
        hello: Hello<S>,
        fallback: &str,
        flaw: Flaw,
    ) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = hello.server_name();
        let name = name.as_deref().unwrap_or(fallback);
        let config = self.flawed.config(flaw, name).map_err(io::Error::other)?;
        hello.0.into_stream(config).await
    }

    fn config(&self, fallback: &str) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver {
                leaves: Arc::clone(&self.leaves),
                fallback: fallback.to_owned(),
            }));
        // A handshake is mostly key derivation: what clients name first, SHA-384, costs several times
        // SHA-256, which processors know.
        config.ignore_client_order = true;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The usual suites, those with SHA-256 first.
fn provider() -> CryptoProvider {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.cipher_suites.sort_by_key(|suite| match suite.suite() {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => 0,
        CipherSuite::TLS13_AES_256_GCM_SHA384 => 1,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => 2,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => 3,
        _ => 4,
    });
    provider
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
