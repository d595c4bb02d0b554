//! A request and its answer as they happened: the unit of recording.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;

use super::{id::ServiceName, message::Headers};

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Order of arrival within the recording, from 1.
    pub number: u64,
    /// The API it went to.
    pub service: ServiceName,
    /// When the request's head had arrived, since the recording began.
    pub started: Duration,
    /// Number of the client connection it came on.
    pub connection: u64,
    /// `scheme://host[:port]` that the client addressed.
    pub address: String,
    /// `scheme://host[:port]` that it was sent to.
    pub upstream: String,
    /// What the client asked.
    pub request: RecordedRequest,
    /// What came back, as far as it came.
    pub response: Option<RecordedResponse>,
    /// When things happened.
    pub timing: Timing,
    /// How it ended.
    pub ending: Ending,
}

/// A request as it was sent.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// Method token.
    pub method: String,
    /// Path and query, percent-encoding as sent.
    pub target: String,
    /// Protocol of the client's connection: `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
    pub protocol: String,
    /// Header fields.
    pub headers: Headers,
    /// Trailer fields.
    pub trailers: Headers,
    /// The body as it was sent (content coding not removed).
    pub body: RecordedBody,
}

/// An answer as the client received it.
#[derive(Clone, Debug)]
pub struct RecordedResponse {
    /// Status code.
    pub status: u16,
    /// Reason phrase where it is not the standard one for the status.
    pub reason: Option<String>,
    /// Protocol of the upstream connection.
    pub protocol: String,
    /// Header fields in order, spelled as on the wire.
    pub headers: Headers,
    /// Trailer fields.
    pub trailers: Headers,
    /// The body as it was sent (content coding not removed).
    pub body: RecordedBody,
    /// Status and fields of each interim (1xx) answer before it.
    pub interim: Vec<(u16, Headers)>,
}

/// A body kept in memory, or on disk when it was large.
#[derive(Clone, Debug)]
pub enum RecordedBody {
    /// In memory.
    Bytes(Bytes),
    /// In a file that was written while the body passed.
    File {
        /// Where it lies; the recorder moves it to its place.
        path: PathBuf,
        /// Length in bytes.
        length: u64,
        /// SHA-256 of the bytes.
        sha256: [u8; 32],
    },
}

impl RecordedBody {
    /// Length in bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    /// Whether there is no body at all.
    pub fn is_empty(&self) -> bool {
        self.length() == 0
    }

    /// The bytes, when they are in memory.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::File { .. } => None,
        }
    }
}

/// When the parts of an exchange happened, since its request's head arrived.
#[derive(Clone, Debug, Default)]
pub struct Timing {
    /// When the request's last byte arrived; `None` if it never did.
    pub request_end: Option<Duration>,
    /// When the answer's head arrived; `None` if it never did.
    pub first_byte: Option<Duration>,
    /// Bytes of request body that had come when the answer's head did.
    pub request_bytes_at_head: u64,
    /// When the exchange ended.
    pub total: Duration,
    /// The pieces of the answer's body as they arrived.
    pub chunks: Vec<Chunk>,
}

/// A piece of an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When it arrived, since the request's head.
    pub at: Duration,
    /// Its length in bytes.
    pub size: u64,
    /// Bytes of request body that had come by then.
    pub request_bytes: u64,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Answered in full.
    Complete,
    /// The client went away while the answer was still open.
    ClientLeft,
    /// It passed, but a body of it could not be kept; says why.
    NotKept(String),
    /// The upstream broke off; says how.
    UpstreamBroke(String),
}
