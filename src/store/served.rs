//! What the journal is told of an exchange, and what it tells: the values of an entry.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;

use super::{aside::FieldNames, live::LiveStub, logged_body::LoggedBody};
use crate::{
    model::{Json, Place, Request, ServiceName, StubId},
    redaction::Credentials,
};

/// What is known of a request when its stub was sought.
#[derive(Debug)]
pub struct Served {
    /// The request, credentials replaced where the session replaces them.
    pub request: Request,
    /// The credentials that were: its answer is shown without them.
    pub credentials: Credentials,
    /// When it had come, by the clock of its session (elapsed time).
    pub arrived: Duration,
    /// When it had come, since ringer started.
    pub started: Duration,
    /// The service that it was for; `None` where that is the only one.
    pub service: Option<ServiceName>,
    /// Names of its fields that are spelled otherwise than is usual.
    pub names: Option<Arc<[String]>>,
    /// Protocol of its connection: `HTTP/1.1`, `HTTP/2.0`.
    pub protocol: &'static str,
    /// Whether it was sent to a proxy.
    pub is_proxied: bool,
    /// Whether the real API answers.
    pub is_passed_on: bool,
    /// The stub that answers and the place of the answer in its sequence; `None` where none does.
    pub stub: Option<(Arc<LiveStub>, usize)>,
    /// The rate limit that refused it.
    pub limited: Option<Limited>,
}

/// A rate limit's refusal: ringer answered, so that no stub's turn was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// The limit.
    pub limit: String,
    /// Where it holds.
    pub place: Place,
    /// The policy that refused.
    pub policy: String,
    /// Who was refused, secrets replaced.
    pub key: String,
    /// Status of the answer.
    pub status: u16,
    /// After which time it may come again.
    pub retry_after: Duration,
    /// The stub whose limit it is.
    pub stub: Option<StubId>,
    /// Whether anything would have answered had there been room.
    pub would_match: bool,
}

/// An answer as it was given.
#[derive(Clone, Debug, Default)]
pub struct LoggedAnswer {
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// Their names as another server spelled them, where it is one that answered.
    pub names: FieldNames,
    /// The body, as far as it is kept.
    pub body: LoggedBody,
}

/// Something that happened while a request was served (WireMock's `SubEvent`).
#[derive(Clone, Debug)]
pub struct Note {
    /// What: `WEBHOOK_REQUEST`, `ERROR`, ….
    pub kind: &'static str,
    /// When, since the request's head had come.
    pub at: Duration,
    /// More of it.
    pub data: Json,
}

/// When what happened of an exchange, each since its request's head had come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// The head of the answer was ready.
    pub head: Option<Duration>,
    /// The last of the answer was given, or the exchange was over without.
    pub total: Option<Duration>,
    /// How long the answer was held back on purpose.
    pub delay: Duration,
    /// How long the real API took to the head of its answer.
    pub upstream: Option<Duration>,
}
