//! What sessions take of memory, and of the time of requests: `cargo bench --bench sessions`.
//!
//! A ringer answers requests over keep-alive connections that name 10,000 sessions in turn, which makes
//! them. It tells by how many bytes a session resident memory has grown (Linux): by being there and
//! having had a request, by a stub of its own, and by a fault of its own. Then the same requests are asked of one session and
//! of all, and the processor time of each is told (the client's part is in it, and the same in both).
//! The journal is off: what it takes is bounded by itself.
//!
//! `cargo bench --bench sessions -- 500` makes so many sessions instead.

use std::{future::Future, net::SocketAddr, path::Path, pin::Pin};

use ringer::{
    app::{App, Running},
    config::Config,
    model::LatencySource,
    store::JournalLimits,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CONNECTIONS: usize = 4;
/// Requests of which processor time is told, for each session that there is.
const ROUNDS: usize = 5;

/// What a client asks of a session.
#[derive(Clone, Copy)]
enum Ask {
    Get,
    AddStub,
    AddFault,
}

#[expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
#[tokio::main]
async fn main() -> Result<(), Failure> {
    let sessions = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir()?;
    let ringer = start(folder.path()).await?;
    let address = *ringer.addresses().first().ok_or("ringer listens nowhere")?;
    // What is made once is made.
    each(address, Ask::Get, CONNECTIONS * 50, 1).await?;
    let one = time_of(address, sessions * ROUNDS, 1).await?;
    println!("{:>28} {:>14} {:>16}", "", "resident MiB", "bytes a session");
    let mut before = resident()?;
    println!("{:>28} {:>14.1}", "one session", mib(before));
    let parts = [
        (Ask::Get, "and a request of each"),
        (Ask::AddStub, "and a stub of each"),
        (Ask::AddFault, "and a fault of each"),
    ];
    let mut many = 0.0;
    for (ask, what) in parts {
        each(address, ask, sessions, sessions).await?;
        let now = resident()?;
        println!("{what:>28} {:>14.1} {:>16.0}", mib(now), (now - before) / count(sessions));
        before = now;
        if matches!(ask, Ask::Get) {
            many = time_of(address, sessions * ROUNDS, sessions).await?;
            before = resident()?;
        }
    }
    println!();
    println!(
        "processor time of a request: {one:.1} µs with one session, {many:.1} µs with {sessions}"
    );
    ringer.stop().await;
    Ok(())
}

async fn start(folder: &Path) -> Result<Running, Failure> {
    let mappings = folder.join("stubs/mappings");
    std::fs::create_dir_all(&mappings)?;
    let mapping = r#"{"request": {"urlPath": "/base"}, "response": {"jsonBody": {"id": 1}}}"#;
    std::fs::write(mappings.join("base.json"), mapping)?;
    Ok(App::start(Config {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        stubs: folder.join("stubs"),
        recordings: folder.join("recordings"),
        certs: folder.join("certs"),
        latency: LatencySource::None,
        journal: JournalLimits { entries: 0, ..JournalLimits::default() },
        ..Config::default()
    })
    .await?)
}

/// Processor time of a request in microseconds, where so many name so many sessions in turn.
async fn time_of(address: SocketAddr, requests: usize, sessions: usize) -> Result<f64, Failure> {
    let before = processor_time()?;
    each(address, Ask::Get, requests, sessions).await?;
    Ok((processor_time()? - before) * 1e6 / count(requests))
}

/// Asks so many times, of the sessions in turn.
async fn each(
    address: SocketAddr,
    ask: Ask,
    requests: usize,
    sessions: usize,
) -> Result<(), Failure> {
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|first| {
            let numbers = (first..requests).step_by(CONNECTIONS).map(move |n| n % sessions);
            tokio::spawn(client(address, ask, numbers))
        })
        .collect();
    for client in clients {
        client.await??;
    }
    Ok(())
}

fn client(
    address: SocketAddr,
    ask: Ask,
    sessions: impl Iterator<Item = usize> + Send + 'static,
) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>> {
    Box::pin(async move {
        let mut stream = TcpStream::connect(address).await?;
        let mut answer = Vec::with_capacity(16 << 10);
        for n in sessions {
            stream.write_all(request(ask, n).as_bytes()).await?;
            answer.clear();
            while !is_whole(&answer) {
                if stream.read_buf(&mut answer).await? == 0 {
                    return Err("ringer closed the connection".into());
                }
            }
            if !answer.starts_with(b"HTTP/1.1 20") {
                return Err(String::from_utf8_lossy(&answer).into());
            }
        }
        Ok(())
    })
}

fn request(ask: Ask, n: usize) -> String {
    let (line, body) = match ask {
        Ask::Get => ("GET /base", String::new()),
        Ask::AddStub => (
            "POST /__admin/mappings",
            format!(r#"{{"request": {{"urlPath": "/own"}}, "response": {{"body": "{n}"}}}}"#),
        ),
        Ask::AddFault => {
            ("POST /__admin/ringer/faults", r#"{"status": 503, "every": 2}"#.to_owned())
        }
    };
    format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nX-Ringer-Session: test-{n}\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Whether an answer has come to its end: as long as its head says, or to its last chunk.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let (head, body) = answer.split_at(end + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    match head.split_once("content-length:") {
        Some((_, rest)) => {
            let length = rest.lines().next().and_then(|it| it.trim().parse::<usize>().ok());
            length.is_some_and(|length| body.len() >= length)
        }
        None => body.ends_with(b"0\r\n\r\n"),
    }
}

/// Resident memory of this process, in bytes.
fn resident() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()).ok_or("no VmRSS")?;
    Ok(kib.parse::<f64>()? * 1024.0)
}

/// Processor time of this process so far, in seconds. Linux counts it in hundredths.
fn processor_time() -> Result<f64, Failure> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // The name before may have spaces.
    let (_, rest) = text.rsplit_once(") ").ok_or("no stat")?;
    let ticks = rest.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

fn mib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}
