//! What follows a `\` in Java's regular expressions.

use super::{java_property, scan::Scanner};

/// What an escape stands for.
pub(super) enum Escape {
    /// A character.
    Char(char),
    /// One of several characters, as a class in brackets.
    Class(String),
    /// A letter that only means something outside of classes, or nothing at all.
    Letter(char),
    /// The group of that name.
    Name(String),
    /// The first digit of the number of a group.
    Number(u32),
    /// What follows, up to `\E`, stands for itself.
    Quote,
}

/// Reads an escape whose `\` is character `at`.
///
/// # Errors
///
/// What is wrong with it, for a person.
pub(super) fn read(chars: &mut Scanner<'_>, at: usize, unicode: bool) -> Result<Escape, String> {
    let escaped = chars.next().ok_or_else(|| {
        format!("the `\\` at character {at} escapes nothing; write `\\\\` for the character itself")
    })?;
    let class = |class: &str| Ok(Escape::Class(class.to_owned()));
    match escaped {
        // Java's are ASCII, Rust's are Unicode.
        'd' | 'D' | 'w' | 'W' | 's' | 'S' if unicode => class(&format!("[\\{escaped}]")),
        'd' => class("[0-9]"),
        'D' => class("[^0-9]"),
        'w' => class("[0-9A-Za-z_]"),
        'W' => class("[^0-9A-Za-z_]"),
        's' => class(r"[\t\n\x0B\x0C\r ]"),
        'S' => class(r"[^\t\n\x0B\x0C\r ]"),
        'h' => class(r"[\t \u{A0}\u{1680}\u{180E}\u{2000}-\u{200A}\u{202F}\u{205F}\u{3000}]"),
        'H' => class(r"[^\t \u{A0}\u{1680}\u{180E}\u{2000}-\u{200A}\u{202F}\u{205F}\u{3000}]"),
        'v' => class(r"[\n\x0B\x0C\r\u{85}\u{2028}\u{2029}]"),
        'V' => class(r"[^\n\x0B\x0C\r\u{85}\u{2028}\u{2029}]"),
        'p' | 'P' => property(chars, escaped == 'P', at).map(Escape::Class),
        'a' => Ok(Escape::Char('\u{7}')),
        'e' => Ok(Escape::Char('\u{1b}')),
        'f' => Ok(Escape::Char('\u{c}')),
        'n' => Ok(Escape::Char('\n')),
        'r' => Ok(Escape::Char('\r')),
        't' => Ok(Escape::Char('\t')),
        '0' => octal(chars, at).map(Escape::Char),
        'x' => hexadecimal(chars, at).map(Escape::Char),
        'u' => utf_16(chars, at).map(Escape::Char),
        'c' => {
            let control = chars
                .next()
                .ok_or("the pattern ends after `\\c`; add the letter of a control character")?;
            Ok(Escape::Char(char::from_u32(u32::from(control) ^ 64).unwrap_or(control)))
        }
        'Q' => Ok(Escape::Quote),
        'k' => {
            let name = chars.skip_if('<').then(|| chars.name('>')).flatten().ok_or_else(|| {
                format!("a name is missing or not closed at character {at}; write `\\k<name>`")
            })?;
            Ok(Escape::Name(name))
        }
        '1'..='9' => Ok(Escape::Number(escaped.to_digit(10).unwrap_or(1))),
        letter if letter.is_ascii_alphabetic() => Ok(Escape::Letter(letter)),
        other => Ok(Escape::Char(other)),
    }
}

/// An escape that Java does not have either.
pub(super) fn unknown(letter: char, at: usize) -> String {
    format!(
        "`\\{letter}` at character {at} means nothing; write `\\\\{letter}` for a backslash and a letter, or leave the backslash out"
    )
}

fn property(chars: &mut Scanner<'_>, is_negated: bool, at: usize) -> Result<String, String> {
    let name = match chars.next() {
        Some('{') => {
            let mut name = String::new();
            loop {
                match chars.next() {
                    Some('}') => break name,
                    Some(c) => name.push(c),
                    None => {
                        return Err(format!(
                            "the property at character {at} is never closed; add `}}`"
                        ));
                    }
                }
            }
        }
        Some(c) => c.to_string(),
        None => {
            return Err(
                "the pattern ends after `\\p`; add a property, as in `\\p{Alpha}`".to_owned()
            );
        }
    };
    java_property::class(&name, is_negated).ok_or_else(|| {
        format!(
            "unknown property `{name}` at character {at}; correct its name, as in `\\p{{Alpha}}`"
        )
    })
}

/// `\0` and up to three octal digits, at most 0377.
fn octal(chars: &mut Scanner<'_>, at: usize) -> Result<char, String> {
    let mut value: Option<u32> = None;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) {
        let longer = value.unwrap_or(0) * 8 + digit;
        if longer > 0o377 {
            break;
        }
        value = Some(longer);
        chars.next();
    }
    value
        .and_then(char::from_u32)
        .ok_or_else(|| format!("`\\0` at character {at} wants an octal number, as in `\\011`"))
}

/// `\xhh` or `\x{h…}`.
fn hexadecimal(chars: &mut Scanner<'_>, at: usize) -> Result<char, String> {
    let digits: String = if chars.skip_if('{') {
        let digits = std::iter::from_fn(|| chars.next_if(|c| c.is_ascii_hexdigit())).collect();
        if !chars.skip_if('}') {
            return Err(format!("the `\\x{{` at character {at} is never closed; add `}}`"));
        }
        digits
    } else {
        let both: String =
            (0..2).filter_map(|_| chars.next_if(|c| c.is_ascii_hexdigit())).collect();
        if both.len() < 2 { String::new() } else { both }
    };
    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).ok_or_else(|| {
        format!(
            "`\\x` at character {at} wants a character's number, as in `\\x41` or `\\x{{1F600}}`"
        )
    })
}

/// `\uhhhh`, and a second one after the first half of a pair.
fn utf_16(chars: &mut Scanner<'_>, at: usize) -> Result<char, String> {
    let mut unit = || {
        let digits: String =
            (0..4).filter_map(|_| chars.next_if(|c| c.is_ascii_hexdigit())).collect();
        if digits.len() < 4 { None } else { u16::from_str_radix(&digits, 16).ok() }
    };
    let wanted =
        || format!("`\\u` at character {at} wants four hexadecimal digits, as in `\\u0041`");
    let first = unit().ok_or_else(wanted)?;
    let mut units = vec![first];
    if (0xD800..0xDC00).contains(&first) && chars.skip_all("\\u") {
        let digits: String =
            (0..4).filter_map(|_| chars.next_if(|c| c.is_ascii_hexdigit())).collect();
        units.extend(u16::from_str_radix(&digits, 16).ok());
    }
    char::decode_utf16(units).next().and_then(Result::ok).ok_or_else(wanted)
}
