//! The client of a running ringer's admin API, for every command that talks to one.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    admin_args::{AdminAddress, AdminArgs, AdminTarget, Credentials},
    global_args::GlobalArgs,
    hint::Advised,
};
use crate::{codec::base64::STANDARD, model::Scheme};

/// Time for a call, connecting included.
const LIMIT: Duration = Duration::from_secs(30);
/// Bytes of an answer.
const MAX_ANSWER: usize = 64 << 20;
/// The field that says which session a call is about.
const SESSION: &str = "x-ringer-session";

/// A client of one ringer.
pub struct AdminClient {
    target: AdminTarget,
    authorization: Option<HeaderValue>,
    session: Option<HeaderValue>,
}

/// An answer that goes on: its pieces, as they come.
pub struct AdminStream {
    body: Incoming,
}

impl AdminStream {
    /// The next piece, however long it takes; `None` at the end.
    ///
    /// # Errors
    ///
    /// When the connection breaks.
    pub async fn next(&mut self) -> anyhow::Result<Option<Bytes>> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.context("the answer broke off")?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

impl AdminClient {
    /// A client of the ringer that flags and environment name.
    ///
    /// # Errors
    ///
    /// A flag or a variable has no sense, or the file of the token cannot be read.
    pub fn new(global: &GlobalArgs, args: &AdminArgs) -> anyhow::Result<Self> {
        let target = args.target(global)?;
        let authorization = target.credentials.as_ref().map(|credentials| match credentials {
            Credentials::Token(token) => format!("Bearer {token}"),
            Credentials::User(user) => format!("Basic {}", STANDARD.encode(user)),
        });
        let authorization = authorization.map(HeaderValue::try_from).transpose();
        let authorization = authorization.ok().context("the token has characters that none has")?;
        let authorization = authorization.map(|mut value| {
            value.set_sensitive(true);
            value
        });
        let session = target.session.as_deref().map(HeaderValue::try_from).transpose();
        let session = session
            .ok()
            .with_context(|| format!("{:?} is no name of a session", target.session))?;
        Ok(Self { target, authorization, session })
    }

    /// Where it is, for messages.
    pub fn address(&self) -> &AdminAddress {
        &self.target.address
    }

    /// The session that calls are about, where one is named.
    pub fn session(&self) -> Option<&str> {
        self.target.session.as_deref()
    }

    /// Calls a path below `/__admin`; the JSON of the answer, null where it has none.
    ///
    /// # Errors
    ///
    /// When nobody answers, or ringer refuses: its own words.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let answer = self.fetch(method, path, body).await?;
        let (status, body) = (answer.status(), answer.into_body());
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

    /// Calls a path below `/__admin`, and leaves the answer as it is, whatever its status.
    ///
    /// # Errors
    ///
    /// When nobody answers.
    pub async fn fetch(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Response<Bytes>> {
        let whole = async {
            let answer = self.send(method, path, body, None).await?;
            self.gathered(answer).await
        };
        timeout(LIMIT, whole).await.unwrap_or_else(|_| Err(self.late()))
    }

    /// Asks for a path below `/__admin` whose answer goes on, and of which type it shall be.
    ///
    /// # Errors
    ///
    /// When nobody answers, or ringer refuses: its own words.
    pub async fn stream(&self, path: &str, accept: &'static str) -> anyhow::Result<AdminStream> {
        let answer = timeout(LIMIT, self.send(Method::GET, path, None, Some(accept))).await;
        let answer = answer.unwrap_or_else(|_| Err(self.late()))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(AdminStream { body: answer.into_body() });
        }
        let body = timeout(LIMIT, self.gathered(answer)).await;
        let body = body.unwrap_or_else(|_| Err(self.late()))?;
        Err(self.refusal(status, path, serde_json::from_slice(body.body()).ok().as_ref()))
    }

    /// What an answer other than success says. `json` is its body.
    pub fn refusal(&self, status: StatusCode, path: &str, json: Option<&Value>) -> anyhow::Error {
        let at = &self.target.address;
        if status == StatusCode::UNAUTHORIZED {
            return self.unauthorized().into();
        }
        if let Some(Value::Array(errors)) = json.and_then(|json| json.get("errors")) {
            let told = errors.iter().filter_map(|error| {
                let text = |name: &str| error.get(name).and_then(Value::as_str);
                text("detail").or(text("title"))
            });
            let told: Vec<&str> = told.collect();
            return anyhow::anyhow!("{}", told.join("\n       "));
        }
        if let Some(message) = json.and_then(|json| json.get("message")).and_then(Value::as_str) {
            return anyhow::anyhow!("{message}");
        }
        match status {
            StatusCode::NOT_FOUND => self.not_ringer(path),
            _ => anyhow::anyhow!("{at} answered {status} to {path}"),
        }
    }

    fn unauthorized(&self) -> Advised {
        let at = &self.target.address;
        match self.target.credentials {
            None => Advised::new(
                format!("{at} asks who calls"),
                "give its token with RINGER_ADMIN_TOKEN or `--admin-token-file FILE`, or \
                 `--user NAME:PASSWORD`",
            ),
            Some(Credentials::Token(_)) => Advised::new(
                format!("{at} does not take this token"),
                "it is the `admin_token` that the ringer there was started with",
            ),
            Some(Credentials::User(_)) => Advised::new(
                format!("{at} does not take this user name and password"),
                "they are those of `--admin-api-basic-auth`, with which it was started",
            ),
        }
    }

    fn not_ringer(&self, path: &str) -> anyhow::Error {
        let at = &self.target.address;
        Advised::new(
            format!("{at} does not know /__admin{path}"),
            format!(
                "it is another server, an older ringer, or its admin API is elsewhere \
                 (`--admin`); `{}` tells",
                at.curl()
            ),
        )
        .into()
    }

    fn late(&self) -> anyhow::Error {
        anyhow::anyhow!("{} did not answer within {} s", self.target.address, LIMIT.as_secs())
    }

    fn nobody(&self, error: &std::io::Error) -> anyhow::Error {
        Advised::new(
            format!("nobody answers at {} ({error})", self.target.address),
            "start one with `ringer replay`, or say where it is with `--admin URL` or \
             RINGER_ADMIN_URL",
        )
        .into()
    }

    async fn gathered(&self, answer: Response<Incoming>) -> anyhow::Result<Response<Bytes>> {
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| {
            anyhow::anyhow!("the answer of {} broke off: {error}", self.target.address)
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        accept: Option<&'static str>,
    ) -> anyhow::Result<Response<Incoming>> {
        let request = self.request(method, path, body, accept)?;
        match &self.target.address {
            AdminAddress::Url(origin) => {
                let address = (origin.host.as_str(), origin.port);
                let connected = TcpStream::connect(address).await;
                let stream = connected.map_err(|error| self.nobody(&error))?;
                match origin.scheme {
                    Scheme::Http => self.exchange(stream, request).await,
                    Scheme::Https => {
                        let stream = self.tls(stream, &origin.host).await?;
                        self.exchange(stream, request).await
                    }
                }
            }
            #[cfg(unix)]
            AdminAddress::Unix(path) => {
                let connected = tokio::net::UnixStream::connect(path).await;
                self.exchange(connected.map_err(|error| self.nobody(&error))?, request).await
            }
            #[cfg(not(unix))]
            AdminAddress::Unix(_) => anyhow::bail!("this system has no Unix sockets"),
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        accept: Option<&'static str>,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let at = &self.target.address;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/__admin{path}", at.base_path()))
            .header(header::HOST, at.authority());
        let own = [
            (header::AUTHORIZATION, self.authorization.clone()),
            (header::HeaderName::from_static(SESSION), self.session.clone()),
            (header::ACCEPT, accept.map(HeaderValue::from_static)),
        ];
        for (name, value) in own {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(body)?)
            }
            None => Bytes::new(),
        };
        Ok(request.body(Full::new(bytes))?)
    }

    async fn tls(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> anyhow::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let shown = self.target.ca_file.display();
        let pem = std::fs::read(&self.target.ca_file).map_err(|error| {
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
        let name = ServerName::try_from(host.to_owned())?;
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        connected.with_context(|| {
            format!("no TLS with {} that `{shown}` vouches for", self.target.address)
        })
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        request: Request<Full<Bytes>>,
    ) -> anyhow::Result<Response<Incoming>> {
        let stream = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        tokio::spawn(connection);
        let answered = sender.send_request(request).await;
        answered.map_err(|error| {
            if error.is_parse() {
                let said = format!("{} does not speak HTTP", self.target.address);
                return Advised::new(said, "is it another server, or https?").into();
            }
            anyhow::Error::from(error)
                .context(format!("the call to {} broke off", self.target.address))
        })
    }
}
