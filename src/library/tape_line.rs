//! The lines of a tape as JSON: private shapes between the model and serde. An exchange is read here
//! and written by [`super::tape_written`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{
    Chunk, Ending, Exchange, RecordedBody, RecordedRequest, RecordedResponse, ServiceName, StubId,
    Timing,
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
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExchangeLine {
    number: u64,
    started_ms: f64,
    connection: u64,
    address: String,
    upstream: String,
    #[serde(default)]
    stub: Option<String>,
    pub(super) request: RequestLine,
    #[serde(default)]
    pub(super) response: Option<ResponseLine>,
    timing: TimingLine,
    ending: EndingLine,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestLine {
    method: String,
    target: String,
    protocol: String,
    pub(super) headers: HeaderFields,
    #[serde(default)]
    trailers: HeaderFields,
    #[serde(default)]
    pub(super) body: BodyLine,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponseLine {
    #[serde(default)]
    interim: Vec<InterimLine>,
    status: u16,
    #[serde(default)]
    reason: Option<String>,
    protocol: String,
    pub(super) headers: HeaderFields,
    #[serde(default)]
    pub(super) body: BodyLine,
    #[serde(default)]
    trailers: HeaderFields,
}

#[derive(Debug, Deserialize)]
struct InterimLine {
    status: u16,
    headers: HeaderFields,
}

/// Names and values in order, spelled as on the wire.
type HeaderFields = Vec<(String, String)>;

/// A body: nothing, or one of `text`, `base64` and `file`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BodyLine {
    /// UTF-8; without the content coding that `coding` names.
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) coding: Option<String>,
    #[serde(default)]
    pub(super) base64: Option<String>,
    /// Name under `bodies/`: the SHA-256 of the file as hex.
    #[serde(default)]
    pub(super) file: Option<String>,
    /// Length of the body as it was sent, where it is in a file.
    #[serde(default)]
    pub(super) length: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimingLine {
    #[serde(default)]
    request_end_ms: Option<f64>,
    #[serde(default)]
    first_byte_ms: Option<f64>,
    total_ms: f64,
    #[serde(default)]
    request_bytes_at_head: u64,
    /// When, how long, how much of the request had come.
    #[serde(default)]
    chunks: Vec<(f64, u64, u64)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum EndingLine {
    Complete,
    ClientLeft,
    NotKept(String),
    UpstreamBroke(String),
}

impl ExchangeLine {
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

/// Milliseconds to the microsecond.
pub(super) fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

fn duration(millis: f64) -> Duration {
    // A tape that a person edited may say anything: what is no time is none.
    Duration::try_from_secs_f64(millis.max(0.0) / 1000.0)
        .map(|time| Duration::from_micros((time.as_nanos() as f64 / 1000.0).round() as u64))
        .unwrap_or_default()
}
