//! Why ringer could not start.

use thiserror::Error;

use super::behaviors::BehaviorsError;
use crate::{
    library::LibraryError, record::RecordError, serve::ServeError, tls::TlsError,
    upstream::UpstreamError,
};

/// Why ringer could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AppError {
    /// The local certificate authority can't be used.
    #[error("the local certificate authority cannot be used")]
    Authority(#[from] TlsError),
    /// The stub directory can't be read or watched.
    #[error("the stub directory cannot be used")]
    Library(#[from] LibraryError),
    /// There is no thread to write mappings.
    #[error("mappings cannot be recorded")]
    Mappings(#[source] std::io::Error),
    /// The recorder can't start.
    #[error("the recorder cannot start")]
    Record(#[from] RecordError),
    /// The listening side can't start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// What was said of how answers behave can't be used.
    #[error("the behaviors cannot be used")]
    Behavior(#[from] BehaviorsError),
    /// The way to the collector of spans can't be set up.
    #[error("cannot set up the connection to the collector of spans")]
    Spans(#[source] UpstreamError),
    /// A pattern of what is expected can't be used.
    #[error("the expectations cannot be used: {0}")]
    Expectations(String),
    /// A task that reads files was ended.
    #[error("reading the stub directory was interrupted")]
    Interrupted,
}
