//! Between hyper and a client's connection: lets out what hyper's server does not send.
//!
//! That is interim answers (1xx) but 100: while an HTTP/1.1 request is being answered nothing else is
//! on its connection, so the bytes of an interim answer can go out before hyper's next ones. And it is
//! trailers for a client that did not ask for them with `TE`, though servers send them all the same:
//! they take the place of the end that hyper puts to a chunked body. It is also what a fault puts on
//! the wire in place of an answer, or changes of its head.

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

use super::{
    frames::{self, Frames},
    head_edit,
    head_names::NameTap,
    orders::{End, Orders},
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
    /// Whether the head of the next answer says HTTP/1.0 only so that hyper ends its body with the
    /// connection.
    says_1_0: AtomicBool,
    orders: Orders,
    names: NameTap,
}

/// How hyper ends a chunked body without trailers (RFC 9112 §7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// As hyper begins an answer of HTTP/1.0.
const HTTP_1_0: &[u8] = b"HTTP/1.0 ";
const HTTP_1_1: &[u8] = b"HTTP/1.1 ";

impl Interim {
    /// How the client spells the names of fields.
    pub(super) fn names(&self) -> &NameTap {
        &self.0.names
    }

    /// What faults ask of the connection.
    pub(super) fn orders(&self) -> &Orders {
        &self.0.orders
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
    /// What comes, and what goes: where in HTTP/2 they are.
    inbound: frames::Inbound,
    outbound: Frames,
    /// How the connection is ending.
    end: Option<End>,
    is_shut: bool,
}

impl<T: AsyncWrite + Unpin> Wire<T> {
    pub(super) fn new(inner: T, interim: Interim) -> Self {
        let (inbound, outbound) = Default::default();
        Self { inner, interim, inbound, outbound, end: None, is_shut: false }
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
            self.interim.orders().note_written();
        }
        self.interim.0.waiting.store(false, Ordering::Release);
        Poll::Ready(Ok(()))
    }

    /// Puts these bytes in the place of `length` of hyper's.
    fn poll_instead(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &mut Vec<u8>,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        self.interim.0.bytes.lock().append(bytes);
        self.interim.0.waiting.store(true, Ordering::Release);
        // They are on their way; what is left of them goes before the next bytes.
        match self.poll_interim(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(length)),
        }
    }

    /// Writes a head with the changes that a fault makes; `None` if `buf` does not begin with one.
    fn poll_edited(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Option<Poll<io::Result<usize>>> {
        let is_renamed = self.says_1_0() && buf.starts_with(HTTP_1_0);
        if !buf.starts_with(HTTP_1_0) && !buf.starts_with(HTTP_1_1) {
            return None;
        }
        let (mut head, length) = head_edit::edited(buf, &self.interim.orders().take_edits())?;
        if is_renamed {
            self.interim.0.says_1_0.store(false, Ordering::Release);
            head.splice(..HTTP_1_0.len(), HTTP_1_1.iter().copied());
        }
        Some(self.poll_instead(cx, &mut head, length))
    }

    /// Notes what was written.
    fn written(&mut self, bytes: &[u8]) {
        self.interim.orders().note_written();
        self.interim.names().answered();
        if self.inbound.is_http2() {
            self.outbound.pass(bytes);
        }
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
        let mut trailers = std::mem::take(&mut *self.interim.0.trailers.lock());
        self.poll_instead(cx, &mut trailers, buf.len())
    }

    fn has_trailers(&self) -> bool {
        self.interim.0.has_trailers.load(Ordering::Acquire)
    }

    /// Writes what a fault leaves of an answer, ends, and fails: hyper then gives up.
    fn poll_end(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>
    where
        T: AsyncRead,
    {
        let fault = io::Error::new(io::ErrorKind::ConnectionAborted, "a fault was asked for");
        loop {
            match &mut self.end {
                None => {
                    let ordered = self.interim.orders().ending();
                    if let Some(End::GoAway(code)) = ordered {
                        let begun = self.outbound.begun(buf);
                        if begun > 0 {
                            let begun = buf.get(..begun).unwrap_or_default();
                            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, begun))?;
                            self.written(begun.get(..written).unwrap_or_default());
                            return Poll::Ready(Ok(written));
                        }
                        let frame = frames::go_away(self.inbound.last_stream(), code);
                        self.end = Some(End::After(frame.to_vec()));
                    } else {
                        self.end = ordered.or(Some(End::Abort));
                    }
                }
                Some(End::After(bytes)) if !bytes.is_empty() => {
                    match ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))? {
                        0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                        written => drop(bytes.drain(..written)),
                    }
                }
                Some(End::After(_)) => {
                    let closed = ready!(Pin::new(&mut self.inner).poll_shutdown(cx));
                    return Poll::Ready(Err(closed.err().unwrap_or(fault)));
                }
                Some(End::Half) => {
                    if !self.is_shut {
                        ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
                        self.is_shut = true;
                    }
                    let mut unheard = [0; 1024];
                    let mut unheard = ReadBuf::new(&mut unheard);
                    ready!(Pin::new(&mut self.inner).poll_read(cx, &mut unheard))?;
                    if unheard.filled().is_empty() {
                        return Poll::Ready(Err(fault));
                    }
                }
                Some(End::Abort | End::GoAway(_)) => return Poll::Ready(Err(fault)),
            }
        }
    }

    /// Writes the beginning of a head that hyper takes for one of HTTP/1.0. A socket that has no room
    /// for nine bytes is met by failing: nothing of the answer is out yet.
    fn poll_write_version(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, HTTP_1_1))?;
        self.interim.0.says_1_0.store(false, Ordering::Release);
        self.interim.orders().note_written();
        Poll::Ready(if written == HTTP_1_1.len() {
            Ok(written)
        } else {
            Err(io::ErrorKind::WriteZero.into())
        })
    }

    fn is_ending(&self) -> bool {
        self.end.is_some() || self.interim.orders().ending().is_some()
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
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let new = buf.filled().get(before..).unwrap_or_default();
        self.inbound.pass(new);
        self.interim.names().read(new);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_ending() {
            return self.poll_end(cx, buf);
        }
        ready!(self.poll_interim(cx))?;
        if self.interim.orders().has_edits()
            && let Some(polled) = self.poll_edited(cx, buf)
        {
            return polled;
        }
        if self.says_1_0() && buf.starts_with(HTTP_1_0) {
            return self.poll_write_version(cx);
        }
        if self.has_trailers() {
            return self.poll_write_end(cx, buf);
        }
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, buf))?;
        self.written(buf.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_interim(cx))?;
        ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        self.interim.orders().note_flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.interim.orders().is_held_open() {
            ready!(self.as_mut().poll_flush(cx))?;
            return Poll::Pending;
        }
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
        if self.is_ending() {
            return self.poll_end(cx, first);
        }
        ready!(self.poll_interim(cx))?;
        if self.interim.orders().has_edits()
            && let Some(polled) = self.poll_edited(cx, first)
        {
            return polled;
        }
        if self.says_1_0() && first.starts_with(HTTP_1_0) {
            return self.poll_write_version(cx);
        }
        if self.has_trailers() {
            let whole: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
            return self.poll_write_end(cx, &whole);
        }
        let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, bufs))?;
        let mut left = written;
        for buf in bufs {
            let passed = left.min(buf.len());
            self.written(buf.get(..passed).unwrap_or_default());
            left -= passed;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
