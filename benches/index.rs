//! What a request costs among many stubs: `cargo bench --bench index`.
//!
//! A store of 1, 1,000 and 100,000 stubs is asked for the stub that answers, by method and URL alone,
//! as a request is. What counts is the time beside that of one stub, taken in the same round, and of
//! the rounds the median: it should not grow with the number of stubs.

use std::{
    hint::black_box,
    path::PathBuf,
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, uri::PathAndQuery};
use ringer::{
    codec::RequestView,
    matching::Probe,
    model::{
        MethodPattern, Request, RequestBody, RequestPattern, Scheme, Stub, StubId, UrlPattern,
    },
    store::{StubFile, StubStore},
};
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const SIZES: [u32; 3] = [1, 1_000, 100_000];
const ROUNDS: usize = 15;
const REQUESTS: u32 = 20_000;

/// All kinds of URLs in turn; each stub has a path of its own below a prefix of all.
fn url(kind: u32, n: u32) -> UrlPattern {
    match kind {
        0 => UrlPattern::UrlPath(format!("/v1/things/{n}/parts")),
        1 => UrlPattern::Url(format!("/v1/things/{n}/parts?limit=10")),
        2 => UrlPattern::UrlPathTemplate(format!("/v1/things/{n}/{{part}}")),
        3 => UrlPattern::UrlPathPattern(format!("/v1/things/{n}/[a-z]+")),
        _ => UrlPattern::UrlPattern(format!("/v1/things/{n}/[a-z]+\\?limit=[0-9]+")),
    }
}

fn store(n_stubs: u32, kind: u32) -> Result<StubStore, Failure> {
    let stubs = (0..n_stubs).map(|n| Stub {
        id: StubId(Uuid::from_u128(u128::from(n) + 1)),
        request: RequestPattern {
            method: MethodPattern::Is("GET".to_owned()),
            url: url(kind, n),
            ..RequestPattern::default()
        },
        ..Stub::default()
    });
    let store = StubStore::default();
    let path = PathBuf::from("stubs.json");
    match store.apply(vec![StubFile { path, stubs: stubs.collect() }]).into_iter().next() {
        Some(uncompiled) => Err(uncompiled.error.into()),
        None => Ok(store),
    }
}

fn requests(n_stubs: u32) -> Result<Vec<Request>, Failure> {
    let each = (0..REQUESTS.min(n_stubs)).map(|n| {
        // Spread over all stubs.
        let n = (u64::from(n) * 7919 % u64::from(n_stubs)) as u32;
        let target: PathAndQuery = format!("/v1/things/{n}/parts?limit=10").parse()?;
        Ok(Request {
            method: Method::GET,
            scheme: Scheme::Http,
            authority: "api.test".to_owned(),
            target,
            headers: HeaderMap::new(),
            body: RequestBody::Whole(bytes::Bytes::new()),
            client: None,
            received: std::time::UNIX_EPOCH,
        })
    });
    each.collect()
}

/// The time of one request.
fn measure(store: &StubStore, requests: &[Request]) -> Result<Duration, Failure> {
    let started = now();
    for request in requests.iter().cycle().take(REQUESTS as usize) {
        let set = store.snapshot();
        let view = RequestView::new(request);
        let mut candidates = set.candidates(&Probe::of_whole(&view, None));
        let first = candidates.find(|entry| entry.request.matches(&view));
        black_box(first.ok_or("no stub matches")?);
    }
    Ok(started.elapsed() / REQUESTS)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
fn main() -> Result<(), Failure> {
    println!("{REQUESTS} requests a round, {ROUNDS} rounds, medians; ratio to one stub");
    println!("{:<18} {:>10} {:>12} {:>8}", "", "stubs", "ns/request", "ratio");
    let kinds = ["urlPath", "url", "urlPathTemplate", "urlPathPattern", "urlPattern"];
    for (name, kind) in kinds.into_iter().zip(0..) {
        let mut stores = Vec::new();
        for size in SIZES {
            stores.push((size, store(size, kind)?, requests(size)?, Vec::new(), Vec::new()));
        }
        for round in 0..=ROUNDS {
            let mut of_one = f64::NAN;
            for (size, store, requests, times, ratios) in &mut stores {
                let time = measure(store, requests)?.as_nanos() as f64;
                if *size == 1 {
                    of_one = time;
                }
                // The first round warms up.
                if round > 0 {
                    times.push(time);
                    ratios.push(time / of_one);
                }
            }
        }
        for (size, _, _, times, ratios) in stores {
            println!("{name:<18} {size:>10} {:>12.0} {:>8.2}", median(times), median(ratios));
        }
    }
    Ok(())
}
