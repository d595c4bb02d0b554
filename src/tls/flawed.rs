//! Certificates with one thing wrong with them, for clients that shall find it.
//!
//! All else about them is right, so that a client that trusts the local authority reports this reason and
//! no other.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use quick_cache::sync::Cache;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::NoServerSessionStorage,
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::{
    authority::TlsError,
    leaf::{self, Leaves},
};

/// Configurations that are kept; each has a certificate.
const KEPT: usize = 64;
const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
/// The host of certificates for another host than the client asked for (RFC 2606 §2: nobody's).
const OTHER_HOST: &str = "another-host.invalid";

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// It was good until yesterday.
    Expired,
    /// It is another host's.
    WrongName,
    /// It is signed by itself.
    SelfSigned,
    /// It is signed by an intermediate authority whose root nobody knows.
    UnknownIssuer,
}

/// Mints flawed certificates and keeps some.
pub(super) struct Flawed {
    leaves: Arc<Leaves>,
    configs: Cache<(Flaw, String), Arc<ServerConfig>>,
}

impl fmt::Debug for Flawed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flawed").field("kept", &self.configs.len()).finish_non_exhaustive()
    }
}

impl Flawed {
    /// Flawed certificates, of the authority of `leaves` where they are signed by a known one.
    pub(super) fn new(leaves: Arc<Leaves>) -> Self {
        Self { leaves, configs: Cache::new(KEPT) }
    }

    /// A configuration that shows a client of `name` a certificate with this flaw. It never resumes a
    /// session: the client would not look at the certificate again.
    ///
    /// # Errors
    ///
    /// When `name` is neither a DNS name nor an address.
    pub(super) fn config(&self, flaw: Flaw, name: &str) -> Result<Arc<ServerConfig>, TlsError> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let wanted = (flaw, name);
        self.configs.get_or_insert_with(&wanted, || self.make(flaw, &wanted.1))
    }

    fn make(&self, flaw: Flaw, name: &str) -> Result<Arc<ServerConfig>, TlsError> {
        let key = self.mint(flaw, name)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    fn mint(&self, flaw: Flaw, name: &str) -> Result<CertifiedKey, TlsError> {
        let failed = |source| TlsError::Mint { name: name.to_owned(), source };
        let now = self.leaves.now();
        let subject = if flaw == Flaw::WrongName { OTHER_HOST } else { name };
        let mut params = leaf::params(subject).map_err(failed)?;
        (params.not_before, params.not_after) = if flaw == Flaw::Expired {
            ((now - YEAR).into(), (now - DAY).into())
        } else {
            ((now - DAY).into(), (now + YEAR).into())
        };
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let chain: Vec<CertificateDer<'static>> = match flaw {
            Flaw::SelfSigned => {
                // Without it some clients do not take it for one that signed itself.
                params.key_usages.push(KeyUsagePurpose::KeyCertSign);
                params.use_authority_key_identifier_extension = false;
                vec![params.self_signed(&key).map_err(failed)?.der().clone()]
            }
            Flaw::UnknownIssuer => {
                let (issuer, certificate) = unknown_issuer(now).map_err(failed)?;
                let leaf = params.signed_by(&key, &issuer).map_err(failed)?;
                vec![leaf.der().clone(), certificate]
            }
            Flaw::Expired | Flaw::WrongName => {
                let issuer = self.leaves.authority().issuer();
                vec![params.signed_by(&key, issuer).map_err(failed)?.der().clone()]
            }
        };
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(CertifiedKey::new(chain, any_supported_type(&private)?))
    }
}

/// An intermediate authority whose root is forgotten at once.
fn unknown_issuer(
    now: SystemTime,
) -> Result<(Issuer<'static, KeyPair>, CertificateDer<'static>), rcgen::Error> {
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CommonName, name);
        subject.push(DnType::OrganizationName, "an authority that nobody knows");
        params.distinguished_name = subject;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.use_authority_key_identifier_extension = true;
        params.not_before = (now - DAY).into();
        params.not_after = (now + YEAR).into();
        params
    };
    let root =
        Issuer::new(authority("unknown root CA"), KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let params = authority("unknown intermediate CA");
    let certificate = params.signed_by(&key, &root)?.der().clone();
    Ok((Issuer::new(params, key), certificate))
}

#[cfg(test)]
mod tests {
    use x509_parser::parse_x509_certificate;

    use super::*;
    use crate::{runtime::Clock, tls::Authority};

    const FLAWS: [Flaw; 4] =
        [Flaw::Expired, Flaw::WrongName, Flaw::SelfSigned, Flaw::UnknownIssuer];

    fn flawed() -> (tempfile::TempDir, Flawed) {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::start();
        let authority = Authority::load_or_create(directory.path(), clock.now()).unwrap();
        let leaves = Leaves::new(Arc::new(authority), clock, 1);
        (directory, Flawed::new(Arc::new(leaves)))
    }

    /// What is wrong with the certificate that a client of `api.test` is shown.
    fn found(flawed: &Flawed, flaw: Flaw) -> Vec<&'static str> {
        let key = flawed.mint(flaw, "api.test").unwrap();
        let (_, leaf) = parse_x509_certificate(&key.cert[0]).unwrap();
        let authority = flawed.leaves.authority().certificate();
        let (_, authority) = parse_x509_certificate(authority).unwrap();
        let names = leaf.subject_alternative_name().unwrap().unwrap();
        let is_own = format!("{:?}", names.value).contains("api.test");
        let wrong = [
            (!leaf.validity().is_valid(), "time"),
            (!is_own, "name"),
            (leaf.subject() == leaf.issuer(), "self"),
            (leaf.issuer() != authority.subject(), "issuer"),
            (leaf.verify_signature(Some(authority.public_key())).is_err(), "signature"),
        ];
        wrong.into_iter().filter_map(|(is_wrong, what)| is_wrong.then_some(what)).collect()
    }

    #[test]
    fn one_thing_is_wrong_with_each() {
        let (_directory, flawed) = flawed();
        assert_eq!(found(&flawed, Flaw::Expired), ["time"]);
        assert_eq!(found(&flawed, Flaw::WrongName), ["name"]);
        assert_eq!(found(&flawed, Flaw::SelfSigned), ["self", "issuer", "signature"]);
        assert_eq!(found(&flawed, Flaw::UnknownIssuer), ["issuer", "signature"]);
    }

    #[test]
    fn an_unknown_issuer_is_in_the_chain_and_its_root_is_not() {
        let (_directory, flawed) = flawed();
        let key = flawed.mint(Flaw::UnknownIssuer, "api.test").unwrap();
        let [leaf, issuer] = key.cert.as_slice() else { panic!("two certificates") };
        let (_, leaf) = parse_x509_certificate(leaf).unwrap();
        let (_, issuer) = parse_x509_certificate(issuer).unwrap();
        leaf.verify_signature(Some(issuer.public_key())).unwrap();
        assert_ne!(issuer.subject(), issuer.issuer());
    }

    #[test]
    fn a_name_keeps_its_configuration_and_the_number_kept_is_bounded() {
        let (_directory, flawed) = flawed();
        for flaw in FLAWS {
            let first = flawed.config(flaw, "127.0.0.1").unwrap();
            assert!(Arc::ptr_eq(&first, &flawed.config(flaw, "127.0.0.1").unwrap()));
        }
        for at in 0..2 * KEPT {
            flawed.config(Flaw::SelfSigned, &format!("host-{at}.test")).unwrap();
        }
        assert!(flawed.configs.len() <= KEPT, "{flawed:?}");
    }
}
