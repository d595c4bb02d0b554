//! The real APIs: where they are, and how requests are addressed to them.

use http::{Uri, uri::PathAndQuery};

use crate::{
    model::Origin,
    upstream::{self, UpstreamError},
};

/// The real API of a service.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) origin: Origin,
    /// The origin as text.
    pub(super) url: String,
    /// `host[:port]` of the origin.
    pub(super) authority: String,
    pub(super) client: upstream::Client,
    /// Whether the client's `Host` goes on.
    pub(super) preserve_host: bool,
}

/// How upstreams are made for services and for hosts that a forward proxy meets.
pub(super) struct UpstreamFactory {
    pub(super) options: upstream::Options,
    pub(super) preserve_host: Option<bool>,
}

impl UpstreamFactory {
    pub(super) fn reverse(&self, origin: Origin) -> Result<Upstream, UpstreamError> {
        let client = upstream::Client::new(&self.options, Some(&origin))?;
        let preserve_host = self.preserve_host.unwrap_or_else(|| origin.is_private());
        Ok(Upstream::new(origin, client, preserve_host))
    }

    /// A client that asked a forward proxy names the real host itself.
    pub(super) fn forward(&self, origin: Origin) -> Result<Upstream, UpstreamError> {
        let client = upstream::Client::new(&self.options, None)?;
        Ok(Upstream::new(origin, client, true))
    }
}

impl Upstream {
    fn new(origin: Origin, client: upstream::Client, preserve_host: bool) -> Self {
        let (url, authority) = (origin.to_string(), origin.authority());
        Self { origin, url, authority, client, preserve_host }
    }

    /// Where a request for `target` goes that names this host.
    ///
    /// # Errors
    ///
    /// When that is no URI.
    pub(super) fn uri(&self, host: &str, target: &PathAndQuery) -> Result<Uri, http::Error> {
        let target = match self.origin.base_path.as_str() {
            "" => target.clone(),
            base => PathAndQuery::try_from(format!("{base}{target}"))?,
        };
        let scheme = self.origin.scheme.as_str();
        Uri::builder().scheme(scheme).authority(host).path_and_query(target).build()
    }
}
