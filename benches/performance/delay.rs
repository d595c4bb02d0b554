//! How exact a delay is under load, beside a bare server that sleeps as long.

use serde_json::json;

use super::{
    Failure, Options, Report, Row, files,
    load::{Load, Transport, Window},
    median, rates, reference,
    report::Goal,
    server::Server,
    workloads::{get, stub},
};

const NAMES: [&str; 2] = ["delay of 50 ms, p50 over it", "delay of 50 ms, p99 over it"];
const MILLISECONDS: u32 = 50;
const CONNECTIONS: usize = 200;
/// What may be beyond the reference's, in milliseconds.
const GOALS: [f64; 2] = [1.0, 3.0];

pub(crate) fn names() -> Vec<&'static str> {
    NAMES.to_vec()
}

pub(crate) fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    if !NAMES.iter().any(|name| options.wants(name)) {
        return Ok(());
    }
    report.section("delays, 200 connections", "ms");
    rates::runtime()?.block_on(async {
        let load = Load::new(Transport::Plain, CONNECTIONS, [get(0)])?;
        let core = options.cores.server.as_deref();
        let length = MILLISECONDS.to_string();
        let mut hyper = Server::reference(core, &[reference::SLEEP, &length])?;
        let folder = files::bundled(delayed, 1)?;
        let mut ringer = Server::ringer(options, core, folder.into(), &["replay"])?;
        for server in [&mut hyper, &mut ringer] {
            server.ready(&load).await?;
            load.run(server.address, options.window / 2, || {}).await?;
        }
        let mut rounds = [Vec::new(), Vec::new()];
        for round in 0..options.rounds {
            let order = if round % 2 == 0 { [&hyper, &ringer] } else { [&ringer, &hyper] };
            let first = load.run(order[0].address, options.window, || {}).await?;
            let second = load.run(order[1].address, options.window, || {}).await?;
            let (theirs, ours) = if round % 2 == 0 { (first, second) } else { (second, first) };
            for (rounds, share) in rounds.iter_mut().zip([0.5, 0.99]) {
                let over = |it: &Window| it.percentile(share) - f64::from(MILLISECONDS);
                rounds.push([over(&theirs), over(&ours)]);
            }
        }
        for ((name, rounds), goal) in NAMES.into_iter().zip(rounds).zip(GOALS) {
            report.add(Row {
                ours: median(rounds.iter().map(|[_, ours]| *ours).collect()),
                reference: Some(median(rounds.iter().map(|[theirs, _]| *theirs).collect())),
                goal: Some(Goal::Beyond(goal)),
                rounds,
                ..Row::new(name)
            });
        }
        Ok(())
    })
}

fn delayed(n: usize) -> serde_json::Value {
    let mut stub = stub(json!({"method": "GET", "urlPath": format!("/s/{n}")}), n);
    if let Some(response) = stub.get_mut("response") {
        response["fixedDelayMilliseconds"] = MILLISECONDS.into();
    }
    stub
}
