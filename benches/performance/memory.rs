//! What ringer takes of memory, and of the disk.

use std::{process::Command, rc::Rc, time::Duration};

use super::{
    Failure, Options, Report, Row, files,
    load::{Exchange, Load, Transport},
    rates,
    report::Goal,
    server::Server,
    workloads::{exact, get, payload, stub},
};

const IDLE: &str = "idle with 1 stub, MiB";
const EACH: &str = "each stub of 500 bytes, KiB";
const LONG: &str = "after a million requests, MiB";
const WAITING: &str = "each request that waits, KiB";
const SIZE: &str = "program, stripped, MiB";

const MIB: f64 = 1024.0 * 1024.0;
/// What is freed after the start has been freed by then.
const SETTLED: Duration = Duration::from_secs(2);

pub(crate) fn names() -> Vec<&'static str> {
    vec![IDLE, EACH, LONG, WAITING, SIZE]
}

pub(crate) fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    if !names().into_iter().any(|name| options.wants(name)) {
        return Ok(());
    }
    report.section("resident memory, and size", "");
    rates::runtime()?.block_on(async {
        if options.wants(IDLE) || options.wants(EACH) {
            let idle = resident_with(options, 1).await?;
            let goal = Some(Goal::Ours(12.0));
            report.add(Row { ours: idle / MIB, goal, ..Row::new(IDLE) });
            if options.wants(EACH) {
                let n = options.either(100_000, 10_000);
                let resident = resident_with(options, n).await?;
                report.add(Row {
                    ours: (resident - idle) / n as f64 / 1024.0,
                    goal: Some(Goal::Ours(2.0)),
                    note: format!("{:.0} MiB with {n}", resident / MIB),
                    ..Row::new(EACH)
                });
            }
        }
        if options.wants(LONG) {
            report.add(after_many_requests(options).await?);
        }
        if options.wants(WAITING) {
            report.add(while_they_wait(options).await?);
        }
        if options.wants(SIZE) {
            report.add(size(options)?);
        }
        Ok(())
    })
}

async fn resident_with(options: &Options, n: usize) -> Result<f64, Failure> {
    let last = Exchange::get(format!("/s/{}", n - 1), files::body(n - 1, 0));
    let load = Load::new(Transport::Plain, 1, [last])?;
    let core = options.cores.all.as_deref();
    let mut ringer = Server::ringer(options, core, Rc::new(files::single(n)?), &["replay"])?;
    ringer.ready(&load).await?;
    tokio::time::sleep(SETTLED).await;
    ringer.resident()
}

/// Requests with URLs and credentials of their own: what grows once the journal is full is a leak.
async fn after_many_requests(options: &Options) -> Result<Row, Failure> {
    const STEP: usize = 50_000;
    let steps = options.either(20, 4);
    let mapping = |_| {
        let pattern = serde_json::json!({"urlPathPattern": "/orders/[0-9]+"});
        stub(pattern, 0)
    };
    let folder = Rc::new(files::bundled(mapping, 1)?);
    let core = options.cores.server.as_deref();
    let mut ringer = Server::ringer(options, core, folder, &["replay"])?;
    let mut residents = Vec::new();
    for step in 0..steps {
        let exchanges = (0..STEP).map(|n| {
            let n = step * STEP + n;
            Exchange::get(format!("/orders/{n}"), payload(0))
                .with_header("authorization", format!("Bearer sk_live_{n:032x}"))
                .with_header("x-request-id", format!("{n:016x}"))
        });
        let load = Load::new(Transport::Plain, 8, exchanges)?;
        ringer.ready(&load).await?;
        load.pass(ringer.address, 1, || {}).await?;
        residents.push(ringer.resident()?);
    }
    let at = |step: usize| residents.get(step).copied().unwrap_or(f64::NAN);
    // The journal has been full since the first step.
    let (early, late) = (at(1), at(steps - 1));
    Ok(Row {
        ours: late / MIB,
        ratio: Some(late / early),
        goal: Some(Goal::Ratio(1.05)),
        note: format!(
            "{:.1} MiB after {}, {:.1} after {}",
            early / MIB,
            2 * STEP,
            late / MIB,
            steps * STEP
        ),
        rounds: residents.iter().map(|it| [f64::NAN, it / MIB]).collect(),
        ..Row::new(LONG)
    })
}

/// Requests that are delayed for longer than all of them take to come.
async fn while_they_wait(options: &Options) -> Result<Row, Failure> {
    let waiting = options.either(10_000, 2_000).min(open_files().saturating_sub(200));
    let mapping = |n| {
        let mut stub = exact(n);
        if n > 0
            && let Some(response) = stub.get_mut("response")
        {
            response["fixedDelayMilliseconds"] = 600_000.into();
        }
        stub
    };
    let folder = Rc::new(files::bundled(mapping, 2)?);
    let most = (waiting + 10).to_string();
    let arguments = ["replay", "--max-connections", &most];
    let core = options.cores.server.as_deref();
    let mut ringer = Server::ringer(options, core, folder, &arguments)?;
    ringer.ready(&Load::new(Transport::Plain, 1, [get(0)])?).await?;
    let (resident, threads) = (ringer.resident()?, ringer.threads());
    let mut streams = Vec::with_capacity(waiting);
    for _ in 0..waiting {
        let mut stream = tokio::net::TcpStream::connect(ringer.address).await?;
        let request = b"GET /s/1 HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, request).await?;
        streams.push(stream);
    }
    tokio::time::sleep(SETTLED).await;
    let each = (ringer.resident()? - resident) / waiting as f64;
    if streams.iter().any(|stream| stream.try_read(&mut [0]).is_ok()) {
        return Err("a request was answered too early".into());
    }
    let more = ringer.threads().saturating_sub(threads);
    Ok(Row {
        ours: each / 1024.0,
        note: format!("{waiting} wait, {more} more threads"),
        ..Row::new(WAITING)
    })
}

/// Files that this process, and any that it starts, may have open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(1024)
}

fn size(options: &Options) -> Result<Row, Failure> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("ringer");
    let stripped = Command::new("strip").arg("-o").arg(&copy).arg(&options.ringer).status();
    let program = if stripped.is_ok_and(|it| it.success()) { &copy } else { &options.ringer };
    Ok(Row {
        ours: std::fs::metadata(program)?.len() as f64 / MIB,
        goal: Some(Goal::Ours(20.0)),
        ..Row::new(SIZE)
    })
}
