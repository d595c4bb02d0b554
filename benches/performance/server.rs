//! Contestants: processes of their own, what they take of the processor and of memory.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{Failure, load::Load, options::Options};

/// Longer than anything takes to start.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who works where, where the system can be told.
/// As `taskset` takes them.
#[derive(Clone, Default)]
pub(crate) struct Cores {
    pub(crate) server: Option<String>,
    pub(crate) load: Option<String>,
    /// All that this process may use.
    pub(crate) all: Option<String>,
    pub(crate) n: usize,
}

impl Cores {
    /// One for the contestants and one for all else, of those that this process may use.
    pub(crate) fn find() -> Self {
        let has_taskset = Command::new("taskset").arg("--version").output().is_ok();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let list = list.unwrap_or_default().trim();
        let ranges = list.split(',').filter_map(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            Some(from.parse::<usize>().ok()?..=to.parse().ok()?)
        });
        let cores: Vec<_> = ranges.flatten().collect();
        let n = cores.len().max(1);
        match cores.as_slice() {
            [server, load, ..] if has_taskset => Self {
                server: Some(server.to_string()),
                load: Some(load.to_string()),
                all: Some(list.to_owned()),
                n,
            },
            _ => Self { n, ..Self::default() },
        }
    }
}

/// Has a process run on one core only.
pub(crate) fn keep_to_core(process: u32, core: Option<&str>) {
    if let Some(core) = core {
        let process = process.to_string();
        let words = ["-a", "-p", "-c", core, &process];
        let _ = Command::new("taskset").args(words).stdout(Stdio::null()).status();
    }
}

pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) started: Instant,
    child: Child,
    /// Nanoseconds that each of its threads has worked, also those that have ended since.
    threads: RefCell<HashMap<u32, u64>>,
    /// Where its files lie.
    pub(crate) folder: Rc<TempDir>,
}

impl Server {
    /// Starts ringer on the files in `folder`.
    pub(crate) fn ringer(
        options: &Options,
        core: Option<&str>,
        folder: Rc<TempDir>,
        arguments: &[&str],
    ) -> Result<Self, Failure> {
        let address = free_address()?;
        let mut command = on_core(core, &options.ringer);
        command.args(arguments).arg("--listen").arg(address.to_string());
        for (flag, name) in
            [("--stubs", "stubs"), ("--recordings", "recordings"), ("--certs", "certs")]
        {
            command.arg(flag).arg(folder.path().join(name));
        }
        // No setting of this machine counts.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("RINGER_") {
                command.env_remove(name);
            }
        }
        command.current_dir(folder.path());
        Self::spawn("ringer", command, address, folder)
    }

    /// Starts this program as a reference.
    pub(crate) fn reference(core: Option<&str>, arguments: &[&str]) -> Result<Self, Failure> {
        let address = free_address()?;
        let mut command = on_core(core, &std::env::current_exe()?);
        command.args(arguments).arg(address.to_string());
        Self::spawn("hyper", command, address, tempfile::tempdir()?.into())
    }

    fn spawn(
        name: &'static str,
        mut command: Command,
        address: SocketAddr,
        folder: Rc<TempDir>,
    ) -> Result<Self, Failure> {
        let said = fs::File::create(folder.path().join("said"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("cannot start {name}: {error}"))?;
        Ok(Self { name, address, started, child, threads: RefCell::default(), folder })
    }

    /// Waits until it answers the first exchange, and how long that took from its start.
    pub(crate) async fn ready(&mut self, load: &Load) -> Result<Duration, Failure> {
        loop {
            // Who listens not yet refuses at once.
            if let Ok(tcp) = tokio::net::TcpStream::connect(self.address).await {
                match load.first_answer(tcp).await {
                    Ok(()) => return Ok(self.started.elapsed()),
                    Err(error) if self.started.elapsed() > PATIENCE => return Err(error),
                    Err(_) => {}
                }
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("{} ended with {status}: {}", self.name, self.said()).into());
            }
            if self.started.elapsed() > PATIENCE {
                return Err(format!("{} does not answer: {}", self.name, self.said()).into());
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }

    /// What it has written to standard error.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }

    /// Processor seconds so far.
    pub(crate) fn processor(&self) -> f64 {
        let mut threads = self.threads.borrow_mut();
        for (thread, path) in self.tasks() {
            let text = fs::read_to_string(path.join("schedstat")).unwrap_or_default();
            let worked = text.split(' ').next().and_then(|it| it.parse().ok());
            if let Some(worked) = worked {
                threads.insert(thread, worked);
            }
        }
        threads.values().sum::<u64>() as f64 / 1e9
    }

    fn tasks(&self) -> Vec<(u32, std::path::PathBuf)> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let tasks = tasks.into_iter().flatten().flatten();
        tasks
            .filter_map(|task| Some((task.file_name().to_str()?.parse().ok()?, task.path())))
            .collect()
    }

    pub(crate) fn threads(&self) -> usize {
        self.tasks().len()
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib =
            line.and_then(|line| line.split_whitespace().next()).ok_or("no resident memory")?;
        Ok(kib.parse::<f64>()? * 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn on_core(core: Option<&str>, program: &Path) -> Command {
    match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", core]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// An address that nobody has at the moment.
fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
