//! One exchange as a span.

use std::time::{Duration, SystemTime};

use super::trace_context::TraceContext;

/// An exchange that is over.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its trace and its own id.
    pub context: TraceContext,
    /// The span that caused it, of who sent the request.
    pub parent: Option<[u8; 8]>,
    /// The header `tracestate`, where there is a parent.
    pub state: Option<String>,
    /// Low in variety: the method.
    pub name: String,
    /// When the head of the request had come.
    pub start: SystemTime,
    /// Until there was an answer.
    pub duration: Duration,
    /// What is told of it, without secrets.
    pub attributes: Vec<Attribute>,
    /// Whether it failed, by OpenTelemetry's conventions for servers.
    pub is_error: bool,
}

/// A name, and what it has.
pub type Attribute = (&'static str, Value);

/// What an attribute has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Texts.
    List(Vec<String>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Whole(number.into())
    }
}
