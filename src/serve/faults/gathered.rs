//! How long the body of an answer is. That of a stream that nobody names the length of is read ahead
//! to its end, though not for ever: then what has come counts as all of it.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header::CONTENT_LENGTH};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;

use crate::serve::reply::{BodyError, ReplyBody};

/// A body is read ahead for so many bytes …
const AHEAD_BYTES: u64 = 2 << 20;
/// … and for so long.
const AHEAD_TIME: Duration = Duration::from_secs(1);

/// The length of a body, and the body, which may have been read for it.
pub(super) async fn length_of(fields: &HeaderMap, body: ReplyBody) -> (u64, ReplyBody) {
    let named = fields.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if let Some(length) = body.known_length().or(named) {
        return (length, body);
    }
    let gathered = Gathered::ahead(body).await;
    (gathered.length, ReplyBody::boxed(gathered))
}

/// A body whose beginning was read.
pub(in crate::serve) struct Gathered {
    frames: VecDeque<Result<Frame<Bytes>, BodyError>>,
    length: u64,
    rest: Option<ReplyBody>,
}

impl Gathered {
    /// Reads ahead.
    pub(super) async fn ahead(body: ReplyBody) -> Self {
        Self::within(body, AHEAD_BYTES, AHEAD_TIME).await
    }

    /// Reads ahead for so many bytes and so long.
    pub(in crate::serve) async fn within(body: ReplyBody, most: u64, time: Duration) -> Self {
        let mut gathered = Self { frames: VecDeque::new(), length: 0, rest: Some(body) };
        // Frames that have come are kept when the time is over: each is put away at once.
        let _ = tokio::time::timeout(time, async {
            while gathered.length <= most
                && let Some(rest) = &mut gathered.rest
            {
                let Some(frame) = rest.frame().await else {
                    gathered.rest = None;
                    return;
                };
                if let Ok(frame) = &frame
                    && let Some(data) = frame.data_ref()
                {
                    gathered.length += data.len() as u64;
                }
                gathered.frames.push_back(frame);
            }
        })
        .await;
        gathered
    }

    /// All bytes, where the body has come to its end.
    pub(in crate::serve) fn whole(&self) -> Option<Bytes> {
        if self.rest.is_some() {
            return None;
        }
        let mut whole = BytesMut::new();
        for frame in &self.frames {
            whole.extend_from_slice(frame.as_ref().ok()?.data_ref().unwrap_or(&Bytes::new()));
        }
        Some(whole.freeze())
    }

    /// What follows the bytes of a body that was read to its end.
    pub(in crate::serve) fn into_trailers(self) -> Option<HeaderMap> {
        self.frames.into_iter().filter_map(|frame| frame.ok()?.into_trailers().ok()).next_back()
    }
}

impl Body for Gathered {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(frame) = self.frames.pop_front() {
            return Poll::Ready(Some(frame));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        // Its length was not told before, and is not now.
        SizeHint::default()
    }
}
