//! What is said when ringer can be used: a line for people, a file for programs.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
};

use super::style::{self, paint};
use crate::model::SessionName;

/// The line for people: version, what is done, where, and the seed, unless all is recorded.
pub fn line(what: &str, addresses: &[SocketAddr], place: &str, seed: Option<u64>) -> String {
    let urls: Vec<_> = addresses.iter().map(|address| format!("http+https://{address}")).collect();
    let mut parts = vec![
        paint(style::STRONG, concat!("ringer ", env!("CARGO_PKG_VERSION"))),
        what.to_owned(),
        paint(style::NOTE, urls.join(" ")),
    ];
    if !place.is_empty() {
        parts.push(paint(style::FAINT, place));
    }
    if let Some(seed) = seed {
        parts.push(format!("seed {seed}"));
    }
    parts.join(" · ")
}

/// Writes the file for programs, whole or not at all: who sees it can read it.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_file(
    path: &Path,
    addresses: &[SocketAddr],
    sessions: &[(SessionName, SocketAddr)],
    admin: Option<&str>,
    ca_file: &Path,
) -> io::Result<()> {
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let mut of_sessions = BTreeMap::<String, Vec<String>>::new();
    for (name, address) in sessions {
        of_sessions.entry(name.to_string()).or_default().push(address.to_string());
    }
    let ca_file = std::path::absolute(ca_file)?;
    let ready = serde_json::json!({
        "addresses": addresses,
        "admin": admin,
        "ca": ca_file.to_string_lossy(),
        "pid": std::process::id(),
        "sessions": of_sessions,
        "version": env!("CARGO_PKG_VERSION"),
    });
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new().prefix(".ringer-").tempfile_in(folder)?;
    writeln!(file, "{ready:#}")?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_where_to_connect_and_what_to_trust() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let address = SocketAddr::from(([127, 0, 0, 1], 4711));
        let admin = Some("unix:/run/ringer.sock");
        let sessions = [("ann".parse().unwrap(), address)];
        write_file(&path, &[address], &sessions, admin, Path::new("/certs/ca.pem")).unwrap();
        let ready: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(ready["addresses"][0], "127.0.0.1:4711");
        assert_eq!(ready["sessions"]["ann"][0], "127.0.0.1:4711");
        assert_eq!(ready["admin"], "unix:/run/ringer.sock");
        assert_eq!(ready["ca"], "/certs/ca.pem");
        assert_eq!(ready["pid"], std::process::id());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
