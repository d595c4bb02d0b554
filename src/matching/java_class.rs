//! `[…]` of Java's regular expressions: unions and intersections of characters, ranges and classes.

use std::fmt::Write as _;

use super::{
    java_escape::{self, Escape},
    scan::Scanner,
};

/// Classes inside classes may go so deep.
const MAX_DEPTH: usize = 50;

/// Reads a class whose `[` is read, and gives it in Rust's syntax.
///
/// # Errors
///
/// What is wrong with it, for a person.
pub(super) fn class(
    chars: &mut Scanner<'_>,
    comments: bool,
    unicode: bool,
) -> Result<String, String> {
    Reader { chars, comments, unicode }.class(0)
}

struct Reader<'s, 'p> {
    chars: &'s mut Scanner<'p>,
    comments: bool,
    unicode: bool,
}

/// A member of a class.
enum Member {
    Char(char),
    Class(String),
    /// What `\Q` opened, perhaps nothing.
    Quoted(Vec<char>),
}

impl Reader<'_, '_> {
    fn class(&mut self, depth: usize) -> Result<String, String> {
        let opened_at = self.chars.place();
        if depth >= MAX_DEPTH {
            return Err(format!(
                "it nests too deeply at character {opened_at}; use fewer classes inside classes"
            ));
        }
        let sign = if self.chars.skip_if('^') { "^" } else { "" };
        // Parts of an intersection that are complete, and the union that is being read.
        let mut parts: Vec<String> = Vec::new();
        let mut union = String::new();
        let mut is_first = true;
        loop {
            let c = self.chars.next().ok_or_else(|| {
                format!(
                    "the class that opens at character {opened_at} is never closed; add `]`, or write `\\[` for the character itself"
                )
            })?;
            match c {
                // One that comes first is one of the characters.
                ']' if !is_first => break,
                ' ' | '\t'..='\r' if self.comments => continue,
                '[' => union.push_str(&self.class(depth + 1)?),
                '&' if self.chars.skip_if('&') => {
                    if !union.is_empty() {
                        parts.push(std::mem::take(&mut union));
                    }
                }
                _ => match self.member(c)? {
                    Member::Char(c) => self.char_or_range(c, &mut union)?,
                    Member::Class(class) => union.push_str(&class),
                    Member::Quoted(quoted) => {
                        quoted.into_iter().for_each(|c| push_char(&mut union, c));
                    }
                },
            }
            is_first = false;
        }
        if parts.is_empty() {
            if union.is_empty() {
                return Err(format!(
                    "the class at character {opened_at} is empty; name a character"
                ));
            }
            return Ok(format!("[{sign}{union}]"));
        }
        if !union.is_empty() {
            parts.push(union);
        }
        let parts: Vec<String> = parts.into_iter().map(|part| format!("[{part}]")).collect();
        Ok(format!("[{sign}{}]", parts.join("&&")))
    }

    fn member(&mut self, c: char) -> Result<Member, String> {
        if c != '\\' {
            return Ok(Member::Char(c));
        }
        let at = self.chars.place();
        match java_escape::read(self.chars, at, self.unicode)? {
            Escape::Char(c) => Ok(Member::Char(c)),
            Escape::Class(class) => Ok(Member::Class(class)),
            Escape::Quote => {
                Ok(Member::Quoted(std::iter::from_fn(|| self.chars.quoted()).collect()))
            }
            Escape::Letter(letter) => Err(java_escape::unknown(letter, at)),
            Escape::Name(_) | Escape::Number(_) => Err(format!(
                "a back reference at character {at} stands in a class; move it out of the brackets"
            )),
        }
    }

    fn char_or_range(&mut self, first: char, union: &mut String) -> Result<(), String> {
        let at = self.chars.place();
        let is_range = self.chars.peek() == Some('-')
            && !matches!(self.chars.peek_second(), None | Some(']' | '['));
        if !is_range {
            push_char(union, first);
            return Ok(());
        }
        self.chars.next();
        let last = match self.chars.next() {
            Some(c) => self.member(c)?,
            None => return Ok(()),
        };
        match last {
            Member::Char(last) if first <= last => {
                push_char(union, first);
                union.push('-');
                push_char(union, last);
                Ok(())
            }
            Member::Char(last) => Err(format!(
                "the range `{first}-{last}` at character {at} runs backwards; swap its ends"
            )),
            Member::Class(_) | Member::Quoted(_) => Err(format!(
                "the range at character {at} ends with a class; write `\\-` for the character itself"
            )),
        }
    }
}

/// By its number, so that it means nothing else.
fn push_char(out: &mut String, c: char) {
    if c.is_alphanumeric() {
        out.push(c);
    } else {
        // Writing to a String cannot fail.
        let _ = write!(out, r"\x{{{:x}}}", u32::from(c));
    }
}
