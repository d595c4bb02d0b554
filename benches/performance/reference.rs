//! What ringer is compared with: hyper servers that do the same with nothing to decide.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::{Body, Incoming},
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{
    Failure,
    workloads::{JSON, Key, WORKLOADS, Workload, payload},
};

/// The words with which this program runs itself; an address comes last.
pub(crate) const ANSWER: &str = "--answer";
pub(crate) const PASS_ON: &str = "--pass-on";
pub(crate) const SLEEP: &str = "--sleep";
/// For [`ANSWER`] of nothing in particular.
pub(crate) const NO_TLS: &str = "-";

/// What this process is, where it is not the benchmark.
pub(crate) struct Role {
    kind: Kind,
    address: SocketAddr,
}

enum Kind {
    /// Answers what a workload asks; over TLS with the certificate in this folder.
    Answer(&'static Workload, Option<PathBuf>),
    PassOn(SocketAddr),
    Sleep(Duration),
}

impl Role {
    pub(crate) fn of(arguments: &[String]) -> Result<Option<Self>, Failure> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (kind, address) = match *words.as_slice() {
            [ANSWER, name, folder, address] => {
                let workload = WORKLOADS.iter().find(|it| it.name == name);
                let folder = (folder != NO_TLS).then(|| PathBuf::from(folder));
                (Kind::Answer(workload.ok_or("no such workload")?, folder), address)
            }
            [PASS_ON, upstream, address] => (Kind::PassOn(upstream.parse()?), address),
            [SLEEP, milliseconds, address] => {
                (Kind::Sleep(Duration::from_millis(milliseconds.parse()?)), address)
            }
            _ => return Ok(None),
        };
        Ok(Some(Self { kind, address: address.parse()? }))
    }

    /// Serves until it is killed.
    pub(crate) fn serve(self) -> Result<(), Failure> {
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
            match self.kind {
                Kind::Answer(workload, certificate) => {
                    let table = Arc::new(Table::new(workload));
                    let tls = certificate.map(|folder| acceptor(&folder)).transpose()?;
                    accept(self.address, tls, move |request| {
                        let table = Arc::clone(&table);
                        async move { Ok::<_, Infallible>(table.answer(request).await) }
                    })
                    .await
                }
                Kind::PassOn(upstream) => {
                    let client: Client<HttpConnector, Incoming> =
                        Client::builder(TokioExecutor::new()).build_http();
                    let upstream: Arc<str> = upstream.to_string().into();
                    accept(self.address, None, move |request| {
                        pass_on(client.clone(), Arc::clone(&upstream), request)
                    })
                    .await
                }
                Kind::Sleep(length) => {
                    let body = Bytes::from(payload(0));
                    accept(self.address, None, move |_| {
                        let body = body.clone();
                        async move {
                            if !length.is_zero() {
                                tokio::time::sleep(length).await;
                            }
                            Ok::<_, Infallible>(good(body))
                        }
                    })
                    .await
                }
            }
        })
    }
}

/// The answers, by what tells requests apart.
struct Table {
    key: Key,
    by_text: HashMap<String, Bytes>,
    by_id: HashMap<u64, Bytes>,
}

impl Table {
    fn new(workload: &Workload) -> Self {
        let mut table = Self { key: workload.key, by_text: HashMap::new(), by_id: HashMap::new() };
        for n in 0..workload.requests {
            let exchange = (workload.exchange)(n);
            let answer = Bytes::from(exchange.answer.clone());
            let path = exchange.target.split('?').next().unwrap_or_default();
            match workload.key {
                Key::Path => {
                    table.by_text.insert(path.to_owned(), answer);
                }
                Key::Target => {
                    table.by_text.insert(exchange.target, answer);
                }
                Key::Header(name) => {
                    let value = exchange.headers.into_iter().find(|(it, _)| *it == name);
                    table.by_text.insert(value.map(|(_, value)| value).unwrap_or_default(), answer);
                }
                Key::JsonId => {
                    table.by_id.insert(id(exchange.body.as_bytes()).unwrap_or_default(), answer);
                }
                Key::Any => {
                    table.by_id.insert(0, answer);
                }
                Key::Echo => {}
            }
        }
        table
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let body = match self.key {
            Key::Any => self.by_id.get(&0),
            Key::Path => self.by_text.get(request.uri().path()),
            Key::Target => {
                let target = request.uri().path_and_query().map(|it| it.as_str());
                self.by_text.get(target.unwrap_or_default())
            }
            Key::Header(name) => {
                let value = request.headers().get(name).and_then(|it| it.to_str().ok());
                self.by_text.get(value.unwrap_or_default())
            }
            Key::JsonId => {
                let body = request.into_body().collect().await.map(|it| it.to_bytes());
                self.by_id.get(&body.ok().and_then(|it| id(&it)).unwrap_or(u64::MAX))
            }
            Key::Echo => return good(echo(&request)),
        };
        match body {
            Some(body) => good(body.clone()),
            None => {
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }
    }
}

fn id(body: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(body).ok()?.get("id")?.as_u64()
}

fn echo(request: &Request<Incoming>) -> Bytes {
    let path = request.uri().path().split('/').nth(2).unwrap_or_default();
    let mut query = request.uri().query().unwrap_or_default().split('&');
    let name = query.find_map(|pair| pair.strip_prefix("name=")).unwrap_or_default();
    let trace = request.headers().get("x-trace").and_then(|it| it.to_str().ok());
    let trace = trace.unwrap_or_default();
    format!(r#"{{"path":"{path}","name":"{name}","trace":"{trace}"}}"#).into()
}

fn good(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

async fn pass_on(
    client: Client<HttpConnector, Incoming>,
    upstream: Arc<str>,
    mut request: Request<Incoming>,
) -> Result<Response<Incoming>, Failure> {
    let target = request.uri().path_and_query().cloned().ok_or("no target")?;
    let uri = Uri::builder().scheme("http").authority(&*upstream).path_and_query(target);
    *request.uri_mut() = uri.build()?;
    Ok(client.request(request).await?)
}

async fn accept<S, F, B, E>(
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    service: S,
) -> Result<(), Failure>
where
    S: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Failure>,
    E: Into<Failure> + 'static,
{
    let listener = TcpListener::bind(address).await?;
    loop {
        let (tcp, _) = listener.accept().await?;
        let _ = tcp.set_nodelay(true);
        let (service, tls) = (service_fn(service.clone()), tls.clone());
        tokio::spawn(async move {
            let mut builder = Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).pipeline_flush(true);
            match tls {
                None => {
                    let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
                }
                Some(tls) => {
                    if let Ok(stream) = tls.accept(tcp).await {
                        let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                    }
                }
            }
        });
    }
}

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Makes a certificate for `localhost` such as ringer makes its own: P-256, signed by an authority.
pub(crate) fn make_certificate(folder: &Path) -> Result<(), Failure> {
    let names = vec!["localhost".to_owned()];
    let mut authority = rcgen::CertificateParams::new(Vec::new())?;
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(authority, rcgen::KeyPair::generate()?)?;
    let key = rcgen::KeyPair::generate()?;
    let leaf = rcgen::CertificateParams::new(names)?.signed_by(&key, &authority)?;
    std::fs::write(folder.join(CERTIFICATE), leaf.pem())?;
    std::fs::write(folder.join(KEY), key.serialize_pem())?;
    Ok(())
}

fn acceptor(folder: &Path) -> Result<TlsAcceptor, Failure> {
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(folder.join(CERTIFICATE))?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join(KEY))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
