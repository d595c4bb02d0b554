//! A certificate for each name that a client asks for, minted when it first does.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use quick_cache::sync::Cache;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::{
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};

use super::authority::{Authority, TlsError};
use crate::runtime::Clock;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Short, so that a leaked leaf is worth little; Apple's clients refuse more than 825 days.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
const RENEW_BEFORE_END: Duration = Duration::from_secs(10 * 24 * 3600);

/// Mints leaf certificates and keeps the most used.
#[derive(Debug)]
pub struct Leaves {
    authority: Arc<Authority>,
    clock: Clock,
    minted: Cache<String, Leaf>,
}

#[derive(Clone, Debug)]
struct Leaf {
    renew_at: SystemTime,
    key: Arc<CertifiedKey>,
}

impl Leaves {
    /// Leaves of `authority`; at most about `capacity` are kept.
    pub fn new(authority: Arc<Authority>, clock: Clock, capacity: usize) -> Self {
        Self { authority, clock, minted: Cache::new(capacity.max(1)) }
    }

    /// How many are kept now.
    pub fn len(&self) -> usize {
        self.minted.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The certificate for a DNS name or IP address.
    ///
    /// # Errors
    ///
    /// When `name` is neither.
    pub fn leaf(&self, name: &str) -> Result<Arc<CertifiedKey>, TlsError> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let now = self.clock.now();
        if let Some(leaf) = self.minted.get(&name)
            && now < leaf.renew_at
        {
            return Ok(leaf.key);
        }
        let key = Arc::new(self.mint(&name, now)?);
        let renew_at = now + (LIFETIME - RENEW_BEFORE_END);
        self.minted.insert(name, Leaf { renew_at, key: Arc::clone(&key) });
        Ok(key)
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn mint(&self, name: &str, now: SystemTime) -> Result<CertifiedKey, TlsError> {
        let failed = |source| TlsError::Mint { name: name.to_owned(), source };
        let mut params = params(name).map_err(failed)?;
        params.not_before = (now - DAY).into();
        params.not_after = (now + LIFETIME).into();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let certificate = params.signed_by(&key, self.authority.issuer()).map_err(failed)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(CertifiedKey::new(vec![certificate.der().clone()], any_supported_type(&private)?))
    }
}

/// A server's certificate for a DNS name or IP address, but for the time for which it is good.
pub(super) fn params(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    let mut subject = DistinguishedName::new();
    // A common name holds at most 64 characters (RFC 5280, ub-common-name); clients read the subject
    // alternative name anyway.
    if name.len() <= 64 && name.parse::<IpAddr>().is_err() {
        subject.push(DnType::CommonName, name);
    } else {
        subject.push(DnType::CommonName, "ringer");
    }
    params.distinguished_name = subject;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(capacity: usize) -> (tempfile::TempDir, Leaves) {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::start();
        let authority = Authority::load_or_create(directory.path(), clock.now()).unwrap();
        let leaves = Leaves::new(Arc::new(authority), clock, capacity);
        (directory, leaves)
    }

    #[test]
    fn a_name_keeps_its_certificate_whatever_its_case() {
        let (_directory, leaves) = leaves(10);
        let first = leaves.leaf("api.example.com").unwrap();
        let second = leaves.leaf("API.example.com.").unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &leaves.leaf("other.example.com").unwrap()));
    }

    #[test]
    fn addresses_and_long_names_get_one_too() {
        let (_directory, leaves) = leaves(10);
        let long = format!("{}.example.com", "a".repeat(60));
        for name in ["127.0.0.1", "::1", long.as_str()] {
            leaves.leaf(name).unwrap();
        }
    }

    #[test]
    fn the_number_kept_is_bounded() {
        let (_directory, leaves) = leaves(10);
        for at in 0..100 {
            leaves.leaf(&format!("host-{at}.test")).unwrap();
        }
        assert!(leaves.len() <= 10, "{}", leaves.len());
    }
}
