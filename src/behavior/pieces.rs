//! Where a body is cut whose pieces come apart in time.

/// A piece of a body that has no structure of its own.
const BLOCK: u64 = 16 * 1024;
/// Pieces that a body is cut into at most; the last has the rest. Each costs a wake-up.
const MAX_PIECES: usize = 20_000;

/// What is known of a body.
#[derive(Clone, Copy, Debug)]
pub enum Cuttable<'b> {
    /// All of it, and its media type.
    Bytes(&'b [u8], Option<&'b str>),
    /// Its length.
    Length(u64),
}

/// The sizes of the pieces of a body: events (`text/event-stream`) and lines (JSON lines) as their
/// servers send them one by one, else blocks of 16 KiB.
pub fn cut(body: Cuttable<'_>) -> Vec<u64> {
    match body {
        Cuttable::Bytes(bytes, Some(media)) if is(media, &["text/event-stream"]) => events(bytes),
        Cuttable::Bytes(bytes, Some(media))
            if is(
                media,
                &["application/x-ndjson", "application/jsonl", "application/json-lines"],
            ) =>
        {
            parts(bytes, |rest| rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1))
        }
        Cuttable::Bytes(bytes, _) => blocks(bytes.len() as u64),
        Cuttable::Length(length) => blocks(length),
    }
}

/// Whether a media type is one of these, parameters aside.
fn is(media: &str, names: &[&str]) -> bool {
    let essence = media.split(';').next().unwrap_or_default().trim();
    names.iter().any(|name| essence.eq_ignore_ascii_case(name))
}

/// Events with the empty line that ends each (HTML, section 9.2.5).
fn events(bytes: &[u8]) -> Vec<u64> {
    parts(bytes, |rest| {
        let (mut line_start, mut has_begun) = (0, false);
        loop {
            let line = rest.get(line_start..)?;
            let end = line.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
            let width = if line.get(end..end + 2) == Some(b"\r\n") { 2 } else { 1 };
            let next = line_start + end + width;
            if end == 0 && has_begun {
                return Some(next);
            }
            (line_start, has_begun) = (next, has_begun || end > 0);
        }
    })
}

/// Sizes of parts; `end` finds where the first of what is left ends, and takes at least a byte.
fn parts(bytes: &[u8], end: impl Fn(&[u8]) -> Option<usize>) -> Vec<u64> {
    let (mut rest, mut sizes) = (bytes, Vec::new());
    while !rest.is_empty() {
        let whole = rest.len();
        let size = match end(rest) {
            Some(size) if sizes.len() + 1 < MAX_PIECES => size.clamp(1, whole),
            _ => whole,
        };
        sizes.push(size as u64);
        rest = rest.get(size..).unwrap_or_default();
    }
    sizes
}

fn blocks(length: u64) -> Vec<u64> {
    let block = BLOCK.max(length.div_ceil(MAX_PIECES as u64));
    let whole = length / block;
    let mut sizes: Vec<u64> = (0..whole).map(|_| block).collect();
    sizes.extend(Some(length % block).filter(|rest| *rest > 0));
    sizes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn events_and_lines_stay_whole() {
        let cut = |text: &str, media| cut(Cuttable::Bytes(text.as_bytes(), Some(media)));
        let stream = "text/event-stream; charset=utf-8";
        assert_eq!(cut("data: 1\n\ndata: 22\n\ndata: 3", stream), [9, 10, 7]);
        assert_eq!(cut("data: 1\r\n\r\nid: 2\r\ndata: 2\r\n\r\n", stream), [11, 18]);
        assert_eq!(cut("\n\ndata: 1\r\rx", stream), [11, 1]);
        assert_eq!(cut("{}\n{\"a\":1}\n", "application/x-ndjson"), [3, 8]);
        assert_eq!(cut("{}\n{}\n", "application/json"), [6]);
    }

    #[test]
    fn other_bodies_are_cut_into_blocks() {
        assert_eq!(cut(Cuttable::Length(40_000)), [16_384, 16_384, 7_232]);
        assert!(cut(Cuttable::Length(0)).is_empty());
        assert!(cut(Cuttable::Bytes(b"", Some("text/event-stream"))).is_empty());
    }

    proptest! {
        #[test]
        fn pieces_are_the_whole(text in "[a\n\r ]{0,200}", length: u64) {
            for media in ["text/event-stream", "application/jsonl", "text/plain"] {
                let sizes = cut(Cuttable::Bytes(text.as_bytes(), Some(media)));
                prop_assert_eq!(sizes.iter().sum::<u64>(), text.len() as u64);
                prop_assert!(sizes.iter().all(|size| *size > 0));
            }
            let sizes = cut(Cuttable::Length(length));
            prop_assert_eq!(sizes.iter().sum::<u64>(), length);
            prop_assert!(sizes.len() <= MAX_PIECES);
        }
    }
}
