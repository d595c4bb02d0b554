//! How a value is written in the text around it: where it ends, and what its escapes mean.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::taint;
use crate::{
    codec::json,
    model::{Json, JsonStyle},
};

/// A value found by its name is looked at up to this length.
pub(super) const LONGEST_VALUE: usize = 64 * 1024;

/// How a value is written in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Json,
    Plain,
    Url { is_link: bool },
    Xml,
}

impl Written {
    pub(super) fn decode(self, raw: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => Cow::Borrowed(raw),
            Self::Json if raw.contains('\\') => match json::parse(&format!("\"{raw}\"")) {
                Ok(Json::String(value)) => Cow::Owned(value),
                _ => Cow::Borrowed(raw),
            },
            Self::Url { .. } if raw.contains(['%', '+']) => {
                let spaced = raw.replace('+', " ");
                Cow::Owned(percent_decode(spaced.as_bytes()).decode_utf8_lossy().into_owned())
            }
            Self::Xml if raw.contains('&') => Cow::Owned(
                ENTITIES
                    .iter()
                    .fold(raw.to_owned(), |text, (entity, plain)| text.replace(entity, plain)),
            ),
            Self::Json | Self::Url { .. } | Self::Xml => Cow::Borrowed(raw),
        }
    }

    pub(super) fn encode(self, value: &str, raw: &str) -> String {
        match self {
            Self::Plain => value.to_owned(),
            Self::Json => {
                let style = JsonStyle { ascii: raw.contains("\\u"), ..JsonStyle::default() };
                let quoted = json::write(&Json::from(value), style);
                quoted.trim_matches('"').to_owned()
            }
            // What was not escaped before need not be now.
            Self::Url { .. } if raw.contains('%') || value.contains(['%', '&', '#', ' ']) => {
                taint::percent(value, raw.contains('+'))
            }
            Self::Url { .. } => value.to_owned(),
            Self::Xml if raw.contains('&') => ENTITIES
                .iter()
                .rev()
                .fold(value.to_owned(), |text, (entity, plain)| text.replace(plain, entity)),
            Self::Xml => value.to_owned(),
        }
    }
}

/// `&amp;` last: it makes new entities when it is resolved.
const ENTITIES: [(&str, &str); 5] =
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];

pub(super) fn value_end(text: &[u8], start: usize, is_end: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.iter().take(LONGEST_VALUE).take_while(|&&byte| !is_end(byte)).count();
    start + length
}

/// Where a quoted string ends that began with `quote`: a quotation mark, maybe itself escaped.
pub(super) fn string_end(text: &[u8], start: usize, quote: &[u8]) -> Option<usize> {
    let mark = *quote.last()?;
    let is_escaped = quote.len() > 1;
    let limit = text.len().min(start + LONGEST_VALUE);
    let mut at = start;
    while at < limit {
        match text.get(at)? {
            b'\\' if is_escaped && text.get(at + 1) == Some(&mark) => return Some(at),
            b'\\' => at += 2,
            byte if *byte == mark => return Some(at),
            b'\n' => return None,
            _ => at += 1,
        }
    }
    Some(limit.min(at))
}
