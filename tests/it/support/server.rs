//! Upstreams: scripted down to the byte, or a whole HTTP server, with TLS or without.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

use super::{
    waiting::within,
    wire::{Message, Stream, Wire},
};

/// A body on its way to ringer.
pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A body that is there at once.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The writing end of a body whose pieces come one by one.
pub(crate) type Pieces = mpsc::Sender<std::io::Result<Frame<Bytes>>>;

/// A body whose pieces come one by one, for either side.
pub(crate) fn piped() -> (Pieces, Body) {
    let (pieces, mut coming) = mpsc::channel(1);
    let stream = futures_util::stream::poll_fn(move |cx| coming.poll_recv(cx));
    (pieces, StreamBody::new(stream).boxed_unsync())
}

/// A piece of a body.
pub(crate) fn piece(bytes: impl Into<Bytes>) -> std::io::Result<Frame<Bytes>> {
    Ok(Frame::data(bytes.into()))
}

/// An upstream that runs until it is dropped or stopped.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    accepting: JoinHandle<()>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Upstream {
    /// Runs `script` on each connection.
    pub(crate) async fn scripted<F, Fut>(script: F) -> Self
    where
        F: Fn(Wire) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let script = Arc::new(script);
        Self::accept("http", move |tcp| {
            let script = Arc::clone(&script);
            async move { script(Wire::over(tcp)).await }
        })
        .await
    }

    /// Gives every request these bytes as answer, and tells what the requests were.
    pub(crate) async fn answering(answer: impl Into<Bytes>) -> (Self, Requests) {
        let answer = answer.into();
        Self::answering_each(move |_| answer.clone()).await
    }

    /// Gives each request the bytes that `answer` makes, and tells what the requests were.
    pub(crate) async fn answering_each(
        answer: impl Fn(&Message) -> Bytes + Send + Sync + 'static,
    ) -> (Self, Requests) {
        let (seen, requests) = mpsc::channel(1024);
        let answer = Arc::new(answer);
        let upstream = Self::scripted(move |mut wire| {
            let (seen, answer) = (seen.clone(), Arc::clone(&answer));
            async move {
                while let Ok(Some(request)) =
                    tokio::time::timeout(super::waiting::LIMIT, wire.next_message()).await
                {
                    let answer = answer(&request);
                    let _ = seen.send(request).await;
                    if wire.try_send(&answer).await.is_err() {
                        return;
                    }
                    // An answer without length ends with its connection.
                    let head = String::from_utf8_lossy(&answer).to_ascii_lowercase();
                    if head.contains("connection: close") {
                        return;
                    }
                }
            }
        })
        .await;
        (upstream, Requests(requests))
    }

    /// A whole server, HTTP/1.1 or HTTP/2 as the client begins.
    pub(crate) async fn http<F, Fut>(handler: F) -> Self
    where
        F: Fn(Request<Incoming>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response<Body>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        Self::accept("http", move |tcp| serve(tcp, Arc::clone(&handler))).await
    }

    /// A whole server behind TLS.
    pub(crate) async fn https<F, Fut>(config: Arc<ServerConfig>, handler: F) -> Self
    where
        F: Fn(Request<Incoming>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response<Body>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        Self::accept("https", move |tcp| {
            let (config, handler) = (Arc::clone(&config), Arc::clone(&handler));
            async move {
                if let Ok(stream) = tokio_rustls::TlsAcceptor::from(config).accept(tcp).await {
                    serve(stream, handler).await;
                }
            }
        })
        .await
    }

    async fn accept<F, Fut>(scheme: &'static str, serve: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            // Dropped with the task, and the connections with it.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let _ = tcp.set_nodelay(true);
                connections.spawn(serve(tcp));
            }
        });
        Self { address, scheme, accepting }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Its URL by this name.
    pub(crate) fn url_at(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.scheme, self.address.port())
    }

    /// Ends it; when this returns, its port refuses connections.
    pub(crate) async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
        let refused = TcpStream::connect(self.address).await;
        assert!(refused.is_err(), "the upstream is gone");
    }
}

async fn serve<F, Fut>(stream: impl Stream + 'static, handler: Arc<F>)
where
    F: Fn(Request<Incoming>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Response<Body>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, std::convert::Infallible>(handler(request).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().preserve_header_case(true).half_close(true);
    // A client may go away at any time.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// What came to an upstream.
pub(crate) struct Requests(mpsc::Receiver<Message>);

impl Requests {
    pub(crate) async fn next(&mut self) -> Message {
        within(self.0.recv()).await.expect("the upstream runs")
    }
}
