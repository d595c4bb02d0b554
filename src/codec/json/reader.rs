//! Reads JSON text (RFC 8259) and keeps the place of every value and name.

use thiserror::Error;

use crate::model::Json;

/// Values may be nested this deep.
pub const MAX_DEPTH: usize = 128;

/// A text that is not JSON.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct JsonError {
    /// Where, in bytes from the start of the text.
    pub offset: usize,
    /// What was expected or found.
    pub message: String,
}

/// A value and where it stands in its text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The value.
    pub value: NodeValue,
}

/// A value whose parts know their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeValue {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as spelled.
    Number(String),
    /// A string, escapes resolved.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where the name starts, quote included.
    pub name_start: usize,
    /// One past the name's closing quote.
    pub name_end: usize,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The value without places.
    pub fn into_json(self) -> Json {
        match self.value {
            NodeValue::Null => Json::Null,
            NodeValue::Bool(value) => Json::Bool(value),
            NodeValue::Number(text) => Json::Number(text),
            NodeValue::String(text) => Json::String(text),
            // Collected, they would keep the memory of what has places.
            NodeValue::Array(items) => {
                let mut values = Vec::with_capacity(items.len());
                values.extend(items.into_iter().map(Self::into_json));
                Json::Array(values)
            }
            NodeValue::Object(members) => {
                let mut values = Vec::with_capacity(members.len());
                let without_places = |member: Member| (member.name, member.value.into_json());
                values.extend(members.into_iter().map(without_places));
                Json::Object(values)
            }
        }
    }
}

/// Reads a JSON text (RFC 8259).
///
/// # Errors
///
/// The first place where the text is not JSON, or nests deeper than [`MAX_DEPTH`].
pub fn parse(text: &str) -> Result<Json, JsonError> {
    read(text)
}

/// Reads a JSON text, keeping the place of every value and name.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_spanned(text: &str) -> Result<Node, JsonError> {
    read(text)
}

/// What a text is read as: with the places of its parts, or without.
trait Tree: Sized {
    type Member;

    fn new(start: usize, end: usize, parts: Parts<Self>) -> Self;

    fn member(name: String, start: usize, end: usize, value: Self) -> Self::Member;
}

/// What a value is made of.
enum Parts<T: Tree> {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<T>),
    Object(Vec<T::Member>),
}

impl Tree for Json {
    type Member = (String, Self);

    fn new(_: usize, _: usize, parts: Parts<Self>) -> Self {
        match parts {
            Parts::Null => Self::Null,
            Parts::Bool(value) => Self::Bool(value),
            Parts::Number(spelling) => Self::Number(spelling),
            Parts::String(text) => Self::String(text),
            Parts::Array(items) => Self::Array(items),
            Parts::Object(members) => Self::Object(members),
        }
    }

    fn member(name: String, _: usize, _: usize, value: Self) -> Self::Member {
        (name, value)
    }
}

impl Tree for Node {
    type Member = Member;

    fn new(start: usize, end: usize, parts: Parts<Self>) -> Self {
        let value = match parts {
            Parts::Null => NodeValue::Null,
            Parts::Bool(value) => NodeValue::Bool(value),
            Parts::Number(spelling) => NodeValue::Number(spelling),
            Parts::String(text) => NodeValue::String(text),
            Parts::Array(items) => NodeValue::Array(items),
            Parts::Object(members) => NodeValue::Object(members),
        };
        Self { start, end, value }
    }

    fn member(name: String, start: usize, end: usize, value: Self) -> Member {
        Member { name, name_start: start, name_end: end, value }
    }
}

fn read<T: Tree>(text: &str) -> Result<T, JsonError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    parser.skip_space();
    let value = parser.value()?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.error("expected the end of the text"));
    }
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, message: impl Into<String>) -> JsonError {
        JsonError { offset: self.at, message: message.into() }
    }

    /// An error that also says what stands here instead.
    fn expected(&self, what: &str) -> JsonError {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("found `{}`", c.escape_debug()),
            None => "the text ends here".to_owned(),
        };
        self.error(format!("expected {what}, {found}"))
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value<T: Tree>(&mut self) -> Result<T, JsonError> {
        let start = self.at;
        let parts = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Parts::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Parts::Number(self.number()?),
            Some(b't') => self.word("true", Parts::Bool(true))?,
            Some(b'f') => self.word("false", Parts::Bool(false))?,
            Some(b'n') => self.word("null", Parts::Null)?,
            _ => return Err(self.expected("a value")),
        };
        Ok(T::new(start, self.at, parts))
    }

    fn nested<T: Tree>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Parts<T>, JsonError>,
    ) -> Result<Parts<T>, JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH}")));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object<T: Tree>(&mut self) -> Result<Parts<T>, JsonError> {
        let mut members = Vec::new();
        if self.closes(b'}') {
            return Ok(Parts::Object(members));
        }
        loop {
            let name_start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected("a member name in quotes"));
            }
            let name = self.string()?;
            let name_end = self.at;
            self.skip_space();
            if !self.closes(b':') {
                return Err(self.expected("`:`"));
            }
            self.skip_space();
            let value = self.value()?;
            members.push(T::member(name, name_start, name_end, value));
            self.skip_space();
            if self.closes(b'}') {
                return Ok(Parts::Object(members));
            }
            if !self.closes(b',') {
                return Err(self.expected("`,` or `}`"));
            }
            self.skip_space();
        }
    }

    fn array<T: Tree>(&mut self) -> Result<Parts<T>, JsonError> {
        let mut items = Vec::new();
        if self.closes(b']') {
            return Ok(Parts::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            if self.closes(b']') {
                return Ok(Parts::Array(items));
            }
            if !self.closes(b',') {
                return Err(self.expected("`,` or `]`"));
            }
            self.skip_space();
        }
    }

    fn closes(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn word<T: Tree>(&mut self, word: &str, value: Parts<T>) -> Result<Parts<T>, JsonError> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.expected("a value"))
        }
    }

    fn number(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.closes(b'-');
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.expected("a digit")),
        }
        if self.closes(b'.') {
            self.digits()?;
        }
        if self.closes(b'e') || self.closes(b'E') {
            if !self.closes(b'+') {
                self.closes(b'-');
            }
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default().to_owned())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.expected("a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                Some(_) => return Err(self.expected("no control character in a string")),
                None => return Err(self.expected("the closing quote of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point();
            }
            _ => return Err(self.expected("an escape: one of `\" \\ / b f n r t u`")),
        };
        self.at += 1;
        Ok(c)
    }

    fn code_point(&mut self) -> Result<char, JsonError> {
        let first = self.code_unit()?;
        let units = if (0xd800..0xdc00).contains(&first) {
            if !(self.closes(b'\\') && self.closes(b'u')) {
                return Err(self.expected("the second half of a surrogate pair"));
            }
            vec![first, self.code_unit()?]
        } else {
            vec![first]
        };
        char::decode_utf16(units)
            .next()
            .and_then(Result::ok)
            .ok_or_else(|| self.error("unpaired surrogate"))
    }

    fn code_unit(&mut self) -> Result<u16, JsonError> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let unit = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.expected("four hexadecimal digits"))?;
        self.at += 4;
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn accepts_what_serde_json_accepts(text in "[\\[\\]{}:,\"\\\\a-z0-9 .eE+-]{0,12}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            // serde_json refuses numbers that overflow a float.
            if theirs.is_ok() {
                prop_assert!(parse(&text).is_ok(), "{}", text);
            }
            if parse(&text).is_err() {
                prop_assert!(theirs.is_err(), "{}", text);
            }
        }
    }

    #[test]
    fn says_where_and_what() {
        let error = |text: &str| {
            let error = parse(text).unwrap_err();
            (error.offset, error.message)
        };
        assert_eq!(error(r#"{"a" 1}"#), (5, "expected `:`, found `1`".to_owned()));
        assert_eq!(error("[1,]"), (3, "expected a value, found `]`".to_owned()));
        assert_eq!(error("[1"), (2, "expected `,` or `]`, the text ends here".to_owned()));
        assert!(error(&"[".repeat(10_000)).1.contains("nested deeper"));
    }
}
