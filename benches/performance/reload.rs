//! How soon changed files are in service, and what those who ask meanwhile notice of it.

use std::{
    path::Path,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use super::{
    Failure, Options, Report, Row, files,
    load::{Exchange, Load, Transport},
    rates,
    server::Server,
};

const ONE: &str = "reload, one file changed";
const ALL: &str = "reload, all files changed";
const CLIENTS: usize = 16;
/// So that they ask for a part of what the server could answer.
const PAUSE: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn names() -> Vec<&'static str> {
    vec![ONE, ALL]
}

pub(crate) fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    if !options.wants(ONE) && !options.wants(ALL) {
        return Ok(());
    }
    let n = options.either(100_000, 10_000);
    report.section("reload under load", "ms");
    rates::runtime()?.block_on(async {
        let folder = Rc::new(files::single(n)?);
        let path = folder.path().to_owned();
        let mapping = r#"{"request":{"urlPath":"/steady"},"response":{"body":"steady"}}"#;
        std::fs::write(path.join("stubs/mappings/steady.json"), mapping)?;
        let steady = Exchange::get("/steady".to_owned(), "steady".to_owned());
        let steady = Load::new(Transport::Plain, CLIENTS, [steady])?.with_pause(PAUSE);
        let core = options.cores.server.as_deref();
        let mut ringer = Server::ringer(options, core, folder, &["replay"])?;
        ringer.ready(&steady).await?;
        let quiet = steady.run(ringer.address, options.window, || {}).await?.percentile(0.99);
        for (name, changed, edition) in [(ONE, 1, 1), (ALL, n, 2)] {
            let before = ringer.processor();
            let path = path.clone();
            let write = move || write(&path, n, changed, edition);
            let is_over = AtomicBool::new(false);
            let changes = async {
                let took = until_served(&ringer, n - 1, edition, write).await;
                is_over.store(true, Ordering::Relaxed);
                took
            };
            let asked = async {
                let mut times = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let window =
                        steady.run(ringer.address, Duration::from_millis(200), || {}).await?;
                    times.extend(window.times);
                }
                times.sort_unstable();
                Ok::<_, Failure>(times)
            };
            let (took, times) = tokio::join!(changes, asked);
            let (took, times) = (took?, times?);
            let p99 = times.get(times.len() * 99 / 100).map_or(f64::NAN, Duration::as_secs_f64);
            report.add(Row {
                ours: took.as_secs_f64() * 1e3,
                note: format!(
                    "of {n}; {:.2} s of the processor; p99 of answers {:.1} ms meanwhile, \
                     {quiet:.1} ms before",
                    ringer.processor() - before,
                    p99 * 1e3
                ),
                ..Row::new(name)
            });
        }
        Ok(())
    })
}

fn write(folder: &Path, n: usize, changed: usize, edition: usize) -> Result<(), Failure> {
    if changed == n {
        return files::write_single(folder, n, edition);
    }
    files::rewrite_one(folder, n - 1, edition)
}

/// From the last file written until the last stub is served as it says.
async fn until_served(
    ringer: &Server,
    stub: usize,
    edition: usize,
    write: impl FnOnce() -> Result<(), Failure> + Send + 'static,
) -> Result<Duration, Failure> {
    tokio::task::spawn_blocking(write).await??;
    let written = Instant::now();
    let changed = Exchange::get(format!("/s/{stub}"), files::body(stub, edition));
    let load = Load::new(Transport::Plain, 1, [changed])?;
    loop {
        let tcp = tokio::net::TcpStream::connect(ringer.address).await?;
        match load.first_answer(tcp).await {
            Ok(()) => return Ok(written.elapsed()),
            Err(error) if written.elapsed() > PATIENCE => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}
