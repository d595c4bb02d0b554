//! What a request takes of the processor, beside the reference.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;

use super::{
    Failure, Options, Report, Row, files,
    load::{Exchange, Load, Transport},
    median, reference,
    report::Goal,
    server::Server,
    workloads::{Job, WORKLOADS, Workload},
};

const CONNECTIONS: usize = 64;
/// Connections that are being made at a time, where each request makes one; and those of HTTP/2.
const FEWER: usize = 8;
const WARM_UP: Duration = Duration::from_millis(500);
const SAMPLES: usize = 50;
/// Recorded exchanges are on disk within this time.
const DURABLE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn names() -> Vec<&'static str> {
    WORKLOADS.iter().map(|it| it.name).collect()
}

pub(crate) fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    let wanted: Vec<_> = WORKLOADS.iter().filter(|it| options.wants(it.name)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    report.section("processor time of a request", "µs");
    let runtime = runtime()?;
    for workload in wanted {
        let row = runtime.block_on(compare(options, workload));
        report.add(row.map_err(|error| format!("`{}`: {error}", workload.name))?);
    }
    Ok(())
}

/// A runtime for clients.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Both contestants of a workload, and what is asked of them.
struct Pair {
    load: Load,
    hyper: Server,
    ringer: Server,
    _upstream: Option<Server>,
}

/// How long is asked.
#[derive(Clone, Copy)]
enum Span {
    For(Duration),
    /// Until each exchange has been asked.
    Pass,
}

/// The exchanges of a round, in no order of the stubs.
fn load_of(workload: &Workload, round: usize) -> Result<Load, Failure> {
    let connections = match workload.transport {
        Transport::Plain | Transport::Tls => CONNECTIONS,
        Transport::Handshakes | Transport::Http2 => FEWER,
    };
    let first = if workload.job == Job::RecordNew { round * workload.requests } else { 0 };
    let exchanges =
        (0..workload.requests).map(|n| (workload.exchange)(first + n * 7919 % workload.requests));
    Load::new(workload.transport, connections, exchanges)
}

async fn start(options: &Options, workload: &Workload) -> Result<Pair, Failure> {
    let load = load_of(workload, 0)?;
    let certificate = tempfile::tempdir()?;
    reference::make_certificate(certificate.path())?;
    let tls = match workload.transport {
        Transport::Plain => reference::NO_TLS.into(),
        _ => certificate.path().to_string_lossy(),
    };
    let answer = [reference::ANSWER, workload.name, &tls];
    let stubs = files::bundled(workload.mapping, workload.stubs)?.into();
    let core = options.cores.server.as_deref();
    let (mut hyper, mut ringer, upstream) = if workload.job == Job::Answer {
        let hyper = Server::reference(core, &answer)?;
        (hyper, Server::ringer(options, core, stubs, workload.arguments)?, None)
    } else {
        let mut upstream = Server::reference(options.cores.load.as_deref(), &answer)?;
        upstream.ready(&load).await?;
        let address = upstream.address.to_string();
        let hyper = Server::reference(core, &[reference::PASS_ON, &address])?;
        let url = format!("http://{address}");
        let arguments: Vec<_> = workload.arguments.iter().copied().chain([url.as_str()]).collect();
        (hyper, Server::ringer(options, core, stubs, &arguments)?, Some(upstream))
    };
    for server in [&mut hyper, &mut ringer] {
        server.ready(&load).await?;
        load.check(server.address, SAMPLES).await?;
    }
    if workload.job == Job::Answer {
        let nowhere = Exchange::get("/nowhere".to_owned(), String::new());
        let nowhere = Load::new(workload.transport, 1, [nowhere])?;
        if nowhere.check(ringer.address, 1).await.is_ok() {
            return Err("a request that no stub matches gets a good answer".into());
        }
    }
    Ok(Pair { load, hyper, ringer, _upstream: upstream })
}

/// Processor time of a request, in microseconds.
async fn cost(server: &Server, load: &Load, span: Span) -> Result<f64, Failure> {
    let mut before = 0.0;
    // What the connections take is another workload's.
    let begins = || before = server.processor();
    let window = match span {
        Span::For(length) => load.run(server.address, length, begins).await,
        Span::Pass => load.pass(server.address, 1, begins).await,
    };
    let window = window.map_err(|error| format!("{}: {error}: {}", server.name, server.said()))?;
    if window.requests == 0 {
        return Err(format!("{} has answered nothing", server.name).into());
    }
    Ok((server.processor() - before) * 1e6 / window.requests as f64)
}

async fn compare(options: &Options, workload: &Workload) -> Result<Row, Failure> {
    let Pair { mut load, hyper, ringer, _upstream } = start(options, workload).await?;
    let is_new = workload.job == Job::RecordNew;
    for server in [&hyper, &ringer] {
        if !is_new {
            cost(server, &load, Span::For(options.window.min(WARM_UP))).await?;
        }
        // What comes once for each request has come: sessions, recordings.
        cost(server, &load, Span::Pass).await?;
    }
    let span = if is_new { Span::Pass } else { Span::For(options.window) };
    let mut rounds = Vec::new();
    for round in 0..options.rounds {
        if is_new {
            load = load_of(workload, round + 1)?;
        }
        // Who goes first takes turns.
        let pair = if round % 2 == 0 {
            let theirs = cost(&hyper, &load, span).await?;
            [theirs, cost(&ringer, &load, span).await?]
        } else {
            let ours = cost(&ringer, &load, span).await?;
            [cost(&hyper, &load, span).await?, ours]
        };
        rounds.push(pair);
    }
    let (note, is_in_time) = match workload.job {
        Job::Answer => (String::new(), true),
        Job::Record => durable(&ringer, workload.requests)?,
        Job::RecordNew => durable(&ringer, workload.requests * (options.rounds + 1))?,
    };
    let of = |figure: fn(&[f64; 2]) -> f64| median(rounds.iter().map(figure).collect());
    Ok(Row {
        ours: of(|[_, ours]| *ours),
        reference: Some(of(|[theirs, _]| *theirs)),
        ratio: Some(of(|[theirs, ours]| ours / theirs)),
        goal: workload.goal.map(Goal::Ratio),
        rounds: rounds.clone(),
        note,
        is_late: !is_in_time,
        ..Row::new(workload.name)
    })
}

/// How long after the last request all recorded exchanges are on disk, and whether that is in time.
fn durable(ringer: &Server, exchanges: usize) -> Result<(String, bool), Failure> {
    let ended = Instant::now();
    let folder = ringer.folder.path().join("stubs");
    loop {
        let n = count_mappings(&folder)?;
        let took = ended.elapsed();
        if n >= exchanges {
            let note = format!("{n} stubs on disk after {:.1} s", took.as_secs_f64());
            return Ok((note, took <= DURABLE));
        }
        if took > PATIENCE {
            return Err(format!("only {n} of {exchanges} exchanges are on disk").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn count_mappings(folder: &Path) -> Result<usize, Failure> {
    let mut n = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            n += count_mappings(&entry.path())?;
        } else if entry.path().extension().is_some_and(|it| it == "json")
            && !entry.file_name().to_string_lossy().starts_with('.')
        {
            n += 1;
        }
    }
    Ok(n)
}
