//! Faults that have a name, with their parameters.

use super::{
    fault_names::FaultName,
    parameter::{self, ALERTS, HTTP2_CODES},
    scalar::{duration, text, whole},
    wait::time_of,
};
use crate::{
    format::{fields::Fields, problem::Problems},
    model::{AnswerFault, ConnectFault, Cut, Fault, Http2Fault, Json, Stall, TlsFault, WireFault},
};

/// How much longer than the body `Content-Length` says it is, unless told otherwise.
const OFFSET: i64 = 10;
/// The content type of something that is another: what a proxy's error page has.
const CONTENT_TYPE: &str = "text/html";
/// `INTERNAL_ERROR` (RFC 9113 §7)
const INTERNAL_ERROR: u32 = 2;
/// `handshake_failure` (RFC 8446 §6)
const HANDSHAKE_FAILURE: u8 = 40;

/// Reads the parameters of a fault. `None` after a mistake.
pub(super) fn read(name: FaultName, fields: &mut Fields, problems: &mut Problems) -> Option<Fault> {
    use FaultName as F;
    let answer = Fault::Answer;
    let wire = Fault::Wire;
    let connect = Fault::Connect;
    let tls = |fault| Fault::Connect(ConnectFault::Tls(fault));
    Some(match name {
        F::ConnectionReset => wire(WireFault::ConnectionReset),
        F::EmptyResponse => wire(WireFault::EmptyResponse),
        F::MalformedChunk => wire(WireFault::MalformedChunk),
        F::RandomData => wire(WireFault::RandomData),
        F::ResetWithin => wire(WireFault::ResetWithin(cut(fields, problems)?)),
        F::ResetAfter => wire(WireFault::ResetAfter),
        F::CloseWithin => {
            // As toxiproxy has it.
            let limit =
                fields.has("bytes").then(|| whole(fields, "bytes", (0, u64::MAX), problems));
            wire(WireFault::CloseWithin(match limit {
                Some(limit) => Cut::Bytes(limit?),
                None => cut(fields, problems)?,
            }))
        }
        F::HalfClose => wire(WireFault::HalfClose),
        F::ContentType => {
            let value = text(fields, "value", problems);
            answer(AnswerFault::ContentType(value.unwrap_or_else(|| CONTENT_TYPE.to_owned())))
        }
        F::Truncated => answer(AnswerFault::Truncated(cut(fields, problems)?)),
        F::Corrupted => {
            let bytes = whole(fields, "bytes", (1, u64::from(u32::MAX)), problems);
            let bytes = bytes.and_then(|bytes| u32::try_from(bytes).ok()).unwrap_or(1);
            answer(AnswerFault::Corrupted { bytes })
        }
        F::InvalidJson => answer(AnswerFault::InvalidJson),
        F::HeaderMissing => answer(AnswerFault::HeaderMissing(header(fields, problems)?)),
        F::HeaderDuplicated => answer(AnswerFault::HeaderDuplicated(header(fields, problems)?)),
        F::ContentLength => {
            let offset = parameter::offset(fields, problems).unwrap_or(OFFSET);
            answer(AnswerFault::ContentLength(offset))
        }
        F::Stall => Fault::Stall(Stall {
            after: parameter::cut(fields, problems),
            time: duration(fields, "time", problems),
        }),
        F::SlowClose => {
            // Nothing more of the body is to come; what is late is its end.
            let after = if fields.has("at") { parameter::cut(fields, problems) } else { None };
            let after = after.or(Some(Cut::Share(1.0)));
            Fault::Stall(Stall { after, time: duration(fields, "time", problems) })
        }
        F::ResetStream => {
            let code = parameter::code(fields, "code", HTTP2_CODES, u64::from(u32::MAX), problems);
            let code = code.and_then(|code| u32::try_from(code).ok()).unwrap_or(INTERNAL_ERROR);
            Fault::Http2(Http2Fault::ResetStream { code })
        }
        F::GoAway => {
            let code = parameter::code(fields, "code", HTTP2_CODES, u64::from(u32::MAX), problems);
            let code = code.and_then(|code| u32::try_from(code).ok()).unwrap_or_default();
            Fault::Http2(Http2Fault::GoAway { code })
        }
        F::Refuse => connect(ConnectFault::Refuse),
        F::NeverAnswer => connect(ConnectFault::NeverAnswer),
        F::ConnectReset => connect(ConnectFault::Reset),
        F::WithheldWindow => connect(ConnectFault::WithheldWindow),
        F::TlsExpired => tls(TlsFault::Expired),
        F::TlsWrongName => tls(TlsFault::WrongName),
        F::TlsSelfSigned => tls(TlsFault::SelfSigned),
        F::TlsUnknownIssuer => tls(TlsFault::UnknownIssuer),
        F::TlsStall => tls(TlsFault::HandshakeStall),
        F::TlsAlert => {
            let alert = parameter::code(fields, "alert", ALERTS, u64::from(u8::MAX), problems);
            let alert = alert.and_then(|alert| u8::try_from(alert).ok());
            tls(TlsFault::Alert(alert.unwrap_or(HANDSHAKE_FAILURE)))
        }
        F::TlsOldVersion => tls(TlsFault::OldVersion),
    })
}

/// In the middle, unless told otherwise.
fn cut(fields: &mut Fields, problems: &mut Problems) -> Option<Cut> {
    if fields.has("at") { parameter::cut(fields, problems) } else { Some(Cut::Share(0.5)) }
}

fn header(fields: &mut Fields, problems: &mut Problems) -> Option<String> {
    if !fields.has("value") {
        let hint = "`value` = \"Content-Type\"";
        problems.add_with_hint(fields.span.clone(), "the name of the header is missing", hint);
    }
    text(fields, "value", problems)
}

/// The name of a fault; `None` for one that is known by its status.
pub(super) fn name_of(fault: &Fault) -> Option<FaultName> {
    use FaultName as F;
    Some(match fault {
        Fault::Answer(answer) => match answer {
            AnswerFault::Status(_) | AnswerFault::GrpcStatus { .. } => return None,
            AnswerFault::ContentType(_) => F::ContentType,
            AnswerFault::Truncated(_) => F::Truncated,
            AnswerFault::Corrupted { .. } => F::Corrupted,
            AnswerFault::InvalidJson => F::InvalidJson,
            AnswerFault::HeaderMissing(_) => F::HeaderMissing,
            AnswerFault::HeaderDuplicated(_) => F::HeaderDuplicated,
            AnswerFault::ContentLength(_) => F::ContentLength,
        },
        Fault::Stall(_) => F::Stall,
        Fault::Wire(wire) => match wire {
            WireFault::ConnectionReset => F::ConnectionReset,
            WireFault::EmptyResponse => F::EmptyResponse,
            WireFault::MalformedChunk => F::MalformedChunk,
            WireFault::RandomData => F::RandomData,
            WireFault::ResetWithin(_) => F::ResetWithin,
            WireFault::ResetAfter => F::ResetAfter,
            WireFault::CloseWithin(_) => F::CloseWithin,
            WireFault::HalfClose => F::HalfClose,
        },
        Fault::Http2(Http2Fault::ResetStream { .. }) => F::ResetStream,
        Fault::Http2(Http2Fault::GoAway { .. }) => F::GoAway,
        Fault::Connect(connect) => match connect {
            ConnectFault::Refuse => F::Refuse,
            ConnectFault::NeverAnswer => F::NeverAnswer,
            ConnectFault::Reset => F::ConnectReset,
            ConnectFault::WithheldWindow => F::WithheldWindow,
            ConnectFault::Tls(tls) => match tls {
                TlsFault::Expired => F::TlsExpired,
                TlsFault::WrongName => F::TlsWrongName,
                TlsFault::SelfSigned => F::TlsSelfSigned,
                TlsFault::UnknownIssuer => F::TlsUnknownIssuer,
                TlsFault::HandshakeStall => F::TlsStall,
                TlsFault::Alert(_) => F::TlsAlert,
                TlsFault::OldVersion => F::TlsOldVersion,
            },
        },
    })
}

/// Writes the parameters of a fault.
pub(super) fn write(fault: &Fault) -> Vec<(&'static str, Json)> {
    match fault {
        Fault::Answer(answer) => match answer {
            AnswerFault::ContentType(value)
            | AnswerFault::HeaderMissing(value)
            | AnswerFault::HeaderDuplicated(value) => vec![("value", value.as_str().into())],
            AnswerFault::Truncated(cut) => vec![("at", parameter::write_cut(*cut))],
            AnswerFault::Corrupted { bytes } => vec![("bytes", u64::from(*bytes).into())],
            AnswerFault::ContentLength(offset) => {
                vec![("offset", Json::Number(offset.to_string()))]
            }
            _ => Vec::new(),
        },
        Fault::Stall(Stall { after, time }) => {
            let at = after.map(|after| ("at", parameter::write_cut(after)));
            at.into_iter().chain(time.map(|time| ("time", time_of(time)))).collect()
        }
        Fault::Wire(WireFault::ResetWithin(cut) | WireFault::CloseWithin(cut)) => {
            vec![("at", parameter::write_cut(*cut))]
        }
        Fault::Http2(Http2Fault::ResetStream { code } | Http2Fault::GoAway { code }) => {
            vec![("code", u64::from(*code).into())]
        }
        Fault::Connect(ConnectFault::Tls(TlsFault::Alert(alert))) => {
            vec![("alert", u64::from(*alert).into())]
        }
        _ => Vec::new(),
    }
}
