//! Faults that a stub asks for, carried out on the client's connection.

use std::time::Duration;

use http::{Response, Version};

use super::{
    client::Client,
    inquiry::Inquiry,
    reply::{BodyError, ReplyBody, discard},
};
use crate::model::WireFault;

/// What WireMock sends in place of an answer or of a chunk.
const GARBAGE: &[u8] = b"lskdu018973t09sylgasjkfg1][]'./.sdlv";
const MALFORMED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    lskdu018973t09sylgasjkfg1][]'./.sdlv";
/// The rest of a request is read for so long: closing a socket with bytes unread resets it.
const READ_ON: Duration = Duration::from_secs(1);

/// Breaks the connection as the fault says. On HTTP/2 only the stream is reset: other requests are
/// on the same connection.
///
/// # Errors
///
/// On HTTP/2: the error that resets the stream.
pub(super) async fn carry_out(
    fault: WireFault,
    inquiry: Inquiry,
    client: &Client,
) -> Result<Response<ReplyBody>, BodyError> {
    if inquiry.version == Version::HTTP_2 {
        return Err(format!("the stub asked for {}", fault.wiremock_name()).into());
    }
    if let Some(rest) = inquiry.body.into_rest() {
        // What has not come by then costs the client a reset in place of an end.
        let _ = tokio::time::timeout(READ_ON, discard(rest)).await;
    }
    let last = match fault {
        WireFault::ConnectionReset => {
            client.arrival.reset.order();
            None
        }
        WireFault::EmptyResponse => Some(&b""[..]),
        WireFault::MalformedChunk => Some(MALFORMED),
        WireFault::RandomData => Some(GARBAGE),
        // No stub can ask for these.
        WireFault::ResetWithin(_)
        | WireFault::ResetAfter
        | WireFault::CloseWithin(_)
        | WireFault::HalfClose => None,
    };
    client.interim.break_off(last);
    // Its head is what hyper writes, and so what is replaced.
    Ok(Response::new(ReplyBody::empty()))
}
