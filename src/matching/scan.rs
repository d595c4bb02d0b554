//! The characters of a pattern, one by one, with their places.

/// Reads a pattern.
pub(super) struct Scanner<'p> {
    rest: std::str::Chars<'p>,
    n_read: usize,
}

impl<'p> Scanner<'p> {
    pub(super) fn new(pattern: &'p str) -> Self {
        Self { rest: pattern.chars(), n_read: 0 }
    }

    /// The next character.
    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.n_read += usize::from(next.is_some());
        next
    }

    /// The character after this place.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    /// The character after the next.
    pub(super) fn peek_second(&self) -> Option<char> {
        self.rest.clone().nth(1)
    }

    /// The number of the character read last, from 1.
    pub(super) fn place(&self) -> usize {
        self.n_read
    }

    pub(super) fn next_if(&mut self, is_wanted: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|&c| is_wanted(c))?;
        self.next()
    }

    /// Whether this character was next; then it is read.
    pub(super) fn skip_if(&mut self, expected: char) -> bool {
        self.next_if(|c| c == expected).is_some()
    }

    /// Whether these characters were next; then they are read.
    pub(super) fn skip_all(&mut self, expected: &str) -> bool {
        let fits = self.rest.as_str().starts_with(expected);
        if fits {
            for _ in expected.chars() {
                self.next();
            }
        }
        fits
    }

    /// Decimal digits, perhaps none.
    pub(super) fn digits(&mut self) -> String {
        std::iter::from_fn(|| self.next_if(|c| c.is_ascii_digit())).collect()
    }

    /// A name of letters and digits that begins with a letter, up to `end`.
    pub(super) fn name(&mut self, end: char) -> Option<String> {
        let name: String =
            std::iter::from_fn(|| self.next_if(|c| c.is_ascii_alphanumeric())).collect();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
        (is_name && self.skip_if(end)).then_some(name)
    }

    /// The next character of what `\Q` opened; `None` at its `\E` and at the end.
    pub(super) fn quoted(&mut self) -> Option<char> {
        if self.skip_all("\\E") { None } else { self.next() }
    }
}
