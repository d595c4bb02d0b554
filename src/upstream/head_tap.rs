//! Listens to the bytes of an HTTP/1.1 connection for the heads of its answers.
//!
//! hyper keeps neither the spelling of header names, nor their order among each other, nor whether
//! a reason phrase was the usual one. A recording needs all three, so the connection keeps the
//! bytes of the last answer's head as they came.

use std::{
    io,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
};

use hyper_util::client::legacy::connect::{Connected, Connection};
use memchr::memmem::Finder;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A head larger than this is not kept; hyper refuses much smaller ones.
const MAX_HEAD: usize = 512 * 1024;

static FINDER: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\r\n\r\n"));

/// As many fields as hyper's client lets through.
const MAX_FIELDS: usize = 256;

/// The last answer's head on a connection.
#[derive(Clone, Debug, Default)]
pub struct HeadTap(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    listening: bool,
    /// Bytes of the head that is arriving.
    partial: Vec<u8>,
    /// Interim answers before the final one.
    interim: Vec<Vec<u8>>,
    head: Option<Vec<u8>>,
}

/// An answer's head as it stood on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawHead {
    /// Status code.
    pub status: u16,
    /// Reason phrase.
    pub reason: String,
    /// Header fields: names as spelled, values as bytes.
    pub fields: Vec<(String, Vec<u8>)>,
}

impl RawHead {
    fn parse(bytes: &[u8]) -> Option<Self> {
        // Few answers have more fields than have room on the stack.
        let in_few = Self::parse_into(&mut [httparse::EMPTY_HEADER; 32], bytes);
        in_few.or_else(|| Self::parse_into(&mut vec![httparse::EMPTY_HEADER; MAX_FIELDS], bytes))
    }

    fn parse_into<'b>(fields: &mut [httparse::Header<'b>], bytes: &'b [u8]) -> Option<Self> {
        let mut head = httparse::Response::new(fields);
        match httparse::ParserConfig::default()
            .allow_obsolete_multiline_headers_in_responses(true)
            .parse_response(&mut head, bytes)
        {
            Ok(httparse::Status::Complete(_)) => Some(Self {
                status: head.code?,
                reason: head.reason.unwrap_or_default().to_owned(),
                fields: head
                    .headers
                    .iter()
                    .map(|field| (field.name.to_owned(), field.value.to_vec()))
                    .collect(),
            }),
            _ => None,
        }
    }
}

impl HeadTap {
    /// Takes the last answer's head and the interim ones before it. `None` when the connection
    /// is not HTTP/1.1 or the head can't be read.
    pub fn take(&self) -> Option<(Vec<RawHead>, RawHead)> {
        let mut state = self.0.lock();
        let head = state.head.take()?;
        let interim = std::mem::take(&mut state.interim);
        drop(state);
        Some((
            interim.iter().filter_map(|bytes| RawHead::parse(bytes)).collect(),
            RawHead::parse(&head)?,
        ))
    }

    fn written(&self, bytes: &[u8]) {
        if starts_request(bytes) {
            let mut state = self.0.lock();
            *state = State { listening: true, ..State::default() };
        }
    }

    fn read(&self, mut bytes: &[u8]) {
        let mut state = self.0.lock();
        while state.listening && !bytes.is_empty() {
            // The blank line may lie across two reads.
            let searched = state.partial.len().saturating_sub(3);
            let before = state.partial.len();
            state.partial.extend_from_slice(bytes);
            let Some(end) = find_blank_line(&state.partial, searched) else {
                if state.partial.len() > MAX_HEAD {
                    *state = State::default();
                }
                return;
            };
            bytes = bytes.get(end - before..).unwrap_or_default();
            state.partial.truncate(end);
            let head = std::mem::take(&mut state.partial);
            if is_interim(&head) {
                state.interim.push(head);
            } else {
                state.head = Some(head);
                state.listening = false;
            }
        }
    }
}

/// Whether these bytes begin a request: they hold a request line. A piece of a body that looks
/// like one costs at most the spelling of one answer's header names.
fn starts_request(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes
            .split(|&byte| byte == b'\r')
            .next()
            .is_some_and(|line| line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0"))
}

fn find_blank_line(bytes: &[u8], from: usize) -> Option<usize> {
    FINDER.find(bytes.get(from..)?).map(|at| from + at + 4)
}

/// `HTTP/1.1 1xx`, but for 101, which is final.
fn is_interim(head: &[u8]) -> bool {
    head.get(9) == Some(&b'1') && head.get(9..12) != Some(b"101")
}

/// A connection that a [`HeadTap`] listens to.
#[derive(Debug)]
pub struct Tapped<T> {
    inner: T,
    tap: HeadTap,
    is_h2: bool,
}

impl<T> Tapped<T> {
    /// Puts the tap on; an HTTP/2 connection is only passed through.
    pub fn new(inner: T, is_h2: bool) -> Self {
        Self { inner, tap: HeadTap::default(), is_h2 }
    }
}

impl<T> Connection for Tapped<T> {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.tap.clone());
        if self.is_h2 { connected.negotiated_h2() } else { connected }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Tapped<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        if !self.is_h2
            && polled.is_ready()
            && let Some(new) = buf.filled().get(before..)
            && !new.is_empty()
        {
            self.tap.read(new);
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Tapped<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.is_h2 {
            self.tap.written(buf);
        }
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
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
        if !self.is_h2
            && let Some(first) = bufs.iter().find(|buf| !buf.is_empty())
        {
            self.tap.written(first);
        }
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    fn taken(reads: &[&[u8]]) -> Option<(usize, u16, String, Vec<String>)> {
        let tap = HeadTap::default();
        tap.written(REQUEST);
        for read in reads {
            tap.read(read);
        }
        tap.take().map(|(interim, head)| {
            let names = head.fields.into_iter().map(|(name, _)| name).collect();
            (interim.len(), head.status, head.reason, names)
        })
    }

    #[test]
    fn keeps_spelling_and_order_however_the_head_is_cut() {
        let head = b"HTTP/1.1 200 Fine\r\nX-MiXed: 1\r\na: 2\r\nX-Mixed: 3\r\n\r\nbody\r\n\r\n";
        let want = Some((
            0,
            200,
            "Fine".to_owned(),
            vec!["X-MiXed".to_owned(), "a".to_owned(), "X-Mixed".to_owned()],
        ));
        for cut in 0..head.len() {
            let (left, right) = head.split_at(cut);
            assert_eq!(taken(&[left, right]), want, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = head.chunks(1).collect();
        assert_eq!(taken(&bytes), want);
    }

    #[test]
    fn interim_answers_stand_before_the_final_one() {
        let heads = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 201 Created\r\n\r\n";
        assert_eq!(taken(&[heads]), Some((2, 201, "Created".to_owned(), vec![])));
    }

    #[test]
    fn bodies_are_not_heads() {
        let tap = HeadTap::default();
        tap.written(REQUEST);
        tap.read(b"HTTP/1.1 200 OK\r\n\r\n");
        tap.written(b"GET is a word, and this is a body\r\n");
        tap.read(b"HTTP/1.1 500 Not a head\r\n\r\n");
        assert_eq!(tap.take().map(|(_, head)| head.status), Some(200));
        assert_eq!(tap.take(), None);
    }
}
