//! A client driven directly, through a recording, through a second recording, and through a replay
//! with the upstream gone.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, response::Builder};
use http_body_util::BodyExt as _;
use ringer::model::Mode;
use serde_json::Value;

use super::{
    client::{self, Got},
    folder::{Folder, check_unchanged},
    server::{Body, Upstream, whole},
};

/// A request as an upstream sees it.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) fields: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

pub(crate) fn answer() -> Builder {
    Response::builder()
}

pub(crate) fn text(text: impl Into<String>) -> Response<Body> {
    answer().header("content-type", "text/plain").body(whole(text.into())).unwrap()
}

pub(crate) fn json_answer(json: &Value) -> Response<Body> {
    answer().header("content-type", "application/json").body(whole(json.to_string())).unwrap()
}

/// Answers `handler` gives, from a state that can be put back to its beginning.
pub(crate) async fn upstream<S: Default + Send + 'static>(
    handler: impl Fn(&mut S, &Asked) -> Response<Body> + Send + Sync + 'static,
) -> (Upstream, Arc<Mutex<S>>) {
    let state = Arc::new(Mutex::new(S::default()));
    let (shared, handler) = (Arc::clone(&state), Arc::new(handler));
    let upstream = Upstream::http(move |request: http::Request<hyper::body::Incoming>| {
        let (shared, handler) = (Arc::clone(&shared), Arc::clone(&handler));
        async move {
            let (parts, body) = request.into_parts();
            let asked = Asked {
                method: parts.method,
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().map(str::to_owned),
                fields: parts.headers,
                body: body.collect().await.map(|body| body.to_bytes()).unwrap_or_default(),
            };
            handler(&mut shared.lock().unwrap(), &asked)
        }
    })
    .await;
    (upstream, state)
}

/// One pass of a client: where the API is, and which pass this is, so that what varies between
/// runs can vary.
#[derive(Clone, Copy)]
pub(crate) struct Pass {
    pub(crate) address: SocketAddr,
    pub(crate) run: u32,
}

impl Pass {
    pub(crate) async fn get(self, path: &str) -> Got {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn send(
        self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Got {
        client::send(self.address, method, path, fields, body).await
    }

    /// Random in every run, as a UUID.
    pub(crate) fn uuid(self, salt: u32) -> String {
        format!(
            "{:08x}-55aa-4c9e-8b0e-{salt:04x}{:08x}",
            self.run.wrapping_mul(0x9e37_79b9),
            self.run
        )
    }
}

/// Status and text, as a transcript has them.
pub(crate) fn seen(got: &Got) -> String {
    format!("{} {}", got.status, got.text())
}

/// Drives a client directly, through a recording, through a second recording, and through a replay
/// with the upstream gone; all must see the same. The folder is given back for a closer look.
pub(crate) async fn round_trip<S: Default + Send + 'static>(
    handler: impl Fn(&mut S, &Asked) -> Response<Body> + Send + Sync + 'static,
    drive: impl AsyncFn(Pass) -> Vec<String>,
) -> Folder {
    let (upstream, state) = upstream(handler).await;
    let folder = Folder::new();
    let direct = drive(Pass { address: upstream.address, run: 1 }).await;
    let mut stubs = None;
    for run in [2, 3] {
        *state.lock().unwrap() = S::default();
        let ringer = folder.run(Mode::Record, &upstream.url()).await;
        let recorded = drive(Pass { address: ringer.address, run }).await;
        assert_eq!(direct, recorded, "recording, run {run}");
        let summary = ringer.stop().await;
        assert_eq!(summary.problems, Vec::<String>::new());
        let now = folder.snapshot("stubs");
        if let Some(before) = stubs.replace(now.clone()) {
            check_unchanged(&before, &now);
        }
    }
    upstream.stop().await;
    let ringer = folder.replay().await;
    let replayed = drive(Pass { address: ringer.address, run: 4 }).await;
    assert_eq!(direct, replayed, "replay of {:#?}", folder.stubs());
    assert_eq!(ringer.stop().await.misses, []);
    folder
}
