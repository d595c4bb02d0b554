//! gzip, deflate and brotli applied as another program applied them, so that the same bytes come out.
//!
//! Most servers compress with zlib or Google's brotli, whose output depends on nothing but the input
//! and its level.
//! When a level is found that gives a recorded body back, the stub can hold readable text and the
//! client still gets the bytes that its validators and digests were made for.

use std::io::Read as _;

use flate2::{
    Compression, Crc,
    read::{DeflateEncoder, ZlibEncoder},
};

use crate::model::{Coding, CodingSettings};

/// Levels in the order in which servers are likely to use them.
const LEVELS: [u8; 9] = [6, 1, 9, 5, 4, 2, 3, 7, 8];
/// A larger body is not compressed again and again in search of its level.
const MAX_TRIED: usize = 512 * 1024;

/// The same for brotli. Above these levels its encoders do not agree byte for byte.
const BROTLI_LEVELS: [u8; 5] = [5, 6, 4, 9, 1];
/// Binary logarithm of the window that brotli looks back in: the default of its library.
const BROTLI_WINDOW: u32 = 22;

const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
const GZIP_TRAILER: usize = 8;
const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;

/// The settings with which [`encode`] makes `coded` out of `plain`; `None` when there are none, or
/// the coding is zstd.
pub fn settings_of(coding: Coding, coded: &[u8], plain: &[u8]) -> Option<CodingSettings> {
    if plain.len() > MAX_TRIED {
        return None;
    }
    let gzip_header = match coding {
        Coding::Gzip => {
            let header = coded.get(..gzip_header_length(coded)?)?;
            Some(header.to_vec().into())
        }
        Coding::Deflate | Coding::Brotli => None,
        Coding::Zstd => return None,
    };
    let levels = if coding == Coding::Brotli { &BROTLI_LEVELS[..] } else { &LEVELS };
    levels.iter().find_map(|&level| {
        let settings = CodingSettings { level: Some(level), gzip_header: gzip_header.clone() };
        (encode(coding, &settings, plain)? == coded).then_some(settings)
    })
}

/// Applies gzip, deflate or brotli with these settings; `None` when they say nothing, or the coding is
/// another.
pub fn encode(coding: Coding, settings: &CodingSettings, plain: &[u8]) -> Option<Vec<u8>> {
    let level = u32::from(settings.level?);
    if coding == Coding::Brotli {
        let mut coded = Vec::new();
        // In one piece, as its size is a hint to the encoder.
        brotli::CompressorReader::new(plain, plain.len().max(1), level, BROTLI_WINDOW)
            .read_to_end(&mut coded)
            .ok()?;
        return Some(coded);
    }
    let level = Compression::new(level.min(9));
    let mut coded = Vec::new();
    match (coding, &settings.gzip_header) {
        (Coding::Gzip, Some(header)) => {
            coded.extend_from_slice(header);
            DeflateEncoder::new(plain, level).read_to_end(&mut coded).ok()?;
            let mut crc = Crc::new();
            crc.update(plain);
            coded.extend_from_slice(&crc.sum().to_le_bytes());
            coded.extend_from_slice(&crc.amount().to_le_bytes());
        }
        (Coding::Deflate, None) => {
            ZlibEncoder::new(plain, level).read_to_end(&mut coded).ok()?;
        }
        _ => return None,
    }
    Some(coded)
}

/// Where the header of a gzip member ends (RFC 1952 §2.3).
fn gzip_header_length(coded: &[u8]) -> Option<usize> {
    if !coded.starts_with(&GZIP_MAGIC) {
        return None;
    }
    let flags = *coded.get(3)?;
    let mut at = 10;
    if flags & FEXTRA != 0 {
        let length = coded.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for text in [FNAME, FCOMMENT] {
        if flags & text != 0 {
            at += coded.get(at..)?.iter().position(|&byte| byte == 0)? + 1;
        }
    }
    if flags & FHCRC != 0 {
        at += 2;
    }
    (coded.len() >= at + GZIP_TRAILER).then_some(at)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{GzBuilder, write};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_zlib_compressed_is_given_back(
            words in prop::collection::vec("[a-z]{1,8}", 0..300),
            level in 1u32..10,
            name in prop::option::of("[a-z]{1,8}"),
            mtime in any::<u32>(),
            gzip in any::<bool>(),
        ) {
            let plain = words.join(" ").into_bytes();
            let level = Compression::new(level);
            let (coding, coded) = if gzip {
                let mut builder = GzBuilder::new().mtime(mtime);
                if let Some(name) = name {
                    builder = builder.filename(name).comment("c").extra(vec![1, 2, 3]);
                }
                let mut encoder = builder.write(Vec::new(), level);
                encoder.write_all(&plain).unwrap();
                (Coding::Gzip, encoder.finish().unwrap())
            } else {
                let mut encoder = write::ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(&plain).unwrap();
                (Coding::Deflate, encoder.finish().unwrap())
            };
            let settings = settings_of(coding, &coded, &plain).unwrap();
            prop_assert_eq!(encode(coding, &settings, &plain), Some(coded));
        }

        #[test]
        fn never_panics(coded in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut gzip = GZIP_MAGIC.to_vec();
            gzip.extend(coded);
            let _ = settings_of(Coding::Gzip, &gzip, b"x");
        }
    }

    #[test]
    fn what_brotli_compressed_is_given_back() {
        let plain = "a readable text, ".repeat(50).into_bytes();
        for level in BROTLI_LEVELS {
            let settings = CodingSettings { level: Some(level), gzip_header: None };
            let coded = encode(Coding::Brotli, &settings, &plain).unwrap();
            let found = settings_of(Coding::Brotli, &coded, &plain).unwrap();
            assert_eq!(encode(Coding::Brotli, &found, &plain).unwrap(), coded);
        }
    }

    #[test]
    fn what_nobody_compressed_so_has_no_settings() {
        assert_eq!(
            settings_of(Coding::Gzip, b"\x1f\x8b\x08\0\0\0\0\0\0\x03stored somehow", b"x"),
            None
        );
        assert_eq!(settings_of(Coding::Zstd, b"", b""), None);
    }
}
