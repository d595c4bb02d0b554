//! Faults that take the place of an answer.

use std::{future::pending, time::Duration};

use h2::Reason;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt as _;

use super::{breaker::stream_error, error_answer, scene::Scene, waiting::Waiting};
use crate::{
    model::{AnswerFault, Fault, Http2Fault, Stall, WireFault},
    serve::{
        inbound::Inbound,
        inquiry::Inquiry,
        orders::End,
        reply::{BodyError, ReplyBody, discard},
        respond::drain,
    },
};

/// What WireMock sends in place of an answer or of a chunk.
const GARBAGE: &[u8] = b"lskdu018973t09sylgasjkfg1][]'./.sdlv";
const MALFORMED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    lskdu018973t09sylgasjkfg1][]'./.sdlv";
/// The rest of a request is read for so long: closing a socket with bytes unread resets it.
const READ_ON: Duration = Duration::from_secs(1);

/// Marks a response that no client gets to see: hyper writes it, and the wire ends in its place.
#[derive(Clone, Copy)]
struct NeverGiven;

/// The status that a client gets; `None` where it gets no answer.
pub(in crate::serve) fn status_of(
    answer: &Result<Response<ReplyBody>, BodyError>,
) -> Option<StatusCode> {
    let given = answer.as_ref().ok();
    let given = given.filter(|response| response.extensions().get::<NeverGiven>().is_none());
    given.map(Response::status)
}

/// Whether a fault takes the place of an answer, so that there is no need to make one.
pub(in crate::serve) fn takes_place(fault: &Fault) -> bool {
    match fault {
        Fault::Answer(AnswerFault::Status(_) | AnswerFault::GrpcStatus { .. })
        | Fault::Stall(Stall { after: None, time: None })
        | Fault::Wire(
            WireFault::ConnectionReset
            | WireFault::EmptyResponse
            | WireFault::MalformedChunk
            | WireFault::RandomData
            | WireFault::HalfClose,
        )
        | Fault::Http2(_) => true,
        Fault::Answer(_)
        | Fault::Stall(_)
        | Fault::Wire(
            WireFault::ResetWithin(_) | WireFault::ResetAfter | WireFault::CloseWithin(_),
        )
        | Fault::Connect(_) => false,
    }
}

/// Carries out a fault that [takes the place](takes_place) of an answer. A stall without an end waits until the client leaves or ringer stops.
///
/// # Errors
///
/// What breaks the connection or, on HTTP/2, the stream.
pub(in crate::serve) async fn instead(
    fault: &Fault,
    scene: &Scene<'_>,
    inquiry: Inquiry,
) -> Result<Response<ReplyBody>, BodyError> {
    match fault {
        Fault::Answer(AnswerFault::Status(error)) => {
            let fields = leave(inquiry);
            Ok(error_answer::status(error, &scene.method, &fields))
        }
        Fault::Answer(AnswerFault::GrpcStatus { code, message }) => {
            let fields = leave(inquiry);
            Ok(error_answer::grpc(*code, message.as_deref(), &fields))
        }
        Fault::Stall(_) => {
            let waiting = Waiting::of(scene, None).over();
            tokio::select! {
                over = waiting => Err(match over {
                    Err(error) => error,
                    Ok(()) => "a wait without an end is over".into(),
                }),
                // hyper sees that a client leaves only where its body is read.
                () = broken_off(inquiry.body) => Err("the client left".into()),
            }
        }
        Fault::Wire(wire) => {
            if scene.is_http2() {
                return Err(stream_error(Reason::INTERNAL_ERROR.into()));
            }
            Ok(break_off(*wire, scene, inquiry).await)
        }
        Fault::Http2(http2) => {
            if !scene.is_http2() {
                return Ok(break_off(WireFault::ConnectionReset, scene, inquiry).await);
            }
            let (Http2Fault::ResetStream { code } | Http2Fault::GoAway { code }) = *http2;
            if matches!(http2, Http2Fault::GoAway { .. }) {
                scene.client.interim.orders().end(End::GoAway(code));
            }
            // Of what is written for this error a `GOAWAY` takes the place.
            Err(stream_error(code))
        }
        Fault::Answer(_) | Fault::Connect(_) => Err("this fault takes no answer's place".into()),
    }
}

/// Breaks a connection of HTTP/1.1.
async fn break_off(fault: WireFault, scene: &Scene<'_>, inquiry: Inquiry) -> Response<ReplyBody> {
    // To read a body that the client keeps until it is asked for would ask it.
    if !inquiry.is_unasked()
        && let Some(rest) = inquiry.body.into_rest()
    {
        // What has not come by then costs the client a reset in place of an end.
        let _ = tokio::time::timeout(READ_ON, discard(rest)).await;
    }
    let client = scene.client;
    let orders = client.interim.orders();
    // Answers to earlier requests of a pipeline are not to suffer.
    orders.flushed().await;
    orders.end(match fault {
        WireFault::EmptyResponse => End::After(Vec::new()),
        WireFault::MalformedChunk => End::After(MALFORMED.to_vec()),
        WireFault::RandomData => End::After(GARBAGE.to_vec()),
        WireFault::HalfClose => End::Half,
        WireFault::CloseWithin(_) => End::Abort,
        WireFault::ConnectionReset | WireFault::ResetWithin(_) | WireFault::ResetAfter => {
            client.arrival.reset.order();
            End::Abort
        }
    });
    // Its head is what hyper writes, and so what is replaced.
    let mut never_given = Response::new(ReplyBody::empty());
    never_given.extensions_mut().insert(NeverGiven);
    never_given
}

/// Reads the rest of a request until its client breaks off.
async fn broken_off(body: Inbound) {
    if let Some(mut rest) = body.into_rest() {
        while let Some(frame) = rest.frame().await {
            if frame.is_err() {
                return;
            }
        }
    }
    pending().await
}

/// Reads the rest of a request, unless the client keeps it until it is asked for; gives its fields.
fn leave(inquiry: Inquiry) -> HeaderMap {
    if !inquiry.is_unasked() {
        drain(inquiry.body, None);
    }
    inquiry.request.headers
}
