//! A folder of a test with all that ringer keeps, and ringer running on it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use ringer::{
    app::{App, Running, Summary},
    config::{Config, Service},
    model::{LatencySource, Mode},
};
use tempfile::TempDir;

use super::waiting::within;

/// A folder with stubs, tapes and certificates.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, by its path in the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes a stub file.
    pub(crate) fn stub(&self, name: &str, content: &str) -> PathBuf {
        self.write(&format!("stubs/mappings/{name}.json"), content)
    }

    /// Replays at full speed.
    pub(crate) fn config(&self) -> Config {
        Config {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            stubs: self.join("stubs"),
            recordings: self.join("recordings"),
            certs: self.join("certs"),
            latency: LatencySource::None,
            ..Config::default()
        }
    }

    /// One upstream in this mode.
    pub(crate) fn config_of(&self, mode: Mode, upstream: &str) -> Config {
        let service = Service::of_upstream(upstream.parse().unwrap(), mode);
        Config { services: vec![service], ..self.config() }
    }

    /// Starts ringer with this configuration.
    pub(crate) async fn start(&self, config: Config) -> Ringer {
        std::fs::create_dir_all(&config.stubs).unwrap();
        let running = within(App::start(config)).await.expect("ringer starts");
        Ringer { address: running.addresses()[0], running }
    }

    /// One upstream in this mode.
    pub(crate) async fn run(&self, mode: Mode, upstream: &str) -> Ringer {
        self.start(self.config_of(mode, upstream)).await
    }

    /// Replays at full speed.
    pub(crate) async fn replay(&self) -> Ringer {
        self.start(self.config()).await
    }

    /// Every file below a folder of this one, with its content.
    pub(crate) fn snapshot(&self, below: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.join(below);
        walkdir::WalkDir::new(&root)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| {
                let name = entry.path().strip_prefix(&root).unwrap().display().to_string();
                match std::fs::read(entry.path()) {
                    Ok(content) => Some((name, content)),
                    // A file that was half written has got its name.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                    Err(error) => panic!("{}: {error}", entry.path().display()),
                }
            })
            .collect()
    }

    /// The stub files below `stubs/`, parsed, by their path.
    pub(crate) fn stubs(&self) -> BTreeMap<String, serde_json::Value> {
        self.snapshot("stubs")
            .into_iter()
            .filter(|(name, _)| name.ends_with(".json"))
            .map(|(name, content)| {
                let json = serde_json::from_slice(&content)
                    .unwrap_or_else(|error| panic!("{name} is no JSON: {error}"));
                (name, json)
            })
            .collect()
    }

    /// The only stub.
    #[track_caller]
    pub(crate) fn only_stub(&self) -> serde_json::Value {
        let stubs = self.stubs();
        assert_eq!(stubs.len(), 1, "{:?}", stubs.keys());
        stubs.into_values().next().unwrap()
    }

    /// Every exchange on the tapes, in order.
    pub(crate) fn tape(&self) -> Vec<serde_json::Value> {
        self.snapshot("recordings")
            .into_iter()
            .filter(|(name, _)| name.ends_with(".jsonl"))
            .flat_map(|(name, content)| {
                let text = String::from_utf8(content).expect("tapes are text");
                text.lines()
                    .skip(1)
                    .map(|line| {
                        serde_json::from_str(line)
                            .unwrap_or_else(|error| panic!("{name}: {error}: {line}"))
                    })
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Two snapshots of a folder have the same files with the same content.
#[track_caller]
pub(crate) fn check_unchanged(before: &BTreeMap<String, Vec<u8>>, now: &BTreeMap<String, Vec<u8>>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(before.keys().collect::<Vec<_>>(), now.keys().collect::<Vec<_>>());
    for (name, content) in before {
        assert_eq!(text(content), text(&now[name]), "{name} has changed");
    }
}

/// A running ringer.
pub(crate) struct Ringer {
    pub(crate) address: SocketAddr,
    pub(crate) running: Running,
}

impl Ringer {
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn ca_pem(&self) -> String {
        std::fs::read_to_string(self.running.ca_file()).unwrap()
    }

    /// What comes of a request, and how long that took by its clock.
    pub(crate) async fn timed<T>(&self, request: impl Future<Output = T>) -> (T, Duration) {
        let clock = self.running.clock();
        let start = clock.elapsed();
        let got = request.await;
        (got, clock.elapsed() - start)
    }

    pub(crate) async fn stop(self) -> Summary {
        within(self.running.stop()).await
    }
}
