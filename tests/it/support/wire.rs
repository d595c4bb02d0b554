//! A connection as bytes: what was sent and received is seen exactly, case and order included.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

use super::waiting::within;

/// Anything that bytes go through.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection as bytes.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    read: Vec<u8>,
}

/// A request or an answer as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// First line and fields, without the empty line.
    pub(crate) head: String,
    /// The body without its framing.
    pub(crate) body: Vec<u8>,
    /// Sizes of the chunks, where it came in chunks.
    pub(crate) chunks: Vec<usize>,
    /// Lines after the last chunk.
    pub(crate) trailers: Vec<String>,
}

impl Message {
    /// The first line.
    pub(crate) fn first_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The status of an answer.
    pub(crate) fn status(&self) -> u16 {
        let status = self.first_line().split(' ').nth(1).unwrap_or_default();
        status.parse().unwrap_or_else(|_| panic!("no status in {:?}", self.head))
    }

    /// The field lines as they came, without space at their ends.
    pub(crate) fn field_lines(&self) -> Vec<&str> {
        self.head.split("\r\n").skip(1).map(str::trim_end).collect()
    }

    /// The first value of a field, by its name in any case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.field_lines().into_iter().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = within(TcpStream::connect(address)).await.expect("ringer accepts");
        Self::over(stream)
    }

    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), read: Vec::new() }
    }

    /// The stream itself, when no bytes were read ahead.
    pub(crate) fn into_stream(self) -> Box<dyn Stream> {
        assert!(self.read.is_empty(), "bytes were read ahead: {:?}", self.read);
        self.stream
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("the other side reads");
    }

    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        within(async {
            self.stream.write_all(bytes.as_ref()).await?;
            self.stream.flush().await
        })
        .await
    }

    /// Reads more; 0 at the end.
    pub(crate) async fn more(&mut self) -> std::io::Result<usize> {
        let mut piece = vec![0; 64 * 1024];
        let read = within(self.stream.read(&mut piece)).await?;
        self.read.extend_from_slice(&piece[..read]);
        Ok(read)
    }

    /// Up to and without `end`, which is taken off as well. `None` when the stream ended before.
    pub(crate) async fn until(&mut self, end: &str) -> Option<String> {
        loop {
            if let Some(at) = memchr::memmem::find(&self.read, end.as_bytes()) {
                let text = String::from_utf8_lossy(&self.read[..at]).into_owned();
                self.read.drain(..at + end.len());
                return Some(text);
            }
            if self.more().await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// First line and fields.
    pub(crate) async fn head(&mut self) -> String {
        let head = self.until("\r\n\r\n").await;
        head.unwrap_or_else(|| panic!("no head, only {:?}", String::from_utf8_lossy(&self.read)))
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            let read = self.more().await.expect("still open");
            assert!(read > 0, "ended after {} of {length} bytes", self.read.len());
        }
        self.read.drain(..length).collect()
    }

    /// So many bytes; `None` when the stream ended before the first of them.
    pub(crate) async fn try_exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        if self.read.is_empty() && self.more().await.unwrap_or(0) == 0 {
            return None;
        }
        Some(self.exactly(length).await)
    }

    /// The next chunk of a chunked body; empty for the last.
    pub(crate) async fn chunk(&mut self) -> Vec<u8> {
        let size = self.until("\r\n").await.expect("the size of a chunk");
        let size = size.split(';').next().unwrap_or_default().trim().to_owned();
        let size = usize::from_str_radix(&size, 16).unwrap_or_else(|_| panic!("size {size:?}"));
        if size == 0 {
            return Vec::new();
        }
        let bytes = self.exactly(size).await;
        assert_eq!(self.exactly(2).await, b"\r\n");
        bytes
    }

    /// A whole request, or an answer that may have a body. `None` at the end of the stream.
    pub(crate) async fn next_message(&mut self) -> Option<Message> {
        let head = self.until("\r\n\r\n").await?;
        let mut message = Message { head, ..Message::default() };
        self.body_of(&mut message).await;
        Some(message)
    }

    /// A whole request, or an answer that may have a body.
    pub(crate) async fn message(&mut self) -> Message {
        let mut message = Message { head: self.head().await, ..Message::default() };
        self.body_of(&mut message).await;
        message
    }

    /// An answer that has no body whatever its fields say: to HEAD, or 204, 304, 1xx.
    pub(crate) async fn bodiless(&mut self) -> Message {
        Message { head: self.head().await, ..Message::default() }
    }

    async fn body_of(&mut self, message: &mut Message) {
        let is_chunked =
            message.field("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
        if is_chunked {
            loop {
                let chunk = self.chunk().await;
                if chunk.is_empty() {
                    break;
                }
                message.chunks.push(chunk.len());
                message.body.extend(chunk);
            }
            loop {
                let line = self.until("\r\n").await.expect("the end of the trailers");
                if line.is_empty() {
                    return;
                }
                message.trailers.push(line);
            }
        }
        if let Some(length) = message.field("content-length") {
            let length = length.parse().expect("a length");
            message.body = self.exactly(length).await;
        } else if message.head.starts_with("HTTP/") {
            message.body = self.rest().await.expect("a clean end");
        }
    }

    /// All that still comes until the other side closes.
    pub(crate) async fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        while self.more().await? > 0 {}
        Ok(std::mem::take(&mut self.read))
    }

    /// What was read and not yet taken.
    pub(crate) fn taken(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.read)
    }

    /// Whether the other side has closed or reset the connection, with nothing more sent.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.read.is_empty() && self.more().await.unwrap_or(0) == 0
    }
}
