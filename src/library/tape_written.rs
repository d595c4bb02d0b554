//! The line of an exchange as it is written: the same JSON as [`super::tape_line`] reads, made of what
//! the exchange has, without copies.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::tape_line::millis;
use crate::model::{
    Chunk, Ending, Exchange, Headers, RecordedRequest, RecordedResponse, StubId, Timing,
};

/// A body: nothing, or one of `text`, `base64` and `file`.
#[derive(Debug, Default, Serialize)]
pub(super) struct WrittenBody<'e> {
    /// UTF-8; without the content coding that `coding` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<Cow<'e, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) coding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) base64: Option<String>,
    /// Name under `bodies/`: the SHA-256 of the file as hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// Length of the body as it was sent, where it is in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u64>,
}

impl WrittenBody<'_> {
    fn is_empty(&self) -> bool {
        self.text.is_none() && self.base64.is_none() && self.file.is_none()
    }
}

/// An exchange.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenLine<'e> {
    number: u64,
    started_ms: f64,
    connection: u64,
    address: &'e str,
    upstream: &'e str,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "stub")]
    stub: Option<StubId>,
    request: WrittenRequest<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<WrittenResponse<'e>>,
    timing: WrittenTiming<'e>,
    ending: WrittenEnding<'e>,
}

#[derive(Debug, Serialize)]
struct WrittenRequest<'e> {
    method: &'e str,
    target: &'e str,
    protocol: &'e str,
    headers: Fields<'e>,
    #[serde(skip_serializing_if = "Fields::is_empty")]
    trailers: Fields<'e>,
    #[serde(skip_serializing_if = "WrittenBody::is_empty")]
    body: WrittenBody<'e>,
}

#[derive(Debug, Serialize)]
struct WrittenResponse<'e> {
    #[serde(skip_serializing_if = "Interim::is_empty")]
    interim: Interim<'e>,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'e str>,
    protocol: &'e str,
    headers: Fields<'e>,
    #[serde(skip_serializing_if = "WrittenBody::is_empty")]
    body: WrittenBody<'e>,
    #[serde(skip_serializing_if = "Fields::is_empty")]
    trailers: Fields<'e>,
}

#[derive(Debug)]
struct Fields<'e>(&'e Headers);

impl Fields<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

#[derive(Debug)]
struct Interim<'e>(&'e [(u16, Headers)]);

#[derive(Serialize)]
struct WrittenInterim<'e> {
    status: u16,
    headers: Fields<'e>,
}

impl Interim<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Interim<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lines = self.0.iter();
        serializer.collect_seq(
            lines.map(|(status, headers)| WrittenInterim {
                status: *status,
                headers: Fields(headers),
            }),
        )
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenTiming<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_end_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte_ms: Option<f64>,
    total_ms: f64,
    request_bytes_at_head: u64,
    #[serde(skip_serializing_if = "Chunks::is_empty")]
    chunks: Chunks<'e>,
}

/// When, how long, how much of the request had come.
#[derive(Debug)]
struct Chunks<'e>(&'e [Chunk]);

impl Chunks<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Chunks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let chunks = self.0.iter();
        serializer
            .collect_seq(chunks.map(|chunk| (millis(chunk.at), chunk.size, chunk.request_bytes)))
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum WrittenEnding<'e> {
    Complete,
    ClientLeft,
    NotKept(&'e str),
    UpstreamBroke(&'e str),
}

fn stub<S: Serializer>(stub: &Option<StubId>, serializer: S) -> Result<S::Ok, S::Error> {
    match stub {
        Some(stub) => serializer.collect_str(stub),
        None => serializer.serialize_none(),
    }
}

impl<'e> WrittenLine<'e> {
    /// The line of an exchange whose bodies are kept as given.
    pub(super) fn new(
        exchange: &'e Exchange,
        stub: Option<StubId>,
        request_body: WrittenBody<'e>,
        response_body: WrittenBody<'e>,
    ) -> Self {
        Self {
            number: exchange.number,
            started_ms: millis(exchange.started),
            connection: exchange.connection,
            address: &exchange.address,
            upstream: &exchange.upstream,
            stub,
            request: WrittenRequest::new(&exchange.request, request_body),
            response: exchange
                .response
                .as_ref()
                .map(|response| WrittenResponse::new(response, response_body)),
            timing: WrittenTiming::new(&exchange.timing),
            ending: match &exchange.ending {
                Ending::Complete => WrittenEnding::Complete,
                Ending::ClientLeft => WrittenEnding::ClientLeft,
                Ending::NotKept(why) => WrittenEnding::NotKept(why),
                Ending::UpstreamBroke(how) => WrittenEnding::UpstreamBroke(how),
            },
        }
    }
}

impl<'e> WrittenRequest<'e> {
    fn new(request: &'e RecordedRequest, body: WrittenBody<'e>) -> Self {
        Self {
            method: &request.method,
            target: &request.target,
            protocol: &request.protocol,
            headers: Fields(&request.headers),
            trailers: Fields(&request.trailers),
            body,
        }
    }
}

impl<'e> WrittenResponse<'e> {
    fn new(response: &'e RecordedResponse, body: WrittenBody<'e>) -> Self {
        Self {
            interim: Interim(&response.interim),
            status: response.status,
            reason: response.reason.as_deref(),
            protocol: &response.protocol,
            headers: Fields(&response.headers),
            body,
            trailers: Fields(&response.trailers),
        }
    }
}

impl<'e> WrittenTiming<'e> {
    fn new(timing: &'e Timing) -> Self {
        Self {
            request_end_ms: timing.request_end.map(millis),
            first_byte_ms: timing.first_byte.map(millis),
            total_ms: millis(timing.total),
            request_bytes_at_head: timing.request_bytes_at_head,
            chunks: Chunks(&timing.chunks),
        }
    }
}
