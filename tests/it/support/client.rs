//! An HTTP client that does no more than it is told: HTTP/1.1 or HTTP/2, with TLS or without.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::TcpStream;

use super::{
    waiting::{LIMIT, within},
    wire::Stream,
};

/// A body on its way to ringer.
pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A body that is there at once.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// An answer that has come whole.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) fields: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Got {
    /// The first value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|value| value.to_str().expect("text"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One connection.
#[derive(Clone)]
pub(crate) enum Connection {
    Http1(Arc<tokio::sync::Mutex<http1::SendRequest<Body>>>),
    Http2(http2::SendRequest<Body>),
}

impl Connection {
    pub(crate) async fn http1(address: SocketAddr) -> Self {
        Self::http1_over(within(TcpStream::connect(address)).await.unwrap()).await
    }

    /// HTTP/2 by prior knowledge.
    pub(crate) async fn http2(address: SocketAddr) -> Self {
        Self::http2_over(within(TcpStream::connect(address)).await.unwrap()).await
    }

    /// What ALPN says, over TLS; HTTP/1.1 where it says nothing.
    pub(crate) async fn tls(address: SocketAddr, name: &str, config: Arc<ClientConfig>) -> Self {
        let stream = tls(address, name, config).await.expect("the handshake succeeds");
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            Self::http2_over(stream).await
        } else {
            Self::http1_over(stream).await
        }
    }

    pub(crate) async fn http1_over(stream: impl Stream + 'static) -> Self {
        let mut builder = http1::Builder::new();
        builder.preserve_header_case(true);
        let (send, connection) =
            within(builder.handshake(TokioIo::new(stream))).await.expect("a connection");
        tokio::spawn(connection);
        Self::Http1(Arc::new(tokio::sync::Mutex::new(send)))
    }

    pub(crate) async fn http2_over(stream: impl Stream + 'static) -> Self {
        let (send, connection) =
            within(http2::handshake(TokioExecutor::new(), TokioIo::new(stream)))
                .await
                .expect("a connection");
        tokio::spawn(connection);
        Self::Http2(send)
    }

    pub(crate) fn is_http2(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    /// Sends and gives the answer as it begins.
    pub(crate) async fn begin(&self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        self.begin_within(LIMIT, request).await
    }

    /// Sends and gives the answer as it begins, for which so much time is left.
    pub(crate) async fn begin_within(
        &self,
        limit: Duration,
        request: Request<Body>,
    ) -> hyper::Result<Response<Incoming>> {
        let sent = async {
            match self {
                Self::Http1(send) => {
                    let mut send = send.lock().await;
                    send.ready().await?;
                    send.send_request(request).await
                }
                Self::Http2(send) => {
                    let mut send = send.clone();
                    send.ready().await?;
                    send.send_request(request).await
                }
            }
        };
        tokio::time::timeout(limit, sent).await.expect("an answer in time")
    }

    /// Sends and gives the whole answer.
    pub(crate) async fn try_send(&self, request: Request<Body>) -> hyper::Result<Got> {
        let response = self.begin(request).await?;
        collect(response).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Got {
        self.try_send(request).await.expect("an answer")
    }

    /// Asks for a path; `host` is what `Host` or `:authority` say.
    pub(crate) async fn get(&self, host: &str, path: &str) -> Got {
        self.send(self.request("GET", host, path).body(whole("")).unwrap()).await
    }

    /// The beginning of a request in the form that this protocol wants.
    pub(crate) fn request(&self, method: &str, host: &str, path: &str) -> http::request::Builder {
        let builder = Request::builder().method(method);
        match self {
            Self::Http1(_) => builder.uri(path).header("host", host),
            Self::Http2(_) => builder.uri(format!("http://{host}{path}")),
        }
    }
}

/// The whole answer.
pub(crate) async fn collect(response: Response<Incoming>) -> hyper::Result<Got> {
    let (parts, body) = response.into_parts();
    let collected = within(body.collect()).await?;
    let trailers = collected.trailers().cloned();
    Ok(Got {
        status: parts.status.as_u16(),
        fields: parts.headers,
        body: collected.to_bytes(),
        trailers,
    })
}

/// A TLS connection.
pub(crate) async fn tls(
    address: SocketAddr,
    name: &str,
    config: Arc<ClientConfig>,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    within(async {
        let tcp = TcpStream::connect(address).await?;
        tokio_rustls::TlsConnector::from(config).connect(name, tcp).await
    })
    .await
}

/// One request on a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Got {
    Connection::http1(address).await.get(&address.to_string(), path).await
}

/// One request with these fields and this body on a connection of its own.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Got {
    let connection = Connection::http1(address).await;
    let mut request = connection.request(method, &address.to_string(), path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    connection.send(request.body(whole(body)).unwrap()).await
}
