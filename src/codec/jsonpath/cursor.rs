//! A place in an expression. All syntax is ASCII, so places are bytes.

use super::error::JsonPathError;

/// A part of an expression and a place in it.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    /// What to add to a place in `text` for the place in what the user wrote.
    shift: isize,
    pub(super) at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, shift: isize) -> Self {
        Self { text, shift, at: 0 }
    }

    /// A cursor over a part of the same text.
    pub(super) fn part(&self, start: usize, end: usize) -> Self {
        let shift = self.shift.saturating_add_unsigned(start);
        Self { text: self.slice(start, end), shift, at: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    pub(super) fn current(&self) -> Option<u8> {
        self.byte(self.at)
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn rest(&self) -> &'t str {
        self.slice(self.at, self.len())
    }

    /// Whether at most one more character is there: Jayway leaves that one unread.
    pub(super) fn is_tail(&self) -> bool {
        self.rest().chars().nth(1).is_none()
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.current() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Steps over `text`, blanks before it too, when it is there; stays otherwise.
    pub(super) fn takes(&mut self, text: &str) -> bool {
        let before = self.at;
        self.skip_blanks();
        if self.rest().starts_with(text) {
            self.at += text.len();
            return true;
        }
        self.at = before;
        false
    }

    /// The place of the first character after `at` that is no blank.
    pub(super) fn next_significant(&self, at: usize) -> usize {
        let mut next = at + 1;
        while self.byte(next) == Some(b' ') {
            next += 1;
        }
        next
    }

    /// The character before `at` that is no blank.
    pub(super) fn previous_significant(&self, at: usize) -> Option<(usize, u8)> {
        let before = self.text.as_bytes().get(..at)?;
        let place = before.iter().rposition(|&byte| byte != b' ')?;
        before.get(place).map(|&byte| (place, byte))
    }

    pub(super) fn find(&self, from: usize, byte: u8) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        rest.iter().position(|&b| b == byte).map(|at| from + at)
    }

    /// The next `byte` that no backslash escapes.
    pub(super) fn find_unescaped(&self, from: usize, byte: u8) -> Option<usize> {
        let mut at = from;
        loop {
            match self.byte(at)? {
                b'\\' => at += 2,
                b if b == byte => return Some(at),
                _ => at += 1,
            }
        }
    }

    /// The bracket that closes the one at `open_at`; what stands in quotes does not count.
    pub(super) fn closing(&self, open_at: usize, open: u8, close: u8) -> Option<usize> {
        let mut opened = 0_usize;
        let mut at = open_at;
        loop {
            match self.byte(at)? {
                quote @ (b'\'' | b'"') => at = self.find_unescaped(at + 1, quote)?,
                b if b == open => opened += 1,
                b if b == close => {
                    opened = opened.saturating_sub(1);
                    if opened == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> JsonPathError {
        self.error_at(self.at, message)
    }

    pub(super) fn error_at(&self, at: usize, message: impl Into<String>) -> JsonPathError {
        let offset = at.min(self.len()).saturating_add_signed(self.shift);
        JsonPathError { offset, message: message.into() }
    }

    /// "expected …, found `x`".
    pub(super) fn expected(&self, at: usize, what: &str) -> JsonPathError {
        let message = match self.slice(at, self.len()).chars().next() {
            Some(c) => format!("expected {what}, found `{c}`"),
            None => format!("expected {what}, the expression ends here"),
        };
        self.error_at(at, message)
    }
}
