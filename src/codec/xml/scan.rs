//! The letters of XML: which characters may stand where (XML 1.0, fifth edition, §2.2 and §2.3).

/// White space.
pub const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// May stand in a document at all.
pub const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// May begin a name.
pub const fn is_name_start(c: char) -> bool {
    matches!(
        c,
        'a'..='z' | 'A'..='Z' | '_' | ':' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}'
        | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}'
    )
}

/// May stand in a name.
pub const fn is_name(c: char) -> bool {
    is_name_start(c)
        || matches!(
            c,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}'
        )
}

/// A place in a text, and what may be taken from there.
#[derive(Clone, Copy, Debug)]
pub struct Scanner<'t> {
    text: &'t str,
    /// In bytes from the start.
    pub at: usize,
}

impl<'t> Scanner<'t> {
    /// At the start of `text`.
    pub const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// What is left.
    pub fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes `expected` if it is next.
    pub fn take(&mut self, expected: &str) -> bool {
        let is_next = self.rest().starts_with(expected);
        if is_next {
            self.at += expected.len();
        }
        is_next
    }

    /// Takes white space, and says whether there was any.
    pub fn spaces(&mut self) -> bool {
        !self.take_while(is_space).is_empty()
    }

    /// Takes the longest run of characters that `wanted` likes.
    pub fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Takes all before `end`, and `end`; `None` when it does not come.
    pub fn until(&mut self, end: &str) -> Option<&'t str> {
        let rest = self.rest();
        let at = rest.find(end)?;
        self.at += at + end.len();
        rest.get(..at)
    }

    /// Takes a name; `None` when none begins here.
    pub fn name(&mut self) -> Option<&'t str> {
        if !self.peek().is_some_and(is_name_start) {
            return None;
        }
        Some(self.take_while(is_name))
    }

    /// Takes a quoted text, without its quotes.
    pub fn quoted(&mut self) -> Option<&'t str> {
        let quote = match self.peek()? {
            '"' => "\"",
            '\'' => "'",
            _ => return None,
        };
        self.at += 1;
        self.until(quote)
    }
}
