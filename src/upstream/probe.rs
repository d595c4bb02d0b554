//! Does a cleartext server speak HTTP/2 by prior knowledge?

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const TIME_LIMIT: Duration = Duration::from_secs(2);
const SETTINGS: u8 = 4;

/// Sends the HTTP/2 connection preface and empty settings; a server that speaks the protocol
/// answers with its own settings first (RFC 9113 §3.4), another with an error or not at all.
pub async fn speaks_h2(host: &str, port: u16) -> bool {
    timeout(TIME_LIMIT, try_preface(host, port)).await.unwrap_or(false)
}

async fn try_preface(host: &str, port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((host, port)).await else {
        return false;
    };
    let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    hello.extend([0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]);
    if stream.write_all(&hello).await.is_err() {
        return false;
    }
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.is_ok() && frame[3] == SETTINGS && frame[5..9] == [0; 4]
}
