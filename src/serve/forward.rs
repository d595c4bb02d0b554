//! Passes a request on to the upstream and the answer back, keeping both where they are recorded.

use std::{fmt::Display, sync::Arc, time::Duration};

use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version,
    header::{CONTENT_TYPE, EXPECT},
};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, ext::ReasonPhrase};
use tokio::sync::{Notify, mpsc};

use super::{
    capture::Capture,
    hop,
    inbound::Inbound,
    lasting::{Lasting, Running},
    observed::timed,
    recording::{Answered, Recording},
    reply::{BodyError, ReplyBody},
    rescue,
    rewrite::Rewrite,
    route::Route,
    spellings::note_names,
    state::State,
    tee::{Asking, RequestTee, ResponseTee, Stopwatch},
    upstreams::Upstream,
    wire::Interim,
};
use crate::{
    model::{self, Headers, exact_text_of, text_of},
    runtime::Watch,
    store::LiveBehaviors,
    upstream::{HeadTap, Protocol, RawHead, UpstreamError},
};

/// A client that waits for `100 Continue` gets it after this time even if the upstream stays
/// silent, as many servers do that never send it (RFC 9110 §10.1.1).
const CONTINUE_AFTER: Duration = Duration::from_secs(1);
/// Interim answers that may wait for the client; more are lost, which costs hints.
const HINTS: usize = 16;
/// When the client has left before the answer began, the answer is still waited for this long,
/// so that the recording knows what the client was too impatient for.
const LINGER: Duration = Duration::from_secs(20);

/// A request about to be passed on.
pub(super) struct Outbound {
    pub(super) request: model::Request,
    pub(super) version: Version,
    pub(super) extensions: Extensions,
    pub(super) body: Inbound,
    pub(super) route: Route,
    pub(super) watch: Stopwatch,
    /// What it brings itself of how its answer is to behave.
    pub(super) own: Option<Arc<LiveBehaviors>>,
}

/// How the upstream's part ended before there was an answer to pass on.
pub(super) type Failed = UpstreamError;

impl Outbound {
    /// While a session is recorded, reads its body before it is passed on, so that all of it is known;
    /// `false` where it is not. That of a call that may go both ways is not waited for.
    pub(super) async fn hold_body(&mut self, state: &State) -> Result<bool, hyper::Error> {
        if !state.session.recording().is_on() {
            return Ok(false);
        }
        let limit = state.limits.body_in_memory;
        let kind = self.request.headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let is_two_way = kind.is_some_and(|kind| kind.starts_with("application/grpc"));
        let waits = !is_two_way && !self.route.mode.records();
        let is_whole = self.body.is_complete() || waits && self.body.read_up_to(limit).await?;
        if is_whole {
            let bytes = bytes::Bytes::copy_from_slice(self.body.so_far());
            self.request.body = model::RequestBody::Whole(bytes);
        }
        Ok(is_whole)
    }

    /// Passes it on and returns the upstream's answer as it begins. Interim answers go to the client
    /// through `interim`.
    pub(super) async fn pass(
        self,
        upstream: &Upstream,
        state: &State,
        interim: &Interim,
    ) -> Result<Response<ReplyBody>, Failed> {
        let address = Arc::clone(&self.route.address);
        let version = self.version;
        let hold = Hold::of(&self.request.headers, version);
        let (hints, hinted) = mpsc::channel(HINTS);
        let service = Arc::clone(&self.route.service);
        let request = self.into_request(upstream, None, &hold, Some(hints))?;
        let sent = send(upstream, request, version, None, state.response_timeout);
        let sent = timed(&service.metrics, state.clock, sent);
        let response = interim.relay(hinted, version, sent).await?;
        if let Some(hold) = &hold {
            hold.refuse();
        }
        let (mut parts, body) = response.into_parts();
        let rewrite = Rewrite::of(&parts.headers, upstream, &address);
        note_names(&mut parts.extensions);
        parts.headers = client_fields(&parts.headers, rewrite.as_ref(), version);
        Ok(Response::from_parts(parts, ReplyBody::Relayed(body)))
    }

    /// Passes it on, returns the answer as it begins, and records both. Interim answers go to the
    /// client through `interim`.
    ///
    /// A client that leaves early does not end the exchange: it goes on in a task of its own then. When
    /// ringer stops, `in_flight` makes it wait for that task as it does for connections.
    pub(super) async fn record(
        self,
        state: Arc<State>,
        recording: Recording,
        interim: Interim,
        in_flight: Watch,
    ) -> Result<Response<ReplyBody>, Failed> {
        let (hints, hinted) = mpsc::channel(HINTS);
        let version = self.version;
        let mut cut_off = state.cut_off.watch();
        let exchange = self.exchange(state, recording, hints, in_flight.clone());
        let left = move |exchange: Running<Result<Response<ReplyBody>, Failed>>| async move {
            if let Ok(response) = exchange.await {
                tokio::select! {
                    () = linger(response) => {}
                    () = cut_off.stopped() => {}
                }
            }
            drop(in_flight);
        };
        interim.relay(hinted, version, Lasting::new(exchange, left)).await
    }

    #[expect(
        clippy::manual_async_fn,
        reason = "what an `async fn` is given takes its memory twice"
    )]
    fn exchange(
        self,
        state: Arc<State>,
        recording: Recording,
        hints: mpsc::Sender<(u16, Headers)>,
        in_flight: Watch,
    ) -> impl Future<Output = Result<Response<ReplyBody>, Failed>> + Send + 'static {
        async move {
            let service = Arc::clone(&self.route.service);
            let Some(upstream) = &service.upstream else {
                return Err(UpstreamError::Connect {
                    authority: self.route.authority.to_string(),
                    reason: "no upstream".to_owned(),
                });
            };
            let (watch, version, address) =
                (self.watch, self.version, Arc::clone(&self.route.address));
            let capture = Arc::clone(&recording.request_capture);
            let hold = Hold::of(&self.request.headers, version);
            let request = self.into_request(upstream, Some(&capture), &hold, Some(hints))?;
            let timeout = state.response_timeout;
            let mut cut_off = state.cut_off.watch();
            let sent = send(upstream, request, version, Some(&capture), timeout);
            let sent = tokio::select! {
                sent = timed(&service.metrics, state.clock, sent) => sent,
                () = cut_off.stopped() => {
                    recording.abandoned();
                    return Err(UpstreamError::Broken {
                        authority: upstream.authority.clone(),
                        reason: "ringer stopped before an answer came".to_owned(),
                    });
                }
            };
            let response = match sent {
                Ok(response) => response,
                Err(error) => {
                    recording.broken(&error);
                    return Err(error);
                }
            };
            if let Some(hold) = &hold {
                hold.refuse();
            }
            let first_byte = watch.elapsed();
            let (mut parts, body) = response.into_parts();
            let rewrite = Rewrite::of(&parts.headers, upstream, &address);
            let heads = parts.extensions.get::<HeadTap>().and_then(HeadTap::take);
            let (interim, head) = match heads {
                Some((interim, head)) => (interim, Some(head)),
                None => (Vec::new(), None),
            };
            let interim = interim.into_iter().map(|head| (head.status, raw_fields(head)));
            let interim = interim.collect();
            let answered = Answered {
                status: parts.status.as_u16(),
                reason: parts
                    .extensions
                    .get::<ReasonPhrase>()
                    .map(|reason| text_of(reason.as_bytes())),
                protocol: protocol_name(parts.version).to_owned(),
                headers: recorded_fields(&parts.headers, head, rewrite.as_ref()),
                interim,
                first_byte,
                request_bytes_at_head: capture.length(),
            };
            parts.headers = client_fields(&parts.headers, rewrite.as_ref(), version);
            let kept = recording.answered(&state, answered, in_flight.clone());
            let tee = ResponseTee::new(body, watch, capture, kept, in_flight, cut_off);
            Ok(Response::from_parts(parts, ReplyBody::Recorded(Box::new(tee))))
        }
    }

    fn into_request(
        self,
        upstream: &Upstream,
        capture: Option<&Arc<Capture>>,
        hold: &Option<Arc<Hold>>,
        hints: Option<mpsc::Sender<(u16, Headers)>>,
    ) -> Result<Request<crate::upstream::client::RequestBody>, Failed> {
        let host = if upstream.preserve_host {
            &self.route.authority
        } else {
            upstream.authority.as_str()
        };
        let unsendable = |reason: &dyn Display| UpstreamError::Broken {
            authority: upstream.authority.clone(),
            reason: format!("the request cannot be passed on: {reason}"),
        };
        let uri = upstream.uri(host, &self.request.target).map_err(|error| unsendable(&error))?;
        let host = HeaderValue::from_str(host).map_err(|error| unsendable(&error))?;
        let held = hold.as_ref().map(|hold| Arc::clone(hold).released());
        let body = RequestTee::new(self.body, capture.cloned(), self.watch, held);
        let mut request = Request::new(body.map_err(BodyError::from).boxed_unsync());
        *request.method_mut() = self.request.method;
        *request.uri_mut() = uri;
        let mut fields = hop::request_fields(&self.request.headers);
        if let Some(span) = &self.route.span {
            span.continue_in(&mut fields);
        }
        *request.headers_mut() = hop::with_host(fields, host);
        *request.extensions_mut() = self.extensions;
        let hold = hold.clone();
        if hold.is_some() || hints.is_some() {
            hyper::ext::on_informational(&mut request, move |interim| {
                if interim.status() == StatusCode::CONTINUE {
                    if let Some(hold) = &hold {
                        hold.release();
                    }
                } else if let Some(hints) = &hints {
                    // A client that is not reading misses a hint, no more.
                    let fields = Headers::from(interim.headers());
                    let _ = hints.try_send((interim.status().as_u16(), fields));
                }
            });
        }
        Ok(request)
    }
}

/// Keeps the client's body back until the upstream asks for it.
#[derive(Default)]
struct Hold {
    asked: Notify,
    refused: Notify,
}

impl Hold {
    fn of(fields: &HeaderMap, version: Version) -> Option<Arc<Self>> {
        let expects = fields
            .get(EXPECT)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        (expects && version == Version::HTTP_11).then(|| Arc::new(Self::default()))
    }

    fn release(&self) {
        self.asked.notify_one();
    }

    /// The upstream has answered: if it has not asked for the body yet, it will not.
    fn refuse(&self) {
        self.refused.notify_one();
    }

    fn released(self: Arc<Self>) -> Asking {
        Box::pin(async move {
            tokio::select! {
                () = self.asked.notified() => true,
                () = self.refused.notified() => false,
                () = tokio::time::sleep(CONTINUE_AFTER) => true,
            }
        })
    }
}

async fn send(
    upstream: &Upstream,
    request: Request<crate::upstream::client::RequestBody>,
    version: Version,
    capture: Option<&Arc<Capture>>,
    time_limit: Duration,
) -> Result<Response<Incoming>, Failed> {
    let protocol = if version == Version::HTTP_2 { Protocol::Http2 } else { Protocol::Http1 };
    let late = async {
        // An upload may take its time; the upstream's time begins when it has all.
        if let Some(capture) = capture {
            capture.ended().await;
        }
        tokio::time::sleep(time_limit).await;
    };
    tokio::select! {
        sent = upstream.client.send(request, &upstream.origin, protocol) => sent,
        () = late => Err(UpstreamError::ResponseTimeout {
            authority: upstream.authority.clone(),
            after: time_limit,
        }),
    }
}

/// The client has left: the answer is read on for a while, as if it were still there.
async fn linger(response: Response<ReplyBody>) {
    let mut body = response.into_body();
    let read = async { while let Some(Ok(_)) = body.frame().await {} };
    // What has not come by then is recorded as far as it came, when the body is dropped.
    let _ = tokio::time::timeout(LINGER, read).await;
}

/// The fields of an answer as the client gets them.
fn client_fields(fields: &HeaderMap, rewrite: Option<&Rewrite>, version: Version) -> HeaderMap {
    let mut kept = hop::response_fields(fields, version == Version::HTTP_11);
    if let Some(rewrite) = rewrite {
        for (name, value) in &mut kept {
            if let Some(new) = rewritten(rewrite, name, value) {
                *value = new;
            }
        }
    }
    kept
}

fn rewritten(rewrite: &Rewrite, name: &HeaderName, value: &HeaderValue) -> Option<HeaderValue> {
    let new = rewrite.field(name.as_str(), value.to_str().ok()?)?;
    HeaderValue::from_str(&new).ok()
}

/// The fields of an answer as they are recorded: spelled and ordered as on the wire.
fn recorded_fields(fields: &HeaderMap, raw: Option<RawHead>, rewrite: Option<&Rewrite>) -> Headers {
    let mut all = match raw {
        Some(raw) => raw_fields(raw),
        None => fields
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), exact_text_of(value.as_bytes())))
            .collect::<Vec<_>>()
            .into(),
    };
    let nominated = hop::nominated(all.get_all("connection").map(str::as_bytes));
    all.retain(|name, value| {
        let is_chunked = name.eq_ignore_ascii_case("transfer-encoding")
            && value.trim().eq_ignore_ascii_case("chunked");
        is_chunked || !hop::is_hop_by_hop(name, &nominated)
    });
    if let Some(rewrite) = rewrite {
        for (name, value) in all.iter_mut() {
            if let Some(new) = rewrite.field(&name.to_ascii_lowercase(), value) {
                *value = new;
            }
        }
    }
    all
}

fn raw_fields(head: RawHead) -> Headers {
    let fields = head.fields.into_iter();
    let texts = fields.map(|(name, value)| match String::from_utf8(value) {
        Ok(text) => (name, text),
        Err(error) => (name, exact_text_of(error.as_bytes())),
    });
    texts.collect::<Vec<_>>().into()
}

/// `HTTP/1.1` and the like.
pub(super) fn protocol_name(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}

/// What a client gets when the upstream failed.
pub(super) fn failure(error: &UpstreamError, upstream: &Upstream) -> Response<ReplyBody> {
    rescue::upstream_failed(error, &upstream.url)
}
