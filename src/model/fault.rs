//! What can go wrong on purpose.

use std::{fmt, time::Duration};

use super::message::Headers;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The answer is another, or damaged.
    Answer(AnswerFault),
    /// The answer keeps the client waiting.
    Stall(Stall),
    /// The bytes on the connection are not those of an answer.
    Wire(WireFault),
    /// HTTP/2 is broken off. On HTTP/1.1 the connection is reset in its place.
    Http2(Http2Fault),
    /// The connection is not made, or not made well. Decided before any request is known.
    Connect(ConnectFault),
}

impl Fault {
    /// Its name in files, in the journal and in the log of faults.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answer(fault) => match fault {
                AnswerFault::Status(_) => "status",
                AnswerFault::GrpcStatus { .. } => "grpc-status",
                AnswerFault::ContentType(_) => "content-type",
                AnswerFault::Truncated(_) => "truncated",
                AnswerFault::Corrupted { .. } => "corrupted",
                AnswerFault::InvalidJson => "invalid-json",
                AnswerFault::HeaderMissing(_) => "header-missing",
                AnswerFault::HeaderDuplicated(_) => "header-duplicated",
                AnswerFault::ContentLength(_) => "content-length",
            },
            Self::Stall(_) => "stall",
            Self::Wire(fault) => match fault {
                WireFault::ConnectionReset => "connection-reset",
                WireFault::EmptyResponse => "empty-response",
                WireFault::MalformedChunk => "malformed-chunk",
                WireFault::RandomData => "random-data",
                WireFault::ResetWithin(_) => "reset-within",
                WireFault::ResetAfter => "reset-after",
                WireFault::CloseWithin(_) => "close-within",
                WireFault::HalfClose => "half-close",
            },
            Self::Http2(fault) => match fault {
                Http2Fault::ResetStream { .. } => "reset-stream",
                Http2Fault::GoAway { .. } => "goaway",
            },
            Self::Connect(fault) => fault.name(),
        }
    }
}

impl fmt::Display for Fault {
    /// Its name, and the number that tells it from others of its kind: `status 503`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Answer(AnswerFault::Status(error)) => {
                write!(f, " {}", if error.status == 0 { 500 } else { error.status })
            }
            Self::Answer(AnswerFault::GrpcStatus { code, .. }) => write!(f, " {code}"),
            Self::Http2(Http2Fault::ResetStream { code } | Http2Fault::GoAway { code }) => {
                write!(f, " {code}")
            }
            Self::Connect(ConnectFault::Tls(TlsFault::Alert(alert))) => write!(f, " {alert}"),
            _ => Ok(()),
        }
    }
}

impl ConnectFault {
    /// Its name in files, in the journal and in the log of faults.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::NeverAnswer => "never-answer",
            Self::Reset => "connect-reset",
            Self::WithheldWindow => "withheld-window",
            Self::Tls(fault) => match fault {
                TlsFault::Expired => "tls-expired",
                TlsFault::WrongName => "tls-wrong-name",
                TlsFault::SelfSigned => "tls-self-signed",
                TlsFault::UnknownIssuer => "tls-unknown-issuer",
                TlsFault::HandshakeStall => "tls-stall",
                TlsFault::Alert(_) => "tls-alert",
                TlsFault::OldVersion => "tls-old-version",
            },
        }
    }
}

/// An answer that is another than it should be.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerFault {
    /// An error in place of the answer.
    Status(ErrorAnswer),
    /// gRPC: no answer but this status in the trailers (`trailers-only`).
    GrpcStatus {
        /// The code, 1 to 16.
        code: u8,
        /// `grpc-message`.
        message: Option<String>,
    },
    /// The body is called something else than it is.
    ContentType(String),
    /// The body ends early, and properly: the length is that of the rest.
    Truncated(Cut),
    /// So many bytes of the body are others, at places that are drawn.
    Corrupted {
        /// How many; at least 1.
        bytes: u32,
    },
    /// A JSON body is none any more.
    InvalidJson,
    /// A header is missing.
    HeaderMissing(String),
    /// A header comes twice.
    HeaderDuplicated(String),
    /// `Content-Length` is so many bytes off the length of the body.
    ContentLength(i64),
}

/// An error that a provider answers with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorAnswer {
    /// Status code; 0 counts as 500.
    pub status: u16,
    /// Further headers.
    pub headers: Headers,
    /// The body; `None` gets ringer's own error in the form that the client accepts.
    pub body: Option<String>,
}

/// Where a body is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// After so many bytes.
    Bytes(u64),
    /// After this share of it, from 0 to 1.
    Share(f64),
}

/// A client that is kept waiting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stall {
    /// Where; `None` is before the head.
    pub after: Option<Cut>,
    /// How long, after which the answer goes on; `None` is until the client leaves (toxiproxy's
    /// `timeout` of 0).
    pub time: Option<Duration>,
}

/// A connection that breaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WireFault {
    /// It is reset in place of the answer (WireMock's `CONNECTION_RESET_BY_PEER`, toxiproxy's
    /// `reset_peer`).
    ConnectionReset,
    /// It closes without a byte (`EMPTY_RESPONSE`).
    EmptyResponse,
    /// A good head, then bytes that are no chunk, then it closes (`MALFORMED_RESPONSE_CHUNK`).
    MalformedChunk,
    /// Bytes that are no HTTP, then it closes (`RANDOM_DATA_THEN_CLOSE`).
    RandomData,
    /// It is reset within the body.
    ResetWithin(Cut),
    /// It is reset once the answer is out.
    ResetAfter,
    /// It closes within the body (toxiproxy's `limit_data`).
    CloseWithin(Cut),
    /// ringer's side closes once the request is read, before an answer, and the socket stays open.
    HalfClose,
}

impl WireFault {
    /// Those that WireMock has, with its names.
    pub const OF_WIREMOCK: [(Self, &str); 4] = [
        (Self::ConnectionReset, "CONNECTION_RESET_BY_PEER"),
        (Self::EmptyResponse, "EMPTY_RESPONSE"),
        (Self::MalformedChunk, "MALFORMED_RESPONSE_CHUNK"),
        (Self::RandomData, "RANDOM_DATA_THEN_CLOSE"),
    ];

    /// WireMock's name; empty for one that it has not.
    pub fn wiremock_name(self) -> &'static str {
        Self::OF_WIREMOCK.iter().find(|(fault, _)| *fault == self).map_or("", |(_, name)| name)
    }
}

/// HTTP/2 that is broken off (RFC 9113 §6.4, §6.8). Codes are those of §7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Http2Fault {
    /// `RST_STREAM` in place of the answer.
    ResetStream {
        /// The error code.
        code: u32,
    },
    /// `GOAWAY` in place of the answer, and the connection closes.
    GoAway {
        /// The error code.
        code: u32,
    },
}

/// A connection that does not come about.
#[derive(Clone, Debug, PartialEq)]
pub enum ConnectFault {
    /// Nobody listens (toxiproxy's `down`).
    Refuse,
    /// It is accepted, and nothing is ever said (toxiproxy's `timeout`).
    NeverAnswer,
    /// It is accepted and reset.
    Reset,
    /// HTTP/2: no room is ever given for a request's body (RFC 9113 §6.9).
    WithheldWindow,
    /// TLS goes wrong; on a connection without TLS nothing does.
    Tls(TlsFault),
}

/// A TLS handshake that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum TlsFault {
    /// The certificate has expired.
    Expired,
    /// The certificate is another host's.
    WrongName,
    /// The certificate is signed by itself.
    SelfSigned,
    /// The certificate is signed by an authority that nobody knows.
    UnknownIssuer,
    /// ringer says nothing after the client's first message.
    HandshakeStall,
    /// ringer answers the client's first message with this alert (RFC 8446 §6).
    Alert(u8),
    /// Nothing newer than TLS 1.1 is spoken.
    OldVersion,
}
