//! Reads JSON values as Jayway's parser takes them inside expressions: single quotes and bare
//! words are strings, a comma may come last.

use crate::model::Json;

const MAX_DEPTH: usize = 64;

/// Reads one value; the error is for a person.
pub(super) fn parse(text: &str) -> Result<Json, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(value),
        Some(c) => Err(format!("expected the end of the JSON value, found `{c}`")),
    }
}

/// Undoes backslash escapes; an unknown one stands for its character.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next() {
                None => '\\',
                Some('r') => '\r',
                Some('n') => '\n',
                Some('t') => '\t',
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits = chars.as_str().get(..4);
                    match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
                        Some(unit) => {
                            units.push(unit);
                            chars = chars.as_str().get(4..).unwrap_or_default().chars();
                            continue;
                        }
                        None => 'u',
                    }
                }
                Some(other) => other,
            },
            other => other,
        };
        let mut buffer = [0; 2];
        units.extend_from_slice(c.encode_utf16(&mut buffer));
    }
    String::from_utf16_lossy(&units)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, c: char) -> bool {
        self.skip_space();
        let is_next = self.peek() == Some(c);
        if is_next {
            self.at += c.len_utf8();
        }
        is_next
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err(format!("a JSON value nested deeper than {MAX_DEPTH} levels"));
        }
        if self.takes('[') {
            let mut items = Vec::new();
            while !self.takes(']') {
                items.push(self.value(depth + 1)?);
                if !self.takes(',') && self.peek() != Some(']') {
                    return Err(self.expected("`,` or `]`"));
                }
            }
            return Ok(Json::Array(items));
        }
        if self.takes('{') {
            let mut members = Vec::new();
            while !self.takes('}') {
                let name = match self.scalar(&[':', ',', '}'])? {
                    Json::String(name) | Json::Number(name) => name,
                    Json::Null => "null".to_owned(),
                    Json::Bool(value) => value.to_string(),
                    Json::Array(_) | Json::Object(_) => return Err(self.expected("a name")),
                };
                if !self.takes(':') {
                    return Err(self.expected("`:`"));
                }
                members.push((name, self.value(depth + 1)?));
                if !self.takes(',') && self.peek() != Some('}') {
                    return Err(self.expected("`,` or `}`"));
                }
            }
            return Ok(Json::Object(members));
        }
        self.scalar(&[',', ']', '}'])
    }

    fn scalar(&mut self, ends: &[char]) -> Result<Json, String> {
        self.skip_space();
        if let Some(quote @ ('"' | '\'')) = self.peek() {
            let inside = self.text.get(self.at + 1..).unwrap_or_default();
            let mut escaped = false;
            let end = inside
                .find(|c: char| {
                    let ends = c == quote && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                })
                .ok_or_else(|| format!("a string in the JSON value lacks its closing `{quote}`"))?;
            self.at += end + 2;
            return Ok(Json::String(unescape(inside.get(..end).unwrap_or_default())));
        }
        let rest = self.rest();
        let word = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default();
        self.at += word.len();
        let word = word.trim_end();
        if word.is_empty() {
            return Err(self.expected("a value"));
        }
        Ok(match word {
            "null" => Json::Null,
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ if is_number(word) => Json::Number(word.to_owned()),
            _ => Json::String(word.to_owned()),
        })
    }

    fn expected(&self, what: &str) -> String {
        match self.peek() {
            Some(c) => format!("expected {what} in the JSON value, found `{c}`"),
            None => format!("expected {what} in the JSON value, it ends here"),
        }
    }
}

/// A number of JSON (RFC 8259, section 6).
fn is_number(word: &str) -> bool {
    matches!(crate::codec::json::parse(word), Ok(Json::Number(_)))
}
