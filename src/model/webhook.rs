//! A call that follows an answer.

use bytes::Bytes;

use super::{delay::Delay, message::Headers};

/// What a webhook calls, its texts rendered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WebhookSpec {
    /// The method.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Header fields.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
    /// How long the call waits after the answer.
    pub delay: Option<Delay>,
}
