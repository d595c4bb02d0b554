//! Between hyper and a client's connection: lets out what hyper's server does not send.
//!
//! That is interim answers (1xx) but 100: while an HTTP/1.1 request is being answered nothing else is
//! on its connection, so the bytes of an interim answer can go out before hyper's next ones. And it is
//! trailers for a client that did not ask for them with `TE`, though servers send them all the same:
//! they take the place of the end that hyper puts to a chunked body.

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
}

/// How hyper ends a chunked body without trailers (RFC 9112 §7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

impl Interim {
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
        ready!(self.poll_interim(cx))?;
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
        ready!(self.poll_interim(cx))?;
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
