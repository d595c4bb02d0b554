//! A template as it is read: where the reader is, what tags begin and end with.

use super::{
    error::{TemplateError, line_and_column},
    token::{self, Kind, Token},
};

/// Blocks and parentheses may nest so deep.
pub const MAX_NESTING: usize = 64;

/// The beginning of a tag.
#[derive(Clone, Copy)]
pub(super) struct Tag {
    /// Which tag.
    pub sigil: Sigil,
    /// Where it begins.
    pub start: usize,
    /// Whether `~` is there.
    pub trims: bool,
}

/// What a tag begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sigil {
    Amp,
    Block,
    Delimiters,
    EndBlock,
    EndRaw,
    Partial,
    PartialBlock,
    Raw,
    Triple,
    Unless,
    Var,
}

impl Sigil {
    /// In the order in which they are tried.
    const ALL: [(&'static str, Self); 11] = [
        ("&", Self::Amp),
        ("{{/", Self::EndRaw),
        ("{{", Self::Raw),
        ("{", Self::Triple),
        ("^", Self::Unless),
        ("#>", Self::PartialBlock),
        ("#", Self::Block),
        ("=", Self::Delimiters),
        (">", Self::Partial),
        ("/", Self::EndBlock),
        ("", Self::Var),
    ];

    /// The braces before the plain end of the tag.
    pub(super) fn extra_braces(self) -> usize {
        match self {
            Self::Raw | Self::EndRaw => 2,
            Self::Triple => 1,
            _ => 0,
        }
    }
}

/// A template and how far it was read.
pub(super) struct Reader<'s> {
    /// The whole template.
    source: &'s str,
    /// Where what is parsed ends.
    end: usize,
    /// Where the next piece begins.
    pub at: usize,
    /// What begins a tag, `{{` until it is changed.
    pub open: String,
    /// What ends one.
    pub close: String,
    /// The tag before asked for the text after it to be trimmed.
    pub trims_next: bool,
    /// Blocks and parentheses that are open.
    pub nesting: usize,
    /// Of each open block, whether it begins with `^`.
    pub inverted: Vec<bool>,
    /// Where the comments so far were.
    pub comments: Vec<std::ops::Range<usize>>,
}

impl<'s> Reader<'s> {
    /// Reads from `at` to `end`.
    pub(super) fn new(source: &'s str, at: usize, end: usize) -> Self {
        Self {
            source,
            end,
            at,
            open: "{{".to_owned(),
            close: "}}".to_owned(),
            trims_next: false,
            nesting: 0,
            inverted: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// What stands between two places.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'s str {
        self.source.get(from..to).unwrap_or_default()
    }

    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> TemplateError {
        TemplateError::at(self.source, offset, message)
    }

    pub(super) fn rest(&self) -> &'s str {
        self.source.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn deeper(&mut self, at: usize) -> Result<(), TemplateError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.error(at, format!("nested deeper than {MAX_NESTING}")));
        }
        Ok(())
    }

    pub(super) fn token_at(&self, at: usize) -> Token<'s> {
        token::next(self.slice(0, self.end), at, &self.close)
    }

    pub(super) fn tag(&mut self) -> Tag {
        let start = self.at;
        let inside = self.rest().get(self.open.len()..).unwrap_or_default();
        let trimmed = inside.strip_prefix('~');
        for (sigil, kind) in Sigil::ALL {
            for (text, trims) in [(Some(inside), false), (trimmed, true)] {
                // Without a sigil `~` is part of the beginning.
                let is_it = text.is_some_and(|text| text.starts_with(sigil));
                if is_it && !(kind == Sigil::Var && !trims && trimmed.is_some()) {
                    self.at = start + self.open.len() + usize::from(trims) + sigil.len();
                    return Tag { sigil: kind, start, trims };
                }
            }
        }
        self.at = start + self.open.len();
        Tag { sigil: Sigil::Var, start, trims: false }
    }

    pub(super) fn peek(&self) -> Token<'s> {
        self.token_at(self.at)
    }

    pub(super) fn advance(&mut self) -> Token<'s> {
        let token = self.peek();
        self.at = token.end;
        token
    }

    pub(super) fn path_token(&mut self, expected: &str) -> Result<(&'s str, usize), TemplateError> {
        let token = self.advance();
        match token.kind {
            Kind::Path(text) => Ok((text, token.start)),
            _ => Err(self.unexpected(&token, expected)),
        }
    }

    pub(super) fn unexpected(&self, token: &Token<'_>, expected: &str) -> TemplateError {
        let found = self.source.get(token.start..token.end).unwrap_or_default();
        let message = if token.kind == Kind::EndOfText {
            format!("expected {expected}, found the end of the template")
        } else if matches!(token.kind, Kind::Other | Kind::PartialName(_))
            && let Some(quote) = found.chars().next().filter(|c| matches!(c, '"' | '\''))
        {
            format!(
                "the text that begins with `{quote}` does not end with one before a space or the tag's end"
            )
        } else {
            format!("expected {expected}, found `{found}`")
        };
        self.error(token.start, message)
    }

    /// The end of a tag.
    pub(super) fn end_of(&mut self, tag: Tag) -> Result<(), TemplateError> {
        let token = self.advance();
        let extra = tag.sigil.extra_braces();
        match token.kind {
            Kind::Close { extra: found, trims } if found == extra => {
                self.trims_next = trims && extra < 2;
                Ok(())
            }
            Kind::Close { extra: found, .. } if found > extra => Err(self.error(
                token.start,
                format!(
                    "expected `{0}`, found `{1}`; set a space between the tag and the brace after it",
                    "}".repeat(2 + extra),
                    "}".repeat(2 + found)
                ),
            )),
            _ => {
                let expected = format!("a parameter or `{}{}`", "}".repeat(extra), self.close);
                Err(self.unexpected(&token, &expected))
            }
        }
    }

    /// Line and column of a place.
    pub(super) fn place(&self, offset: usize) -> String {
        let (line, column) = line_and_column(self.source.get(..offset).unwrap_or_default());
        format!("{line}:{column}")
    }
}
