//! An exchange that is to become a stub, and the same with its secrets replaced.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, uri::PathAndQuery};
use uuid::Uuid;

use crate::{
    model::{
        Ending, Exchange, Headers, RecordedBody, RecordedRequest, RecordedResponse, Request,
        RequestBody, ServiceName, Timing, bytes_of, exact_text_of,
    },
    redaction::Redactor,
};

/// A request and its whole answer.
#[derive(Clone, Debug)]
pub struct Source<'e> {
    /// Its entry in the journal.
    pub id: Uuid,
    /// The request.
    pub request: Cow<'e, Request>,
    /// Whether it was passed on.
    pub is_proxied: bool,
    /// Status of the answer.
    pub status: u16,
    /// Header fields of the answer, spelled as they are to be written.
    pub headers: Headers,
    /// The body of the answer, as it came.
    pub body: Bytes,
}

impl Source<'_> {
    /// The same with secrets replaced; the redactor remembers them for those that follow.
    pub(super) fn sanitised(self, redactor: &Redactor) -> Self {
        if !redactor.is_on() {
            return self;
        }
        let request = self.request.as_ref();
        let whole = match &request.body {
            RequestBody::Whole(bytes) => bytes.clone(),
            RequestBody::Hashed { .. } => Bytes::new(),
        };
        let mut fields = Headers::new();
        for (name, value) in &request.headers {
            fields.push(name.as_str(), exact_text_of(value.as_bytes()));
        }
        let mut exchange = Exchange {
            number: 1,
            service: ServiceName::new("_"),
            started: Duration::ZERO,
            connection: 0,
            address: String::new(),
            upstream: String::new(),
            request: RecordedRequest {
                method: request.method.to_string(),
                target: request.target.to_string(),
                protocol: "HTTP/1.1".to_owned(),
                headers: fields,
                trailers: Headers::new(),
                body: RecordedBody::Bytes(whole),
            },
            response: Some(RecordedResponse {
                status: self.status,
                reason: None,
                protocol: "HTTP/1.1".to_owned(),
                headers: self.headers,
                trailers: Headers::new(),
                body: RecordedBody::Bytes(self.body),
                interim: Vec::new(),
            }),
            timing: Timing::default(),
            ending: Ending::Complete,
        };
        redactor.exchange(&mut exchange);
        let sanitised = of(request, &exchange.request);
        let response = exchange.response.unwrap_or_else(|| RecordedResponse {
            status: self.status,
            reason: None,
            protocol: String::new(),
            headers: Headers::new(),
            trailers: Headers::new(),
            body: RecordedBody::Bytes(Bytes::new()),
            interim: Vec::new(),
        });
        Self {
            request: Cow::Owned(sanitised),
            headers: response.headers,
            body: response.body.bytes().cloned().unwrap_or_default(),
            ..self
        }
    }
}

/// A request with what sanitising made of it.
fn of(request: &Request, sanitised: &RecordedRequest) -> Request {
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for (name, value) in sanitised.headers.iter() {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&bytes_of(value)))
        {
            headers.append(name, value);
        }
    }
    let body = match (&request.body, sanitised.body.bytes()) {
        (RequestBody::Whole(_), Some(bytes)) => RequestBody::Whole(bytes.clone()),
        (body, _) => body.clone(),
    };
    Request {
        target: PathAndQuery::try_from(sanitised.target.as_str())
            .unwrap_or_else(|_| PathAndQuery::from_static("/")),
        headers,
        body,
        method: request.method.clone(),
        authority: request.authority.clone(),
        ..*request
    }
}
