//! Why an answer cannot be made ready.

use std::path::PathBuf;

use thiserror::Error;

use crate::model::Coding;

/// Why an answer can't be given.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The body can't be put into its content coding.
    #[error("cannot encode the body as {}: {reason}", coding.token())]
    Coding {
        /// The coding.
        coding: Coding,
        /// Why.
        reason: String,
    },
    /// The body file can't be read.
    #[error("cannot read body file `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A header field has an impossible name or value.
    #[error("header `{name}` has a name or value that HTTP does not allow")]
    Header {
        /// Its name.
        name: String,
    },
    /// The status is no HTTP status.
    #[error("status {0} is not between 100 and 999")]
    Status(u16),
}
