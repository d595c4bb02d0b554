//! The lines of a tape as JSON: private shapes between the model and serde.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{
    Chunk, Ending, Exchange, Headers, RecordedBody, RecordedRequest, RecordedResponse, ServiceName,
    StubId, Timing,
};

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeaderLine {
    pub(super) tape: String,
    pub(super) version: u32,
    pub(super) service: String,
    pub(super) started: String,
    pub(super) upstream: String,
}

/// An exchange.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExchangeLine {
    number: u64,
    started_ms: f64,
    connection: u64,
    address: String,
    upstream: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stub: Option<String>,
    pub(super) request: RequestLine,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<ResponseLine>,
    timing: TimingLine,
    ending: EndingLine,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestLine {
    method: String,
    target: String,
    protocol: String,
    pub(super) headers: HeaderFields,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    trailers: HeaderFields,
    #[serde(default, skip_serializing_if = "BodyLine::is_empty")]
    pub(super) body: BodyLine,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponseLine {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    interim: Vec<InterimLine>,
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    protocol: String,
    pub(super) headers: HeaderFields,
    #[serde(default, skip_serializing_if = "BodyLine::is_empty")]
    pub(super) body: BodyLine,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    trailers: HeaderFields,
}

#[derive(Debug, Serialize, Deserialize)]
struct InterimLine {
    status: u16,
    headers: HeaderFields,
}

/// Names and values in order, spelled as on the wire.
type HeaderFields = Vec<(String, String)>;

/// A body: nothing, or one of `text`, `base64` and `file`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BodyLine {
    /// UTF-8; without the content coding that `coding` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) coding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base64: Option<String>,
    /// Name under `bodies/`: the SHA-256 of the file as hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// Length of the body as it was sent, where it is in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u64>,
}

impl BodyLine {
    fn is_empty(&self) -> bool {
        self.text.is_none() && self.base64.is_none() && self.file.is_none()
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimingLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_end_ms: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_byte_ms: Option<f64>,
    total_ms: f64,
    #[serde(default)]
    request_bytes_at_head: u64,
    /// When, how long, how much of the request had come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chunks: Vec<(f64, u64, u64)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum EndingLine {
    Complete,
    ClientLeft,
    NotKept(String),
    UpstreamBroke(String),
}

impl ExchangeLine {
    /// The line of an exchange whose bodies are kept as given.
    pub(super) fn new(
        exchange: &Exchange,
        stub: Option<StubId>,
        request_body: BodyLine,
        response_body: BodyLine,
    ) -> Self {
        let request = &exchange.request;
        Self {
            number: exchange.number,
            started_ms: millis(exchange.started),
            connection: exchange.connection,
            address: exchange.address.clone(),
            upstream: exchange.upstream.clone(),
            stub: stub.map(|stub| stub.to_string()),
            request: RequestLine {
                method: request.method.clone(),
                target: request.target.clone(),
                protocol: request.protocol.clone(),
                headers: fields(&request.headers),
                trailers: fields(&request.trailers),
                body: request_body,
            },
            response: exchange.response.as_ref().map(|response| ResponseLine {
                interim: response
                    .interim
                    .iter()
                    .map(|(status, headers)| InterimLine {
                        status: *status,
                        headers: fields(headers),
                    })
                    .collect(),
                status: response.status,
                reason: response.reason.clone(),
                protocol: response.protocol.clone(),
                headers: fields(&response.headers),
                body: response_body,
                trailers: fields(&response.trailers),
            }),
            timing: TimingLine::new(&exchange.timing),
            ending: match &exchange.ending {
                Ending::Complete => EndingLine::Complete,
                Ending::ClientLeft => EndingLine::ClientLeft,
                Ending::NotKept(why) => EndingLine::NotKept(why.clone()),
                Ending::UpstreamBroke(how) => EndingLine::UpstreamBroke(how.clone()),
            },
        }
    }

    /// The exchange and its stub, with the bodies that were made from their lines.
    pub(super) fn into_exchange(
        self,
        service: ServiceName,
        request_body: RecordedBody,
        response_body: RecordedBody,
    ) -> (Exchange, Option<StubId>) {
        let request = self.request;
        let exchange = Exchange {
            number: self.number,
            service,
            started: duration(self.started_ms),
            connection: self.connection,
            address: self.address,
            upstream: self.upstream,
            request: RecordedRequest {
                method: request.method,
                target: request.target,
                protocol: request.protocol,
                headers: request.headers.into(),
                trailers: request.trailers.into(),
                body: request_body,
            },
            response: self.response.map(|response| RecordedResponse {
                status: response.status,
                reason: response.reason,
                protocol: response.protocol,
                headers: response.headers.into(),
                trailers: response.trailers.into(),
                body: response_body,
                interim: response
                    .interim
                    .into_iter()
                    .map(|interim| (interim.status, interim.headers.into()))
                    .collect(),
            }),
            timing: self.timing.into_timing(),
            ending: match self.ending {
                EndingLine::Complete => Ending::Complete,
                EndingLine::ClientLeft => Ending::ClientLeft,
                EndingLine::NotKept(why) => Ending::NotKept(why),
                EndingLine::UpstreamBroke(how) => Ending::UpstreamBroke(how),
            },
        };
        (exchange, self.stub.and_then(|stub| stub.parse().ok()).map(StubId))
    }
}

impl TimingLine {
    fn new(timing: &Timing) -> Self {
        Self {
            request_end_ms: timing.request_end.map(millis),
            first_byte_ms: timing.first_byte.map(millis),
            total_ms: millis(timing.total),
            request_bytes_at_head: timing.request_bytes_at_head,
            chunks: timing
                .chunks
                .iter()
                .map(|chunk| (millis(chunk.at), chunk.size, chunk.request_bytes))
                .collect(),
        }
    }

    fn into_timing(self) -> Timing {
        Timing {
            request_end: self.request_end_ms.map(duration),
            first_byte: self.first_byte_ms.map(duration),
            request_bytes_at_head: self.request_bytes_at_head,
            total: duration(self.total_ms),
            chunks: self
                .chunks
                .into_iter()
                .map(|(at, size, request_bytes)| Chunk { at: duration(at), size, request_bytes })
                .collect(),
        }
    }
}

fn fields(headers: &Headers) -> HeaderFields {
    headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Milliseconds to the microsecond.
fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

fn duration(millis: f64) -> Duration {
    // A tape that a person edited may say anything: what is no time is none.
    Duration::try_from_secs_f64(millis.max(0.0) / 1000.0)
        .map(|time| Duration::from_micros((time.as_nanos() as f64 / 1000.0).round() as u64))
        .unwrap_or_default()
}
