//! The load: clients that are as cheap as can be, and compare every answer.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use memchr::memmem;
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::Failure;

/// Streams of each HTTP/2 connection.
const STREAMS: usize = 16;
const BUFFER: usize = 64 << 10;

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    Tls,
    /// A connection and a full handshake for each request.
    Handshakes,
    /// HTTP/2 over TLS.
    Http2,
}

/// A request, and the body of its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) answer: String,
    /// All of the request in HTTP/1.1.
    wire: Vec<u8>,
}

impl Exchange {
    pub(crate) fn get(target: String, answer: String) -> Self {
        Self { method: "GET", target, answer, ..Self::default() }
    }

    pub(crate) fn post(target: String, body: String, answer: String) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { method: "POST", target, headers, body, answer, wire: Vec::new() }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn written(mut self, transport: Transport) -> Self {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: localhost\r\n", self.method, self.target);
        let mut add = |name: &str, value: &str| {
            for part in [name, ": ", value, "\r\n"] {
                head.push_str(part);
            }
        };
        add("accept", "*/*");
        if transport == Transport::Handshakes {
            add("connection", "close");
        }
        for (name, value) in &self.headers {
            add(name, value);
        }
        if !self.body.is_empty() {
            add("content-length", &self.body.len().to_string());
        }
        head.push_str("\r\n");
        head.push_str(&self.body);
        self.wire = head.into_bytes();
        self
    }
}

/// What clients ask, and how.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) transport: Transport,
    connections: usize,
    exchanges: Arc<[Exchange]>,
    tls: Arc<ClientConfig>,
    /// The exchange after the last that was asked by anybody.
    next: Arc<AtomicUsize>,
    /// What a client waits before each request.
    pause: Duration,
}

/// What became of a time under load.
#[derive(Debug, Default)]
pub(crate) struct Window {
    pub(crate) requests: usize,
    /// How long each answer took, in the order of their lengths.
    pub(crate) times: Vec<Duration>,
}

impl Window {
    /// The time that so large a share of the answers stay within, in milliseconds.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let at = (self.times.len() as f64 * share) as usize;
        self.times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}

/// When clients have asked enough.
#[derive(Clone, Copy)]
enum Until {
    Instant(Instant),
    /// All exchanges have been asked so many times.
    Passes(usize),
}

impl Load {
    pub(crate) fn new(
        transport: Transport,
        connections: usize,
        exchanges: impl IntoIterator<Item = Exchange>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            transport,
            connections,
            exchanges: exchanges.into_iter().map(|it| it.written(transport)).collect(),
            tls: Arc::new(tls(transport)?),
            next: Arc::default(),
            pause: Duration::ZERO,
        })
    }

    pub(crate) fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Asks for the answer to the first exchange over a new connection.
    pub(crate) async fn first_answer(&self, tcp: TcpStream) -> Result<(), Failure> {
        let exchange = self.exchanges.first().ok_or("nothing to ask")?;
        tcp.set_nodelay(true)?;
        if self.transport == Transport::Plain {
            return ask(&mut { tcp }, &mut vec![0; BUFFER], exchange).await;
        }
        let mut exchange = exchange.clone();
        let mut config = ClientConfig::clone(&self.tls);
        config.alpn_protocols.clear();
        exchange = exchange.written(Transport::Tls);
        let mut stream = handshake(&Arc::new(config), tcp).await?;
        ask(&mut stream, &mut vec![0; BUFFER], &exchange).await
    }

    /// Whether a server answers as it should: all kinds of exchanges, spread over all.
    pub(crate) async fn check(&self, address: SocketAddr, samples: usize) -> Result<(), Failure> {
        let step = (self.exchanges.len() / samples).max(1);
        let sample = Self {
            connections: 1,
            exchanges: self.exchanges.iter().step_by(step).cloned().collect(),
            next: Arc::default(),
            ..self.clone()
        };
        sample.pass(address, 1, || {}).await.map(drop)
    }

    /// Asks for so long, from when all are connected; `begins` is called then.
    pub(crate) async fn run(
        &self,
        address: SocketAddr,
        length: Duration,
        begins: impl FnOnce(),
    ) -> Result<Window, Failure> {
        let links = self.connect_all(address).await?;
        begins();
        self.ask_until(address, links, Until::Instant(Instant::now() + length)).await
    }

    /// Asks each exchange so many times.
    pub(crate) async fn pass(
        &self,
        address: SocketAddr,
        times: usize,
        begins: impl FnOnce(),
    ) -> Result<Window, Failure> {
        self.next.store(0, Ordering::Relaxed);
        let links = self.connect_all(address).await?;
        begins();
        self.ask_until(address, links, Until::Passes(times)).await
    }

    /// Connections for all clients.
    async fn connect_all(&self, address: SocketAddr) -> Result<Vec<Link>, Failure> {
        let mut links = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            links.push(match self.transport {
                Transport::Plain => Link::Plain(connect(address).await?),
                Transport::Tls => {
                    Link::Tls(Box::new(handshake(&self.tls, connect(address).await?).await?))
                }
                Transport::Handshakes => Link::Nothing,
                Transport::Http2 => {
                    let stream = handshake(&self.tls, connect(address).await?).await?;
                    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                        return Err("no HTTP/2".into());
                    }
                    let (sender, connection) = hyper::client::conn::http2::handshake(
                        TokioExecutor::new(),
                        TokioIo::new(stream),
                    )
                    .await?;
                    // It ends with its last sender.
                    tokio::spawn(connection);
                    Link::Http2(sender)
                }
            });
        }
        Ok(links)
    }

    async fn ask_until(
        &self,
        address: SocketAddr,
        links: Vec<Link>,
        until: Until,
    ) -> Result<Window, Failure> {
        let clients = links.into_iter().zip(0_u32..).map(|(link, n)| {
            let load = self.clone();
            tokio::spawn(async move {
                if !load.pause.is_zero() {
                    // Spread, so that they do not all ask at the same moment.
                    let share = f64::from(n) / load.connections as f64;
                    tokio::time::sleep(load.pause.mul_f64(share)).await;
                }
                match link {
                    Link::Plain(mut stream) => load.keep_asking(&mut stream, until).await,
                    Link::Tls(mut stream) => load.keep_asking(&mut stream, until).await,
                    Link::Nothing => load.connect_each_time(address, until).await,
                    Link::Http2(sender) => load.ask_in_streams(&sender, until).await,
                }
            })
        });
        let clients: Vec<tokio::task::JoinHandle<Result<Window, Failure>>> = clients.collect();
        let mut all = Window::default();
        for client in clients {
            let window = client.await??;
            all.requests += window.requests;
            all.times.extend(window.times);
        }
        all.times.sort_unstable();
        Ok(all)
    }

    /// What is to be asked next, unless it is enough.
    fn next(&self, until: Until) -> Option<&Exchange> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let is_enough = match until {
            Until::Instant(instant) => Instant::now() >= instant,
            Until::Passes(times) => n >= times * self.exchanges.len(),
        };
        if is_enough { None } else { self.exchanges.get(n % self.exchanges.len()) }
    }

    async fn keep_asking<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        until: Until,
    ) -> Result<Window, Failure> {
        let mut window = Window::default();
        let mut buffer = vec![0; BUFFER];
        while let Some(exchange) = self.next(until) {
            let asked = Instant::now();
            ask(stream, &mut buffer, exchange).await?;
            window.times.push(asked.elapsed());
            window.requests += 1;
            if !self.pause.is_zero() {
                tokio::time::sleep(self.pause).await;
            }
        }
        Ok(window)
    }

    async fn connect_each_time(
        &self,
        address: SocketAddr,
        until: Until,
    ) -> Result<Window, Failure> {
        let mut window = Window::default();
        let mut buffer = vec![0; BUFFER];
        while let Some(exchange) = self.next(until) {
            let mut stream = handshake(&self.tls, connect(address).await?).await?;
            ask(&mut stream, &mut buffer, exchange).await?;
            // The server closes: the port is free at once.
            let _ = stream.read(&mut buffer).await;
            window.requests += 1;
        }
        Ok(window)
    }

    async fn ask_in_streams(
        &self,
        sender: &SendRequest<Full<Bytes>>,
        until: Until,
    ) -> Result<Window, Failure> {
        let streams: Vec<_> = (0..STREAMS)
            .map(|_| {
                let (load, mut sender) = (self.clone(), sender.clone());
                tokio::spawn(async move {
                    let mut window = Window::default();
                    while let Some(exchange) = load.next(until) {
                        let mut request = http::Request::builder()
                            .method(exchange.method)
                            .uri(format!("https://localhost{}", exchange.target))
                            .header("accept", "*/*");
                        for (name, value) in &exchange.headers {
                            request = request.header(*name, value);
                        }
                        let body = Bytes::from(exchange.body.clone());
                        let answer = sender.send_request(request.body(Full::new(body))?).await?;
                        let status = answer.status();
                        let body = answer.into_body().collect().await?.to_bytes();
                        if status != 200 || body != exchange.answer.as_bytes() {
                            return Err(wrong(exchange, &body));
                        }
                        window.requests += 1;
                    }
                    Ok(window)
                })
            })
            .collect();
        let mut all = Window::default();
        for stream in streams {
            all.requests += stream.await??.requests;
        }
        Ok(all)
    }
}

/// A client's connection.
enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Http2(SendRequest<Full<Bytes>>),
    /// It makes one for each request.
    Nothing,
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn handshake(
    config: &Arc<ClientConfig>,
    tcp: TcpStream,
) -> Result<TlsStream<TcpStream>, Failure> {
    let name = ServerName::try_from("localhost")?;
    Ok(TlsConnector::from(Arc::clone(config)).connect(name, tcp).await?)
}

/// One exchange over HTTP/1.1. The answer must be right.
pub(crate) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    buffer: &mut [u8],
    exchange: &Exchange,
) -> Result<(), Failure> {
    stream.write_all(&exchange.wire).await?;
    stream.flush().await?;
    let mut filled = 0;
    loop {
        let read = stream.read(buffer.get_mut(filled..).unwrap_or_default()).await?;
        filled += read;
        let answer = buffer.get(..filled).unwrap_or_default();
        if is_whole(answer, exchange.answer.as_bytes()) {
            return Ok(());
        }
        if read == 0 || filled == buffer.len() || is_refused(answer) || has_ended(answer) {
            return Err(wrong(exchange, answer));
        }
    }
}

/// Whether this is the head of a good answer and this body, with a length or in one chunk.
fn is_whole(answer: &[u8], body: &[u8]) -> bool {
    if !answer.starts_with(b"HTTP/1.1 200 ") {
        return false;
    }
    match answer.strip_suffix(b"\r\n0\r\n\r\n") {
        Some(chunk) => chunk.ends_with(body),
        None => {
            answer.strip_suffix(body).is_some_and(|head| memmem::find(head, b"chunked").is_none())
        }
    }
}

/// Whether no good answer can come of this.
fn is_refused(answer: &[u8]) -> bool {
    const GOOD: &[u8] = b"HTTP/1.1 200 ";
    let common = GOOD.len().min(answer.len());
    answer.get(..common) != GOOD.get(..common)
}

fn wrong(exchange: &Exchange, answer: &[u8]) -> Failure {
    let beginning =
        String::from_utf8_lossy(answer.get(..answer.len().min(600)).unwrap_or_default());
    format!("wrong answer to {} {}: {beginning:?}", exchange.method, exchange.target).into()
}

/// A client that takes any certificate, and does not resume sessions.
fn tls(transport: Transport) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    let protocol: &[u8] = if transport == Transport::Http2 { b"h2" } else { b"http/1.1" };
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(config)
}

/// Trusts everybody: who serves is known, and what the client does is not measured.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Posts each of these bodies with its header, over one connection.
pub(crate) async fn post_all(
    address: SocketAddr,
    target: &str,
    each: impl Iterator<Item = ((&'static str, String), &'static str)>,
) -> Result<(), Failure> {
    let mut stream = connect(address).await?;
    let mut answer = Vec::with_capacity(BUFFER);
    for ((name, value), body) in each {
        let request = format!(
            "POST {target} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             {name}: {value}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        answer.clear();
        while !has_ended(&answer) {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("the connection was closed".into());
            }
        }
        if !answer.starts_with(b"HTTP/1.1 20") {
            return Err(String::from_utf8_lossy(&answer).into_owned().into());
        }
    }
    Ok(())
}

/// Whether an answer has come to its end: as long as its head says, or to its last chunk.
fn has_ended(answer: &[u8]) -> bool {
    let Some(end) = memmem::find(answer, b"\r\n\r\n") else { return false };
    let (head, body) = answer.split_at(end + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    match head.split_once("content-length:") {
        Some((_, rest)) => {
            let length = rest.lines().next().and_then(|it| it.trim().parse::<usize>().ok());
            length.is_some_and(|length| body.len() >= length)
        }
        None => body.ends_with(b"0\r\n\r\n"),
    }
}
