//! Parameters of faults: where a body is cut, codes by number or by name.

use super::{bandwidth::parse_size, scalar::share_of};
use crate::{
    codec::json::NodeValue,
    format::{
        fields::{Fields, expected, span_of},
        problem::Problems,
        suggest,
    },
    model::{Cut, Json},
};

/// Codes and their names.
pub(super) type Codes = [(u8, &'static str)];

/// Error codes of HTTP/2 (RFC 9113 §7).
pub(super) const HTTP2_CODES: &Codes = &[
    (0, "NO_ERROR"),
    (1, "PROTOCOL_ERROR"),
    (2, "INTERNAL_ERROR"),
    (3, "FLOW_CONTROL_ERROR"),
    (4, "SETTINGS_TIMEOUT"),
    (5, "STREAM_CLOSED"),
    (6, "FRAME_SIZE_ERROR"),
    (7, "REFUSED_STREAM"),
    (8, "CANCEL"),
    (9, "COMPRESSION_ERROR"),
    (10, "CONNECT_ERROR"),
    (11, "ENHANCE_YOUR_CALM"),
    (12, "INADEQUATE_SECURITY"),
    (13, "HTTP_1_1_REQUIRED"),
];

/// Alerts of TLS (RFC 8446 §6).
pub(super) const ALERTS: &Codes = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (22, "record_overflow"),
    (40, "handshake_failure"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
];

/// Codes of gRPC (`grpc/grpc`, doc/statuscodes.md); 0 is no error.
pub(super) const GRPC_CODES: &Codes = &[
    (1, "CANCELLED"),
    (2, "UNKNOWN"),
    (3, "INVALID_ARGUMENT"),
    (4, "DEADLINE_EXCEEDED"),
    (5, "NOT_FOUND"),
    (6, "ALREADY_EXISTS"),
    (7, "PERMISSION_DENIED"),
    (8, "RESOURCE_EXHAUSTED"),
    (9, "FAILED_PRECONDITION"),
    (10, "ABORTED"),
    (11, "OUT_OF_RANGE"),
    (12, "UNIMPLEMENTED"),
    (13, "INTERNAL"),
    (14, "UNAVAILABLE"),
    (15, "DATA_LOSS"),
    (16, "UNAUTHENTICATED"),
];

/// Takes a code: its number, up to `most`, or its name.
pub(super) fn code(
    fields: &mut Fields,
    key: &str,
    codes: &'static Codes,
    most: u64,
    problems: &mut Problems,
) -> Option<u64> {
    let node = fields.take(key)?;
    let (NodeValue::Number(text) | NodeValue::String(text)) = &node.value else {
        expected(&node, key, "a number or a name", problems);
        return None;
    };
    if let Ok(number) = text.parse::<u64>() {
        if number > most {
            expected(&node, key, &format!("at most {most}"), problems);
            return None;
        }
        return Some(number);
    }
    let named = codes.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
    if named.is_none() {
        let hint = match suggest::nearest(text, codes.iter().map(|(_, name)| *name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("a number, or a name such as `{}`", codes.last().map_or("", |it| it.1)),
        };
        let message = format!("`{key}` cannot be `{text}`");
        problems.add_with_hint(span_of(&node), message, hint);
    }
    named.map(|(code, _)| u64::from(*code))
}

/// Takes where a body is cut: bytes, or `"50%"`.
pub(super) fn cut(fields: &mut Fields, problems: &mut Problems) -> Option<Cut> {
    let node = fields.take("at")?;
    let (NodeValue::Number(text) | NodeValue::String(text)) = &node.value else {
        expected(&node, "at", "a number of bytes, or a share such as \"50%\"", problems);
        return None;
    };
    let text = text.trim();
    if let Some(bytes) = parse_size(text) {
        return Some(Cut::Bytes(bytes));
    }
    // A part of a byte there is not, so `0.5` is a share.
    let is_share = text.ends_with('%') || text.parse::<f64>().is_ok();
    if !is_share {
        expected(&node, "at", "a number of bytes, or a share such as \"50%\"", problems);
        return None;
    }
    share_of(&node, "at", problems).map(Cut::Share)
}

/// Writes where a body is cut.
pub(super) fn write_cut(cut: Cut) -> Json {
    match cut {
        Cut::Bytes(bytes) => bytes.into(),
        Cut::Share(share) => {
            let percent = (share * 1e8).round() / 1e6;
            let is_exact = percent / 100.0 == share;
            if is_exact { format!("{percent}%").into() } else { Json::Number(share.to_string()) }
        }
    }
}

/// Takes by how many bytes a length is off; 0 would be none.
pub(super) fn offset(fields: &mut Fields, problems: &mut Problems) -> Option<i64> {
    let node = fields.take("offset")?;
    let offset = match &node.value {
        NodeValue::Number(text) | NodeValue::String(text) => {
            text.strip_prefix('+').unwrap_or(text).parse().ok().filter(|offset| *offset != 0)
        }
        _ => None,
    };
    if offset.is_none() {
        expected(&node, "offset", "a number of bytes, more or less than 0", problems);
    }
    offset
}

/// Takes `grpc_status`.
pub(super) fn grpc_code(fields: &mut Fields, problems: &mut Problems) -> Option<u8> {
    let span = fields.span.clone();
    let code = code(fields, "grpc_status", GRPC_CODES, 16, problems)?;
    if code == 0 {
        let hint = "0 is `OK`; a code from 1 to 16, or a name such as `UNAVAILABLE`";
        problems.add_with_hint(span, "`grpc_status` must be an error", hint);
        return None;
    }
    u8::try_from(code).ok()
}
