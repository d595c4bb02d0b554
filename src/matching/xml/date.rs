//! Whether a text begins with a date, as Java's lenient `SimpleDateFormat` reads one: only the
//! beginning counts, and a 99th month is one too.

/// A part of a Java date pattern.
enum Part {
    /// A letter, and how many of it there are.
    Field(char, usize),
    Literal(String),
}

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: &[&str] =
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// `2020-01-02`, whatever follows, or `1/2/20`: what `${xmlunit.isDateTime}` accepts.
pub fn is_usual(text: &str) -> bool {
    fits("yyyy-MM-dd", text) == Some(true) || fits("M/d/yy", text) == Some(true)
}

/// Whether `text` begins with a date of the Java pattern `pattern`; `None` when that is none.
pub fn fits(pattern: &str, text: &str) -> Option<bool> {
    let parts = parts(pattern)?;
    let mut rest = text;
    for (i, part) in parts.iter().enumerate() {
        let after = match part {
            Part::Literal(literal) => rest.strip_prefix(literal.as_str()),
            Part::Field(letter, count) => {
                // Without anything between, a number has as many digits as the pattern letters.
                let is_abutting = parts.get(i + 1).is_some_and(
                    |next| matches!(next, Part::Field(letter, count) if is_number(*letter, *count)),
                );
                field(*letter, *count, is_abutting, rest.trim_start_matches([' ', '\t']))
            }
        };
        match after {
            Some(after) => rest = after,
            None => return Some(false),
        }
    }
    Some(true)
}

const fn is_number(letter: char, count: usize) -> bool {
    !matches!((letter, count), ('M' | 'L', 3..) | ('E' | 'a' | 'z' | 'Z' | 'X' | 'G', _))
}

fn parts(pattern: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            let mut literal = String::new();
            loop {
                match chars.next()? {
                    '\'' if chars.next_if_eq(&'\'').is_some() => literal.push('\''),
                    '\'' => break,
                    other => literal.push(other),
                }
            }
            parts.push(Part::Literal(if literal.is_empty() { "'".to_owned() } else { literal }));
        } else if c.is_ascii_alphabetic() {
            if !"GyYMLwWDdFEuaHkKhmsSzZX".contains(c) {
                return None;
            }
            let mut count = 1;
            while chars.next_if_eq(&c).is_some() {
                count += 1;
            }
            parts.push(Part::Field(c, count));
        } else {
            parts.push(Part::Literal(c.to_string()));
        }
    }
    Some(parts)
}

/// What follows the field that `text` begins with.
fn field(letter: char, count: usize, is_abutting: bool, text: &str) -> Option<&str> {
    match letter {
        'M' | 'L' if count >= 3 => name(MONTHS, text),
        'E' => name(DAYS, text),
        'a' => name(&["am", "pm"], text),
        'G' => name(&["ad", "bc"], text),
        'X' if text.starts_with('Z') => text.get(1..),
        'z' | 'Z' | 'X' => zone(text),
        _ => {
            let unsigned = text.strip_prefix('-').filter(|_| !is_abutting).unwrap_or(text);
            let most = if is_abutting { count } else { usize::MAX };
            let n_digits = unsigned.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let is_enough = if is_abutting { n_digits == count } else { n_digits > 0 };
            unsigned.get(n_digits..).filter(|_| is_enough)
        }
    }
}

/// What follows the name, or the first three letters of one, that `text` begins with.
fn name<'t>(names: &[&str], text: &'t str) -> Option<&'t str> {
    let begins =
        |name: &&str| text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    let whole = names.iter().copied().find(|name| begins(name));
    let found = whole.or_else(|| names.iter().filter_map(|name| name.get(..3)).find(begins))?;
    text.get(found.len()..)
}

/// `+01:00`, `-0500`, `GMT`, `GMT+1:00`
fn zone(text: &str) -> Option<&str> {
    let named = ["GMT", "UTC"].iter().find_map(|name| text.strip_prefix(name));
    let offset = named.unwrap_or(text);
    let Some(digits) = offset.strip_prefix(['+', '-']) else { return named };
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(digits.len());
    if end == 0 { named } else { digits.get(end..) }
}
