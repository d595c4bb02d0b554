//! What the journal takes of memory: `cargo bench --bench journal`.
//!
//! A ringer with the journal at its default bounds answers a million requests over keep-alive
//! connections: two of three are matched, the third is not; each brings a credential and its own URL.
//! Resident memory is told at 100,000, 500,000 and 1,000,000 requests (Linux), with the ratio to the
//! first. By then the journal has long been full: what grows after that is a leak. The client is in this
//! process too, and keeps nothing.
//!
//! `cargo bench --bench journal -- 10000` asks for so many requests instead.

use std::{net::SocketAddr, path::Path};

use ringer::{
    app::{App, Running},
    config::Config,
    model::LatencySource,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CONNECTIONS: u64 = 8;
/// Parts of all requests, in tenths, after which memory is told.
const MARKS: [u64; 3] = [1, 5, 10];

#[expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
#[tokio::main]
async fn main() -> Result<(), Failure> {
    let requests = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    let ringer = start(folder.path()).await?;
    let address = *ringer.addresses().first().ok_or("ringer listens nowhere")?;
    ask(address, 0, 1).await?;
    println!("{:>12} {:>14} {:>8}", "requests", "resident MiB", "ratio");
    println!("{:>12} {:>14.1}", 1, resident()?);
    let (mut asked, mut first) = (1, None);
    for mark in MARKS {
        let until = requests * mark / 10;
        let each = (until.saturating_sub(asked)) / CONNECTIONS;
        let clients: Vec<_> =
            (0..CONNECTIONS).map(|n| tokio::spawn(ask(address, asked + n * each, each))).collect();
        for client in clients {
            client.await??;
        }
        asked += each * CONNECTIONS;
        let now = resident()?;
        println!("{asked:>12} {now:>14.1} {:>8.3}", now / *first.get_or_insert(now));
    }
    ringer.stop().await;
    Ok(())
}

async fn start(folder: &Path) -> Result<Running, Failure> {
    let mappings = folder.join("stubs/mappings");
    std::fs::create_dir_all(&mappings)?;
    let mapping = r#"{"request": {"urlPathPattern": "/orders/[0-9]*[1-9]"},
        "response": {"jsonBody": {"id": 1, "status": "ok", "items": [{"sku": "A-1", "quantity": 2}]}}}"#;
    std::fs::write(mappings.join("orders.json"), mapping)?;
    Ok(App::start(Config {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        stubs: folder.join("stubs"),
        recordings: folder.join("recordings"),
        certs: folder.join("certs"),
        latency: LatencySource::None,
        ..Config::default()
    })
    .await?)
}

/// Asks so many times over one connection, in numbers from `from` on.
async fn ask(address: SocketAddr, from: u64, times: u64) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(address).await?;
    let mut answer = Vec::with_capacity(16 << 10);
    for n in from..from + times {
        let path = if n % 3 == 0 { "elsewhere" } else { "orders" };
        let request = format!(
            "GET /{path}/{n}1 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\
             Authorization: Bearer sk_live_{n:032x}\r\nX-Request-Id: {n:016x}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        answer.clear();
        while !is_whole(&answer) {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("ringer closed the connection".into());
            }
        }
    }
    Ok(())
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

/// Resident memory of this process, in MiB.
fn resident() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()).ok_or("no VmRSS")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}
