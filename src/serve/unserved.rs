//! Connections that end without a request: held in silence, or sent away with a TLS alert.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use crate::runtime::Watch;

/// `close_notify` and `user_canceled`, which alone are mere warnings (RFC 8446 §6).
const WARNINGS: [u8; 2] = [0, 90];

/// Never says a word, until the client leaves or the watch says stop. What the client says is read, so
/// that its leaving is noticed.
pub(super) async fn hold<S: AsyncRead + Unpin>(stream: S, mut watch: Watch) {
    tokio::select! {
        () = until_gone(stream) => {}
        () = watch.stopped() => {}
    }
}

/// Ends a handshake with this alert, and waits so long for the client to leave: were the connection
/// closed with something of the client's unread, a reset could overtake the alert.
pub(super) async fn alert<S>(mut stream: S, code: u8, limit: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let level = if WARNINGS.contains(&code) { 1 } else { 2 };
    // Type `alert`, the version that records of every version carry, two bytes (RFC 8446 §5.1).
    let record = [21, 3, 3, 0, 2, level, code];
    if stream.write_all(&record).await.is_ok() && stream.shutdown().await.is_ok() {
        // Whether it has left or not, it is over.
        let _ = timeout(limit, until_gone(stream)).await;
    }
}

async fn until_gone<S: AsyncRead + Unpin>(mut stream: S) {
    let mut said = [0; 1024];
    while matches!(stream.read(&mut said).await, Ok(read) if read > 0) {}
}
