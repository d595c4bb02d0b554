//! The API of the demo: a small shop over TLS with its own certificate authority. It wants a bearer
//! token, takes its time, and forgets everything when it stops.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use parking_lot::Mutex;
use rand::RngExt as _;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::{
    runtime::{Clock, Seed},
    tls::{Acceptor, Authority, Leaves},
};

/// How often an order is asked for before it is paid.
const POLLS_UNTIL_PAID: usize = 3;
const MAX_BODY: usize = 64 * 1024;

/// The running API.
#[derive(Debug)]
pub struct Api {
    address: SocketAddr,
    ca_file: PathBuf,
    serving: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Orders {
    /// Id of the order, once there is one.
    id: Option<String>,
    polls: usize,
}

#[derive(Debug)]
struct Shop {
    token: String,
    orders: Mutex<Orders>,
}

impl Api {
    /// Starts it on a free port of loopback, its certificates in `folder`.
    ///
    /// # Errors
    ///
    /// When it cannot listen or write its certificates.
    pub async fn start(folder: &Path, token: String) -> anyhow::Result<Self> {
        let clock = Clock::start();
        let authority = Arc::new(Authority::load_or_create(folder, clock.now())?);
        let ca_file = authority.certificate_file();
        let acceptor = Acceptor::new(Arc::new(Leaves::new(authority, clock, 4)));
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot start the API")?;
        let address = listener.local_addr()?;
        let shop = Arc::new(Shop { token, orders: Mutex::default() });
        let serving = tokio::spawn(async move {
            // Dropped with this task, and with it every connection.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, acceptor.clone(), Arc::clone(&shop)));
            }
        });
        Ok(Self { address, ca_file, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of its authority.
    pub fn ca_file(&self) -> PathBuf {
        self.ca_file.clone()
    }

    /// Takes it off the net.
    pub async fn stop(self) {
        self.serving.abort();
        // It ends by having been aborted, which is no news.
        let _ = self.serving.await;
    }
}

async fn serve(stream: TcpStream, acceptor: Acceptor, shop: Arc<Shop>) {
    let Ok(stream) = acceptor.accept(stream, "127.0.0.1").await else { return };
    let service = service_fn(move |request| {
        let shop = Arc::clone(&shop);
        async move { Ok::<_, Infallible>(shop.answer(request).await) }
    });
    // A client that goes away ends its connection with an error that nobody waits for.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Shop {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let given = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let is_known = given == Some(format!("Bearer {}", self.token).as_str());
        let base = head.headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let base = format!("https://{}", base.unwrap_or("localhost"));
        let body = Limited::new(body, MAX_BODY).collect().await.map(|body| body.to_bytes());
        match (&head.method, head.uri.path(), body) {
            _ if !is_known => {
                json(StatusCode::UNAUTHORIZED, r#"{"error":"who are you?"}"#.to_owned())
            }
            (&Method::POST, "/v1/orders", Ok(body)) => {
                tokio::time::sleep(Duration::from_millis(90)).await;
                self.create(&base, &body)
            }
            (&Method::GET, "/v1/orders", _) => {
                tokio::time::sleep(Duration::from_millis(70)).await;
                self.list()
            }
            (&Method::GET, path, _) => {
                tokio::time::sleep(Duration::from_millis(40)).await;
                self.show(path.rsplit('/').next().unwrap_or_default())
            }
            _ => json(StatusCode::NOT_FOUND, r#"{"error":"no such page"}"#.to_owned()),
        }
    }

    fn create(&self, base: &str, body: &[u8]) -> Response<Full<Bytes>> {
        let Ok(order) = serde_json::from_slice::<serde_json::Value>(body) else {
            return json(StatusCode::BAD_REQUEST, r#"{"error":"not JSON"}"#.to_owned());
        };
        let mut draws = Seed::fresh().draws("", b"order", 0);
        let id = format!("ord_{:08x}", draws.random::<u32>());
        let text = format!(
            r#"{{"id":"{id}","status":"pending","item":{},"quantity":{},"total":49.90}}"#,
            order["item"], order["quantity"]
        );
        *self.orders.lock() = Orders { id: Some(id.clone()), polls: 0 };
        let mut response = json(StatusCode::CREATED, text);
        if let Ok(location) = HeaderValue::from_str(&format!("{base}/v1/orders/{id}")) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }

    fn show(&self, id: &str) -> Response<Full<Bytes>> {
        let mut orders = self.orders.lock();
        if orders.id.as_deref() != Some(id) {
            return json(StatusCode::NOT_FOUND, r#"{"error":"no such order"}"#.to_owned());
        }
        orders.polls += 1;
        let status = orders.status();
        json(StatusCode::OK, format!(r#"{{"id":"{id}","status":"{status}","total":49.90}}"#))
    }

    fn list(&self) -> Response<Full<Bytes>> {
        let orders = self.orders.lock();
        let all = match &orders.id {
            Some(id) => format!(r#"{{"id":"{id}","status":"{}"}}"#, orders.status()),
            None => String::new(),
        };
        json(StatusCode::OK, format!(r#"{{"orders":[{all}]}}"#))
    }
}

impl Orders {
    fn status(&self) -> &'static str {
        if self.polls < POLLS_UNTIL_PAID { "pending" } else { "paid" }
    }
}

fn json(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
