//! A request body that may be looked at before it is decided where it goes.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::{
    body_tap::BodyTap,
    paced::{Paced, Pacing},
};
use crate::{codec::BodyDigest, model::RequestBody};

/// What has been read of a body, and the rest.
#[derive(Default)]
pub(super) struct Inbound {
    read: BytesMut,
    rest: Option<Paced<Incoming>>,
    tap: Option<Box<BodyTap>>,
}

impl Inbound {
    pub(super) fn new(body: Incoming) -> Self {
        let rest = (!body.is_end_stream()).then(|| Paced::unpaced(body));
        Self { rest, ..Self::default() }
    }

    /// None, or none that is left.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// Has the journal see what is passed on of it.
    pub(super) fn tap(&mut self, tap: BodyTap) {
        self.tap = Some(Box::new(tap));
    }

    /// Has what is left come slowly.
    pub(super) fn pace(&mut self, pacing: Pacing) {
        if let Some(rest) = &mut self.rest {
            rest.pace(pacing);
        }
    }

    /// What has been read so far.
    pub(super) fn so_far(&self) -> &[u8] {
        &self.read
    }

    /// Whether there is no more to read.
    pub(super) fn is_complete(&self) -> bool {
        self.rest.is_none()
    }

    /// Reads one more piece; `false` at the end.
    ///
    /// # Errors
    ///
    /// When the client breaks off.
    pub(super) async fn more(&mut self) -> Result<bool, hyper::Error> {
        let Some(rest) = &mut self.rest else { return Ok(false) };
        match rest.frame().await {
            Some(frame) => {
                if let Ok(data) = frame?.into_data() {
                    self.read.extend_from_slice(&data);
                }
                if rest.is_end_stream() {
                    self.rest = None;
                }
                Ok(true)
            }
            None => {
                self.rest = None;
                Ok(false)
            }
        }
    }

    /// Reads up to `limit` bytes; `true` when that is all.
    ///
    /// # Errors
    ///
    /// When the client breaks off.
    pub(super) async fn read_up_to(&mut self, limit: usize) -> Result<bool, hyper::Error> {
        while self.read.len() <= limit && self.more().await? {}
        Ok(self.is_complete())
    }

    /// All of it if that is at most `limit` bytes, else its digest, read to the end.
    ///
    /// # Errors
    ///
    /// When the client breaks off.
    pub(super) async fn consume(
        &mut self,
        limit: usize,
        content_type: Option<&str>,
    ) -> Result<RequestBody, hyper::Error> {
        if self.read_up_to(limit).await? {
            return Ok(RequestBody::Whole(self.read.split().freeze()));
        }
        let mut digest = BodyDigest::new(content_type);
        loop {
            digest.push(&self.read.split());
            if !self.more().await? {
                let (length, sha256) = digest.finish();
                return Ok(RequestBody::Hashed { length, sha256 });
            }
        }
    }

    /// Takes what was read of a body that is complete.
    pub(super) fn take_whole(&mut self) -> Option<Bytes> {
        self.is_complete().then(|| self.read.split().freeze())
    }

    /// Puts back what [`Inbound::consume`] took.
    pub(super) fn put_back(&mut self, bytes: &Bytes) {
        self.read = BytesMut::from(&bytes[..]);
    }

    /// Takes the part that was not read.
    pub(super) fn into_rest(self) -> Option<Paced<Incoming>> {
        self.rest
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = if self.read.is_empty() {
            match &mut self.rest {
                Some(rest) => ready!(Pin::new(rest).poll_frame(cx)),
                None => None,
            }
        } else {
            Some(Ok(Frame::data(self.read.split().freeze())))
        };
        if let Some(tap) = &self.tap {
            if let Some(Ok(frame)) = &polled
                && let Some(piece) = frame.data_ref()
            {
                tap.add(piece);
            }
            if self.is_end_stream() || !matches!(polled, Some(Ok(_))) {
                // Before the last of it has gone: who has the answer finds it.
                self.tap = None;
            }
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.read.len() as u64;
        match &self.rest {
            None => SizeHint::with_exact(read),
            Some(rest) => match rest.size_hint().exact() {
                Some(rest) => SizeHint::with_exact(read + rest),
                None => SizeHint::default(),
            },
        }
    }
}
