//! What a request costs among many stubs: `cargo bench --bench index`.
//!
//! A store of 1, 1,000 and more stubs is asked for the stub that answers, told apart by URL or, on one
//! path, by header, query or body. What counts is the time beside that of one stub, taken in the same
//! round, and of the rounds the median: it should not grow with the number of stubs.
//!
//! `cargo bench --bench index -- CASE STUBS REQUESTS` asks for so many and takes no time: for a profiler
//! that counts instructions.

use std::{
    env,
    hint::black_box,
    path::PathBuf,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderValue, Method, uri::PathAndQuery};
use ringer::{
    codec::{RequestView, json},
    matching::Probe,
    model::{
        BodyPattern, JsonPattern, MethodPattern, PathPattern, Request, RequestBody, RequestPattern,
        Scheme, Stub, StubId, UrlPattern, ValuePattern,
    },
    store::{StubFile, StubStore},
};
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ROUNDS: usize = 15;
const REQUESTS: u32 = 20_000;
/// Of stubs that each have a URL of their own.
const MANY: [u32; 3] = [1, 1_000, 100_000];
/// Of stubs that are told apart otherwise.
const CROWD: [u32; 2] = [1, 1_000];

/// A way to tell stubs apart.
struct Case {
    name: &'static str,
    sizes: &'static [u32],
    pattern: fn(u32) -> Result<RequestPattern, Failure>,
}

const CASES: [Case; 11] = [
    Case { name: "urlPath", sizes: &MANY, pattern: |n| Ok(url(UrlPattern::UrlPath(path(n)))) },
    Case {
        name: "url",
        sizes: &MANY,
        pattern: |n| Ok(url(UrlPattern::Url(format!("{}?key=k{n}", path(n))))),
    },
    Case {
        name: "urlPathTemplate",
        sizes: &MANY,
        pattern: |n| Ok(url(UrlPattern::UrlPathTemplate(format!("/v1/things/{n}/{{part}}")))),
    },
    Case {
        name: "urlPathPattern",
        sizes: &MANY,
        pattern: |n| Ok(url(UrlPattern::UrlPathPattern(format!("/v1/things/{n}/[a-z]+")))),
    },
    Case {
        name: "urlPattern",
        sizes: &MANY,
        pattern: |n| {
            Ok(url(UrlPattern::UrlPattern(format!("/v1/things/{n}/[a-z]+\\?key=k[0-9]+"))))
        },
    },
    Case {
        name: "pattern, prefix",
        sizes: &CROWD,
        pattern: |n| Ok(url(UrlPattern::UrlPathPattern(format!("/v1/[a-z]+/{n}/[a-z]+")))),
    },
    Case {
        name: "header",
        sizes: &CROWD,
        pattern: |n| Ok(RequestPattern { headers: key(n), ..on_one_prefix() }),
    },
    Case {
        name: "query",
        sizes: &CROWD,
        pattern: |n| Ok(RequestPattern { query: key(n), ..on_one_prefix() }),
    },
    Case {
        name: "equalToJson",
        sizes: &CROWD,
        pattern: |n| {
            let pattern = JsonPattern::strict(json::parse(&body(n))?);
            Ok(RequestPattern { body: vec![BodyPattern::EqualToJson(pattern)], ..on_one_prefix() })
        },
    },
    Case {
        name: "JSONPath, value",
        sizes: &CROWD,
        pattern: |n| Ok(json_path("$.order.id".to_owned(), Some(n))),
    },
    Case {
        name: "JSONPath, filter",
        sizes: &CROWD,
        pattern: |n| Ok(json_path(format!("$.order[?(@.id == {n})]"), None)),
    },
];

fn path(n: u32) -> String {
    format!("/v1/things/{n}/parts")
}

fn body(n: u32) -> String {
    format!(
        "{{\"order\":{{\"id\":{n},\"currency\":\"EUR\",\"lines\":[{{\"sku\":\"a-1\",\"n\":2}}]}},\
         \"source\":\"web\",\"note\":\"as usual\"}}"
    )
}

fn url(url: UrlPattern) -> RequestPattern {
    let method = MethodPattern::Is("POST".to_owned());
    RequestPattern { method, url, ..RequestPattern::default() }
}

fn on_one_prefix() -> RequestPattern {
    url(UrlPattern::UrlPathTemplate("/v1/things/{id}/parts".to_owned()))
}

fn key(n: u32) -> Vec<(String, ValuePattern)> {
    vec![("key".to_owned(), ValuePattern::equal_to(format!("k{n}")))]
}

fn json_path(expression: String, value: Option<u32>) -> RequestPattern {
    let value = value.map(|n| Box::new(ValuePattern::equal_to(n.to_string())));
    let pattern = ValuePattern::MatchesJsonPath(PathPattern { expression, value });
    RequestPattern { body: vec![BodyPattern::Text(pattern)], ..on_one_prefix() }
}

fn store(n_stubs: u32, case: &Case) -> Result<StubStore, Failure> {
    let stubs = (0..n_stubs).map(|n| {
        let id = StubId(Uuid::from_u128(u128::from(n) + 1));
        Ok::<_, Failure>(Stub { id, request: (case.pattern)(n)?, ..Stub::default() })
    });
    let stubs = stubs.collect::<Result<_, _>>()?;
    let store = StubStore::default();
    let path = PathBuf::from("stubs.json");
    match store.apply(vec![StubFile { path: path.into(), stubs }]).into_iter().next() {
        Some(uncompiled) => Err(uncompiled.error.into()),
        None => Ok(store),
    }
}

fn requests(n_stubs: u32) -> Result<Vec<Request>, Failure> {
    let each = (0..REQUESTS.min(n_stubs)).map(|n| {
        // Spread over all stubs.
        let n = (u64::from(n) * 7919 % u64::from(n_stubs)) as u32;
        let target: PathAndQuery = format!("{}?key=k{n}", path(n)).parse()?;
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("key", format!("k{n}").parse()?);
        Ok(Request {
            method: Method::POST,
            scheme: Scheme::Http,
            authority: "api.test".to_owned(),
            target,
            headers,
            body: RequestBody::Whole(body(n).into()),
            client: None,
            received: std::time::UNIX_EPOCH,
        })
    });
    each.collect()
}

/// Finds the stubs of so many requests.
fn find(store: &StubStore, requests: &[Request], n: usize) -> Result<(), Failure> {
    for request in requests.iter().cycle().take(n) {
        let set = store.snapshot();
        let view = RequestView::new(request);
        let mut candidates = set.candidates(&Probe::of_whole(&view, None));
        let first = candidates.find(|entry| entry.request.matches(&view));
        black_box(first.ok_or("no stub matches")?);
    }
    Ok(())
}

/// The time of one request.
fn measure(store: &StubStore, requests: &[Request]) -> Result<Duration, Failure> {
    let started = now();
    find(store, requests, REQUESTS as usize)?;
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
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    if let [name, n_stubs, n_requests] = arguments.as_slice() {
        let case = CASES.iter().find(|case| case.name == name).ok_or("no such case")?;
        let n_stubs = n_stubs.parse()?;
        return find(&store(n_stubs, case)?, &requests(n_stubs)?, n_requests.parse()?);
    }
    println!("{REQUESTS} requests a round, {ROUNDS} rounds, medians; ratio to one stub");
    println!("{:<18} {:>10} {:>12} {:>8}", "", "stubs", "ns/request", "ratio");
    for case in &CASES {
        let mut stores = Vec::new();
        for size in case.sizes {
            stores.push((size, store(*size, case)?, requests(*size)?, Vec::new(), Vec::new()));
        }
        for round in 0..=ROUNDS {
            let mut of_one = f64::NAN;
            for (size, store, requests, times, ratios) in &mut stores {
                let time = measure(store, requests)?.as_nanos() as f64;
                if **size == 1 {
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
            let name = case.name;
            println!("{name:<18} {size:>10} {:>12.0} {:>8.2}", median(times), median(ratios));
        }
    }
    Ok(())
}
