//! `ringer ca`: the local certificate authority, and how clients come to trust it.

use std::path::Path;

use anyhow::Context as _;
use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

use super::{
    args::CaArgs,
    global_args::GlobalArgs,
    hint::Advised,
    load::load,
    printer,
    style::{self, paint},
};
use crate::{
    config::Layer,
    runtime::Clock,
    tls::{Authority, authority::CERTIFICATE_FILE},
};

/// Shows, makes or exports the authority.
///
/// # Errors
///
/// When there is none and none may be made, or when a file cannot be read or written.
pub fn run(global: &GlobalArgs, args: &CaArgs) -> anyhow::Result<u8> {
    let folder = load(global, Layer::default())?.config.certs;
    let file = folder.join(CERTIFICATE_FILE);
    let is_new = !file.exists();
    if is_new && !args.create && args.export.is_none() {
        return Err(Advised::new(
            format!("there is no certificate authority in `{}` yet", folder.display()),
            "`ringer ca --create` makes one, and so does the first record or replay",
        )
        .into());
    }
    let authority = Authority::load_or_create(&folder, Clock::start().now())
        .context("the local certificate authority cannot be used")?;
    if is_new {
        printer::say(&format!("made {}", file.display()));
    }
    match args.export.as_deref() {
        Some(target) if target == Path::new("-") => printer::data(authority.certificate_pem())?,
        Some(target) => {
            std::fs::write(target, authority.certificate_pem())
                .with_context(|| format!("cannot write `{}`", target.display()))?;
            printer::say(&format!("exported to {}", target.display()));
        }
        None => printer::data(&description(&authority, &std::path::absolute(file)?)?)?,
    }
    Ok(0)
}

fn description(authority: &Authority, file: &Path) -> anyhow::Result<String> {
    let (from, until) = validity(authority.certificate())?;
    let file = file.display();
    let label = |text: &str| paint(style::FAINT, format!("{text:12}"));
    let heading = |text: &str| paint(style::STRONG, text);
    Ok(format!(
        "\
{path}{file}
{fingerprint}{sha256}
{valid}{from} to {until}

It signs a certificate for each host name that a client asks for. Its key never leaves this
machine; trust it only here, and only where you test.

{one}
  ringer record URL -- CMD        sets the variables below for CMD alone

{programs}
  curl              curl --cacert {file}
  OpenSSL, Python   export SSL_CERT_FILE={file}
  requests, pip     export REQUESTS_CA_BUNDLE={file} PIP_CERT={file}
  Node, npm         export NODE_EXTRA_CA_CERTS={file}
  git               export GIT_SSL_CAINFO={file}
  AWS SDKs          export AWS_CA_BUNDLE={file}
  Go                export SSL_CERT_FILE={file}
  Java              keytool -importcert -noprompt -alias ringer -file {file} \\
                      -keystore ringer.p12 -storepass changeit
                    java -Djavax.net.ssl.trustStore=ringer.p12 …

{machine}
  Debian, Ubuntu    sudo cp {file} /usr/local/share/ca-certificates/ringer.crt
                    sudo update-ca-certificates
  macOS             sudo security add-trusted-cert -d -r trustRoot \\
                      -k /Library/Keychains/System.keychain {file}
  Windows           certutil -addstore -f Root {file}
",
        path = label("certificate"),
        fingerprint = label("SHA-256"),
        sha256 = fingerprint(authority.certificate()),
        valid = label("valid"),
        one = heading("Trust it for one command"),
        programs = heading("Trust it in a program"),
        machine = heading("Trust it on the whole machine"),
    ))
}

/// The digest that other tools show too: hex pairs with colons.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let pairs: Vec<_> =
        Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// First and last day, as `2026-11-23`.
fn validity(certificate: &CertificateDer<'_>) -> anyhow::Result<(String, String)> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
        .context("the certificate cannot be read")?;
    let day = |time: x509_parser::time::ASN1Time| time.to_datetime().date().to_string();
    Ok((day(parsed.validity().not_before), day(parsed.validity().not_after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_file_fingerprint_and_validity() {
        let folder = tempfile::tempdir().unwrap();
        let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_790_000_000);
        let authority = Authority::load_or_create(folder.path(), now).unwrap();
        let text = description(&authority, Path::new("/home/me/certs/ca.pem")).unwrap();
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.starts_with("certificate /home/me/certs/ca.pem\n"), "{text}");
        assert!(text.contains("valid       2026-09-20 to 2036-09-18"), "{text}");
        let fingerprint = text.lines().nth(1).unwrap().rsplit(' ').next().unwrap();
        assert_eq!(fingerprint.split(':').count(), 32);
    }
}
