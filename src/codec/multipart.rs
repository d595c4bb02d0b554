//! `multipart/*` bodies in memory, cut into parts (RFC 2046 §5.1, RFC 7578).
//!
//! Tolerant where senders are careless: bare line feeds, no final boundary, a preamble. A part knows
//! the place of its content in the body, so that it can be replaced there.

use std::ops::Range;

use crate::model::message::text_of;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its header fields in order; names as sent.
    pub headers: Vec<(String, String)>,
    /// Where its content stands in the whole body.
    pub range: Range<usize>,
}

impl Part {
    /// The content, out of the `whole` body that the part was cut from.
    pub fn body<'b>(&self, whole: &'b [u8]) -> &'b [u8] {
        whole.get(self.range.clone()).unwrap_or_default()
    }

    /// The values of a header field, whatever the case of its name.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The form field that the part is for: `name` of its `Content-Disposition`.
    pub fn name(&self) -> Option<String> {
        parameter(self.header("content-disposition").next()?, "name")
    }

    /// The name of the file that it was made from.
    pub fn file_name(&self) -> Option<String> {
        parameter(self.header("content-disposition").next()?, "filename")
    }
}

/// The boundary that a `Content-Type` value names; `None` when it is not multipart.
pub fn boundary(content_type: &str) -> Option<String> {
    let kind = content_type.trim_start().get(..10)?;
    if !kind.eq_ignore_ascii_case("multipart/") {
        return None;
    }
    parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty())
}

/// Cuts a body at its boundary; `None` when the boundary never occurs.
pub fn parts(body: &[u8], boundary: &str) -> Option<Vec<Part>> {
    let mut delimiter = b"--".to_vec();
    delimiter.extend(boundary.as_bytes());

    let mut parts = Vec::new();
    let mut part_start = None;
    let mut line_start = 0;
    while line_start < body.len() {
        let rest = body.get(line_start..).unwrap_or_default();
        let line_length =
            rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at + 1);
        let line = rest.get(..line_length).unwrap_or_default();
        if let Some(after) = line.strip_prefix(delimiter.as_slice())
            && let Some(is_last) = ends_delimiter(after)
        {
            if let Some(start) = part_start {
                parts.push(part(body, start, line_start));
            }
            part_start = Some(line_start + line_length);
            if is_last {
                return Some(parts);
            }
        }
        line_start += line_length;
    }
    // A sender that broke off or forgot the final boundary: the last part is what came of it.
    let start = part_start?;
    if start < body.len() {
        parts.push(part(body, start, body.len()));
    }
    Some(parts)
}

/// A parameter of a field value, quotes and escapes undone: `form-data; name="a\"b"`.
pub fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        if rest.is_empty() {
            return None;
        }
        let stop = rest.find(['=', ';']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(stop);
        let Some(after) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let (found, remaining) = parameter_value(after.trim_start());
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(found);
        }
        rest = remaining;
    }
}

fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim_end().to_owned(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            // Browsers send file names of Windows with single backslashes; only these two escape.
            '\\' if quoted.get(at + 1..).is_some_and(|next| next.starts_with(['"', '\\'])) => {
                value.extend(chars.next().map(|(_, escaped)| escaped));
            }
            _ => value.push(c),
        }
    }
    (value, "")
}

/// What follows a delimiter on its line: `Some(true)` after the last one, `None` if it is no delimiter.
fn ends_delimiter(after: &[u8]) -> Option<bool> {
    let (is_last, after) = match after.strip_prefix(b"--") {
        Some(after) => (true, after),
        None => (false, after),
    };
    after.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).then_some(is_last)
}

fn without_line_end(content: &[u8]) -> &[u8] {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    content.strip_suffix(b"\r").unwrap_or(content)
}

fn part(whole: &[u8], start: usize, end: usize) -> Part {
    let content = without_line_end(whole.get(start..end).unwrap_or_default());
    let end = start + content.len();
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut at = start;
    loop {
        let rest = whole.get(at..end).unwrap_or_default();
        let line_length =
            rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at + 1);
        let line = without_line_end(rest.get(..line_length).unwrap_or_default());
        if line.is_empty() {
            return Part { headers, range: at + line_length..end };
        }
        match (text_of(line).split_once(':'), headers.last_mut()) {
            // A folded line belongs to the field before it.
            (_, Some((_, value))) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                value.push(' ');
                value.push_str(text_of(line).trim());
            }
            (Some((name, value)), _) => {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            // No header at all: the sender left out the empty line.
            (None, _) => return Part { headers, range: at..end },
        }
        at += line_length;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(body: &str, expect: &[(&str, &str)]) {
        let parts = parts(body.as_bytes(), "XX").unwrap();
        let found: Vec<_> = parts
            .iter()
            .map(|part| {
                (
                    part.name().unwrap_or_default(),
                    std::str::from_utf8(part.body(body.as_bytes())).unwrap(),
                )
            })
            .collect();
        let found: Vec<_> = found.iter().map(|(name, body)| (name.as_str(), *body)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn form_data_is_cut_into_named_parts() {
        check(
            "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n\
             --XX\r\ncontent-disposition: form-data; name=b\r\n\r\n\r\nt\r\nwo\r\n\r\n--XX--\r\n",
            &[("a", "one"), ("b", "\r\nt\r\nwo\r\n")],
        );
    }

    #[test]
    fn careless_senders_are_understood() {
        check("--XX\nContent-Disposition: x; name=a\n\none\n--XX--", &[("a", "one")]);
        check("preamble\r\n--XX  \r\n\r\nno headers\r\n--XX--\r\nepilogue", &[("", "no headers")]);
        check("--XX\r\nContent-Disposition: x; name=a\r\n\r\ncut o", &[("a", "cut o")]);
        check("--XX--\r\n", &[]);
    }

    #[test]
    fn a_line_that_only_starts_like_the_boundary_is_content() {
        check("--XX\r\n\r\n--XXL\r\n--X\r\n--XX--\r\n", &[("", "--XXL\r\n--X")]);
    }

    #[test]
    fn without_the_boundary_there_are_no_parts() {
        assert_eq!(parts(b"anything", "XX"), None);
    }

    #[test]
    fn boundary_may_be_quoted_and_anywhere() {
        let check = |content_type, expect: Option<&str>| {
            assert_eq!(boundary(content_type).as_deref(), expect, "{content_type}");
        };
        check("multipart/form-data; boundary=abc", Some("abc"));
        check("Multipart/Related; type=\"a;b\"; BOUNDARY=\"a b\"; start=x", Some("a b"));
        check("multipart/form-data", None);
        check("multipart/form-data; boundary=", None);
        check("application/json; boundary=abc", None);
    }

    #[test]
    fn file_names_keep_backslashes_and_lose_escapes() {
        let value = r#"form-data; name="f"; filename="C:\x\"y\".txt""#;
        assert_eq!(parameter(value, "filename").as_deref(), Some(r#"C:\x"y".txt"#));
        assert_eq!(parameter(value, "name").as_deref(), Some("f"));
    }

    proptest! {
        #[test]
        fn never_panics(body in "[-X\\r\\n:a; =\"\\\\é]{0,60}", value in "[a;=\"\\\\ é]{0,20}") {
            let _ = parts(body.as_bytes(), "X");
            let _ = parameter(&value, "a");
            let _ = boundary(&value);
        }
    }
}
