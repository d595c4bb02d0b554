//! What a template costs over writing the same text by hand: `cargo bench --bench template`.
//!
//! A body of about 300 bytes with three values of the request is rendered as the server does it,
//! beside `format!` of the same values and a copy of the finished body. The three are run in turn;
//! machines are noisy, so what counts is the ratio within a round, and of the rounds the median.

#![expect(clippy::print_stdout, reason = "a measurement that people read")]

use std::{
    hint::black_box,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use ringer::{
    codec::view::RequestView,
    model::{Request, RequestBody, Scheme},
    render::{RequestInfo, RequestModel, Template, template::Env},
    runtime::Seed,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ROUNDS: usize = 15;
const CALLS: u32 = 100_000;

const TEMPLATE: &str = r#"{"id":"{{request.pathSegments.[1]}}","currency":"{{request.query.currency}}","trace":"{{request.headers.X-Trace}}","status":"open","items":[{"sku":"A-1","quantity":2,"price":"19.90"},{"sku":"B-2","quantity":1,"price":"5.00"}],"note":"an answer of about three hundred bytes, as an API gives it"}"#;

fn request() -> Result<Request, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("api.example.com"));
    headers.insert("accept", HeaderValue::from_static("application/json"));
    headers.insert("x-trace", HeaderValue::from_static("4bf92f3577b34da6"));
    Ok(Request {
        method: Method::GET,
        scheme: Scheme::Http,
        authority: "api.example.com".to_owned(),
        target: "/orders/81723?currency=EUR&page=2".parse()?,
        headers,
        body: RequestBody::Whole(Bytes::new()),
        client: None,
        received: SystemTime::UNIX_EPOCH,
    })
}

fn render(template: &Template, request: &Request, hit: u64) -> Result<String, Failure> {
    let view = RequestView::new(request);
    let info = RequestInfo { id: "id", client_ip: "127.0.0.1", path_variables: None };
    let model = RequestModel::new(&view, info);
    let mut random = Seed(7).draws("", b"9e130fc9-6185-4b", hit);
    let mut env = Env {
        now: Timestamp::UNIX_EPOCH,
        random: &mut random,
        hostname: "machine",
        system: None,
        state: None,
        keys: None,
    };
    Ok(template.render(&model, &mut env)?)
}

fn format(id: &str, currency: &str, trace: &str) -> String {
    format!(
        r#"{{"id":"{id}","currency":"{currency}","trace":"{trace}","status":"open","items":[{{"sku":"A-1","quantity":2,"price":"19.90"}},{{"sku":"B-2","quantity":1,"price":"5.00"}}],"note":"an answer of about three hundred bytes, as an API gives it"}}"#
    )
}

/// Time of one call.
fn timed(mut call: impl FnMut(u64) -> Result<(), Failure>) -> Result<Duration, Failure> {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    let started = Instant::now();
    for hit in 0..CALLS {
        call(hit.into())?;
    }
    Ok(started.elapsed() / CALLS)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn main() -> Result<(), Failure> {
    let template = Template::compile(TEMPLATE)?;
    let request = request()?;
    let finished = render(&template, &request, 0)?;
    if finished != format("81723", "EUR", "4bf92f3577b34da6") {
        return Err(format!("the template renders otherwise: {finished}").into());
    }
    let (mut rendered, mut over_format, mut over_copy) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let template = timed(|hit| {
            black_box(render(&template, black_box(&request), hit)?);
            Ok(())
        })?;
        let format = timed(|_| {
            let values = black_box(("81723", "EUR", "4bf92f3577b34da6"));
            black_box(format(values.0, values.1, values.2));
            Ok(())
        })?;
        let copy = timed(|_| {
            black_box(black_box(&finished).clone());
            Ok(())
        })?;
        let nanos = template.as_secs_f64() * 1e9;
        rendered.push(nanos);
        over_format.push(nanos / (format.as_secs_f64() * 1e9).max(1.0));
        over_copy.push(nanos / (copy.as_secs_f64() * 1e9).max(1.0));
    }
    println!("template of {} bytes, 3 values of the request", TEMPLATE.len());
    println!("  rendered           {:>8.0} ns", median(rendered));
    println!("  over `format!`     {:>8.1} times", median(over_format));
    println!("  over a copy        {:>8.1} times", median(over_copy));
    Ok(())
}
