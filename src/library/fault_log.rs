//! The log of faults: what befell which request, one a line, to befall them again in another run.
//!
//! The format is described in `docs/fault-log.md`.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::error::LibraryError;
use crate::{
    model::StubId,
    runtime::Seed,
    store::{Applied, Script, Subject},
};

/// The version of the format that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// Lines that may wait for the disk; what comes then is left out, and counted.
const QUEUE: usize = 1 << 16;

/// Why a log of faults cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FaultLogError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] LibraryError),
    /// A line is no fault.
    #[error("`{}`, line {line}: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// A log that is being written, by a thread of its own.
#[derive(Debug)]
pub struct FaultLog {
    path: PathBuf,
    lines: SyncSender<Message>,
    lost: AtomicU64,
}

enum Message {
    Line(String),
    /// Everything is to be on disk; what went wrong is told.
    Finish(SyncSender<Option<io::Error>>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HeaderLine {
    fault_log: u32,
    seed: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FaultLine {
    session: String,
    place: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    rule: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stub: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    way_in: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    together: bool,
    number: u64,
    seed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    draw: Option<f64>,
    #[serde(default)]
    wait_micros: Option<u64>,
    #[serde(default)]
    fault: Option<String>,
}

impl FaultLog {
    /// Begins a log in place of what the file held.
    ///
    /// # Errors
    ///
    /// The file cannot be made, or the thread not started.
    pub fn create(path: &Path, seed: Seed) -> Result<Self, LibraryError> {
        let failed = |source| LibraryError::Write { path: path.to_owned(), source };
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        let header = HeaderLine { fault_log: VERSION, seed: seed.0 };
        let header = serde_json::to_string(&header).map_err(|error| failed(error.into()))?;
        writeln!(file, "{header}").map_err(failed)?;
        let (lines, taken) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("fault-log".to_owned())
            .spawn(move || write(file, &taken))
            .map_err(failed)?;
        Ok(Self { path: path.to_owned(), lines, lost: AtomicU64::new(0) })
    }

    /// Adds what befell a request of a session. Never waits.
    pub fn add(&self, session: &str, applied: &Applied) {
        let Ok(line) = serde_json::to_string(&FaultLine::of(session, applied)) else { return };
        if self.lines.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything is on disk, and says what is missing, if anything is.
    pub fn finish(&self) -> Option<String> {
        let (finished, done) = sync_channel(1);
        let failure = match self.lines.send(Message::Finish(finished)) {
            Ok(()) => done.recv().ok().flatten(),
            Err(_) => None,
        };
        let path = self.path.display();
        if let Some(error) = failure {
            return Some(format!("the log of faults `{path}` is not complete: {error}"));
        }
        let lost = self.lost.load(Ordering::Relaxed);
        (lost > 0).then(|| {
            format!("the log of faults `{path}` lacks {lost} lines: the disk was too slow for them")
        })
    }
}

fn write(mut file: BufWriter<File>, lines: &Receiver<Message>) {
    let mut failure = None;
    let mut next = lines.recv().ok();
    while let Some(message) = next {
        match message {
            Message::Line(line) => {
                if let Err(error) = writeln!(file, "{line}") {
                    failure = failure.or(Some(error));
                }
            }
            Message::Finish(finished) => {
                let flushed = file.flush().err();
                // Who asked may have gone.
                let _ = finished.send(failure.take().or(flushed));
            }
        }
        next = lines.try_recv().ok();
        if next.is_none() {
            // A pause: whoever looks at the file now sees all of it.
            failure = file.flush().err().or(failure);
            next = lines.recv().ok();
        }
    }
}

/// Reads what befell the requests of an earlier run.
///
/// # Errors
///
/// The file cannot be read, or a line of it is no fault.
pub fn read(path: &Path) -> Result<Script, FaultLogError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| LibraryError::Read { path: path.to_owned(), source })?;
    let wrong = |line: usize, message: String| FaultLogError::Line {
        path: path.to_owned(),
        line: line + 1,
        message,
    };
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let no_header = || "a log of faults begins with its version: `{\"faultLog\":1,…}`".to_owned();
    let (at, first) = lines.next().ok_or_else(|| wrong(0, no_header()))?;
    let header: HeaderLine = serde_json::from_str(first).map_err(|_| wrong(at, no_header()))?;
    if header.fault_log > VERSION {
        let message =
            format!("it is of version {}; this ringer reads up to {VERSION}", header.fault_log);
        return Err(wrong(at, message));
    }
    let mut script = Script::default();
    for (at, line) in lines {
        let line: FaultLine =
            serde_json::from_str(line).map_err(|error| wrong(at, error.to_string()))?;
        let (session, applied) = line.read().map_err(|message| wrong(at, message))?;
        script.add(&session, applied);
    }
    Ok(script)
}

impl FaultLine {
    fn of(session: &str, applied: &Applied) -> Self {
        let micros = |wait: Duration| u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        let mut line = Self {
            session: session.to_owned(),
            place: applied.place.to_string(),
            rule: applied.rule.clone(),
            kind: applied.kind.to_owned(),
            stub: None,
            endpoint: None,
            connection: None,
            way_in: None,
            together: applied.is_together,
            number: applied.number,
            seed: applied.seed.0,
            draw: applied.draw,
            wait_micros: applied.wait.map(micros),
            fault: applied.fault.clone(),
        };
        match &applied.subject {
            Subject::Stub(id) => line.stub = Some(id.to_string()),
            Subject::Endpoint(name) => line.endpoint = Some(name.clone()),
            Subject::WayIn(name) => line.way_in = Some(name.clone()),
            Subject::Connection(name) => line.connection = Some(name.clone()),
        }
        line
    }

    fn read(self) -> Result<(String, Applied), String> {
        let subject = match (self.stub, self.endpoint, self.way_in, self.connection) {
            (Some(id), None, None, None) => {
                let id = id.parse().map_err(|_| format!("`{id}` is no id of a stub"))?;
                Subject::Stub(StubId(id))
            }
            (None, Some(name), None, None) => Subject::Endpoint(name),
            (None, None, Some(name), None) => Subject::WayIn(name),
            (None, None, None, Some(name)) => Subject::Connection(name),
            _ => {
                let known = "expected one of `stub`, `endpoint`, `wayIn` and `connection`";
                return Err(known.to_owned());
            }
        };
        let kinds = ["latency", "delay", "bandwidth", "fault"];
        let kind = kinds.into_iter().find(|kind| *kind == self.kind);
        let kind = kind.ok_or_else(|| {
            format!("unknown kind `{}`, expected one of {}", self.kind, kinds.join(", "))
        })?;
        let applied = Applied {
            place: self.place.parse()?,
            rule: self.rule,
            kind,
            subject,
            is_together: self.together,
            number: self.number,
            seed: Seed(self.seed),
            draw: self.draw,
            wait: self.wait_micros.map(Duration::from_micros),
            fault: self.fault,
        };
        Ok((self.session, applied))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        model::{Place, ServiceName},
        store::{Recalled, ScriptKey},
    };

    fn applied(number: u64, subject: Subject) -> Applied {
        Applied {
            place: Place::Service(ServiceName::new("payments")),
            rule: "flaky".to_owned(),
            kind: "fault",
            subject,
            is_together: false,
            number,
            seed: Seed(7),
            draw: Some(0.031),
            wait: Some(Duration::from_micros(1500)),
            fault: Some("status 503".to_owned()),
        }
    }

    #[test]
    fn what_is_logged_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.jsonl");
        let log = FaultLog::create(&path, Seed(7)).unwrap();
        let stub = Subject::Stub(StubId(Uuid::from_u128(5)));
        let endpoint = Subject::endpoint(None, "GET", "/a b");
        log.add("", &applied(1, stub.clone()));
        log.add("s", &applied(2, endpoint.clone()));
        log.add("s", &Applied { is_together: true, ..applied(3, Subject::connection(None)) });
        assert_eq!(log.finish(), None);
        let script = read(&path).unwrap();
        let get = |session: &str, subject, number| {
            let (session, place) = (session.to_owned(), applied(1, stub.clone()).place);
            script.get(&ScriptKey { session, place, rule: "flaky".to_owned(), subject, number })
        };
        let recalled = Recalled { seed: Seed(7), wait: Some(Duration::from_micros(1500)) };
        assert_eq!(get("", stub.id(), 1), Some(recalled));
        assert_eq!(get("s", stub.id(), 1), None);
        assert_eq!(get("s", endpoint.id(), 2), Some(recalled));
        assert_eq!(get("s", Uuid::nil(), 3), Some(recalled));
    }

    #[test]
    fn a_line_that_is_no_fault_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.jsonl");
        let message = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let told = read(&path).unwrap_err().to_string();
            told.replace(&folder.path().display().to_string(), "")
        };
        let header = "{\"faultLog\":1,\"seed\":7}\n";
        assert!(message("").contains("line 1: a log of faults begins with"));
        assert!(message("{\"faultLog\":9,\"seed\":7}").contains("version 9"));
        let line = r#"{"session":"","place":"all","kind":"x","stub":null,"number":1,"seed":1}"#;
        insta::assert_snapshot!(message(&format!("{header}{line}")), @"`/faults.jsonl`, line 2: expected one of `stub`, `endpoint`, `wayIn` and `connection`");
        assert!(message(&format!("{header}{{}}")).contains("line 2: missing field `session`"));
    }
}
