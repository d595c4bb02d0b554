//! The client of the demo: an ordinary HTTPS client that knows nothing of ringer. It orders, waits
//! until the order is paid, and lists its orders.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use rand::RngExt as _;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::runtime::{Clock, Seed};

/// A client that gives up.
const MAX_POLLS: usize = 20;

/// A client of one server.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    connector: TlsConnector,
    token: String,
    card: String,
}

/// An answer as the client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: StatusCode,
    /// What was left of a rate limit.
    pub remaining: Option<String>,
    /// Path of the `Location`, which must lead back to the server that the client knows.
    pub location: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl Client {
    /// A client of the server at `address`, trusting the authority in `ca_file`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn new(
        address: SocketAddr,
        ca_file: &Path,
        token: &str,
        card: &str,
    ) -> anyhow::Result<Self> {
        let pem = std::fs::read(ca_file)
            .with_context(|| format!("cannot read `{}`", ca_file.display()))?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).context("no certificate in the file")?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            address,
            connector: TlsConnector::from(Arc::new(config)),
            token: token.to_owned(),
            card: card.to_owned(),
        })
    }

    /// Does the whole job and tells every answer.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or the job comes to no end.
    pub async fn shop(&self) -> anyhow::Result<Vec<Answer>> {
        let order = format!(
            r#"{{"item":"lava lamp","quantity":2,"card":{{"number":"{}","cvc":"123"}}}}"#,
            self.card
        );
        let created = self.send(Method::POST, "/v1/orders", order).await?;
        let page = created.location.clone().context("the order has no address")?;
        let mut answers = vec![created];
        loop {
            let answer = self.send(Method::GET, &page, String::new()).await?;
            let is_paid = answer.field("status").is_some_and(|status| status == "paid");
            answers.push(answer);
            if is_paid {
                break;
            }
            if answers.len() > MAX_POLLS {
                bail!("the order is never paid");
            }
        }
        answers.push(self.list().await?);
        Ok(answers)
    }

    /// Asks for the list of orders once.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    pub async fn list(&self) -> anyhow::Result<Answer> {
        self.send(Method::GET, "/v1/orders", String::new()).await
    }

    /// Asks for the list of orders; `None` when the connection broke.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    pub async fn try_list(&self) -> anyhow::Result<Option<Answer>> {
        match self.list().await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is::<hyper::Error>() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves ringer's clock on, as `ringer ctl clock advance` does.
    ///
    /// # Errors
    ///
    /// When ringer does not do it.
    pub async fn advance(&self, by: &str) -> anyhow::Result<()> {
        let by = format!(r#"{{"by": "{by}"}}"#);
        let answer = self.send(Method::POST, "/__admin/ringer/clock/advance", by).await?;
        if answer.status != StatusCode::OK {
            bail!("the clock stays where it is: {}", answer.status);
        }
        Ok(())
    }

    /// How long a list of orders takes.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    pub async fn time_a_list(&self) -> anyhow::Result<Duration> {
        let clock = Clock::start();
        self.list().await?;
        Ok(clock.elapsed())
    }

    async fn send(&self, method: Method, path: &str, body: String) -> anyhow::Result<Answer> {
        let stream = TcpStream::connect(self.address)
            .await
            .with_context(|| format!("cannot connect to {}", self.address))?;
        let name = ServerName::from(self.address.ip());
        let stream = self.connector.connect(name, stream).await.context("no TLS")?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut request = Request::builder();
        if method == Method::POST {
            // A new one each time, as real clients do: it must not matter for the match.
            let key = Seed::fresh().draws("", b"key", 0).random::<u128>();
            request = request.header("Idempotency-Key", format!("{key:032x}"));
        }
        let request = request
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::<Bytes>::from(body))?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let location = match text(header::LOCATION) {
            Some(location) => {
                let base = format!("https://{}", self.address);
                let path = location.strip_prefix(&base);
                Some(path.with_context(|| format!("sent elsewhere: {location}"))?.to_owned())
            }
            None => None,
        };
        Ok(Answer {
            status: head.status,
            remaining: text(header::HeaderName::from_static("x-ratelimit-remaining"))
                .map(str::to_owned),
            location,
            body: body.collect().await?.to_bytes(),
        })
    }
}

impl Answer {
    /// A text member of the JSON body.
    pub fn field(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}
