//! Header names on HTTP/1.1 as they were spelled.
//!
//! hyper writes names in lower case unless a message carries the map of spellings that hyper itself
//! made while reading one, and that map cannot be made from outside. So each recorded head is read
//! once by hyper from an in-memory connection, and its extensions go on every answer.

use bytes::Bytes;
use http::{Extensions, Request};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The extensions that make hyper spell these names so. Empty when hyper refuses the head, which
/// costs the spelling and nothing else.
pub(super) async fn spelling(names: &[String]) -> Extensions {
    read_head(names).await.unwrap_or_default()
}

async fn read_head(names: &[String]) -> Option<Extensions> {
    let mut head = b"HTTP/1.1 204 No Content\r\n".to_vec();
    for name in names {
        head.extend_from_slice(name.as_bytes());
        // A value that is in order for every field that hyper looks into.
        let value: &[u8] = match name.to_ascii_lowercase().as_str() {
            "content-length" => b"0",
            "transfer-encoding" => b"chunked",
            _ => b"x",
        };
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    let (near, mut far) = tokio::io::duplex(head.len().max(1024));
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .preserve_header_case(true)
        .max_headers(names.len().max(100) + 8)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(near))
        .await
        .ok()?;
    let answer = async {
        let mut request = [0; 512];
        let _ = far.read(&mut request).await;
        let _ = far.write_all(&head).await;
    };
    let exchange = async {
        let response = sender.send_request(Request::new(Empty::new())).await.ok()?;
        Some(response.into_parts().0.extensions)
    };
    tokio::select! {
        biased;
        extensions = async { tokio::join!(exchange, answer).0 } => extensions,
        _ = connection => None,
    }
}
