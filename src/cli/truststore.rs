//! A certificate as a Java trust store: PKCS #12 (RFC 7292) without encryption and without
//! password, for it holds nothing secret. Java 9 and later read it.

use anyhow::Context as _;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT: u8 = 0x06;
const OCTETS: u8 = 0x04;
const BMP_STRING: u8 = 0x1e;
/// Constructed, context-specific, number 0: the `[0] EXPLICIT` of the specification.
const EXPLICIT: u8 = 0xa0;
const VERSION_3: [u8; 3] = [0x02, 0x01, 0x03];

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.12.10.1.3
const CERT_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03];
/// 1.2.840.113549.1.9.22.1
const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
/// 1.2.840.113549.1.9.20
const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14];
/// 2.16.840.1.113894.746875.1.1: by this attribute Java tells what it may trust.
const TRUSTED_KEY_USAGE: &[u8] =
    &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01];
/// 2.5.29.37.0
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];

/// The first certificate of a PEM text as a trust store.
///
/// # Errors
///
/// When the text holds no certificate.
pub fn pkcs12(pem: &str) -> anyhow::Result<Vec<u8>> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
        .ok()
        .context("the local authority's file holds no certificate")?;
    let name: Vec<u8> = "ringer".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let attributes = tlv(
        SET,
        &[
            attribute(FRIENDLY_NAME, &tlv(BMP_STRING, &[&name])),
            attribute(TRUSTED_KEY_USAGE, &tlv(OBJECT, &[ANY_USAGE])),
        ],
    );
    let certificate = tlv(EXPLICIT, &[tlv(OCTETS, &[&certificate])]);
    let bag = tlv(SEQUENCE, &[tlv(OBJECT, &[X509_CERTIFICATE]), certificate]);
    let bag = tlv(SEQUENCE, &[tlv(OBJECT, &[CERT_BAG]), tlv(EXPLICIT, &[bag]), attributes]);
    let contents = tlv(SEQUENCE, &[data(&tlv(SEQUENCE, &[bag]))]);
    Ok(tlv(SEQUENCE, &[VERSION_3.to_vec(), data(&contents)]))
}

/// A `ContentInfo` of type data.
fn data(content: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[tlv(OBJECT, &[DATA]), tlv(EXPLICIT, &[tlv(OCTETS, &[content])])])
}

fn attribute(id: &[u8], value: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[tlv(OBJECT, &[id]), tlv(SET, &[value])])
}

/// Tag, length and content, as DER wants them.
fn tlv(tag: u8, parts: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.as_ref().len()).sum();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let skip = bytes.iter().take_while(|&&byte| byte == 0).count();
            out.push(0x80 | u8::try_from(bytes.len() - skip).unwrap_or(8));
            out.extend(bytes.iter().skip(skip));
        }
    }
    for part in parts {
        out.extend(part.as_ref());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_short_or_long() {
        assert_eq!(tlv(OCTETS, &[[7]]), [0x04, 1, 7]);
        assert_eq!(tlv(OCTETS, &[vec![0; 0x80]])[..3], [0x04, 0x81, 0x80]);
        assert_eq!(tlv(OCTETS, &[vec![0; 0x1234]])[..4], [0x04, 0x82, 0x12, 0x34]);
    }

    #[test]
    fn the_store_holds_the_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let now = crate::runtime::Clock::start().now();
        let authority = crate::tls::Authority::load_or_create(folder.path(), now).unwrap();
        let store = pkcs12(authority.certificate_pem()).unwrap();
        let certificate = authority.certificate();
        assert!(store.windows(certificate.len()).any(|part| part == certificate.as_ref()));
        assert!(pkcs12("nothing").is_err());
    }
}
