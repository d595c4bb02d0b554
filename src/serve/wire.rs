//! Between hyper and a client's connection: lets interim answers (1xx) out.
//!
//! hyper's server sends no 1xx but 100. While an HTTP/1.1 request is being answered nothing else is
//! on its connection, so the bytes of an interim answer can go out before hyper's next ones.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use http::{StatusCode, Version};
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
};

use crate::model::Headers;

/// Puts bytes on a connection ahead of hyper's.
#[derive(Clone, Debug, Default)]
pub(super) struct Interim(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: AtomicBool,
    bytes: Mutex<Vec<u8>>,
}

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

    /// Queues an interim answer; it goes out when the connection is next polled.
    fn send(&self, status: u16, fields: &Headers) {
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default();
        let mut head = format!("HTTP/1.1 {status} {reason}\r\n");
        for (name, value) in fields.iter() {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        self.0.bytes.lock().extend_from_slice(head.as_bytes());
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
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
