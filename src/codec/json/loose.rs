//! JSON text as json-smart reads it in its permissive mode, which Jayway's JSONPath uses: texts and
//! names without quotes or in single ones, commas too many, anything after the value.

use super::reader::MAX_DEPTH;
use crate::model::Json;

/// Reads a text; one that is no JSON at all is a string.
///
/// # Errors
///
/// `None` where an object or array is not closed, or lacks a colon or value, or nests too deep.
pub fn parse_loose(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text };
    reader.value("", 0)
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(|c| c <= ' ');
    }

    fn take(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A value; one without quotes ends before one of `stops`.
    fn value(&mut self, stops: &str, depth: usize) -> Option<Json> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        match self.rest.chars().next()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            quote @ ('"' | '\'') => self.quoted(quote).map(Json::String),
            ':' | '}' | ']' => None,
            _ => {
                let text = self.until(stops);
                (!text.is_empty()).then(|| word(text))
            }
        }
    }

    fn until(&mut self, stops: &str) -> &'t str {
        let end = self.rest.find(|c| stops.contains(c)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        text.trim_matches(|c| c <= ' ')
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.take('[');
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.take(']') {
                return Some(Json::Array(items));
            }
            if !self.take(',') {
                items.push(self.value(",]", depth + 1)?);
                self.skip_space();
                if !self.rest.starts_with([',', ']']) {
                    return None;
                }
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.take('{');
        let mut members = Vec::new();
        loop {
            self.skip_space();
            if self.take('}') {
                return Some(Json::Object(members));
            }
            if self.take(',') {
                continue;
            }
            let name = match self.rest.chars().next()? {
                quote @ ('"' | '\'') => self.quoted(quote)?,
                _ => self.until(":,}").to_owned(),
            };
            self.skip_space();
            if !self.take(':') {
                return None;
            }
            members.push((name, self.value(",}", depth + 1)?));
            self.skip_space();
            if !self.rest.starts_with([',', '}']) {
                return None;
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        self.take(quote);
        let mut out = String::new();
        let mut units: Vec<u16> = Vec::new();
        loop {
            let c = self.next()?;
            let escaped = if c == '\\' { Some(self.next()?) } else { None };
            if escaped == Some('u') {
                let digits = self.rest.get(..4)?;
                units.push(u16::from_str_radix(digits, 16).ok()?);
                self.rest = self.rest.get(4..)?;
                continue;
            }
            out.push_str(&String::from_utf16_lossy(&units));
            units.clear();
            match escaped {
                None if c == quote => return Some(out),
                None => out.push(c),
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('b') => out.push('\u{8}'),
                Some('f') => out.push('\u{c}'),
                Some(same @ ('"' | '\'' | '\\' | '/')) => out.push(same),
                // Others are dropped.
                Some(_) => {}
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }
}

/// What a text without quotes is.
fn word(text: &str) -> Json {
    match text {
        "null" => Json::Null,
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        _ => number(text).map_or_else(|| Json::String(text.to_owned()), Json::Number),
    }
}

/// A number in JSON's spelling: leading zeros are dropped, `5.` is `5.0`.
fn number(text: &str) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = unsigned.split_at(digits);
    if whole.is_empty() {
        return None;
    }
    let trimmed = whole.trim_start_matches('0');
    let whole = if trimmed.is_empty() { "0" } else { trimmed };
    let (fraction, exponent) = rest.find(['e', 'E']).map_or((rest, ""), |at| rest.split_at(at));
    let fraction = match fraction.strip_prefix('.') {
        None if fraction.is_empty() => String::new(),
        None => return None,
        Some("") => ".0".to_owned(),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => format!(".{digits}"),
        Some(_) => return None,
    };
    let power = exponent.strip_prefix(['e', 'E']).unwrap_or("0");
    let power = power.strip_prefix(['+', '-']).unwrap_or(power);
    let is_power = !power.is_empty() && power.bytes().all(|b| b.is_ascii_digit());
    is_power.then(|| format!("{sign}{whole}{fraction}{exponent}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::reader::parse, *};

    #[test]
    fn it_reads_what_json_smart_reads() {
        for (loose, strict) in [
            ("{a:1}", r#"{"a":1}"#),
            ("{'a':b c,\"d\":1} x", r#"{"a":"b c","d":1}"#),
            ("[1,,2,]", "[1,2]"),
            ("[,]", "[]"),
            ("a b", r#""a b""#),
            ("<xml/>", r#""<xml/>""#),
            ("{a:01,b:5.,c:.5,d:+1,e:NaN}", r#"{"a":1,"b":5.0,"c":".5","d":"+1","e":"NaN"}"#),
            (r#"{a:'x"y',b:"\q\u00fc"}"#, r#"{"a":"x\"y","b":"ü"}"#),
            ("null", "null"),
        ] {
            assert_eq!(parse_loose(loose), parse(strict).ok(), "{loose}");
        }
        for text in ["", " ", "{bad", "[1,2", r#"{"a" 1}"#, r#"{"a":}"#, "}", "]", r#"{"a":"x"#] {
            assert_eq!(parse_loose(text), None, "{text}");
        }
        assert_eq!(parse_loose(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
            let _ = parse_loose(&text);
        }
    }
}
