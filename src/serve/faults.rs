//! What goes wrong on purpose, carried out: in place of an answer, or on an answer.

use http::{HeaderName, HeaderValue, Response, StatusCode};

use super::{
    breakage,
    client::Client,
    inquiry::Inquiry,
    reply::{BodyError, ReplyBody},
    rescue,
    respond::drain,
};
use crate::{
    engine::Strike,
    model::{AnswerFault, ErrorAnswer, Fault, Json},
};

/// What comes of a fault before there is an answer.
pub(super) enum Turn {
    /// This takes the place of the answer; an error breaks the connection or stream.
    Answered(Result<Response<ReplyBody>, BodyError>),
    /// There is to be an answer, to be damaged.
    Goes(Box<Inquiry>),
}

/// Whether a fault takes the place of the answer.
pub(super) fn is_instead(fault: &Fault) -> bool {
    matches!(fault, Fault::Answer(AnswerFault::Status(_)) | Fault::Wire(_))
}

/// What takes the place of the answer, if anything does. It is due now.
pub(super) async fn instead(strike: &Strike<Fault>, inquiry: Inquiry, client: &Client) -> Turn {
    match &*strike.value {
        Fault::Answer(AnswerFault::Status(error)) => {
            drain(inquiry.body, None);
            Turn::Answered(Ok(injected(error)))
        }
        Fault::Wire(fault) => Turn::Answered(breakage::carry_out(*fault, inquiry, client).await),
        _ => Turn::Goes(Box::new(inquiry)),
    }
}

/// The answer, as the fault has it.
pub(super) fn damage(
    _strike: &Strike<Fault>,
    response: Response<ReplyBody>,
) -> Result<Response<ReplyBody>, BodyError> {
    Ok(response)
}

/// An error in place of an answer.
fn injected(error: &ErrorAnswer) -> Response<ReplyBody> {
    let status = if error.status == 0 { 500 } else { error.status };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match &error.body {
        Some(body) => {
            let mut response = Response::new(ReplyBody::text(body.clone()));
            *response.status_mut() = status;
            response
        }
        None => {
            let json = Json::Object(vec![
                ("error".to_owned(), "injected".into()),
                ("message".to_owned(), "ringer was told to fail this request".into()),
            ]);
            rescue::own_answer(status, rescue::Wants::Json, &json, "")
        }
    };
    for (name, value) in error.headers.iter() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
