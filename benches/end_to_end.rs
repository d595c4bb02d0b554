//! What ringer costs over the protocol alone: `cargo bench`.
//!
//! Each of ringer's jobs is measured beside a minimal hyper program that does the same job with
//! nothing to decide: a server that answers the same bytes, a reverse proxy that passes the same
//! bytes on. Both run in this process at the same time, on worker threads of their own, and are
//! loaded in turn for a second each. Machines are noisy: what counts is the ratio within a round,
//! and of the rounds the median. Processor time is that of the server's own threads (Linux).
//!
//! What rules and limits cost is measured in the same way, beside a ringer without any. None of them
//! changes an answer: of rules that befall no other path each request is counted and drawn for, and
//! chance has none of them strike.

use std::{
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, Uri, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use ringer::{
    app::{App, Running},
    config::{Config, Service, behaviors::entry},
    format::behavior::merge,
    model::{Behaviors, LatencySource, Mode},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ROUNDS: usize = 7;
const WINDOW: Duration = Duration::from_millis(1000);
const WARM_UP: Duration = Duration::from_millis(500);
const CONNECTIONS: usize = 8;
const BODY: &str = r#"{"id":1,"status":"ok","items":[{"sku":"A-1","quantity":2},{"sku":"B-2","quantity":1}],"note":"an answer of about two hundred bytes, as an API of our days gives it to its clients"}"#;

/// Servers get their threads by name, so that their processor time can be told apart.
struct Contestant {
    name: &'static str,
    /// Keeps the server alive.
    runtime: Runtime,
    /// Names of threads that work for it.
    threads: &'static [&'static str],
    address: SocketAddr,
}

#[derive(Clone, Copy)]
struct Window {
    requests: u64,
    seconds: f64,
    /// Processor seconds; 0 where the system does not tell.
    processor: f64,
}

impl Window {
    fn rate(self) -> f64 {
        self.requests as f64 / self.seconds
    }

    fn processor_per_request(self) -> f64 {
        self.processor * 1e6 / self.requests as f64
    }
}

#[expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
fn main() -> Result<(), Failure> {
    let load = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!(
        "{CONNECTIONS} keep-alive connections, {ROUNDS} rounds of {} s, medians",
        WINDOW.as_secs_f64()
    );
    println!(
        "{:<28} {:>14} {:>14} {:>10} {:>12} {:>12} {:>8}",
        "", "hyper µs/req", "ringer µs/req", "ratio", "hyper req/s", "ringer req/s", "rate"
    );

    let folder = tempfile::tempdir()?;
    let ringer = replaying_ringer(folder.path(), Behaviors::default())?;
    compare(&load, "replay, one stub", &answering_hyper()?, &ringer)?;

    let upstream = answering_hyper()?;
    let folder = tempfile::tempdir()?;
    compare(
        &load,
        "record, against a proxy",
        &proxying_hyper(upstream.address)?,
        &recording_ringer(folder.path(), upstream.address)?,
    )?;
    compare_behaviors(&load)
}

/// What rules and limits cost a replayed request, each beside none at all.
#[expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
fn compare_behaviors(load: &Runtime) -> Result<(), Failure> {
    const DRAWN: &str = "status=503; p=0.000000000001";
    const ELSEWHERE: &str = "status=503; url=/elsewhere/*";
    let kinds: [(&str, &[(&str, &str)]); 7] = [
        ("nothing", &[]),
        ("1 rule of another path", &[("fault", ELSEWHERE)]),
        ("10 rules of another path", &[("fault", ELSEWHERE); 10]),
        ("1 rule, drawn", &[("fault", DRAWN)]),
        ("10 rules, drawn", &[("fault", DRAWN); 10]),
        ("1 limit", &[("rate_limit", "1000000000/s")]),
        ("1 preset", &[("rate_limit", "preset=generic, limit=1000000000/s")]),
    ];
    let mut contestants = Vec::new();
    for (name, entries) in kinds {
        let mut behaviors = Behaviors::default();
        for (key, text) in entries {
            merge(&mut behaviors, entry(key, text)?);
        }
        let folder = tempfile::tempdir()?;
        let ringer = replaying_ringer(folder.path(), behaviors)?;
        load.block_on(run(&ringer, WARM_UP))?;
        contestants.push((name, ringer, folder));
    }
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let mut costs = vec![f64::NAN; contestants.len()];
        for turn in 0..contestants.len() {
            // Who goes first takes turns.
            let at = (turn + round) % contestants.len();
            if let (Some((_, ringer, _)), Some(cost)) = (contestants.get(at), costs.get_mut(at)) {
                *cost = load.block_on(run(ringer, WINDOW))?.processor_per_request();
            }
        }
        rounds.push(costs);
    }
    println!("\n{:<28} {:>14} {:>10}", "replay with", "ringer µs/req", "ratio");
    for (at, (name, ..)) in contestants.iter().enumerate() {
        let of = |costs: &Vec<f64>, at: usize| costs.get(at).copied().unwrap_or(f64::NAN);
        println!(
            "{name:<28} {:>14.1} {:>10.2}",
            median(rounds.iter().map(|costs| of(costs, at)).collect()),
            median(rounds.iter().map(|costs| of(costs, at) / of(costs, 0)).collect()),
        );
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
fn compare(
    load: &Runtime,
    what: &str,
    reference: &Contestant,
    ringer: &Contestant,
) -> Result<(), Failure> {
    for contestant in [reference, ringer] {
        load.block_on(run(contestant, WARM_UP))?;
    }
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        // Who goes first takes turns.
        let order = if round % 2 == 0 { [reference, ringer] } else { [ringer, reference] };
        let first = load.block_on(run(order[0], WINDOW))?;
        let second = load.block_on(run(order[1], WINDOW))?;
        rounds.push(if round % 2 == 0 { (first, second) } else { (second, first) });
    }
    let of =
        |figure: &dyn Fn(&(Window, Window)) -> f64| median(rounds.iter().map(figure).collect());
    println!(
        "{what:<28} {:>14.1} {:>14.1} {:>10.2} {:>12.0} {:>12.0} {:>8.2}",
        of(&|(reference, _)| reference.processor_per_request()),
        of(&|(_, ringer)| ringer.processor_per_request()),
        of(&|(reference, ringer)| ringer.processor_per_request()
            / reference.processor_per_request()),
        of(&|(reference, _)| reference.rate()),
        of(&|(_, ringer)| ringer.rate()),
        of(&|(reference, ringer)| ringer.rate() / reference.rate()),
    );
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Loads one contestant for `length`.
async fn run(contestant: &Contestant, length: Duration) -> Result<Window, Failure> {
    let before = processor_seconds(contestant.threads);
    let started = now();
    let until = started + length;
    let clients: Vec<_> =
        (0..CONNECTIONS).map(|_| tokio::spawn(client(contestant.address, until))).collect();
    let mut requests = 0;
    for client in clients {
        requests += client.await?.map_err(|error| format!("{}: {error}", contestant.name))?;
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok(Window { requests, seconds, processor: processor_seconds(contestant.threads) - before })
}

/// Sends the same request again and again, as cheaply as can be, and counts whole answers.
async fn client(address: SocketAddr, until: Instant) -> Result<u64, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!("GET /w1 HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n\r\n");
    let mut buffer = vec![0; 16 * 1024];
    let mut requests = 0;
    while now() < until {
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
        if !buffer.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&buffer[..filled]).into_owned().into());
        }
        requests += 1;
    }
    Ok(requests)
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
fn now() -> Instant {
    Instant::now()
}

/// Processor time of the threads with these names, from /proc.
fn processor_seconds(names: &[&str]) -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0.0 };
    let ticks: f64 = tasks
        .flatten()
        .filter_map(|task| {
            let name = fs::read_to_string(task.path().join("comm")).ok()?;
            if !names.contains(&name.trim()) {
                return None;
            }
            let stat = fs::read_to_string(task.path().join("stat")).ok()?;
            // The name in parentheses may hold spaces; user and system time are 12th and 13th after.
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
        })
        .sum();
    ticks / TICKS_PER_SECOND
}

fn runtime(name: &'static str) -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
}

fn response() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(BODY.as_bytes())));
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// A hyper server that answers every request alike.
fn answering_hyper() -> Result<Contestant, Failure> {
    let runtime = runtime("hyper-answer")?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    runtime.spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = tcp.set_nodelay(true);
            tokio::spawn(async move {
                let service =
                    service_fn(|_: Request<Incoming>| async { Ok::<_, Infallible>(response()) });
                let _ = builder().serve_connection(TokioIo::new(tcp), service).await;
            });
        }
    });
    Ok(Contestant { name: "hyper", runtime, threads: &["hyper-answer"], address })
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).pipeline_flush(true);
    builder
}

/// A hyper server that passes every request on.
fn proxying_hyper(upstream: SocketAddr) -> Result<Contestant, Failure> {
    let runtime = runtime("hyper-proxy")?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    runtime.spawn(async move {
        let client: Client<HttpConnector, Incoming> =
            Client::builder(TokioExecutor::new()).build_http();
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = tcp.set_nodelay(true);
            let client = client.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| pass(client.clone(), upstream, request));
                let _ = builder().serve_connection(TokioIo::new(tcp), service).await;
            });
        }
    });
    Ok(Contestant { name: "hyper proxy", runtime, threads: &["hyper-proxy"], address })
}

async fn pass(
    client: Client<HttpConnector, Incoming>,
    upstream: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response<Incoming>, Failure> {
    let target = request.uri().path_and_query().cloned().ok_or("no target")?;
    *request.uri_mut() = Uri::builder()
        .scheme("http")
        .authority(upstream.to_string())
        .path_and_query(target)
        .build()?;
    Ok(client.request(request).await?)
}

fn start(runtime: &Runtime, folder: &Path, config: Config) -> Result<Running, Failure> {
    let config = Config {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        stubs: folder.join("stubs"),
        recordings: folder.join("recordings"),
        certs: folder.join("certs"),
        latency: LatencySource::None,
        ..config
    };
    Ok(runtime.block_on(App::start(config))?)
}

fn first_address(running: &Running) -> Result<SocketAddr, Failure> {
    Ok(*running.addresses().first().ok_or("ringer listens nowhere")?)
}

fn replaying_ringer(folder: &Path, behaviors: Behaviors) -> Result<Contestant, Failure> {
    let mappings = folder.join("stubs/mappings");
    fs::create_dir_all(&mappings)?;
    // With a length, as the reference has it: the client looks for the body at the end.
    let length = BODY.len();
    let mapping = format!(
        r#"{{"request":{{"method":"GET","urlPath":"/w1"}},"response":{{"status":200,"headers":{{"Content-Type":"application/json","Content-Length":"{length}"}},"jsonBody":{BODY}}}}}"#
    );
    fs::write(mappings.join("w1.json"), mapping)?;
    let runtime = runtime("ringer")?;
    let running = start(&runtime, folder, Config { behaviors, ..Config::default() })?;
    let address = first_address(&running)?;
    keep(&runtime, running);
    Ok(Contestant { name: "ringer replay", runtime, threads: &["ringer"], address })
}

fn recording_ringer(folder: &Path, upstream: SocketAddr) -> Result<Contestant, Failure> {
    let origin = format!("http://{upstream}").parse()?;
    let services = vec![Service::of_upstream(origin, Mode::Record)];
    let runtime = runtime("ringer")?;
    let running = start(&runtime, folder, Config { services, ..Config::default() })?;
    let address = first_address(&running)?;
    keep(&runtime, running);
    let threads = &["ringer", "ringer-recorder", "ringer-recorde"];
    Ok(Contestant { name: "ringer record", runtime, threads, address })
}

/// A ringer runs until its handle is dropped.
fn keep(runtime: &Runtime, running: Running) {
    runtime.spawn(async move {
        let _running = running;
        std::future::pending::<()>().await;
    });
}

impl Drop for Contestant {
    fn drop(&mut self) {
        // What is still in flight does not matter any more.
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        if let Ok(empty) = runtime {
            std::mem::replace(&mut self.runtime, empty).shutdown_background();
        }
    }
}
