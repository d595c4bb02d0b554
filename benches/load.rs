//! How long ten thousand stub files take to load, against reading and parsing them alone.
//!
//! `cargo bench --bench load` (or with a number of files after `--`) prints CPU seconds in all, per
//! core, and the ratio to reading the files and parsing them with serde_json.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that people read")]

use std::{fs, num::NonZero, path::Path, thread, time::Instant};

use ringer::{
    app::compile_problems,
    library::Reader,
    store::{StubFile, StubStore},
};

fn main() {
    let n = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), n);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);

    let (bytes, plain) = measured(|| {
        let mut bytes = 0;
        for entry in walkdir::WalkDir::new(folder.path()) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let text = fs::read(entry.path()).unwrap();
                bytes += text.len();
                let _: serde_json::Value = serde_json::from_slice(&text).unwrap();
            }
        }
        bytes
    });
    println!("{n} files, {:.1} MB", bytes as f64 / 1e6);
    show("read and parse with serde_json", plain, cores, plain);
    let reader = Reader::new(folder.path()).with_check(compile_problems);
    let (loaded, read) = measured(|| reader.read().unwrap());
    assert_eq!(loaded.problems().count(), 0);
    show("read and check", read, cores, plain);
    let store = StubStore::default();
    let files: Vec<StubFile> = loaded
        .files
        .iter()
        .map(|file| StubFile { path: file.path.clone(), stubs: file.stubs.clone() })
        .collect();
    let (problems, applied) = measured(|| store.apply(files));
    assert!(problems.is_empty());
    show("put in service", applied, cores, plain);
    let (found, reviewed) = measured(|| reader.review(&loaded));
    show(&format!("look for what is hardly meant ({} found)", found.len()), reviewed, cores, plain);
    let both = Times { cpu: read.cpu + applied.cpu, wall: read.wall + applied.wall };
    show("cold start", both, cores, plain);
}

#[derive(Clone, Copy)]
struct Times {
    cpu: f64,
    wall: f64,
}

fn show(what: &str, times: Times, cores: usize, plain: Times) {
    println!(
        "{what}: {:.2} CPU s, {:.2} per core, {:.2} s wall, {:.1} times serde_json",
        times.cpu,
        times.cpu / cores as f64,
        times.wall,
        times.cpu / plain.cpu.max(0.001)
    );
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
fn measured<T>(work: impl FnOnce() -> T) -> (T, Times) {
    let (cpu, started) = (cpu_seconds(), Instant::now());
    let result = work();
    let times = Times { cpu: cpu_seconds() - cpu, wall: started.elapsed().as_secs_f64() };
    (result, times)
}

/// Of the whole process, from `/proc`; 0 on other systems.
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // utime and stime, in hundredths, are the 12th and 13th after the name in parentheses.
    let after = text.rsplit(')').next().unwrap_or_default();
    let ticks: f64 =
        after.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// Stubs such as people write: exact paths, templates, expressions, headers, JSON bodies.
fn generate(folder: &Path, n: usize) {
    for at in 0..n {
        let mappings = folder.join("mappings").join(format!("{:02}", at % 50));
        if at < 50 {
            fs::create_dir_all(&mappings).unwrap();
        }
        let url = match at % 4 {
            0 => format!("\"urlPath\": \"/api/v1/items/{at}\""),
            1 => format!("\"urlPathTemplate\": \"/api/v1/things/{{id}}/{at}\""),
            2 => format!("\"urlPathPattern\": \"/api/v1/users/[0-9]+/orders/{at}/[a-z]{{2,8}}\""),
            _ => format!("\"url\": \"/api/v1/search?q={at}&page=1\""),
        };
        let text = format!(
            r#"{{
  "name": "stub {at}",
  "request": {{
    "method": "POST",
    {url},
    "headers": {{
      "Accept": {{ "matches": "application/(json|problem\\+json).*" }},
      "Authorization": {{ "matches": "Bearer [A-Za-z0-9._-]+" }}
    }},
    "bodyPatterns": [{{ "equalToJson": {{ "customer": "c{at}", "lines": [{{ "sku": "a", "n": {at} }}] }} }}]
  }},
  "response": {{
    "status": 200,
    "headers": {{ "Content-Type": "application/json" }},
    "jsonBody": {{ "id": {at}, "state": "paid", "items": [1, 2, 3], "note": "some text that is longer" }}
  }}
}}
"#
        );
        fs::write(mappings.join(format!("stub-{at:05}.json")), text).unwrap();
    }
}
