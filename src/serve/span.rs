//! The span of an exchange: begun in the caller's trace, told with the attributes of OpenTelemetry's
//! conventions for HTTP servers (semantic conventions 1.2x, "HTTP spans") and a few of ringer's own.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use parking_lot::Mutex;

use crate::{
    model::Scheme,
    store::{Applied, LiveStub},
    telemetry::{Attribute, Outcome, Span, TraceContext, Tracer, Value},
};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// A caller's state beyond this length is passed on, and left out of the span (W3C Trace Context
/// §3.3.1.5 asks for as much).
const MAX_STATE: usize = 512;
/// What befalls an exchange is told up to so many.
const MAX_APPLIED: usize = 16;

/// A span of an exchange that is under way.
#[derive(Debug)]
pub(super) struct OpenSpan {
    tracer: Arc<Tracer>,
    context: TraceContext,
    caller: Option<TraceContext>,
    state: Option<String>,
    name: String,
    start: SystemTime,
    notes: Mutex<Notes>,
}

/// What is asked, by whom.
pub(super) struct Asked<'r> {
    /// When the head had come, by the machine's clock.
    pub(super) start: SystemTime,
    pub(super) method: &'r Method,
    pub(super) version: Version,
    pub(super) scheme: Scheme,
    /// `host[:port]` as the client named it.
    pub(super) authority: &'r str,
    /// Path and query, sanitised.
    pub(super) target: &'r str,
    pub(super) peer: Option<IpAddr>,
    pub(super) session: &'r str,
    pub(super) service: Option<&'r str>,
}

impl Asked<'_> {
    fn attributes(&self) -> Vec<Attribute> {
        let is_known = is_known(self.method);
        let method = if is_known { self.method.as_str() } else { "_OTHER" };
        let mut all: Vec<Attribute> = vec![("http.request.method", method.into())];
        if !is_known {
            all.push(("http.request.method_original", self.method.as_str().into()));
        }
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        all.push(("url.path", path.into()));
        if !query.is_empty() {
            all.push(("url.query", query.into()));
        }
        all.push(("url.scheme", self.scheme.as_str().into()));
        let (host, port) = host_and_port(self.authority);
        all.push(("server.address", host.into()));
        all.push(("server.port", port.unwrap_or_else(|| self.scheme.default_port()).into()));
        if let Some(peer) = self.peer {
            all.push(("client.address", peer.to_string().into()));
        }
        all.push(("network.protocol.version", protocol_version(self.version).into()));
        all.push(("ringer.session", self.session.into()));
        if let Some(service) = self.service {
            all.push(("ringer.service", service.into()));
        }
        all
    }
}

/// What is learned on the way.
#[derive(Debug, Default)]
struct Notes {
    attributes: Vec<Attribute>,
    applied: Vec<String>,
}

impl OpenSpan {
    /// The span of a request; `None` where its caller wants none.
    pub(super) fn begin(
        tracer: &Arc<Tracer>,
        asked: &Asked<'_>,
        fields: &HeaderMap,
    ) -> Option<Arc<Self>> {
        let caller = caller(fields);
        let context = tracer.begin(caller)?;
        Some(Arc::new(Self {
            tracer: Arc::clone(tracer),
            context,
            caller,
            state: caller.and_then(|_| state_of(fields)),
            name: if is_known(asked.method) { asked.method.as_str() } else { "HTTP" }.to_owned(),
            start: asked.start,
            notes: Mutex::new(Notes { attributes: asked.attributes(), applied: Vec::new() }),
        }))
    }

    /// Makes a request that goes on from here part of this span: its parent is this span, and a state
    /// that nobody vouches for is dropped. All else of the trace stays as it came.
    pub(super) fn continue_in(&self, fields: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.context.to_string()) {
            fields.insert(TRACEPARENT, value);
        }
        if self.caller.is_none() {
            fields.remove(TRACESTATE);
        }
    }

    /// As [`OpenSpan::continue_in`], where the request says nothing of a trace itself.
    pub(super) fn begin_in(&self, fields: &mut HeaderMap) {
        if !fields.contains_key(TRACEPARENT) {
            self.continue_in(fields);
        }
    }

    /// A stub answers.
    pub(super) fn found(&self, live: &LiveStub) {
        let mut notes = self.notes.lock();
        notes.attributes.push(("ringer.stub.id", live.stub.id.to_string().into()));
        if let Some(name) = &live.stub.name {
            notes.attributes.push(("ringer.stub.name", name.as_str().into()));
        }
    }

    /// Something befell it on purpose.
    pub(super) fn befell(&self, applied: &[Applied]) {
        if applied.is_empty() {
            return;
        }
        let mut notes = self.notes.lock();
        let room = MAX_APPLIED.saturating_sub(notes.applied.len());
        notes.applied.extend(applied.iter().take(room).map(in_words));
    }

    /// It is over.
    pub(super) fn end(&self, status: Option<StatusCode>, outcome: Outcome, took: Duration) {
        let Notes { mut attributes, applied } = std::mem::take(&mut *self.notes.lock());
        attributes.push(("ringer.outcome", outcome.as_str().into()));
        if !applied.is_empty() {
            attributes.push(("ringer.behaviors", Value::List(applied)));
        }
        let is_error = match status {
            Some(status) => {
                attributes.push(("http.response.status_code", status.as_u16().into()));
                if status.is_server_error() {
                    attributes.push(("error.type", status.as_str().into()));
                }
                status.is_server_error()
            }
            None => {
                let is_left = outcome == Outcome::Abandoned;
                let kind = if is_left { outcome.as_str() } else { "no_response" };
                attributes.push(("error.type", kind.into()));
                true
            }
        };
        self.tracer.end(Span {
            context: self.context,
            parent: self.caller.map(|caller| caller.span),
            state: self.state.clone(),
            name: self.name.clone(),
            start: self.start,
            duration: took,
            attributes,
            is_error,
        });
    }
}

/// Whose trace a request belongs to; two headers are as good as none.
fn caller(fields: &HeaderMap) -> Option<TraceContext> {
    let mut all = fields.get_all(TRACEPARENT).iter();
    let (first, second) = (all.next()?, all.next());
    if second.is_some() { None } else { TraceContext::parse(first.to_str().ok()?) }
}

fn state_of(fields: &HeaderMap) -> Option<String> {
    let all = fields.get_all(TRACESTATE).iter().map(HeaderValue::to_str);
    let all = all.collect::<Result<Vec<_>, _>>().ok()?.join(",");
    (!all.is_empty() && all.len() <= MAX_STATE).then_some(all)
}

/// Methods that the conventions know (RFC 9110 and PATCH).
fn is_known(method: &Method) -> bool {
    [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::CONNECT,
        Method::OPTIONS,
        Method::TRACE,
        Method::PATCH,
    ]
    .contains(method)
}

fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (authority, None),
        },
        _ => (authority, None),
    };
    (host.trim_matches(['[', ']']), port)
}

fn protocol_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// `fault: reset (rule)`, `delay: 200 ms (rule)`
fn in_words(applied: &Applied) -> String {
    let mut text = applied.kind.to_owned();
    if let Some(fault) = &applied.fault {
        text = format!("{text}: {fault}");
    }
    if let Some(wait) = applied.wait {
        text = format!("{text}: {} ms", wait.as_millis());
    }
    if applied.rule.is_empty() { text } else { format!("{text} ({})", applied.rule) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_headers_are_as_good_as_none() {
        let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let mut fields = HeaderMap::new();
        assert!(caller(&fields).is_none());
        fields.append(TRACEPARENT, HeaderValue::from_static(valid));
        assert!(caller(&fields).is_some());
        fields.append(TRACEPARENT, HeaderValue::from_static(valid));
        assert!(caller(&fields).is_none());
    }

    #[test]
    fn an_address_is_told_without_its_port() {
        for (authority, expected) in [
            ("api.test", ("api.test", None)),
            ("api.test:8443", ("api.test", Some(8443))),
            ("[::1]:80", ("::1", Some(80))),
            ("[::1]", ("::1", None)),
            ("", ("", None)),
        ] {
            assert_eq!(host_and_port(authority), expected, "{authority}");
        }
    }
}
