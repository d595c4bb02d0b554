//! What a session takes of memory. What it takes of the time of requests is one of the workloads.

use std::rc::Rc;

use super::{
    Failure, Options, Report, Row, files,
    load::{Load, Transport, post_all},
    rates,
    server::Server,
    workloads::{SESSION, exact, get},
};

const NAMES: [&str; 3] = ["a session that had a request", "its first stub", "its first fault"];

pub(crate) fn names() -> Vec<&'static str> {
    NAMES.to_vec()
}

pub(crate) fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    if !NAMES.iter().any(|name| options.wants(name)) {
        return Ok(());
    }
    let sessions = options.either(10_000, 2_000);
    report.section("memory of each session", "bytes");
    rates::runtime()?.block_on(async {
        // What the journal takes is bounded by itself.
        let arguments = ["replay", "--journal-entries", "0"];
        let folder = Rc::new(files::bundled(exact, 1)?);
        let core = options.cores.server.as_deref();
        let mut ringer = Server::ringer(options, core, folder, &arguments)?;
        let once = Load::new(Transport::Plain, 8, [get(0)])?;
        ringer.ready(&once).await?;
        // What is made once is made.
        once.pass(ringer.address, 1_000, || {}).await?;
        let mut before = ringer.resident()?;
        for (at, name) in NAMES.into_iter().enumerate() {
            let named = |n| (SESSION, format!("s{n}"));
            match at {
                0 => {
                    let each = (0..sessions).map(|n| {
                        let (name, value) = named(n);
                        get(0).with_header(name, value)
                    });
                    Load::new(Transport::Plain, 8, each)?.pass(ringer.address, 1, || {}).await?;
                }
                1 => {
                    let stub = r#"{"request": {"urlPath": "/own"}, "response": {"body": "own"}}"#;
                    let each = (0..sessions).map(|n| (named(n), stub));
                    post_all(ringer.address, "/__admin/mappings", each).await?;
                }
                _ => {
                    let fault = r#"{"status": 503, "every": 2}"#;
                    let each = (0..sessions).map(|n| (named(n), fault));
                    post_all(ringer.address, "/__admin/ringer/faults", each).await?;
                }
            }
            let now = ringer.resident()?;
            report.add(Row { ours: (now - before) / sessions as f64, ..Row::new(name) });
            before = now;
        }
        Ok(())
    })
}
