//! Content codings (RFC 9110 §8.4.1, RFC 7932, RFC 8878): undone up to a size, and redone.
//!
//! Works on bodies that are in memory. What a peer chose is never guessed at: a coding that ringer
//! does not know is an error, not a body.

use std::io::{self, Read};

use flate2::{
    Compression,
    read::{DeflateDecoder, GzEncoder, MultiGzDecoder, ZlibDecoder, ZlibEncoder},
};
use thiserror::Error;

use super::aws_chunked;
use crate::model::Coding;

/// A body whose coding could not be undone or redone.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CodingError {
    /// The bytes are not in the coding that they claim.
    #[error("body is not valid {coding}")]
    Corrupt {
        /// Token of the coding.
        coding: &'static str,
        /// What the decoder met.
        #[source]
        source: io::Error,
    },
    /// Decoded, the body would exceed the limit.
    #[error("body is larger than {cap} bytes when decoded from {coding}")]
    TooLarge {
        /// Token of the coding.
        coding: &'static str,
        /// The limit in bytes.
        cap: usize,
    },
    /// A token that ringer has no decoder for.
    #[error("unknown content coding `{0}`, known are br, deflate, gzip, zstd")]
    Unknown(String),
}

/// Which of the two formats called `deflate` a body is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeflateFormat {
    /// Bare deflate data (RFC 1951), which some servers send against the letter of RFC 9110.
    Raw,
    /// The zlib format (RFC 1950) that RFC 9110 §8.4.1.2 asks for.
    Zlib,
}

/// Undoes a coding. An empty body is empty in every coding: answers to HEAD carry the label too.
///
/// # Errors
///
/// [`CodingError::Corrupt`] when the bytes are not in that coding or end early, and
/// [`CodingError::TooLarge`] when more than `cap` bytes would come out.
pub fn decode(coding: Coding, body: &[u8], cap: usize) -> Result<Vec<u8>, CodingError> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    match coding {
        Coding::Brotli => read(coding, brotli::Decompressor::new(body, 4096), cap),
        Coding::Deflate => decode_deflate(body, cap).map(|(decoded, _)| decoded),
        Coding::Gzip => read(coding, MultiGzDecoder::new(body), cap),
        Coding::Zstd => {
            let reader = zstd::stream::read::Decoder::with_buffer(body)
                .map_err(|source| CodingError::Corrupt { coding: coding.token(), source })?;
            read(coding, reader, cap)
        }
    }
}

/// Undoes `deflate` and says which format it was; only [`DeflateFormat::Zlib`] is what [`encode`]
/// makes.
///
/// # Errors
///
/// As [`decode`]; the error is that of the zlib attempt when both formats fail.
pub fn decode_deflate(body: &[u8], cap: usize) -> Result<(Vec<u8>, DeflateFormat), CodingError> {
    match read(Coding::Deflate, ZlibDecoder::new(body), cap) {
        Ok(decoded) => Ok((decoded, DeflateFormat::Zlib)),
        Err(error @ CodingError::TooLarge { .. }) => Err(error),
        Err(error) => match read(Coding::Deflate, DeflateDecoder::new(body), cap) {
            Ok(decoded) => Ok((decoded, DeflateFormat::Raw)),
            Err(CodingError::TooLarge { coding, cap }) => {
                Err(CodingError::TooLarge { coding, cap })
            }
            Err(_) => Err(error),
        },
    }
}

/// Undoes all codings of a `Content-Encoding` value, the last applied first; `identity` and an empty
/// value are none, `aws-chunked` is undone first wherever it stands, as S3 clients apply it last.
///
/// # Errors
///
/// As [`decode`], and [`CodingError::Unknown`] for a token without decoder.
pub fn decode_all(content_encoding: &str, body: &[u8], cap: usize) -> Result<Vec<u8>, CodingError> {
    let mut tokens: Vec<&str> = tokens(content_encoding).collect();
    let mut decoded = if tokens.iter().any(|token| is_aws_chunked(token)) {
        tokens.retain(|token| !is_aws_chunked(token));
        aws_chunked::decode(body).map_err(|error| CodingError::Corrupt {
            coding: "aws-chunked",
            source: io::Error::new(io::ErrorKind::InvalidData, error),
        })?
    } else {
        body.to_vec()
    };
    for token in tokens.into_iter().rev() {
        let coding =
            Coding::from_token(token).ok_or_else(|| CodingError::Unknown(token.to_owned()))?;
        decoded = decode(coding, &decoded, cap)?;
    }
    Ok(decoded)
}

/// Whether a `Content-Encoding` value names no coding at all.
pub fn is_identity(content_encoding: &str) -> bool {
    tokens(content_encoding).next().is_none()
}

/// Applies a coding; the same body always gives the same bytes.
///
/// # Errors
///
/// [`CodingError::Corrupt`] when the encoder fails, which it does on no input known.
pub fn encode(coding: Coding, body: &[u8]) -> Result<Vec<u8>, CodingError> {
    let mut encoded = Vec::new();
    let done = match coding {
        Coding::Brotli => {
            // Quality 11 takes a second a megabyte; 5 is what servers use on the fly.
            let reader = brotli::CompressorReader::new(body, 4096, 5, 22);
            read_all(reader, &mut encoded)
        }
        Coding::Deflate => read_all(ZlibEncoder::new(body, Compression::default()), &mut encoded),
        Coding::Gzip => read_all(GzEncoder::new(body, Compression::default()), &mut encoded),
        Coding::Zstd => {
            zstd::stream::encode_all(body, zstd::DEFAULT_COMPRESSION_LEVEL).map(|out| encoded = out)
        }
    };
    done.map_err(|source| CodingError::Corrupt { coding: coding.token(), source })?;
    Ok(encoded)
}

fn tokens(content_encoding: &str) -> impl Iterator<Item = &str> {
    content_encoding
        .split(',')
        .map(str::trim)
        .filter(|token| !token.is_empty() && !token.eq_ignore_ascii_case("identity"))
}

fn is_aws_chunked(token: &str) -> bool {
    token.eq_ignore_ascii_case("aws-chunked")
}

fn read(coding: Coding, reader: impl Read, cap: usize) -> Result<Vec<u8>, CodingError> {
    let coding = coding.token();
    let mut decoded = Vec::new();
    // One byte more than allowed tells a full body from one that goes on.
    let limit = (cap as u64).saturating_add(1);
    read_all(reader.take(limit), &mut decoded)
        .map_err(|source| CodingError::Corrupt { coding, source })?;
    if decoded.len() > cap {
        return Err(CodingError::TooLarge { coding, cap });
    }
    Ok(decoded)
}

fn read_all(mut reader: impl Read, out: &mut Vec<u8>) -> io::Result<()> {
    reader.read_to_end(out).map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::DeflateEncoder;
    use proptest::prelude::*;

    use super::*;

    const ALL: [Coding; 4] = [Coding::Brotli, Coding::Deflate, Coding::Gzip, Coding::Zstd];
    const MIB: usize = 1 << 20;

    proptest! {
        #[test]
        fn what_is_encoded_decodes(body in prop::collection::vec(any::<u8>(), 0..2000)) {
            for coding in ALL {
                let encoded = encode(coding, &body).unwrap();
                prop_assert_eq!(&decode(coding, &encoded, body.len()).unwrap(), &body);
            }
        }

        #[test]
        fn bytes_of_any_kind_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            for coding in ALL {
                let _ = decode(coding, &body, MIB);
            }
        }
    }

    #[test]
    fn a_small_bomb_stops_at_the_cap() {
        let zeros = vec![0; 4 * MIB];
        for coding in ALL {
            let bomb = encode(coding, &zeros).unwrap();
            assert!(
                matches!(decode(coding, &bomb, MIB), Err(CodingError::TooLarge { .. })),
                "{coding:?}"
            );
        }
    }

    #[test]
    fn a_body_that_ends_early_is_corrupt() {
        for coding in ALL {
            let whole = encode(coding, &(0..=255).collect::<Vec<u8>>()).unwrap();
            let part = &whole[..whole.len() - 5];
            assert!(
                matches!(decode(coding, part, MIB), Err(CodingError::Corrupt { .. })),
                "{coding:?}"
            );
        }
    }

    #[test]
    fn deflate_is_taken_in_both_formats_and_told_apart() {
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(b"bare").unwrap();
        let raw = raw.finish().unwrap();
        let zlib = encode(Coding::Deflate, b"wrapped").unwrap();
        assert_eq!(decode_deflate(&raw, MIB).unwrap(), (b"bare".to_vec(), DeflateFormat::Raw));
        assert_eq!(decode_deflate(&zlib, MIB).unwrap(), (b"wrapped".to_vec(), DeflateFormat::Zlib));
    }

    #[test]
    fn several_codings_are_undone_last_first() {
        let body = encode(Coding::Gzip, &encode(Coding::Brotli, b"twice").unwrap()).unwrap();
        assert_eq!(decode_all("br, GZIP", &body, MIB).unwrap(), b"twice");
        assert_eq!(decode_all(" identity ,", b"as is", MIB).unwrap(), b"as is");
        assert!(matches!(decode_all("sdch", b"", MIB), Err(CodingError::Unknown(_))));
    }

    #[test]
    fn aws_chunked_is_undone_first() {
        let gzip = encode(Coding::Gzip, b"object").unwrap();
        let mut framed = format!("{:x};chunk-signature=00\r\n", gzip.len()).into_bytes();
        framed.extend(&gzip);
        framed.extend(b"\r\n0;chunk-signature=00\r\n\r\n");
        assert_eq!(decode_all("aws-chunked,gzip", &framed, MIB).unwrap(), b"object");
        assert_eq!(decode_all("gzip,aws-chunked", &framed, MIB).unwrap(), b"object");
    }

    #[test]
    fn gzip_of_several_members_is_one_body() {
        let mut both = encode(Coding::Gzip, b"one ").unwrap();
        both.extend(encode(Coding::Gzip, b"two").unwrap());
        assert_eq!(decode(Coding::Gzip, &both, MIB).unwrap(), b"one two");
    }
}
