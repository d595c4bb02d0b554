//! Webhooks: calls that follow an answer, each a task of its own. Serving never waits for one.

use std::sync::{Arc, atomic::Ordering};

use base64::Engine as _;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{CONTENT_LENGTH, HOST},
};
use http_body_util::{BodyExt as _, Full, Limited};
use rand_chacha::ChaCha8Rng;
use tokio::sync::oneshot;

use super::{
    errand, inquiry::Inquiry, rendering::About, route::Route, state::State, tee::Stopwatch,
    wait::sleep,
};
use crate::{
    behavior::delay,
    codec::{base64::STANDARD, form, view::RequestView},
    engine::Found,
    model::{self, Headers, Json, WebhookSpec, bytes_of},
    render::Webhook,
    runtime::{Seed, Watch},
    store::{LiveStub, Note, ServeEvent},
    upstream::Protocol,
};

/// Calls that may wait for their time; further ones are dropped, which is logged.
const WAITING: usize = 10_000;
/// So much of a called server's answer is kept for the journal, in bytes.
const KEPT: usize = 64 * 1024;
/// How WireMock begins to tell that a call did not get through.
const UNSENT: &str = "Failed to fire webhook";

/// The webhooks of an answer that is about to be given.
pub(super) struct Following {
    stub: Arc<LiveStub>,
    request: model::Request,
    about: About,
    event: Option<Arc<ServeEvent>>,
    seed: Seed,
    hit: u64,
    watch: Stopwatch,
    route: Route,
}

impl Following {
    /// What follows the answer that was found; `None` where nothing does. The request's body must
    /// have been read.
    pub(super) fn of(found: &Found, inquiry: &Inquiry, seed: Seed) -> Option<Self> {
        if found.stub.webhooks.is_empty() {
            return None;
        }
        Some(Self {
            stub: Arc::clone(&found.stub),
            request: inquiry.request.clone(),
            about: About::of(found, &inquiry.request, inquiry.event.as_ref().map(|event| event.id)),
            event: inquiry.event.clone(),
            seed,
            hit: found.hit,
            watch: inquiry.watch,
            route: inquiry.route.clone(),
        })
    }

    /// Calls, each after its wait, once `answered` is dropped: the answer is out then. Stopping
    /// waits for calls through `in_flight`.
    pub(super) fn begin(
        self,
        state: &Arc<State>,
        answered: oneshot::Receiver<()>,
        in_flight: Watch,
    ) {
        let (state, following) = (Arc::clone(state), self);
        tokio::spawn(async move {
            // The sender is never used, only dropped.
            let _ = answered.await;
            let following = Arc::new(following);
            for at in 0..following.stub.webhooks.len() {
                let (state, following) = (Arc::clone(&state), Arc::clone(&following));
                let in_flight = in_flight.clone();
                if state.webhooks.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
                    state.webhooks.waiting.fetch_sub(1, Ordering::Relaxed);
                    following.failed(
                        &state,
                        &format!("more than {WAITING} webhooks wait for their time"),
                    );
                    continue;
                }
                tokio::spawn(async move {
                    let mut cut_off = state.cut_off.watch();
                    tokio::select! {
                        result = following.call(&state, at) => match result {
                            Ok(()) => {
                                state.metrics.webhooks_answered.inc();
                            }
                            Err(message) => {
                                state.metrics.webhooks_failed.inc();
                                following.failed(&state, &message);
                            }
                        },
                        () = cut_off.stopped() => following.failed(&state, "ringer stopped before"),
                    }
                    state.webhooks.waiting.fetch_sub(1, Ordering::Relaxed);
                    drop(in_flight);
                });
            }
        });
    }

    async fn call(&self, state: &State, at: usize) -> Result<(), String> {
        let webhook = match self.stub.webhooks.get(at) {
            Some(Ok(webhook)) => webhook,
            Some(Err(message)) => return Err(message.clone()),
            None => return Ok(()),
        };
        let mut random = self.draws(state, at);
        let call = self.rendered(state, webhook, &mut random)?;
        if let Some(wait) = call.delay {
            let wait = delay::draw(wait, &mut random);
            sleep(state.session.clock(), self.watch, wait).await;
        }
        let _permit = state.webhooks.at_once.acquire().await.map_err(|error| error.to_string())?;
        let (uri, origin) = errand::target(&call.url).map_err(|error| error.to_string())?;
        let method = Method::from_bytes(call.method.as_bytes())
            .map_err(|_| format!("`{}` is no method", call.method))?;
        let mut fields = fields(&call.headers, &origin.authority())?;
        if call.body.is_empty() && expects_body(&method) {
            fields.insert(CONTENT_LENGTH, 0.into());
        }
        if let Some(span) = &self.route.span {
            span.begin_in(&mut fields);
        }
        self.note(state, "WEBHOOK_REQUEST", asked(&self.shown(state, &call, &fields), &uri));
        let body = Full::new(call.body.clone()).map_err(|never| match never {}).boxed_unsync();
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = fields;
        let sent = errand::send(state, request, &origin, &self.route, Protocol::Http1).await;
        let (parts, body) = sent.map_err(|error| unsent(&call, &error))?.into_parts();
        let body = Limited::new(body, KEPT).collect().await;
        let mut body = body.map(|body| body.to_bytes()).unwrap_or_default();
        let mut headers = parts.headers;
        if let Some(event) = &self.event {
            event.sanitise_more(&mut headers, &mut body);
        }
        tracing::debug!(url = %call.url, status = parts.status.as_u16(), "a webhook was answered");
        self.note(
            state,
            "WEBHOOK_RESPONSE",
            Json::Object(vec![
                ("status".to_owned(), u64::from(parts.status.as_u16()).into()),
                ("headers".to_owned(), listed(&Headers::from(&headers))),
                ("bodyAsBase64".to_owned(), STANDARD.encode(&body).into()),
                ("body".to_owned(), String::from_utf8_lossy(&body).into_owned().into()),
            ]),
        );
        Ok(())
    }

    fn rendered(
        &self,
        state: &State,
        webhook: &Webhook,
        random: &mut ChaCha8Rng,
    ) -> Result<WebhookSpec, String> {
        let view = RequestView::new(&self.request);
        let mut values = state.session.values();
        let mut env = state.surroundings.env(state.session.clock().now(), random, &mut values);
        webhook.render(&view, self.about.info(), &mut env)
    }

    fn draws(&self, state: &State, at: usize) -> ChaCha8Rng {
        let subject = [self.stub.stub.id.0.as_bytes().as_slice(), b"webhook", &at.to_le_bytes()];
        self.seed.draws(state.session.name().as_str(), &subject.concat(), self.hit)
    }

    fn note(&self, state: &State, kind: &'static str, data: Json) {
        if let Some(event) = &self.event {
            state.session.journal().tell_webhook(event, kind, &data);
            event.note(Note { kind, at: self.watch.elapsed(), data });
        }
    }

    /// The call as it may be shown: a template may have put the client's credentials into it.
    fn shown(&self, state: &State, call: &WebhookSpec, fields: &HeaderMap) -> WebhookSpec {
        let mut shown = call.clone();
        let Some(event) = self.event.as_ref().filter(|_| state.redactor.is_on()) else {
            return shown;
        };
        let (mut headers, mut body) = (fields.clone(), call.body.clone());
        if let Some(sanitised) = state.redactor.request_body(&headers, &body) {
            body = sanitised;
        }
        event.sanitise_more(&mut headers, &mut body);
        for (name, value) in shown.headers.iter_mut() {
            let told = state.redactor.header(name, value).into_owned();
            let name = HeaderName::from_bytes(name.as_bytes()).ok();
            // Of a name that is there once, what is known of this client is replaced as well.
            let known = name.and_then(|name| {
                let mut all = headers.get_all(name).iter();
                all.next().filter(|_| all.next().is_none())
            });
            *value = match known.map(|known| model::text_of(known.as_bytes())) {
                Some(known) if told == *value => known,
                _ => told,
            };
        }
        shown.url = state.redactor.target(&shown.url).into_owned();
        shown.body = body;
        shown
    }

    fn failed(&self, state: &State, message: &str) {
        tracing::warn!("a webhook of stub `{}` failed: {message}", self.stub.display_name());
        let message = if message.starts_with(UNSENT) {
            message.to_owned()
        } else {
            format!("Exception thrown while configuring webhook: {message}")
        };
        self.note(state, "ERROR", Json::Object(vec![("message".to_owned(), message.into())]));
    }
}

fn fields(headers: &Headers, host: &str) -> Result<HeaderMap, String> {
    let mut fields = HeaderMap::with_capacity(headers.len() + 1);
    fields.insert(HOST, HeaderValue::from_str(host).map_err(|error| error.to_string())?);
    for (name, value) in headers.iter() {
        let wrong = || format!("header `{name}` has a name or value that HTTP does not allow");
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let value = HeaderValue::from_bytes(&bytes_of(value)).map_err(|_| wrong())?;
        if field == HOST {
            fields.insert(field, value);
        } else {
            fields.append(field, value);
        }
    }
    Ok(fields)
}

/// Whether a request of this method says that it has no body (RFC 9110 §8.6).
fn expects_body(method: &Method) -> bool {
    ["POST", "PUT", "PATCH"].iter().any(|it| it.eq_ignore_ascii_case(method.as_str()))
}

fn unsent(call: &WebhookSpec, error: &dyn std::fmt::Display) -> String {
    format!("{UNSENT} {} {}: {error}", call.method, call.url)
}

/// The call as the journal tells of requests (`LoggedRequest`).
fn asked(call: &WebhookSpec, uri: &Uri) -> Json {
    let scheme = uri.scheme_str().unwrap_or("http");
    let default = if scheme == "https" { 443 } else { 80 };
    let parameters = form::pairs(uri.query().unwrap_or_default().as_bytes());
    let mut query: Vec<(String, Vec<Json>)> = Vec::new();
    for (name, value) in parameters {
        let value = Json::from(value);
        match query.iter_mut().find(|(earlier, _)| *earlier == name) {
            Some((_, values)) => values.push(value),
            None => query.push((name, vec![value])),
        }
    }
    let query = query.into_iter().map(|(name, values)| {
        let members = vec![
            ("key".to_owned(), name.as_str().into()),
            ("values".to_owned(), Json::Array(values)),
        ];
        (name, Json::Object(members))
    });
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut members = vec![
        ("url".to_owned(), path.into()),
        ("absoluteUrl".to_owned(), call.url.as_str().into()),
        ("method".to_owned(), call.method.as_str().into()),
        ("headers".to_owned(), listed(&call.headers)),
        ("browserProxyRequest".to_owned(), false.into()),
    ];
    if !call.body.is_empty() {
        members.extend([
            ("bodyAsBase64".to_owned(), STANDARD.encode(&call.body).into()),
            ("body".to_owned(), String::from_utf8_lossy(&call.body).into_owned().into()),
        ]);
    }
    members.extend([
        ("scheme".to_owned(), scheme.into()),
        ("host".to_owned(), uri.host().unwrap_or_default().into()),
        ("port".to_owned(), u64::from(uri.port_u16().unwrap_or(default)).into()),
        ("queryParams".to_owned(), Json::Object(query.collect())),
        ("formParams".to_owned(), Json::Object(Vec::new())),
    ]);
    Json::Object(members)
}

/// Fields as an object: a list where a name comes more than once.
fn listed(headers: &Headers) -> Json {
    let mut members: Vec<(String, Json)> = Vec::new();
    for (name, value) in headers.iter() {
        match members.iter_mut().find(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
            Some((_, Json::Array(values))) => values.push(value.into()),
            Some((_, first)) => *first = Json::Array(vec![first.clone(), value.into()]),
            None => members.push((name.to_owned(), value.into())),
        }
    }
    Json::Object(members)
}
