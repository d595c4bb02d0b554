//! An exchange that was over when the journal learned of it, kept in few bytes: it becomes an entry when
//! somebody looks, which for most never happens.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, uri::PathAndQuery};
use uuid::Uuid;

use super::{
    applied::Drawn, aside::FieldNames, event::ServeEvent, live::LiveStub, logged_body::BodyLimit,
    outcome::ExchangeOutcome, served::Served,
};
use crate::{
    model::{Request, RequestBody, Scheme, ServiceName, SessionName},
    redaction::Redactor,
    render::PreparedBody,
    runtime::Seed,
};

/// An exchange that is over: a stub answered it at once, and nothing befell it.
#[derive(Debug)]
pub struct Finished<'f> {
    /// The request as it came, with its credentials.
    pub request: &'f Request,
    /// When it had come, by the clock of its session (elapsed time).
    pub arrived: Duration,
    /// When it had come, since ringer started.
    pub started: Duration,
    /// From then to the answer.
    pub took: Duration,
    /// The service that it was for; `None` where that is the only one.
    pub service: Option<&'f ServiceName>,
    /// Names of its fields that are spelled otherwise than is usual.
    pub names: Option<Arc<[String]>>,
    /// Protocol of its connection: `HTTP/1.1`, `HTTP/2.0`.
    pub protocol: &'static str,
    /// Whether it was sent to a proxy.
    pub is_proxied: bool,
    /// The stub that answered.
    pub stub: &'f Arc<LiveStub>,
    /// Place of the answer in the stub's sequence.
    pub step: usize,
    /// Its answer where that is not the one that the stub has ready.
    pub answer: Option<OwnAnswer>,
    /// The seed of what befalls requests, where that is told.
    pub seed: Option<Seed>,
}

/// An answer that was made for one request.
#[derive(Debug)]
pub struct OwnAnswer {
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// An exchange as it is kept.
#[derive(Debug)]
pub(super) struct Brief {
    /// Its number in its journal, of which its id is made.
    pub(super) number: u64,
    /// Its place among all exchanges that are over, from 1.
    pub(super) ended_as: u64,
    method: Method,
    scheme: Scheme,
    client: Option<IpAddr>,
    received: SystemTime,
    arrived: Duration,
    started: Duration,
    took: Duration,
    service: Option<ServiceName>,
    names: Option<Arc<[String]>>,
    protocol: &'static str,
    is_proxied: bool,
    stub: Arc<LiveStub>,
    step: usize,
    answer: Option<Box<OwnAnswer>>,
    seed: Option<Seed>,
    authority_length: u32,
    target_length: u32,
    body_length: u32,
    /// Authority, target, body and fields, each field with its lengths before it.
    text: Box<[u8]>,
}

/// What an exchange takes beside its text, about.
const BRIEF_BYTES: usize = size_of::<Brief>() + 32;

/// Longer names and values are none that a head may have.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

impl Brief {
    /// `None` where the request is larger than what is kept so.
    pub(super) fn new(number: u64, finished: Finished<'_>) -> Option<Self> {
        let Finished { request, stub, .. } = finished;
        let RequestBody::Whole(body) = &request.body else { return None };
        let target = request.target.as_str();
        let fields = request.headers.iter();
        let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + 8);
        let size = request.authority.len() + target.len() + body.len() + fields.sum::<usize>();
        u32::try_from(size).ok()?;
        let mut text = Vec::with_capacity(size);
        text.extend_from_slice(request.authority.as_bytes());
        text.extend_from_slice(target.as_bytes());
        text.extend_from_slice(body);
        for (name, value) in &request.headers {
            let (name, value) = (name.as_str().as_bytes(), value.as_bytes());
            text.extend_from_slice(&length(name).to_le_bytes());
            text.extend_from_slice(&length(value).to_le_bytes());
            text.extend_from_slice(name);
            text.extend_from_slice(value);
        }
        Some(Self {
            number,
            ended_as: 0,
            method: request.method.clone(),
            scheme: request.scheme,
            client: request.client,
            received: request.received,
            arrived: finished.arrived,
            started: finished.started,
            took: finished.took,
            service: finished.service.cloned(),
            names: finished.names,
            protocol: finished.protocol,
            is_proxied: finished.is_proxied,
            stub: Arc::clone(stub),
            step: finished.step,
            answer: finished.answer.map(Box::new),
            seed: finished.seed,
            authority_length: length(request.authority.as_bytes()),
            target_length: length(target.as_bytes()),
            body_length: length(body),
            text: text.into_boxed_slice(),
        })
    }

    /// Bytes that it holds, about.
    pub(super) fn size(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, |answer| {
            super::fields::size_of_fields(&answer.headers) + answer.body.len() + 64
        });
        BRIEF_BYTES + self.text.len() + answer
    }

    /// The request as it came.
    fn request(&self) -> Request {
        let mut text: &[u8] = &self.text;
        let mut take = |length: u32| {
            let (part, rest) = text.split_at_checked(length as usize).unwrap_or((text, &[]));
            text = rest;
            part
        };
        let authority = String::from_utf8_lossy(take(self.authority_length)).into_owned();
        let target = PathAndQuery::try_from(take(self.target_length));
        let body = Bytes::copy_from_slice(take(self.body_length));
        Request {
            method: self.method.clone(),
            scheme: self.scheme,
            authority,
            // It was one before.
            target: target.unwrap_or_else(|_| PathAndQuery::from_static("/")),
            headers: fields(text),
            body: RequestBody::Whole(body),
            client: self.client,
            received: self.received,
        }
    }

    /// The entry that the journal would have made of it, its credentials replaced.
    pub(super) fn unfold(
        &self,
        id: Uuid,
        session: SessionName,
        redactor: &Redactor,
        limit: BodyLimit,
    ) -> ServeEvent {
        let request = self.request();
        let (seen, credentials) = redactor.examined(&request);
        let served = Served {
            request: seen.into_owned(),
            credentials,
            arrived: self.arrived,
            started: self.started,
            service: self.service.clone(),
            names: self.names.clone(),
            protocol: self.protocol,
            is_proxied: self.is_proxied,
            is_passed_on: false,
            stub: Some((Arc::clone(&self.stub), self.step)),
            limited: None,
        };
        let event = ServeEvent::new(id, session, served, None, redactor.clone(), None);
        let prepared = self.stub.prepared.get(self.step).and_then(|slot| slot.get());
        let head = match (&self.answer, prepared) {
            (Some(own), _) => Some((own.status, &own.headers, Some(&own.body))),
            (None, Some(prepared)) => {
                let body = match &prepared.body {
                    PreparedBody::Bytes(bytes) => Some(bytes),
                    PreparedBody::File { .. } => None,
                };
                Some((prepared.status.as_u16(), &prepared.fields, body))
            }
            (None, None) => None,
        };
        if let Some((status, headers, body)) = head {
            let of_head = (status, headers, FieldNames::default());
            event.set_answer(of_head, body, limit, self.took, |_| {});
        }
        event.set_outcome(ExchangeOutcome::Stub);
        event.set_plan(Duration::ZERO, self.seed.map(|seed| Drawn { seed, applied: Vec::new() }));
        event.end(self.took, self.arrived + self.took);
        event.number(|| self.ended_as);
        event
    }
}

fn fields(mut text: &[u8]) -> HeaderMap {
    let mut fields = HeaderMap::new();
    while let Some((lengths, rest)) = text.split_at_checked(8) {
        let (name, value) = lengths.split_at(4);
        let length = |bytes: &[u8]| {
            <[u8; 4]>::try_from(bytes).map_or(usize::MAX, |it| u32::from_le_bytes(it) as usize)
        };
        let Some((name, rest)) = rest.split_at_checked(length(name)) else { break };
        let Some((value, rest)) = rest.split_at_checked(length(value)) else { break };
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            fields.append(name, value);
        }
        text = rest;
    }
    fields
}
