//! The client of a running ringer's admin API, for `ringer ctl`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use base64::Engine as _;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::hint::Advised;
use crate::{
    codec::base64::STANDARD,
    model::{Origin, Scheme},
};

/// Time for a call, connecting included.
const LIMIT: Duration = Duration::from_secs(30);
/// Bytes of an answer.
const MAX_ANSWER: usize = 64 << 20;

/// A client of one ringer.
pub struct AdminClient {
    origin: Origin,
    /// Value of `Authorization`.
    authorization: Option<String>,
    /// Whom to trust over TLS.
    ca_file: PathBuf,
}

impl AdminClient {
    /// A client of the ringer at `origin`, that brings `user` (`NAME:PASSWORD`) and trusts the
    /// authority in `ca_file`.
    pub fn new(origin: Origin, user: Option<&str>, ca_file: PathBuf) -> Self {
        let authorization = user.map(|user| format!("Basic {}", STANDARD.encode(user)));
        Self { origin, authorization, ca_file }
    }

    /// Calls a path below `/__admin`; the JSON of the answer, null where it has none.
    ///
    /// # Errors
    ///
    /// When nobody answers, or ringer refuses.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let sent = tokio::time::timeout(LIMIT, self.send(method, path, body)).await;
        let Ok(answer) = sent else {
            anyhow::bail!("{} did not answer within {} s", self.origin, LIMIT.as_secs());
        };
        let (status, body) = answer?;
        let json = serde_json::from_slice::<Value>(&body).ok();
        if status.is_success() {
            return match json {
                Some(json) => Ok(json),
                None if body.is_empty() => Ok(Value::Null),
                None => Err(self.not_ringer(path)),
            };
        }
        Err(self.refusal(status, path, json.as_ref()))
    }

    fn refusal(&self, status: StatusCode, path: &str, json: Option<&Value>) -> anyhow::Error {
        if let Some(Value::Array(errors)) = json.and_then(|json| json.get("errors")) {
            let told = errors.iter().filter_map(|error| {
                let text = |name: &str| error.get(name).and_then(Value::as_str);
                text("detail").or(text("title"))
            });
            let told: Vec<&str> = told.collect();
            return anyhow::anyhow!("{}", told.join("\n       "));
        }
        match status {
            StatusCode::NOT_FOUND => self.not_ringer(path),
            StatusCode::UNAUTHORIZED => Advised::new(
                format!("{} asks for a user name and a password", self.origin),
                "give them with `--user NAME:PASSWORD`",
            )
            .into(),
            _ => anyhow::anyhow!("{} answered {status} to {path}", self.origin),
        }
    }

    fn not_ringer(&self, path: &str) -> anyhow::Error {
        Advised::new(
            format!("{} does not know /__admin{path}", self.origin),
            format!(
                "it is another server, an older ringer, or its admin API is elsewhere \
                 (`--admin`); `curl {}/__admin/version` tells",
                self.origin
            ),
        )
        .into()
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let host = self.origin.authority();
        let address = (self.origin.host.as_str(), self.origin.port);
        let stream = TcpStream::connect(address).await.map_err(|error| {
            let here = Advised::new(
                format!("nobody answers at {} ({error})", self.origin),
                "start one with `ringer replay`, or say where it is with `--at URL` or \
                 RINGER_ADMIN_URL",
            );
            anyhow::Error::from(here)
        })?;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/__admin{path}", self.origin.base_path))
            .header(header::HOST, host);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(body)?)
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes))?;
        match self.origin.scheme {
            Scheme::Http => exchange(stream, request).await,
            Scheme::Https => exchange(self.tls(stream).await?, request).await,
        }
    }

    async fn tls(
        &self,
        stream: TcpStream,
    ) -> anyhow::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let shown = self.ca_file.display();
        let pem = std::fs::read(&self.ca_file).map_err(|error| {
            Advised::new(
                format!("cannot read ringer's certificate authority `{shown}`: {error}"),
                "name the file with `--ca FILE`; `ringer ca` shows where it is",
            )
        })?;
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(&pem);
        roots.add(certificate.with_context(|| format!("`{shown}` has no certificate"))?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(self.origin.host.clone())?;
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        connected.with_context(|| format!("no TLS with {} that `{shown}` vouches for", self.origin))
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.context("the call broke off")?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?;
    Ok((status, body.to_bytes()))
}
