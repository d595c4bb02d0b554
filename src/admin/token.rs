//! The token of the admin API, which is shown nowhere.

use std::{fmt, str::FromStr};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};

/// Bytes of a token: what fits a header field by far.
const MAX: usize = 4096;

/// A secret that calls of the admin API bring.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminToken(String);

impl AdminToken {
    /// Whether this is the token. It takes as long whatever is wrong, so that nothing can be learned
    /// from the time: the digests are compared, all of them.
    pub fn is(&self, given: &[u8]) -> bool {
        let own = digest(&SHA256, self.0.as_bytes());
        verify_slices_are_equal(own.as_ref(), digest(&SHA256, given).as_ref()).is_ok()
    }
}

impl FromStr for AdminToken {
    type Err = String;

    /// Any visible ASCII; space around it (the end of its file's line) is not part of it. The error
    /// does not repeat what was given.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err("the token is empty".to_owned());
        }
        if text.len() > MAX {
            return Err(format!("the token is longer than {MAX} bytes"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token has other characters than visible ASCII".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_only_itself() {
        let token: AdminToken = " s3cret\n".parse().unwrap();
        assert!(token.is(b"s3cret"));
        for near in ["", "s3cre", "s3crets", "S3cret", " s3cret", "s3cret\n", "s3cret\0"] {
            assert!(!token.is(near.as_bytes()), "{near:?}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_no_token_and_is_not_repeated() {
        for wrong in ["", " ", "hunter 2", "hünter2", "hunter\u{0}2", &"hunter2".repeat(1000)] {
            let message = wrong.parse::<AdminToken>().unwrap_err();
            assert!(!message.contains("unter"), "{message}");
        }
        let token: AdminToken = "hunter2".parse().unwrap();
        assert!(!format!("{token:?}").contains("hunter"));
    }
}
