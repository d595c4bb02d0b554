//! How spans get to a collector: over the client that reaches upstreams, beside serving.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response,
    header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use tokio::task::JoinHandle;

use super::error::AppError;
use crate::{
    model::{Origin, Scheme},
    runtime::{Drain, Seed},
    telemetry::{Metrics, Otlp, Post, Reply, Tracer, export},
    upstream::{self, Protocol, UpstreamError},
};

/// When ringer stops, spans that wait are sent within this time, or lost.
const LAST: Duration = Duration::from_secs(3);
/// A collector's answer is read up to this length, in bytes.
const ANSWER: usize = 64 << 10;
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Who asks.
const NAME: &str = concat!("ringer/", env!("CARGO_PKG_VERSION"));

/// Spans on their way.
#[derive(Debug)]
pub(super) struct Spans {
    pub(super) tracer: Arc<Tracer>,
    stop: Drain,
    task: JoinHandle<()>,
}

impl Spans {
    /// Begins to send, where spans are wanted.
    ///
    /// # Errors
    ///
    /// When an authority file can't be used.
    pub(super) fn start(
        otlp: Option<Otlp>,
        options: &upstream::Options,
        metrics: &Metrics,
    ) -> Result<Option<Self>, AppError> {
        let Some(otlp) = otlp else { return Ok(None) };
        let (queue, waiting) = export::queue(metrics.spans.clone());
        let uri = &otlp.endpoint;
        let collector = format!(
            "{}://{}{}",
            uri.scheme_str().unwrap_or("http"),
            uri.authority().map_or("", |authority| authority.as_str()),
            uri.path()
        );
        let exporter = export::Exporter {
            waiting,
            collector,
            resource: about(&otlp.resource),
            post: post(otlp, upstream::Client::new(options, None).map_err(AppError::Spans)?),
            version: VERSION,
        };
        let (stop, mut watch) = Drain::new();
        let task = tokio::spawn(exporter.run(async move { watch.stopped().await }));
        let tracer = Arc::new(Tracer::new(queue, Seed::fresh_u128()));
        Ok(Some(Self { tracer, stop, task }))
    }

    /// Sends what waits, within a bound.
    pub(super) async fn finish(self) {
        self.stop.stop();
        if tokio::time::timeout(LAST, self.task).await.is_err() {
            tracing::warn!("spans are lost: the collector did not take them in time");
        }
    }
}

/// Who makes the spans, in OpenTelemetry's names; what the user says goes first.
fn about(said: &[(String, String)]) -> Vec<(String, String)> {
    let own = [
        ("service.version", VERSION),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.name", "ringer"),
        ("telemetry.sdk.version", VERSION),
    ];
    let is_new = |name: &str| said.iter().all(|(said, _)| said != name);
    let own = own.iter().filter(|(name, _)| is_new(name));
    let own = own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    said.iter().cloned().chain(own).collect()
}

fn post(otlp: Otlp, client: upstream::Client) -> Post {
    let uri = otlp.endpoint;
    let scheme = if uri.scheme_str() == Some("https") { Scheme::Https } else { Scheme::Http };
    let origin = Origin {
        scheme,
        host: uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
        port: uri.port_u16().unwrap_or_else(|| scheme.default_port()),
        base_path: String::new(),
    };
    let mut fields = HeaderMap::new();
    if let Ok(host) = HeaderValue::try_from(origin.authority()) {
        fields.insert(HOST, host);
    }
    fields.insert(USER_AGENT, HeaderValue::from_static(NAME));
    // Who traces the collector, ringer itself perhaps, is not to trace this.
    let unsampled = format!("00-{:032x}-0000000000000001-00", Seed::fresh_u128().max(1));
    if let Ok(unsampled) = HeaderValue::try_from(unsampled) {
        fields.insert("traceparent", unsampled);
    }
    fields.extend(otlp.headers);
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let shared = Arc::new((client, origin, uri, fields));
    Arc::new(move |body: Bytes| {
        let (shared, timeout) = (Arc::clone(&shared), otlp.timeout);
        Box::pin(async move {
            let (client, origin, uri, fields) = &*shared;
            let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
            let mut request = Request::new(body);
            *request.method_mut() = Method::POST;
            *request.uri_mut() = uri.clone();
            request.headers_mut().clone_from(fields);
            let replied =
                async { Ok(reply(client.send(request, origin, Protocol::Http1).await?).await) };
            match tokio::time::timeout(timeout, replied).await {
                Ok(replied) => replied.map_err(|error: UpstreamError| error.to_string()),
                Err(_) => Err(format!("no answer within {} s", timeout.as_secs_f64())),
            }
        })
    })
}

async fn reply(response: Response<Incoming>) -> Reply {
    let (parts, body) = response.into_parts();
    let retry_after = parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|text| text.trim().parse().ok());
    // Of one that is too long, or breaks off, the status says enough.
    let body = Limited::new(body, ANSWER).collect().await;
    Reply {
        status: parts.status.as_u16(),
        retry_after: retry_after.map(Duration::from_secs),
        body: body.map(|body| body.to_bytes()).unwrap_or_default(),
    }
}
