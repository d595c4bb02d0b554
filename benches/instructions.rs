//! How many instructions a request takes: the guard of the hot path, `scripts/instructions`.
//!
//! Times say little on a machine that others use too; instructions can be counted to the percent. This
//! program runs itself once for each workload under `valgrind --tool=callgrind`: the whole server in one
//! thread, and a client beside it that asks one request after the other over loopback. Callgrind writes
//! its counts down at every call of [`block_ends`], so that start, loading and warming up fall away; what
//! counts is the median of the blocks after that, by request. Everything is in it that the process does
//! for a request: the client (the same few instructions for all workloads, told by `protocol alone`),
//! the upstream where there is one, and other threads.
//!
//! The counts are compared with those in `benches/instructions.json`: more than 5 % above them is a
//! failure. `--update` writes them anew. Names after `--` choose workloads.

use std::{
    collections::BTreeMap, convert::Infallible, env, fs, net::SocketAddr, path::Path,
    process::Command,
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
    config::{Config, Service},
    model::{LatencySource, Mode},
    store::JournalLimits,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The argument with which this program runs itself under callgrind; the name of a workload follows.
const DRIVE: &str = "--drive";
/// Growth that is a failure.
const LIMIT: f64 = 0.05;
/// The same where the figures are another compiler's, which makes other code.
const LIMIT_OF_OTHERS: f64 = 0.20;
/// Requests that are asked before anything counts: more than the journal remembers, so that what counts
/// is the steady state, in which the oldest entry is forgotten for each new one.
const WARM_UP: usize = 600;
const JOURNAL: usize = 500;
const REQUESTS: usize = 400;
const BLOCKS: usize = 3;
/// How the C library copies: in a loop, whatever the processor. Where it may, it has the processor copy
/// (`rep movsb`), which counts as an instruction a byte, from a length on that is each processor's own.
const COPIES: &str =
    "glibc.cpu.x86_rep_movsb_threshold=1073741824:glibc.cpu.x86_rep_stosb_threshold=1073741824";
const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.json");
const JSON: &str = "application/json";

/// What is committed.
#[derive(Debug, Deserialize, Serialize)]
struct Figures {
    rustc: String,
    /// Instructions of one request, by workload.
    instructions: BTreeMap<String, f64>,
}

/// What is asked, and of what.
struct Workload {
    name: &'static str,
    service: ServiceKind,
    /// The `n`th of these mappings.
    mapping: fn(usize) -> Value,
    mappings: usize,
    /// The `n`th request, and the body of its answer.
    exchange: fn(usize) -> (String, String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ServiceKind {
    /// Hyper alone answers.
    Protocol,
    Replay,
    /// A plain server answers, ringer records.
    Record,
}

const WORKLOADS: [Workload; 7] = [
    Workload {
        name: "protocol alone",
        service: ServiceKind::Protocol,
        mapping: exact,
        mappings: 0,
        exchange: |_| get(0),
    },
    Workload {
        name: "replay, 1 stub",
        service: ServiceKind::Replay,
        mapping: exact,
        mappings: 1,
        exchange: |_| get(0),
    },
    Workload {
        name: "replay, 10,000 stubs",
        service: ServiceKind::Replay,
        mapping: exact,
        mappings: 10_000,
        exchange: |n| get(n * 7919 % 10_000),
    },
    Workload {
        name: "replay, 1,000 templates",
        service: ServiceKind::Replay,
        mapping: |n| {
            json!({"request": {"method": "GET", "urlPathTemplate": format!("/t/{n}/{{part}}")},
                "response": answer(n)})
        },
        mappings: 1_000,
        exchange: |n| {
            let n = n * 7919 % 1_000;
            (request("GET", &format!("/t/{n}/x"), ""), payload(n))
        },
    },
    Workload {
        name: "replay, 1,000 JSON bodies",
        service: ServiceKind::Replay,
        mapping: |n| {
            json!({"request": {"method": "POST", "urlPath": "/b", "bodyPatterns": [{"equalToJson": order(n)}]},
                "response": answer(n)})
        },
        mappings: 1_000,
        exchange: |n| {
            let n = n * 7919 % 1_000;
            (request("POST", "/b", &order(n)), payload(n))
        },
    },
    Workload {
        name: "templated answer",
        service: ServiceKind::Replay,
        mapping: |_| {
            json!({"request": {"method": "GET", "urlPathPattern": "/tpl/.*"}, "response": {
                "status": 200, "headers": {"Content-Type": JSON}, "transformers": ["response-template"],
                "body": r#"{"path":"{{request.path.[1]}}","name":"{{request.query.name}}","agent":"{{request.headers.User-Agent}}"}"#}})
        },
        mappings: 1,
        exchange: |n| {
            let n = n % 100;
            (
                request("GET", &format!("/tpl/p{n}?name=user{n}"), ""),
                format!(r#"{{"path":"p{n}","name":"user{n}","agent":"guard/1.0"}}"#),
            )
        },
    },
    Workload {
        name: "record",
        service: ServiceKind::Record,
        mapping: exact,
        mappings: 0,
        exchange: |n| (request("GET", &format!("/s/{}", n % 100), ""), payload(0)),
    },
];

fn exact(n: usize) -> Value {
    json!({"request": {"method": "GET", "urlPath": format!("/s/{n}")}, "response": answer(n)})
}

fn get(n: usize) -> (String, String) {
    (request("GET", &format!("/s/{n}"), ""), payload(n))
}

fn answer(n: usize) -> Value {
    json!({"status": 200, "headers": {"Content-Type": JSON}, "body": payload(n)})
}

fn payload(n: usize) -> String {
    format!(r#"{{"id":{n:05},"status":"ok","pad":"{}"}}"#, "x".repeat(160))
}

fn order(n: usize) -> String {
    format!(
        r#"{{"kind":"order","id":{n},"customer":{{"name":"c{n}","tier":"gold"}},"lines":[{{"sku":"A-1","qty":2}},{{"sku":"B-2","qty":1}}]}}"#
    )
}

fn request(method: &str, target: &str, body: &str) -> String {
    let about_body = match body.len() {
        0 => String::new(),
        length => format!("content-type: {JSON}\r\ncontent-length: {length}\r\n"),
    };
    format!(
        "{method} {target} HTTP/1.1\r\nhost: api.test\r\nuser-agent: guard/1.0\r\naccept: */*\r\n{about_body}\r\n{body}"
    )
}

#[expect(clippy::print_stdout, reason = "people read it")]
fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, name] = arguments.as_slice()
        && flag == DRIVE
    {
        let workload = WORKLOADS.iter().find(|it| it.name == name).ok_or("no such workload")?;
        return tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(drive(workload));
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        println!("the figures are those of Linux on x86-64: nothing is compared here");
        return Ok(());
    }
    let wanted: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|it| !it.starts_with("--")).collect();
    let mut counted = BTreeMap::new();
    for workload in &WORKLOADS {
        if wanted.is_empty() || wanted.iter().any(|it| workload.name.contains(it)) {
            let (figure, blocks) = count(workload)?;
            println!("{:<28} {figure:>10.0}   of blocks {blocks:.0?}", workload.name);
            counted.insert(workload.name.to_owned(), figure);
        }
    }
    let rustc = rustc()?;
    let committed = fs::read_to_string(FIGURES).ok();
    let committed: Option<Figures> =
        committed.map(|text| serde_json::from_str(&text)).transpose()?;
    if arguments.iter().any(|it| it == "--update") {
        let mut instructions = committed.map(|it| it.instructions).unwrap_or_default();
        instructions.retain(|name, _| WORKLOADS.iter().any(|it| it.name == name));
        instructions.extend(counted.into_iter().map(|(name, figure)| (name, figure.round())));
        let mut text = serde_json::to_string_pretty(&Figures { rustc, instructions })?;
        text.push('\n');
        fs::write(FIGURES, text)?;
        println!("written to `{FIGURES}`");
        return Ok(());
    }
    let committed = committed.ok_or("no committed figures: `scripts/instructions --update`")?;
    compare(&committed, &counted, &rustc)
}

/// Tells what has grown, and fails where it is too much.
#[expect(clippy::print_stdout, reason = "people read it")]
fn compare(
    committed: &Figures,
    counted: &BTreeMap<String, f64>,
    rustc: &str,
) -> Result<(), Failure> {
    let is_same_compiler = committed.rustc == rustc;
    let limit = if is_same_compiler { LIMIT } else { LIMIT_OF_OTHERS };
    println!("\n{:<28} {:>10} {:>10} {:>8}", "instructions a request", "committed", "now", "");
    let mut grown = Vec::new();
    for (name, now) in counted {
        let Some(then) = committed.instructions.get(name) else {
            grown.push(format!("`{name}` has no committed figure"));
            continue;
        };
        let growth = now / then - 1.0;
        println!("{name:<28} {then:>10.0} {now:>10.0} {:>+7.1}%", growth * 100.0);
        if growth > limit {
            grown.push(format!(
                "`{name}` takes {now:.0} instructions a request, {:.1} % more than {then:.0}",
                growth * 100.0
            ));
        }
    }
    if !is_same_compiler {
        println!(
            "the figures are of `{}`, this is `{rustc}`: up to {:.0} % more is let pass",
            committed.rustc,
            limit * 100.0
        );
    }
    if grown.is_empty() {
        return Ok(());
    }
    let what = grown.join("\n  ");
    Err(format!(
        "the hot path has grown by more than {:.0} %:\n  {what}\nfind out why with \
         `scripts/instructions --keep NAME`; where it is worth it, `scripts/instructions --update` \
         writes the figures, for the same commit",
        limit * 100.0
    )
    .into())
}

fn rustc() -> Result<String, Failure> {
    let output = Command::new(env::var("RUSTC").unwrap_or("rustc".into())).arg("-V").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Instructions of one request, and those of each block.
fn count(workload: &Workload) -> Result<(f64, Vec<f64>), Failure> {
    let folder = tempfile::tempdir()?;
    let keep = env::args().any(|it| it == "--keep");
    let out = if keep { env::current_dir()? } else { folder.path().to_owned() };
    let name = "callgrind.out";
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg("--dump-before=*block_ends*")
        .arg(format!("--callgrind-out-file={}", out.join(name).display()))
        .arg(env::current_exe()?)
        .args([DRIVE, workload.name])
        .env_clear()
        .env("TMPDIR", folder.path())
        .env("GLIBC_TUNABLES", COPIES)
        .output()
        .map_err(|error| format!("cannot run `valgrind`: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("`{}` failed: {said}", workload.name).into());
    }
    // The first part is all that was before the first block.
    let blocks = (2..2 + BLOCKS).map(|part| {
        let text = fs::read_to_string(out.join(format!("{name}.{part}")))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        let total = total.ok_or("callgrind told no totals")?.trim().parse::<f64>()?;
        Ok(total / REQUESTS as f64)
    });
    let blocks = blocks.collect::<Result<Vec<f64>, Failure>>()?;
    let mut sorted = blocks.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(BLOCKS / 2).copied().ok_or("no block")?;
    Ok((median, blocks))
}

/// Callgrind starts to count anew here. Not inlined: it looks for the name.
#[inline(never)]
fn block_ends(n: usize) {
    std::hint::black_box(n);
}

/// Asks all requests of a workload, in this process.
async fn drive(workload: &Workload) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (address, running) = match workload.service {
        ServiceKind::Protocol => (protocol_alone().await?, None),
        ServiceKind::Replay => {
            let running = ringer(folder.path(), workload, Vec::new()).await?;
            (address_of(&running)?, Some(running))
        }
        ServiceKind::Record => {
            let upstream = format!("http://{}", upstream().await?).parse()?;
            let service = Service::of_upstream(upstream, Mode::Record);
            let running = ringer(folder.path(), workload, vec![service]).await?;
            (address_of(&running)?, Some(running))
        }
    };
    let exchanges: Vec<_> = (0..REQUESTS).map(workload.exchange).collect();
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 16 * 1024];
    for (request, body) in exchanges.iter().cycle().take(WARM_UP) {
        ask(&mut stream, &mut buffer, request, body).await?;
    }
    block_ends(0);
    for n in 1..=BLOCKS {
        for (request, body) in &exchanges {
            ask(&mut stream, &mut buffer, request, body).await?;
        }
        block_ends(n);
    }
    if let Some(running) = running {
        running.stop().await;
    }
    Ok(())
}

/// One exchange, as cheaply as can be; the answer must be right.
async fn ask(
    stream: &mut TcpStream,
    buffer: &mut [u8],
    request: &str,
    body: &str,
) -> Result<(), Failure> {
    stream.write_all(request.as_bytes()).await?;
    let mut filled = 0;
    loop {
        let read = stream.read(buffer.get_mut(filled..).unwrap_or_default()).await?;
        filled += read;
        let answer = buffer.get(..filled).unwrap_or_default();
        // With a length, or in one chunk.
        let until_body = answer.strip_suffix(b"\r\n0\r\n\r\n").unwrap_or(answer);
        if until_body.ends_with(body.as_bytes()) && answer.starts_with(b"HTTP/1.1 200 ") {
            return Ok(());
        }
        if read == 0 || filled == buffer.len() {
            return Err(format!("wrong answer: {}", String::from_utf8_lossy(answer)).into());
        }
    }
}

async fn ringer(
    folder: &Path,
    workload: &Workload,
    services: Vec<Service>,
) -> Result<Running, Failure> {
    let mappings = folder.join("stubs/mappings");
    fs::create_dir_all(&mappings)?;
    let all: Vec<Value> = (0..workload.mappings).map(workload.mapping).collect();
    // One file: what is read at the start is not what counts here.
    fs::write(mappings.join("all.json"), json!({ "mappings": all }).to_string())?;
    let config = Config {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        stubs: folder.join("stubs"),
        recordings: folder.join("recordings"),
        certs: folder.join("certs"),
        latency: LatencySource::None,
        journal: JournalLimits { entries: JOURNAL, ..JournalLimits::default() },
        services,
        watch: false,
        ..Config::default()
    };
    Ok(App::start(config).await?)
}

fn address_of(running: &Running) -> Result<SocketAddr, Failure> {
    Ok(*running.addresses().first().ok_or("ringer listens nowhere")?)
}

/// A hyper server that answers every request alike.
async fn protocol_alone() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let body = Bytes::from(payload(0));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = tcp.set_nodelay(true);
            let body = body.clone();
            tokio::spawn(async move {
                let service = service_fn(move |_: Request<Incoming>| {
                    let mut response = Response::new(Full::new(body.clone()));
                    let json = http::HeaderValue::from_static(JSON);
                    response.headers_mut().insert(CONTENT_TYPE, json);
                    async { Ok::<_, Infallible>(response) }
                });
                let mut builder = Builder::new(TokioExecutor::new());
                builder.http1().timer(TokioTimer::new()).pipeline_flush(true);
                let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
            });
        }
    });
    Ok(address)
}

/// The least that is an API: whatever is asked, the same bytes.
async fn upstream() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let body = payload(0);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {JSON}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 16 * 1024];
                while tcp.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    if tcp.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    Ok(address)
}
