//! Any bytes as a body of any kind: the parsers give what they can and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringer::{
    codec::{aws_chunked, encoding, multipart},
    model::Coding,
};

const CAP: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    for coding in [Coding::Brotli, Coding::Deflate, Coding::Gzip, Coding::Zstd] {
        if let Ok(decoded) = encoding::decode(coding, bytes, CAP) {
            assert!(decoded.len() <= CAP);
        }
    }
    let _ = aws_chunked::decode(bytes);
    let _ = multipart::parts(bytes, "x");
});
