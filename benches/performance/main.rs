//! What ringer costs over the protocol alone, beside what it promises: `cargo bench --bench performance`.
//!
//! Each workload is asked of two programs in turn: of ringer, as it is released and with its defaults,
//! and of a bare hyper server (or proxy) in this file's folder that does the same with nothing to
//! decide. Both are processes of their own, on a core of their own where there are two and `taskset`;
//! what is told is the processor time of theirs that a request takes, and the ratio of both within a
//! round; of the rounds the median. Every answer is compared, byte by byte, in the measured windows too:
//! a wrong one ends the benchmark. `docs/performance.md` says more.
//!
//! ```text
//! cargo bench --bench performance -- [NAME…] [--quick] [--rounds N] [--seconds S]
//!     [--json FILE] [--markdown FILE] [--ringer PROGRAM] [--list]
//! ```

#![expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]

mod delay;
mod files;
mod load;
mod machine;
mod memory;
mod options;
mod rates;
mod reference;
mod reload;
mod report;
mod server;
mod sessions;
mod start;
mod workloads;

use options::Options;
use report::{Report, Row};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A part of the suite: its names, and what measures those of them that are wanted.
struct Part {
    names: fn() -> Vec<&'static str>,
    measure: fn(&Options, &mut Report) -> Result<(), Failure>,
}

const PARTS: [Part; 6] = [
    Part { names: rates::names, measure: rates::measure },
    Part { names: sessions::names, measure: sessions::measure },
    Part { names: start::names, measure: start::measure },
    Part { names: memory::names, measure: memory::measure },
    Part { names: delay::names, measure: delay::measure },
    Part { names: reload::names, measure: reload::measure },
];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(role) = reference::Role::of(&arguments)? {
        return role.serve();
    }
    let options = Options::parse(arguments)?;
    if options.list {
        for part in &PARTS {
            for name in (part.names)() {
                println!("{name}");
            }
        }
        return Ok(());
    }
    server::keep_to_core(std::process::id(), options.cores.load.as_deref());
    let mut report = Report::new(&options);
    for part in &PARTS {
        (part.measure)(&options, &mut report)?;
    }
    report.finish(&options)
}

/// The middle one of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
