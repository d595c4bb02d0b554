//! Heads of HTTP/1.1 answers that hyper would not write: a length that is not the body's, a framing
//! field twice.

/// A change of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeadEdit {
    /// Every line of this field comes twice.
    Twice(String),
    /// `Content-Length` says this.
    Length(u64),
}

/// The head that `bytes` begin with, changed, and its length before; `None` if it is not whole.
pub(super) fn edited(bytes: &[u8], edits: &[HeadEdit]) -> Option<(Vec<u8>, usize)> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let mut head = bytes.get(..end)?.to_vec();
    for edit in edits {
        head = match edit {
            HeadEdit::Twice(name) => twice(&head, name),
            HeadEdit::Length(length) => with_length(&head, *length),
        };
    }
    Some((head, end))
}

fn twice(head: &[u8], name: &str) -> Vec<u8> {
    let mut made = Vec::with_capacity(head.len() + 64);
    for line in lines(head) {
        made.extend_from_slice(line);
        if is_field(line, name) {
            made.extend_from_slice(line);
        }
    }
    made
}

fn with_length(head: &[u8], length: u64) -> Vec<u8> {
    let mut made = Vec::with_capacity(head.len() + 32);
    for line in lines(head) {
        match line {
            b"\r\n" => {
                made.extend_from_slice(format!("Content-Length: {length}\r\n\r\n").as_bytes());
            }
            line if is_field(line, "content-length") => {}
            line => made.extend_from_slice(line),
        }
    }
    made
}

/// The lines with their ends.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split_inclusive(|byte| *byte == b'\n')
}

fn is_field(line: &[u8], name: &str) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        && line.get(name.len()) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(head: &str, edits: &[HeadEdit]) -> Option<String> {
        let (head, _) = edited(head.as_bytes(), edits)?;
        Some(String::from_utf8(head).unwrap())
    }

    #[test]
    fn a_field_comes_twice_as_it_is_spelled() {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length-X: 1\r\n\r\nok";
        assert_eq!(
            told(head, &[HeadEdit::Twice("content-length".to_owned())]).unwrap(),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\nContent-Length-X: 1\r\n\r\n"
        );
        assert_eq!(edited(head.as_bytes(), &[]).unwrap().1, head.len() - 2);
    }

    #[test]
    fn a_length_is_put_in_or_replaced() {
        assert_eq!(
            told("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", &[HeadEdit::Length(7)]).unwrap(),
            "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 7\r\n\r\n"
        );
        assert_eq!(
            told("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n", &[HeadEdit::Length(7)]).unwrap(),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
        );
        assert_eq!(told("HTTP/1.1 200 OK\r\n", &[HeadEdit::Length(7)]), None);
    }
}
