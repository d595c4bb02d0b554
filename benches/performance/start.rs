//! How long it takes from the start of the program to its first answer.

use std::rc::Rc;

use super::{
    Failure, Options, Report, Row, files,
    load::{Exchange, Load, Transport},
    median, rates, reference,
    report::Goal,
    server::Server,
    workloads::ONE_STUB_NAME,
};

/// Names, files, goals in milliseconds, starts.
const SIZES: [(&str, usize, f64, usize); 3] = [
    ("start, 1 file", 1, 10.0, 11),
    ("start, 10,000 files", 10_000, 90.0, 5),
    ("start, 100,000 files", 100_000, 1_000.0, 3),
];

pub(crate) fn names() -> Vec<&'static str> {
    SIZES.iter().map(|(name, ..)| *name).collect()
}

pub(crate) fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    let wanted: Vec<_> = SIZES.into_iter().filter(|(name, ..)| options.wants(name)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    report.section("start to first answer", "ms");
    let runtime = rates::runtime()?;
    let all = options.cores.all.as_deref();
    for (name, n, goal, starts) in wanted {
        let folder = Rc::new(files::single(n)?);
        let last = Exchange::get(format!("/s/{}", n - 1), files::body(n - 1, 0));
        let load = Load::new(Transport::Plain, 1, [last])?;
        let bare = Load::new(Transport::Plain, 1, [super::workloads::get(0)])?;
        let mut rounds = Vec::new();
        // The first makes ringer's authority, and has the system read the files.
        for _ in 0..=options.either(starts, 1) {
            let answer = [reference::ANSWER, ONE_STUB_NAME, reference::NO_TLS];
            let mut hyper = Server::reference(all, &answer)?;
            let theirs = runtime.block_on(hyper.ready(&bare))?;
            drop(hyper);
            let mut ringer = Server::ringer(options, all, Rc::clone(&folder), &["replay"])?;
            let ours = runtime.block_on(ringer.ready(&load))?;
            rounds.push([theirs, ours].map(|it| it.as_secs_f64() * 1e3));
        }
        rounds.remove(0);
        report.add(Row {
            ours: median(rounds.iter().map(|[_, ours]| *ours).collect()),
            reference: Some(median(rounds.iter().map(|[theirs, _]| *theirs).collect())),
            goal: Some(Goal::Ours(goal)),
            rounds,
            ..Row::new(name)
        });
    }
    Ok(())
}
