//! A pattern taken apart: runs of one letter, and text between them.
//!
//! What a letter means is left to `compile` (reading) and `print`.

/// How long a pattern may be. A letter repeated pads with zeros, so the length bounds what is printed.
const LONGEST: usize = 256;

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// The same letter, so many times.
    Letters(char, usize),
    /// Text between quotes; two quotes are one.
    Quoted(String),
    /// A character that is no letter, outside quotes.
    Other(char),
}

/// The pieces of `pattern`, or what is wrong with it.
pub(super) fn runs(pattern: &str) -> Result<Vec<Run>, String> {
    if pattern.len() > LONGEST {
        return Err(format!("a date pattern has at most {LONGEST} characters"));
    }
    let mut runs = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(first) = rest.next() {
        if first == '\'' {
            runs.push(Run::Quoted(quoted(&mut rest, pattern)?));
        } else if first.is_ascii_alphabetic() {
            let mut count = 1;
            while rest.next_if_eq(&first).is_some() {
                count += 1;
            }
            runs.push(Run::Letters(first, count));
        } else {
            runs.push(Run::Other(first));
        }
    }
    Ok(runs)
}

/// What stands between quotes, the first of which has been read.
fn quoted(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    pattern: &str,
) -> Result<String, String> {
    if rest.next_if_eq(&'\'').is_some() {
        return Ok("'".to_owned());
    }
    let mut text = String::new();
    loop {
        match rest.next() {
            None => return Err(format!("unterminated quote in date pattern `{pattern}`")),
            Some('\'') if rest.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') => return Ok(text),
            Some(other) => text.push(other),
        }
    }
}
