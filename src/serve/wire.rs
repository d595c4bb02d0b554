//! Between hyper and a client's connection: lets out what hyper's server does not send.
//!
//! That is interim answers (1xx) but 100: while an HTTP/1.1 request is being answered nothing else is
//! on its connection, so the bytes of an interim answer can go out before hyper's next ones. And it is
//! trailers for a client that did not ask for them with `TE`, though servers send them all the same:
//! they take the place of the end that hyper puts to a chunked body. It is also what a stub's fault
//! puts on the wire in place of an answer.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use http::{HeaderMap, StatusCode, Version};
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
};

use crate::model::{Headers, bytes_of};

/// Puts bytes on a connection ahead of hyper's.
#[derive(Clone, Debug, Default)]
pub(super) struct Interim(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: AtomicBool,
    bytes: Mutex<Vec<u8>>,
    /// Whether there are trailers for the chunked body that is being sent.
    has_trailers: AtomicBool,
    trailers: Mutex<Vec<u8>>,
    /// Whether the connection ends here, with `last` in place of the answer.
    is_broken: AtomicBool,
    last: Mutex<Option<Vec<u8>>>,
    /// Whether the head of the next answer says HTTP/1.0 only so that hyper ends its body with the
    /// connection.
    says_1_0: AtomicBool,
}

/// How hyper ends a chunked body without trailers (RFC 9112 §7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// As hyper begins an answer of HTTP/1.0.
const HTTP_1_0: &[u8] = b"HTTP/1.0 ";
const HTTP_1_1: &[u8] = b"HTTP/1.1 ";

impl Interim {
    /// Ends the connection when hyper next writes, after these bytes in place of hyper's; with
    /// `None` it is not even closed properly.
    pub(super) fn break_off(&self, last: Option<&[u8]>) {
        *self.0.last.lock() = last.map(<[u8]>::to_vec);
        self.0.is_broken.store(true, Ordering::Release);
    }

    /// Calls the next answer, which hyper writes as one of HTTP/1.0, one of HTTP/1.1: its body ends
    /// with the connection all the same (RFC 9112 §6.3).
    pub(super) fn call_it_1_1(&self) {
        self.0.says_1_0.store(true, Ordering::Release);
    }

    /// Waits for `answer`, and meanwhile sends interim answers on to a client that can read them.
    pub(super) async fn relay<T>(
        &self,
        mut hinted: mpsc::Receiver<(u16, Headers)>,
        version: Version,
        answer: impl Future<Output = T>,
    ) -> T {
        tokio::pin!(answer);
        loop {
            tokio::select! {
                biased;
                Some((status, fields)) = hinted.recv() => {
                    if version == Version::HTTP_11 {
                        self.send(status, &fields);
                    }
                }
                answer = &mut answer => return answer,
            }
        }
    }

    /// Puts trailers to the chunked body that is being sent; hyper must then be told that it ends
    /// without any. `spelled` are names as the `Trailer` field spells them.
    pub(super) fn send_trailers(&self, trailers: &HeaderMap, spelled: &[String]) {
        let mut lines = b"0\r\n".to_vec();
        for (name, value) in trailers {
            let name = name.as_str();
            let name = spelled
                .iter()
                .find(|spelled| spelled.eq_ignore_ascii_case(name))
                .map_or(name, String::as_str);
            lines.extend_from_slice(name.as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value.as_bytes());
            lines.extend_from_slice(b"\r\n");
        }
        lines.extend_from_slice(b"\r\n");
        *self.0.trailers.lock() = lines;
        self.0.has_trailers.store(true, Ordering::Release);
    }

    /// Forgets trailers that no body has taken.
    pub(super) fn clear_trailers(&self) {
        self.0.has_trailers.store(false, Ordering::Release);
    }

    /// Queues an interim answer; it goes out when the connection is next polled.
    pub(super) fn send(&self, status: u16, fields: &Headers) {
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default();
        let mut head = format!("HTTP/1.1 {status} {reason}\r\n").into_bytes();
        for (name, value) in fields.iter() {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            // A stub may say anything; a line break would be the end of this field.
            head.extend(bytes_of(value).iter().filter(|byte| !b"\r\n".contains(byte)));
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        self.0.bytes.lock().extend_from_slice(&head);
        self.0.waiting.store(true, Ordering::Release);
    }
}

/// A client's connection.
#[derive(Debug)]
pub(super) struct Wire<T> {
    inner: T,
    interim: Interim,
}

impl<T: AsyncWrite + Unpin> Wire<T> {
    pub(super) fn new(inner: T, interim: Interim) -> Self {
        Self { inner, interim }
    }

    fn poll_interim(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.interim.0.waiting.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        let mut bytes = self.interim.0.bytes.lock();
        while !bytes.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &bytes))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            bytes.drain(..written);
        }
        self.interim.0.waiting.store(false, Ordering::Release);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> Wire<T> {
    /// Writes up to the end of a chunked body whose trailers wait, and then these in its place.
    fn poll_write_end(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Some(before) = buf.strip_suffix(LAST_CHUNK) else {
            return Pin::new(&mut self.inner).poll_write(cx, buf);
        };
        if !before.is_empty() {
            return Pin::new(&mut self.inner).poll_write(cx, before);
        }
        self.interim.clear_trailers();
        let mut trailers = self.interim.0.trailers.lock();
        self.interim.0.bytes.lock().append(&mut trailers);
        drop(trailers);
        self.interim.0.waiting.store(true, Ordering::Release);
        // They are on their way; what is left of them goes before the next bytes.
        match self.poll_interim(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(buf.len())),
        }
    }

    fn has_trailers(&self) -> bool {
        self.interim.0.has_trailers.load(Ordering::Acquire)
    }

    fn is_broken(&self) -> bool {
        self.interim.0.is_broken.load(Ordering::Acquire)
    }

    /// Writes what a fault leaves of an answer, closes, and fails: hyper then gives up.
    fn poll_break(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let fault = io::Error::new(io::ErrorKind::ConnectionAborted, "the stub asked for a fault");
        let mut last = self.interim.0.last.lock();
        let Some(bytes) = &mut *last else { return Poll::Ready(fault) };
        while !bytes.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, bytes)) {
                Ok(0) => return Poll::Ready(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(bytes.drain(..written)),
                Err(error) => return Poll::Ready(error),
            }
        }
        drop(last);
        let closed = ready!(Pin::new(&mut self.inner).poll_shutdown(cx));
        Poll::Ready(closed.err().unwrap_or(fault))
    }

    /// Writes the beginning of a head that hyper takes for one of HTTP/1.0. A socket that has no room
    /// for nine bytes is met by failing: nothing of the answer is out yet.
    fn poll_write_version(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, HTTP_1_1))?;
        self.interim.0.says_1_0.store(false, Ordering::Release);
        Poll::Ready(if written == HTTP_1_1.len() {
            Ok(written)
        } else {
            Err(io::ErrorKind::WriteZero.into())
        })
    }

    fn says_1_0(&self) -> bool {
        self.interim.0.says_1_0.load(Ordering::Acquire)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_broken() {
            return self.poll_break(cx).map(Err);
        }
        ready!(self.poll_interim(cx))?;
        if self.says_1_0() && buf.starts_with(HTTP_1_0) {
            return self.poll_write_version(cx);
        }
        if self.has_trailers() {
            return self.poll_write_end(cx, buf);
        }
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_interim(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_broken() {
            return self.poll_break(cx).map(Err);
        }
        ready!(self.poll_interim(cx))?;
        if self.says_1_0()
            && bufs.iter().find(|buf| !buf.is_empty()).is_some_and(|buf| buf.starts_with(HTTP_1_0))
        {
            return self.poll_write_version(cx);
        }
        if self.has_trailers() {
            let whole: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
            return self.poll_write_end(cx, &whole);
        }
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
