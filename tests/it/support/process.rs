//! The program as people run it, ended by its own process id whatever becomes of the test.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::waiting::{LIMIT, eventually, eventually_within};

/// The program, not yet started, without anything from the environment that could change what it
/// does.
pub(crate) fn ringer() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("ringer"));
    for (name, _) in std::env::vars() {
        let name_upper = name.to_ascii_uppercase();
        if name.starts_with("RINGER_")
            || name.starts_with("OTEL_")
            || name_upper.ends_with("_PROXY")
        {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// What a program that has ended said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command that ends by itself.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Ended {
    Process::spawn(command).ended()
}

/// A process with its output in files.
pub(crate) struct Process {
    child: Child,
    output: TempDir,
}

impl Process {
    #[track_caller]
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let output = tempfile::tempdir().unwrap();
        let file = |name: &str| std::fs::File::create(output.path().join(name)).unwrap();
        let child = command
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, output }
    }

    pub(crate) fn stdout(&self) -> String {
        self.read("stdout")
    }

    pub(crate) fn stderr(&self) -> String {
        self.read("stderr")
    }

    fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.output.path().join(name)).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    #[track_caller]
    pub(crate) fn wait(&mut self, limit: Duration) -> ExitStatus {
        let what = format!("the end of process {}", self.id());
        let child = &mut self.child;
        eventually_within(limit, &what, || child.try_wait().unwrap())
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn ended(self) -> Ended {
        self.ended_within(LIMIT)
    }

    #[track_caller]
    pub(crate) fn ended_within(mut self, limit: Duration) -> Ended {
        let status = self.wait(limit);
        Ended { code: status.code(), stdout: self.stdout(), stderr: self.stderr() }
    }

    /// A number from `/proc/ID/status`, in KiB: `VmRSS`, `VmHWM`.
    pub(crate) fn memory(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A ringer process that serves.
pub(crate) struct Serving {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) ca: PathBuf,
}

impl Serving {
    /// Starts `ringer COMMAND ARGUMENTS` on a free port with the folders below `root`, and waits
    /// until it is ready.
    #[track_caller]
    pub(crate) fn start(root: &Path, command: &str, arguments: &[&str]) -> Self {
        Self::try_start(root, command, arguments)
            .unwrap_or_else(|ended| panic!("ringer did not start: {}", ended.stderr))
    }

    /// As [`Self::start`]; what it said when it ended instead.
    #[track_caller]
    pub(crate) fn try_start(root: &Path, command: &str, arguments: &[&str]) -> Result<Self, Ended> {
        Self::try_start_with(root, command, arguments, &[])
    }

    /// As [`Self::try_start`], with these variables set.
    #[track_caller]
    pub(crate) fn try_start_with(
        root: &Path,
        command: &str,
        arguments: &[&str],
        variables: &[(String, String)],
    ) -> Result<Self, Ended> {
        let ready = root.join(format!("ready-{command}.json"));
        let _ = std::fs::remove_file(&ready);
        let mut ringer = ringer();
        ringer
            .current_dir(root)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env("RINGER_READY_FILE", &ready)
            .arg(command)
            .args(match command {
                "wiremock" => &["--port", "0", "--bind-address", "127.0.0.1"][..],
                _ => &["--listen", "127.0.0.1:0"],
            })
            .args(arguments);
        let mut process = Process::spawn(&mut ringer);
        let text = eventually("the ready file", || {
            if !process.is_running() {
                return Some(None);
            }
            std::fs::read_to_string(&ready).ok().map(Some)
        });
        let Some(text) = text else { return Err(process.ended()) };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["pid"], process.id());
        let address = json["addresses"][0].as_str().unwrap().parse().unwrap();
        Ok(Self { process, address, ca: json["ca"].as_str().unwrap().into() })
    }

    /// Asks it to end, and waits until it has.
    #[track_caller]
    pub(crate) fn stop(self) -> Ended {
        self.process.signal(Signal::TERM);
        self.process.ended()
    }

    /// Ends it as a power failure would.
    #[track_caller]
    pub(crate) fn kill(mut self) {
        self.process.signal(Signal::KILL);
        self.process.wait(LIMIT);
    }
}
