//! `-- CMD ARGS`: runs a program so that its requests come to ringer and it trusts ringer's
//! certificates, whatever it is written in.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitStatus,
};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{
    hint::Advised,
    signal::{self, Signal},
    truststore,
};

/// Variables that hold a bundle of all certificates to trust: it takes the place of the system's.
const BUNDLES: [&str; 7] = [
    "AWS_CA_BUNDLE",
    "CARGO_HTTP_CAINFO",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
];
/// Variables that hold certificates to trust besides the system's.
const ADDITIONS: [&str; 2] = ["DENO_CERT", "NODE_EXTRA_CA_CERTS"];
/// Variables that name the proxy. Programs differ in which case they read.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "https_proxy"];
/// Exceptions from the proxy, which would lead past ringer.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Less specific proxies, which would lead past ringer or confuse who reads them first.
const REMOVED: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// A program that runs, and the files that its variables name.
#[derive(Debug)]
pub struct Wrapped {
    child: Child,
    /// Removed when the program has ended.
    _files: TempDir,
}

impl Wrapped {
    /// Starts `words` with the variables set.
    ///
    /// # Errors
    ///
    /// When the certificate files cannot be written or the program cannot be started.
    pub fn start(
        words: &[OsString],
        address: SocketAddr,
        ca_pem: &str,
        ca_file: &Path,
    ) -> anyhow::Result<Self> {
        let (name, arguments) = words.split_first().context("there is no program to run")?;
        let files = tempfile::Builder::new()
            .prefix("ringer-")
            .tempdir()
            .context("cannot make a folder for certificates")?;
        let bundle = files.path().join("bundle.pem");
        write(&bundle, bundle_of(ca_pem).as_bytes())?;
        let store = files.path().join("truststore.p12");
        write(&store, &truststore::pkcs12(ca_pem)?)?;
        let ca_file = std::path::absolute(ca_file).context("there is no current folder")?;
        let java_options = std::env::var_os("JAVA_TOOL_OPTIONS");
        let mut command = Command::new(name);
        command.args(arguments);
        for (variable, value) in
            variables(address, &bundle, &ca_file, &store, java_options.as_deref())
        {
            command.env(variable, value);
        }
        for variable in REMOVED {
            command.env_remove(variable);
        }
        let child = command.spawn().map_err(|error| not_started(name, error))?;
        Ok(Self { child, _files: files })
    }

    /// Waits until the program has ended.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Its process, unless it has ended.
    pub fn process(&self) -> Option<u32> {
        self.child.id()
    }
}

/// Passes a signal on to the program, unless it got it already: a terminal sends Ctrl-C to the
/// program as well, and many take a second one as the wish to leave everything behind.
pub fn pass_on(process: Option<u32>, caught: Signal) {
    let from_terminal = caught == Signal::Interrupt && io::stdin().is_terminal();
    if let (Some(process), false) = (process, from_terminal) {
        signal::send(process, caught);
    }
}

/// The exit code that tells how the program ended: its own, or 128 and the signal, as a shell says.
pub fn code_of(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return 128 + signal;
        }
    }
    status.code().unwrap_or(1)
}

/// The address by which a program on this machine reaches a listener.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn variables(
    address: SocketAddr,
    bundle: &Path,
    ca_file: &Path,
    store: &Path,
    java_options: Option<&OsStr>,
) -> Vec<(&'static str, OsString)> {
    let address = reachable(address);
    let url = OsString::from(format!("http://{address}"));
    let mut all: Vec<(&'static str, OsString)> = Vec::new();
    all.extend(PROXIES.map(|name| (name, url.clone())));
    all.extend(EXCEPTIONS.map(|name| (name, OsString::new())));
    all.extend(BUNDLES.map(|name| (name, bundle.into())));
    all.extend(ADDITIONS.map(|name| (name, ca_file.into())));
    // Node's own fetch looks at the proxy variables only when told to.
    all.push(("NODE_USE_ENV_PROXY", "1".into()));
    let mut java = java_options.map(OsStr::to_owned).unwrap_or_default();
    if !java.is_empty() {
        java.push(" ");
    }
    java.push(java_flags(address, store));
    all.push(("JAVA_TOOL_OPTIONS", java));
    all.push(("RINGER_CA", ca_file.into()));
    all.push(("RINGER_URL", url));
    all
}

/// What a Java program is told instead of variables, which it does not read.
fn java_flags(address: SocketAddr, store: &Path) -> OsString {
    let mut flags = String::new();
    for scheme in ["http", "https"] {
        let _ = write!(
            flags,
            "-D{scheme}.proxyHost={} -D{scheme}.proxyPort={} ",
            address.ip(),
            address.port()
        );
    }
    flags.push_str("-Dhttp.nonProxyHosts= -Djavax.net.ssl.trustStoreType=PKCS12 ");
    let mut flags = OsString::from(flags);
    flags.push("-Djavax.net.ssl.trustStore=");
    flags.push(store);
    flags
}

/// The system's certificates and ringer's, for programs that take one file for all.
fn bundle_of(ca_pem: &str) -> String {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::info!(%error, "a certificate of the system is left out");
    }
    let mut bundle = ca_pem.trim_end().to_owned();
    for certificate in &system.certs {
        bundle.push_str("\n-----BEGIN CERTIFICATE-----\n");
        let text = BASE64.encode(certificate);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            bundle.push_str(line);
            bundle.push('\n');
            rest = after;
        }
        bundle.push_str("-----END CERTIFICATE-----");
    }
    bundle.push('\n');
    bundle
}

fn write(path: &PathBuf, content: &[u8]) -> anyhow::Result<()> {
    std::fs::File::create_new(path)
        .and_then(|mut file| file.write_all(content))
        .with_context(|| format!("cannot write `{}`", path.display()))
}

fn not_started(name: &OsStr, error: io::Error) -> anyhow::Error {
    let what = format!("cannot run `{}`", name.to_string_lossy());
    if error.kind() == io::ErrorKind::NotFound {
        return Advised::new(
            format!("{what}: there is no such program"),
            "what follows `--` is a program and its arguments; for a line of shell use \
             `-- sh -c '…'`",
        )
        .into();
    }
    anyhow::Error::new(error).context(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_is_led_to_ringer() {
        let address = SocketAddr::from(([0, 0, 0, 0], 4711));
        let all = variables(
            address,
            Path::new("/t/bundle.pem"),
            Path::new("/c/ca.pem"),
            Path::new("/t/s.p12"),
            Some(OsStr::new("-Xmx1g")),
        );
        let lines: Vec<_> =
            all.iter().map(|(name, value)| format!("{name}={}", value.to_string_lossy())).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        HTTPS_PROXY=http://127.0.0.1:4711
        HTTP_PROXY=http://127.0.0.1:4711
        http_proxy=http://127.0.0.1:4711
        https_proxy=http://127.0.0.1:4711
        NO_PROXY=
        no_proxy=
        AWS_CA_BUNDLE=/t/bundle.pem
        CARGO_HTTP_CAINFO=/t/bundle.pem
        CURL_CA_BUNDLE=/t/bundle.pem
        GIT_SSL_CAINFO=/t/bundle.pem
        PIP_CERT=/t/bundle.pem
        REQUESTS_CA_BUNDLE=/t/bundle.pem
        SSL_CERT_FILE=/t/bundle.pem
        DENO_CERT=/c/ca.pem
        NODE_EXTRA_CA_CERTS=/c/ca.pem
        NODE_USE_ENV_PROXY=1
        JAVA_TOOL_OPTIONS=-Xmx1g -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=4711 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4711 -Dhttp.nonProxyHosts= -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStore=/t/s.p12
        RINGER_CA=/c/ca.pem
        RINGER_URL=http://127.0.0.1:4711
        ");
    }

    #[test]
    fn the_bundle_holds_the_local_authority_and_reads_as_pem() {
        use rustls::pki_types::{CertificateDer, pem::PemObject as _};
        let folder = tempfile::tempdir().unwrap();
        let now = crate::runtime::Clock::start().now();
        let authority = crate::tls::Authority::load_or_create(folder.path(), now).unwrap();
        let bundle = bundle_of(authority.certificate_pem());
        let all: Vec<_> =
            CertificateDer::pem_slice_iter(bundle.as_bytes()).collect::<Result<_, _>>().unwrap();
        assert!(all.contains(authority.certificate()));
    }

    #[test]
    fn a_program_that_is_not_there_is_reported_with_advice() {
        let error = not_started(OsStr::new("pytset"), io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(error.to_string(), "cannot run `pytset`: there is no such program");
        assert!(super::super::hint::of(&error).is_some());
    }
}
