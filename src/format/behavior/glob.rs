//! URLs with wildcards: `/v1/*/charges`, `/v1/**`, `/search?q=*`.

use crate::model::UrlPattern;

/// `*` in a path, in a query, and `**`, as regular expressions.
const SEGMENT: &str = "[^/?]*";
const PARAMETER: &str = "[^&]*";
const ANYTHING: &str = ".*";

/// Which URLs a text means. `*` is any text within a segment of the path or a parameter, `**` any text;
/// without a `?` the query may be any.
///
/// # Errors
///
/// What is wrong with it.
pub fn parse(text: &str) -> Result<UrlPattern, String> {
    if !text.starts_with(['/', '*']) {
        return Err(format!("URL `{text}` must begin with `/` or `*`"));
    }
    let has_query = text.contains('?');
    Ok(match (text.contains('*'), has_query) {
        (false, false) => UrlPattern::UrlPath(text.to_owned()),
        (false, true) => UrlPattern::Url(text.to_owned()),
        (true, false) => UrlPattern::UrlPathPattern(regex(text)),
        (true, true) => UrlPattern::UrlPattern(regex(text)),
    })
}

/// The text that means these URLs, if there is one.
pub(in crate::format) fn print(pattern: &UrlPattern) -> Option<String> {
    let text = match pattern {
        UrlPattern::Any | UrlPattern::UrlPathTemplate(_) => return None,
        UrlPattern::Url(text) | UrlPattern::UrlPath(text) => text.clone(),
        UrlPattern::UrlPattern(regex) | UrlPattern::UrlPathPattern(regex) => wildcards(regex),
    };
    // Whatever is no picture of a text with wildcards does not read back as the same.
    (parse(&text).as_ref() == Ok(pattern)).then_some(text)
}

/// The regular expression of a text that may have wildcards; `within` is what `*` stands for.
fn regex(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut is_query = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => out.push_str(ANYTHING),
            '*' => out.push_str(if is_query { PARAMETER } else { SEGMENT }),
            '?' => {
                is_query = true;
                out.push_str("\\?");
            }
            _ => push_quoted(&mut out, c),
        }
    }
    out
}

/// The regular expression of a text in which `*` is any text.
pub(in crate::format) fn anywhere(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c == '*' {
            out.push_str(ANYTHING);
        } else {
            push_quoted(&mut out, c);
        }
    }
    out
}

fn push_quoted(out: &mut String, c: char) {
    if "\\.+()[]{}^$|?*".contains(c) {
        out.push('\\');
    }
    out.push(c);
}

fn wildcards(regex: &str) -> String {
    let mut out = String::with_capacity(regex.len());
    let mut rest = regex;
    while let Some(c) = rest.chars().next() {
        let (piece, length) = if rest.starts_with(ANYTHING) {
            ("**", ANYTHING.len())
        } else if rest.starts_with(SEGMENT) {
            ("*", SEGMENT.len())
        } else if rest.starts_with(PARAMETER) {
            ("*", PARAMETER.len())
        } else {
            let escape = usize::from(c == '\\');
            let end = rest.char_indices().nth(escape + 1).map_or(rest.len(), |(at, _)| at);
            (rest.get(escape..end).unwrap_or_default(), end)
        };
        out.push_str(piece);
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_become_the_narrowest_pattern_there_is() {
        let pattern = |text| parse(text).unwrap();
        assert_eq!(pattern("/v1/charges"), UrlPattern::UrlPath("/v1/charges".into()));
        assert_eq!(pattern("/a?b=1"), UrlPattern::Url("/a?b=1".into()));
        let path = |regex: &str| UrlPattern::UrlPathPattern(regex.into());
        assert_eq!(pattern("/v1/*/x.json"), path("/v1/[^/?]*/x\\.json"));
        assert_eq!(pattern("/v1/**"), path("/v1/.*"));
        assert_eq!(pattern("/s?q=*&p=**"), UrlPattern::UrlPattern("/s\\?q=[^&]*&p=.*".into()));
        assert!(parse("v1").is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(text in "/[a-z*?&.=/\\\\$é]{0,12}") {
            let pattern = parse(&text).unwrap();
            let written = print(&pattern).unwrap();
            prop_assert_eq!(parse(&written), Ok(pattern));
        }

        #[test]
        fn any_regex_can_be_looked_at(regex in any::<String>()) {
            let _ = print(&UrlPattern::UrlPattern(regex));
        }
    }
}
