//! The machine that figures are of.

use std::{fs, process::Command};

use serde_json::{Value, json};

use super::options::Options;

/// What it is, in words for people.
pub(crate) fn describe(options: &Options) -> Value {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or_default().trim_start_matches([' ', '\t', ':']);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let memory = memory.and_then(|it| it.trim().trim_end_matches(" kB").parse::<f64>().ok());
    json!({
        "processor": model,
        "cores": options.cores.n,
        "memory_gib": memory.map(|kib| (kib / 1024.0 / 1024.0).round()),
        "kernel": kernel.trim(),
        "apart": options.cores.server.is_some(),
        "rustc": said(Command::new("rustc").arg("-V")),
        "ringer": said(Command::new(&options.ringer).arg("--version")),
        "commit": said(Command::new("git").args(["rev-parse", "--short", "HEAD"])),
        "date": jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        "rounds": options.rounds,
        "seconds": options.window.as_secs_f64(),
    })
}

fn said(command: &mut Command) -> String {
    let output = command.output().map(|it| it.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().trim().to_owned()
}
