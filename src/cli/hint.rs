//! What to do about an error: at most one thing, and only where it helps.

use std::io;

use crate::config::ConfigError;

/// The hint for an error, found by what is in its chain.
pub fn of(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(ConfigError::Read { .. }) = cause.downcast_ref() {
            return Some("`ringer serve --help` shows what such a file looks like".to_owned());
        }
        if let Some(Advised { hint, .. }) = cause.downcast_ref() {
            return Some(hint.clone());
        }
        let kind = cause.downcast_ref::<io::Error>()?.kind();
        let hint = match kind {
            io::ErrorKind::AddrInUse => {
                "another program listens there; `--listen 0` picks a free port"
            }
            io::ErrorKind::AddrNotAvailable => {
                "no network interface has this address; `--listen 127.0.0.1:8080` always works"
            }
            io::ErrorKind::StorageFull => "make room on the disk, then start ringer again",
            _ => return None,
        };
        Some(hint.to_owned())
    })
}

/// An error that comes with its own advice.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Advised {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Advised {
    /// An error and what to do about it.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}
