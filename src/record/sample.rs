//! Exchanges for tests: `exchange("GET", "/a").header("X", "1").answer(200, "…").build()`.

use std::time::Duration;

use bytes::Bytes;

use crate::model::{
    Chunk, Ending, Exchange, Headers, RecordedBody, RecordedRequest, RecordedResponse, ServiceName,
    Timing,
};

pub(super) struct Sample(Exchange);

/// A complete exchange without answer yet; numbered by the test that runs it.
pub(super) fn exchange(method: &str, target: &str) -> Sample {
    Sample(Exchange {
        number: 0,
        service: ServiceName::new("api.test"),
        started: Duration::from_millis(10),
        connection: 1,
        address: "http://127.0.0.1:8080".to_owned(),
        upstream: "https://api.test".to_owned(),
        request: RecordedRequest {
            method: method.to_owned(),
            target: target.to_owned(),
            protocol: "HTTP/1.1".to_owned(),
            headers: Headers::new(),
            trailers: Headers::new(),
            body: RecordedBody::Bytes(Bytes::new()),
        },
        response: None,
        timing: Timing::default(),
        ending: Ending::Complete,
    })
}

impl Sample {
    pub(super) fn number(mut self, number: u64) -> Self {
        self.0.number = number;
        self
    }

    pub(super) fn service(mut self, name: &str) -> Self {
        self.0.service = ServiceName::new(name);
        self
    }

    pub(super) fn address(mut self, address: &str) -> Self {
        self.0.address = address.to_owned();
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.0.request.headers.push(name, value);
        self
    }

    /// A request body, all of which came before the answer.
    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.0.request.body = RecordedBody::Bytes(Bytes::from(body.into()));
        self.0.timing.request_bytes_at_head = self.0.request.body.length();
        self
    }

    pub(super) fn json(self, body: &str) -> Self {
        self.header("Content-Type", "application/json").body(body)
    }

    pub(super) fn answer(self, status: u16, body: &str) -> Self {
        self.answer_bytes(status, body.as_bytes())
    }

    pub(super) fn answer_json(self, body: &str) -> Self {
        self.answer(200, body).response_header("Content-Type", "application/json")
    }

    pub(super) fn answer_bytes(mut self, status: u16, body: &[u8]) -> Self {
        let length = self.0.request.body.length();
        let chunk = |size| Chunk { at: Duration::from_millis(20), size, request_bytes: length };
        self.0.timing.first_byte = Some(Duration::from_millis(20));
        self.0.timing.total = Duration::from_millis(21);
        self.0.timing.request_end = Some(Duration::from_millis(1));
        self.0.timing.chunks =
            (!body.is_empty()).then(|| chunk(body.len() as u64)).into_iter().collect();
        self.0.response = Some(RecordedResponse {
            status,
            reason: None,
            protocol: "HTTP/1.1".to_owned(),
            headers: Headers::new(),
            trailers: Headers::new(),
            body: RecordedBody::Bytes(Bytes::copy_from_slice(body)),
            interim: Vec::new(),
        });
        self
    }

    /// A header of the answer, which must be there already.
    pub(super) fn response_header(mut self, name: &str, value: &str) -> Self {
        self.0.response.as_mut().expect("an answer comes first").headers.push(name, value);
        self
    }

    pub(super) fn ending(mut self, ending: Ending) -> Self {
        self.0.ending = ending;
        self
    }

    pub(super) fn build(self) -> Exchange {
        self.0
    }
}
