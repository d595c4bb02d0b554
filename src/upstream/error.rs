//! Why an upstream gave no answer, in words that its owner can act on.

use std::{error::Error, path::PathBuf, time::Duration};

use thiserror::Error;

/// Why there is no answer from the upstream.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// A certificate authority file can't be used.
    #[error("cannot use `{}` as certificate authority: {reason}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The connection broke before an answer came.
    #[error("{authority} broke off the connection: {reason}")]
    Broken {
        /// `host:port`.
        authority: String,
        /// Why.
        reason: String,
    },
    /// No connection could be made.
    #[error("cannot connect to {authority}: {reason}")]
    Connect {
        /// `host:port`.
        authority: String,
        /// Why.
        reason: String,
    },
    /// No connection was made in time.
    #[error("no connection to {authority} within {} s", after.as_secs_f64())]
    ConnectTimeout {
        /// `host:port`.
        authority: String,
        /// The limit.
        after: Duration,
    },
    /// The address is ringer's own.
    #[error("{authority} is ringer itself")]
    Loop {
        /// `host:port`.
        authority: String,
    },
    /// The host has no address.
    #[error("cannot resolve {host}: {reason}")]
    Resolve {
        /// Host name.
        host: String,
        /// Why.
        reason: String,
    },
    /// No answer came in time.
    #[error("no answer from {authority} within {} s", after.as_secs_f64())]
    ResponseTimeout {
        /// `host:port`.
        authority: String,
        /// The limit.
        after: Duration,
    },
    /// The TLS handshake failed.
    #[error("TLS with {authority} failed: {reason}")]
    Tls {
        /// `host:port`.
        authority: String,
        /// Why.
        reason: String,
    },
    /// TLS can't be set up at all.
    #[error("cannot set up TLS for upstreams")]
    TlsSetup(#[from] rustls::Error),
}

impl UpstreamError {
    /// A short name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Authority { .. } | Self::TlsSetup(_) => "upstream_tls_setup",
            Self::Broken { .. } => "upstream_broke_off",
            Self::Connect { .. } => "upstream_unreachable",
            Self::ConnectTimeout { .. } => "upstream_connect_timeout",
            Self::Loop { .. } => "upstream_is_ringer",
            Self::Resolve { .. } => "upstream_unknown_host",
            Self::ResponseTimeout { .. } => "upstream_timeout",
            Self::Tls { .. } => "upstream_tls",
        }
    }

    /// The status a client gets: 504 when time ran out, else 502 (RFC 9110 §15.6).
    pub fn status(&self) -> http::StatusCode {
        match self {
            Self::ConnectTimeout { .. } | Self::ResponseTimeout { .. } => {
                http::StatusCode::GATEWAY_TIMEOUT
            }
            _ => http::StatusCode::BAD_GATEWAY,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Authority { .. } => "give a PEM file with at least one certificate".to_owned(),
            Self::Broken { .. } => {
                "the upstream closed or reset the connection; look at its log".to_owned()
            }
            Self::Connect { .. } => {
                "is the upstream running, and is its host and port right?".to_owned()
            }
            Self::ConnectTimeout { .. } => {
                "is the upstream reachable from here? --connect-timeout waits longer".to_owned()
            }
            Self::Loop { .. } => {
                "give the address of the real API as upstream, not that of ringer".to_owned()
            }
            Self::Resolve { .. } => {
                "check the spelling of the host name, and that this machine can resolve it"
                    .to_owned()
            }
            Self::ResponseTimeout { .. } => "--response-timeout waits longer".to_owned(),
            Self::Tls { reason, .. } if reason.contains("not valid for name") => {
                "address the upstream by a name that its certificate holds".to_owned()
            }
            Self::Tls { reason, .. } if reason.contains("UnknownIssuer") => {
                "trust its authority with --upstream-ca FILE, or (never outside a test) \
                 --upstream-insecure"
                    .to_owned()
            }
            Self::Tls { .. } | Self::TlsSetup(_) => {
                "does the upstream speak TLS on that port, and is its certificate in order?"
                    .to_owned()
            }
        }
    }
}

/// The whole chain of an error in one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let source_text = source.to_string();
        if !text.contains(&source_text) {
            text.push_str(": ");
            text.push_str(&source_text);
        }
        next = source.source();
    }
    text
}
