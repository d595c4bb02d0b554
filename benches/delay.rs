//! How exact a delay is under load: `cargo bench --bench delay`.
//!
//! 200 keep-alive connections ask a ringer that delays each answer by 50 ms, and a bare hyper server
//! that does `tokio::time::sleep(50ms)`. What the machine and the protocol cost is measured in the same
//! run: the same two without a delay, where each client waits 50 ms between its requests instead, so
//! that all four get as many. All run in this process on worker threads of their own and are loaded in
//! turn; of the rounds the median counts. What is over the target is the time beyond 50 ms and beyond
//! the same percentile without a delay.
//!
//! And what a request takes while it waits: memory of its connection included, and threads (Linux).

use std::{
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use ringer::{
    app::{App, Running},
    config::{Config, Limits},
    model::{LatencySource, Wait},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ROUNDS: usize = 5;
const WINDOW: Duration = Duration::from_millis(1500);
const WARM_UP: Duration = Duration::from_millis(500);
const CONNECTIONS: u32 = 200;
const DELAY: Duration = Duration::from_millis(50);
const BODY: &str = r#"{"id":1,"status":"ok","items":[{"sku":"A-1","quantity":2},{"sku":"B-2","quantity":1}],"note":"an answer of about two hundred bytes, as an API of our days gives it to its clients"}"#;

/// The arguments with which this program runs itself.
const HOLDERS: [&str; 2] = ["hold-hyper", "hold-ringer"];
/// Requests that wait at the same time, where so many files can be open.
const WAITING: usize = 10_000;
/// Longer than all of them take to come.
const FOREVER: Duration = Duration::from_secs(600);
const SETTLED: Duration = Duration::from_secs(2);

/// What the issue asks for: over the target at most so much, in milliseconds.
const GOALS: [f64; 2] = [1.5, 5.0];

struct Contestant {
    name: &'static str,
    delay: Duration,
    /// Keeps the server alive.
    runtime: Option<Runtime>,
    address: SocketAddr,
}

/// Percentiles of the times of answers, in milliseconds.
#[derive(Clone, Copy)]
struct Times {
    p50: f64,
    p99: f64,
    requests: usize,
}

#[expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
fn main() -> Result<(), Failure> {
    if let Some(name) = std::env::args().nth(1).filter(|name| HOLDERS.contains(&name.as_str())) {
        return hold_requests(&name);
    }
    let load = runtime("load")?;
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
    let contestants = [
        sleeping_hyper("hyper", Duration::ZERO)?,
        delaying_ringer("ringer", folders[0].path(), Duration::ZERO)?,
        sleeping_hyper("hyper + sleep", DELAY)?,
        delaying_ringer("ringer + delay", folders[1].path(), DELAY)?,
    ];
    for contestant in &contestants {
        load.block_on(run(contestant, WARM_UP))?;
    }
    let mut rounds: Vec<Vec<Times>> = vec![Vec::new(); contestants.len()];
    for round in 0..ROUNDS {
        for turn in 0..contestants.len() {
            // Who goes first takes turns.
            let at = (turn + round) % contestants.len();
            if let (Some(contestant), Some(times)) = (contestants.get(at), rounds.get_mut(at)) {
                times.push(load.block_on(run(contestant, WINDOW))?);
            }
        }
    }
    println!(
        "{CONNECTIONS} keep-alive connections, {ROUNDS} rounds of {} s, medians, in ms",
        WINDOW.as_secs_f64()
    );
    println!("{:<16} {:>10} {:>10} {:>12}", "", "p50", "p99", "requests/s");
    for (contestant, times) in contestants.iter().zip(&rounds) {
        let requests = median(times.iter().map(|it| it.requests as f64).collect());
        println!(
            "{:<16} {:>10.3} {:>10.3} {:>12.0}",
            contestant.name,
            median(times.iter().map(|it| it.p50).collect()),
            median(times.iter().map(|it| it.p99).collect()),
            requests / WINDOW.as_secs_f64(),
        );
    }
    let [hyper_plain, ringer_plain, hyper, ringer] = rounds.as_slice() else { return Ok(()) };
    println!("\n{:<16} {:>10} {:>10}", "over the target", "p50", "p99");
    let hyper = over(hyper_plain, hyper);
    let ringer = over(ringer_plain, ringer);
    println!("{:<16} {:>10.3} {:>10.3}", "hyper + sleep", hyper[0], hyper[1]);
    println!("{:<16} {:>10.3} {:>10.3}", "ringer + delay", ringer[0], ringer[1]);
    println!("{:<16} {:>10.2} {:>10.2}", "ratio", ringer[0] / hyper[0], ringer[1] / hyper[1]);
    println!("{:<16} {:>10.3} {:>10.3}", "goal", GOALS[0], GOALS[1]);
    drop(contestants);
    println!("\n{:<16} {:>10} {:>10} {:>10}", "waiting at once", "requests", "KiB each", "threads");
    // Each in a process of its own: what one has freed the other would use again.
    for name in HOLDERS {
        let held = Command::new(std::env::current_exe()?).arg(name).output()?;
        print!(
            "{}{}",
            String::from_utf8_lossy(&held.stdout),
            String::from_utf8_lossy(&held.stderr)
        );
    }
    Ok(())
}

/// Has a server hold as many requests as can wait at once.
#[expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
fn hold_requests(name: &str) -> Result<(), Failure> {
    let load = runtime("load")?;
    let folder = tempfile::tempdir()?;
    let waiting = waiting_at_once();
    let contestant = match name {
        "hold-hyper" => sleeping_hyper("hyper + sleep", FOREVER)?,
        _ => delaying_ringer("ringer + delay", folder.path(), FOREVER)?,
    };
    let (bytes, threads) = load.block_on(hold(&contestant, waiting))?;
    let each = bytes / 1024.0 / waiting as f64;
    println!("{:<16} {waiting:>10} {each:>10.2} {threads:>+10}", contestant.name);
    Ok(())
}

/// How many requests can wait at once: each has two files open in this process.
fn waiting_at_once() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = files.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    files.unwrap_or(1024).saturating_sub(200).div_euclid(2).min(WAITING)
}

/// Has so many requests wait; by how many bytes and threads the process has grown meanwhile.
async fn hold(contestant: &Contestant, waiting: usize) -> Result<(f64, i64), Failure> {
    let (bytes, threads) = (resident_bytes(), n_threads());
    let address = contestant.address;
    let request = format!("GET /w1 HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n\r\n");
    let mut streams = Vec::with_capacity(waiting);
    for _ in 0..waiting {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        streams.push(stream);
    }
    // All of them have come and wait.
    tokio::time::sleep(SETTLED).await;
    if let Some(stream) = streams.iter().find(|stream| stream.try_read(&mut [0]).is_ok()) {
        return Err(format!("{stream:?} was answered already").into());
    }
    Ok((resident_bytes() - bytes, n_threads() - threads))
}

/// What the process has in memory, from /proc; 0 where the system does not tell.
fn resident_bytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0
}

fn n_threads() -> i64 {
    fs::read_dir("/proc/self/task").map_or(0, |tasks| i64::try_from(tasks.count()).unwrap_or(0))
}

/// What both percentiles are beyond the delay and beyond those without one, round by round.
fn over(plain: &[Times], delayed: &[Times]) -> [f64; 2] {
    let target = DELAY.as_secs_f64() * 1e3;
    let of = |figure: fn(&Times) -> f64| {
        let pairs = plain.iter().zip(delayed);
        median(pairs.map(|(plain, delayed)| figure(delayed) - target - figure(plain)).collect())
    };
    [of(|times| times.p50), of(|times| times.p99)]
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Loads one contestant for `length`.
async fn run(contestant: &Contestant, length: Duration) -> Result<Times, Failure> {
    let until = now() + length;
    // Where the server does not wait, the client does: the load is the same.
    let pause = DELAY.saturating_sub(contestant.delay);
    let address = contestant.address;
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|n| tokio::spawn(client(address, DELAY * n / CONNECTIONS, pause, until)))
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await?.map_err(|error| format!("{}: {error}", contestant.name))?);
    }
    times.sort_unstable();
    let at = |share: f64| {
        let at = (times.len() as f64 * share) as usize;
        times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    Ok(Times { p50: at(0.5), p99: at(0.99), requests: times.len() })
}

/// Sends the same request again and again; how long each answer took.
async fn client(
    address: SocketAddr,
    start: Duration,
    pause: Duration,
    until: Instant,
) -> Result<Vec<Duration>, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!("GET /w1 HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n\r\n");
    let mut buffer = vec![0; 16 * 1024];
    let mut times = Vec::new();
    // Spread, so that they do not all ask at the same moment.
    tokio::time::sleep(start).await;
    while now() < until {
        let asked = now();
        stream.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        loop {
            let read = stream.read(&mut buffer[filled..]).await?;
            if read == 0 {
                return Err("the connection was closed".into());
            }
            filled += read;
            if buffer[..filled].ends_with(BODY.as_bytes()) {
                break;
            }
        }
        times.push(asked.elapsed());
        if !buffer.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&buffer[..filled]).into_owned().into());
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    Ok(times)
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
fn now() -> Instant {
    Instant::now()
}

fn runtime(name: &'static str) -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
}

/// A hyper server that sleeps before every answer.
fn sleeping_hyper(name: &'static str, delay: Duration) -> Result<Contestant, Failure> {
    let runtime = runtime("hyper")?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    runtime.spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = tcp.set_nodelay(true);
            tokio::spawn(async move {
                let service = service_fn(move |_: Request<Incoming>| async move {
                    if !delay.is_zero() {
                        tokio::time::sleep(delay).await;
                    }
                    let mut response =
                        Response::new(Full::new(Bytes::from_static(BODY.as_bytes())));
                    let json = http::HeaderValue::from_static("application/json");
                    response.headers_mut().insert(CONTENT_TYPE, json);
                    Ok::<_, Infallible>(response)
                });
                let mut builder = Builder::new(TokioExecutor::new());
                builder.http1().timer(TokioTimer::new()).pipeline_flush(true);
                let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
            });
        }
    });
    Ok(Contestant { name, delay, runtime: Some(runtime), address })
}

fn delaying_ringer(
    name: &'static str,
    folder: &Path,
    delay: Duration,
) -> Result<Contestant, Failure> {
    let mappings = folder.join("stubs/mappings");
    fs::create_dir_all(&mappings)?;
    // With a length, as the reference has it: the client looks for the body at the end.
    let length = BODY.len();
    let mapping = format!(
        r#"{{"request":{{"method":"GET","urlPath":"/w1"}},"response":{{"status":200,"headers":{{"Content-Type":"application/json","Content-Length":"{length}"}},"jsonBody":{BODY}}}}}"#
    );
    fs::write(mappings.join("w1.json"), mapping)?;
    let latency = match delay {
        Duration::ZERO => LatencySource::None,
        delay => LatencySource::Drawn { head: Wait::fixed(delay), chunks: None },
    };
    let runtime = runtime("ringer")?;
    let config = Config {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        stubs: folder.join("stubs"),
        recordings: folder.join("recordings"),
        certs: folder.join("certs"),
        latency,
        limits: Limits { connections: WAITING, ..Limits::default() },
        ..Config::default()
    };
    let running: Running = runtime.block_on(App::start(config))?;
    let address = *running.addresses().first().ok_or("ringer listens nowhere")?;
    // It runs until its handle is dropped.
    runtime.spawn(async move {
        let _running = running;
        std::future::pending::<()>().await;
    });
    Ok(Contestant { name, delay, runtime: Some(runtime), address })
}

impl Drop for Contestant {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // What is still in flight does not matter any more.
            runtime.shutdown_background();
        }
    }
}
