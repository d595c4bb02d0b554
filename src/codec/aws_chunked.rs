//! `aws-chunked`: the framing in which S3 clients send objects whose signature covers each chunk.
//!
//! `hex-length[;chunk-signature=…]CRLF data CRLF … 0[;…]CRLF [trailer: value CRLF]* CRLF`. Signatures
//! differ at every run, the data between them does not.

use thiserror::Error;

/// A body that is not framed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FramingError {
    /// A chunk's length is not a hexadecimal number.
    #[error("chunk head at byte {0} has no hexadecimal length")]
    BadLength(usize),
    /// The body ends inside a chunk, or without the last one of length 0.
    #[error("body ends at byte {0}, inside a chunk")]
    EndsEarly(usize),
    /// A chunk's data is not followed by a line end.
    #[error("no line end after the chunk data at byte {0}")]
    NoLineEnd(usize),
}

/// The data without the framing; trailers are dropped.
///
/// # Errors
///
/// The first place where the body is not framed as `aws-chunked`.
pub fn decode(body: &[u8]) -> Result<Vec<u8>, FramingError> {
    let mut data = Vec::with_capacity(body.len());
    let mut at = 0;
    loop {
        let rest = body.get(at..).unwrap_or_default();
        let head_length =
            rest.windows(2).position(|pair| pair == b"\r\n").ok_or(FramingError::EndsEarly(at))?;
        let length = chunk_length(rest.get(..head_length).unwrap_or_default())
            .ok_or(FramingError::BadLength(at))?;
        if length == 0 {
            return Ok(data);
        }
        at += head_length + 2;
        let end = at.checked_add(length).ok_or(FramingError::BadLength(at))?;
        data.extend_from_slice(body.get(at..end).ok_or(FramingError::EndsEarly(body.len()))?);
        if body.get(end..end.saturating_add(2)) != Some(b"\r\n") {
            return Err(FramingError::NoLineEnd(end));
        }
        at = end + 2;
    }
}

fn chunk_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let digits = head.split(';').next()?.trim();
    // `from_str_radix` takes a sign, which a length has not.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    usize::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signed_chunks_and_trailers_leave_the_data() {
        let body = b"5;chunk-signature=ab\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n";
        assert_eq!(decode(body).unwrap(), b"hello world");
    }

    #[test]
    fn an_empty_object_is_one_last_chunk() {
        assert_eq!(decode(b"0;chunk-signature=ab\r\n\r\n").unwrap(), b"");
    }

    #[test]
    fn what_is_not_framed_is_an_error() {
        assert_eq!(decode(b"hello"), Err(FramingError::EndsEarly(0)));
        assert_eq!(decode(b"xyz\r\n"), Err(FramingError::BadLength(0)));
        assert_eq!(decode(b"+5\r\nhello\r\n"), Err(FramingError::BadLength(0)));
        assert_eq!(decode(b"5\r\nhel"), Err(FramingError::EndsEarly(6)));
        assert_eq!(decode(b"2\r\nhello\r\n"), Err(FramingError::NoLineEnd(5)));
        assert_eq!(decode(b"ffffffffffffffff\r\nx"), Err(FramingError::BadLength(18)));
    }

    proptest! {
        #[test]
        fn framed_data_comes_back(chunks in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 1..50), 0..6)) {
            let mut body = Vec::new();
            for chunk in &chunks {
                body.extend(format!("{:x};chunk-signature=0f\r\n", chunk.len()).into_bytes());
                body.extend(chunk);
                body.extend(b"\r\n");
            }
            body.extend(b"0\r\n\r\n");
            prop_assert_eq!(decode(&body).unwrap(), chunks.concat());
        }

        #[test]
        fn never_panics(body in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&body);
        }
    }
}
