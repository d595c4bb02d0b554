//! The local certificate authority: made at first use, then read back.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use thiserror::Error;

/// File of the authority's certificate, in the certificate directory.
pub const CERTIFICATE_FILE: &str = "ca.pem";
/// File of the authority's private key, mode 0600.
pub const KEY_FILE: &str = "ca-key.pem";

const DAY: Duration = Duration::from_secs(24 * 3600);
const LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What can go wrong with certificates.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// `create`, `lock`, `read` or `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Only one of the two files is there.
    #[error(
        "`{}` is missing while its counterpart exists; restore it, or delete both `{CERTIFICATE_FILE}` and `{KEY_FILE}` to have a new authority made",
        path.display()
    )]
    Incomplete {
        /// The missing file.
        path: PathBuf,
    },
    /// A file does not hold what it should.
    #[error(
        "`{}` holds no usable {what}; restore it, or delete both `{CERTIFICATE_FILE}` and `{KEY_FILE}` to have a new authority made",
        path.display()
    )]
    Unusable {
        /// `certificate` or `private key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate for `{name}`")]
    Mint {
        /// What for.
        name: String,
        /// Why.
        source: rcgen::Error,
    },
    /// rustls refuses the parts.
    #[error("cannot set up TLS")]
    Rustls(#[from] rustls::Error),
}

/// A certificate authority that clients can be told to trust.
#[derive(Debug)]
pub struct Authority {
    directory: PathBuf,
    certificate_pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority in `directory`, or makes one there if it has none.
    ///
    /// # Errors
    ///
    /// When a file can't be read, written or understood.
    pub fn load_or_create(directory: &Path, now: SystemTime) -> Result<Self, TlsError> {
        let certificate = directory.join(CERTIFICATE_FILE);
        let key = directory.join(KEY_FILE);
        if certificate.exists() && key.exists() {
            return Self::load(directory);
        }
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| TlsError::File { action, path, source }
        };
        fs::create_dir_all(directory).map_err(failed("create", directory))?;
        // Of processes that start together, one makes the authority and the others read it.
        let lock_file = directory.join(".lock");
        let lock = fs::File::create(&lock_file).map_err(failed("create", &lock_file))?;
        lock.lock().map_err(failed("lock", &lock_file))?;
        match (certificate.exists(), key.exists()) {
            (true, true) => Self::load(directory),
            (true, false) => Err(TlsError::Incomplete { path: key }),
            (false, true) => Err(TlsError::Incomplete { path: certificate }),
            (false, false) => Self::create(directory, now),
        }
    }

    /// The file to give to clients.
    pub fn certificate_file(&self) -> PathBuf {
        self.directory.join(CERTIFICATE_FILE)
    }

    /// The certificate as PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The certificate as DER.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    pub(super) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    fn load(directory: &Path) -> Result<Self, TlsError> {
        let key_file = directory.join(KEY_FILE);
        let key = KeyPair::from_pem(&read(&key_file)?).map_err(|source| TlsError::Unusable {
            what: "private key",
            path: key_file,
            source: source.into(),
        })?;
        let file = directory.join(CERTIFICATE_FILE);
        let pem = read(&file)?;
        Self::assemble(directory, pem, key)
    }

    fn assemble(directory: &Path, pem: String, key: KeyPair) -> Result<Self, TlsError> {
        let unusable = |source: Box<dyn std::error::Error + Send + Sync>| TlsError::Unusable {
            what: "certificate",
            path: directory.join(CERTIFICATE_FILE),
            source,
        };
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| unusable(error.to_string().into()))?;
        let issuer = Issuer::from_ca_cert_pem(&pem, key).map_err(|error| unusable(error.into()))?;
        Ok(Self { directory: directory.to_owned(), certificate_pem: pem, certificate, issuer })
    }

    fn create(directory: &Path, now: SystemTime) -> Result<Self, TlsError> {
        let mint = |source| TlsError::Mint { name: "the local authority".to_owned(), source };
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(mint)?;
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "ringer local CA");
        name.push(DnType::OrganizationName, "ringer");
        params.distinguished_name = name;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = (now - DAY).into();
        params.not_after = (now + LIFETIME).into();
        let pem = params.self_signed(&key).map_err(mint)?.pem();
        write(&directory.join(KEY_FILE), key.serialize_pem().as_bytes(), 0o600)?;
        write(&directory.join(CERTIFICATE_FILE), pem.as_bytes(), 0o644)?;
        Self::assemble(directory, pem, key)
    }
}

fn read(path: &Path) -> Result<String, TlsError> {
    fs::read_to_string(path).map_err(|source| TlsError::File {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

/// Writes a file whole or not at all.
fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), TlsError> {
    use std::io::Write as _;
    let failed = |source| TlsError::File { action: "write", path: path.to_owned(), source };
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ringer-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = builder.tempfile_in(directory).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Clock;

    fn make(directory: &Path) -> Result<Authority, TlsError> {
        Authority::load_or_create(directory, Clock::start().now())
    }

    #[test]
    fn is_made_once_and_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let first = make(&directory.path().join("certs")).unwrap();
        let second = make(&directory.path().join("certs")).unwrap();
        assert_eq!(first.certificate_pem(), second.certificate_pem());
        assert_eq!(first.certificate(), second.certificate());
    }

    #[cfg(unix)]
    #[test]
    fn its_key_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        make(directory.path()).unwrap();
        let mode = fs::metadata(directory.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn processes_that_race_get_the_same_one() {
        let directory = tempfile::tempdir().unwrap();
        let all: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| make(directory.path()).unwrap().certificate_pem().to_owned())
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|pem| *pem == all[0]));
    }

    #[test]
    fn half_an_authority_is_refused_with_a_way_out() {
        let directory = tempfile::tempdir().unwrap();
        make(directory.path()).unwrap();
        fs::remove_file(directory.path().join(KEY_FILE)).unwrap();
        let error = make(directory.path()).unwrap_err().to_string();
        assert!(error.contains(KEY_FILE) && error.contains("delete both"), "{error}");
    }

    #[test]
    fn a_damaged_certificate_is_refused_with_its_path() {
        let directory = tempfile::tempdir().unwrap();
        make(directory.path()).unwrap();
        fs::write(directory.path().join(CERTIFICATE_FILE), "nothing").unwrap();
        let error = make(directory.path()).unwrap_err().to_string();
        assert!(error.contains(CERTIFICATE_FILE), "{error}");
    }
}
