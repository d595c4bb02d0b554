//! The digest of a request body that is too large to be kept, taken while it passes.
//!
//! A client draws a new boundary for each multipart body. It is left out, so that the same parts have
//! the same digest.

use memchr::memmem;
use sha2::{Digest as _, Sha256};

use super::multipart;

/// A body as far as it has come.
#[derive(Clone, Debug)]
pub struct BodyDigest {
    boundary: Option<Boundary>,
    length: u64,
    sha256: Sha256,
}

#[derive(Clone, Debug)]
struct Boundary {
    /// Two hyphens and the boundary.
    delimiter: Vec<u8>,
    /// The end of what has come, which a delimiter may begin in.
    held: Vec<u8>,
}

impl BodyDigest {
    /// Of a body with this `Content-Type`.
    pub fn new(content_type: Option<&str>) -> Self {
        let boundary = content_type.and_then(multipart::boundary).map(|boundary| Boundary {
            delimiter: format!("--{boundary}").into_bytes(),
            held: Vec::new(),
        });
        Self { boundary, length: 0, sha256: Sha256::new() }
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        let Some(mut boundary) = self.boundary.take() else {
            return self.count(piece);
        };
        boundary.held.extend_from_slice(piece);
        let mut done = 0;
        for at in memmem::find_iter(&boundary.held, &boundary.delimiter) {
            self.count(boundary.held.get(done..at).unwrap_or_default());
            self.count(b"--");
            done = at + boundary.delimiter.len();
        }
        let certain = boundary.held.len().saturating_sub(boundary.delimiter.len() - 1).max(done);
        self.count(boundary.held.get(done..certain).unwrap_or_default());
        boundary.held.drain(..certain);
        self.boundary = Some(boundary);
    }

    /// Length in bytes and SHA-256, both without the boundary of a multipart body.
    pub fn finish(mut self) -> (u64, [u8; 32]) {
        if let Some(boundary) = self.boundary.take() {
            self.count(&boundary.held);
        }
        (self.length, self.sha256.finalize().into())
    }

    fn count(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.sha256.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(boundary: &str, file: &str, piece: usize) -> (u64, [u8; 32]) {
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n{file}\r\n--{boundary}--\r\n"
        );
        let mut digest =
            BodyDigest::new(Some(&format!("multipart/form-data; boundary={boundary}")));
        body.as_bytes().chunks(piece).for_each(|piece| digest.push(piece));
        digest.finish()
    }

    #[test]
    fn a_boundary_does_not_count_wherever_the_pieces_are_cut() {
        let expect = digest("first", "some - -- content", 1000);
        for piece in 1..40 {
            assert_eq!(digest("another-much-longer-one", "some - -- content", piece), expect);
        }
        assert_ne!(digest("first", "other - - content", 1000), expect);
    }

    #[test]
    fn any_other_body_counts_as_it_is() {
        let mut digest = BodyDigest::new(Some("application/octet-stream"));
        digest.push(b"--first ");
        digest.push(b"bytes");
        assert_eq!(digest.finish(), (13, Sha256::digest(b"--first bytes").into()));
    }
}
