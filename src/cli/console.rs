//! The live view: a line for each request, readable without colour, aligned, as wide as the
//! terminal.

use std::time::Duration;

use super::style::{self, paint};
use crate::model::{Handled, Outcome, RecordedAs};

/// Columns that the method takes: `OPTIONS` fits, longer ones push the rest.
const METHOD: usize = 7;
/// Columns of `  200   142 ms  ` and of a short outcome after it.
const FIXED: usize = 2 + METHOD + 1 + 2 + 3 + 2 + 7 + 2;
const OUTCOME: usize = 24;

/// A request and its answer, in columns.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    /// Method token.
    pub method: &'r str,
    /// Path and query.
    pub target: &'r str,
    /// The status; `None` where the connection broke first.
    pub status: Option<u16>,
    /// How long it took.
    pub latency: Duration,
}

impl Row<'_> {
    /// The line with what became of the request at its end, without a line feed.
    pub fn line(&self, (outcome_style, outcome): (anstyle::Style, String), width: usize) -> String {
        let room = width.saturating_sub(FIXED + OUTCOME).clamp(16, 72);
        // A long method takes from the path, so that what follows stays aligned.
        let target = room.saturating_sub(self.method.chars().count().saturating_sub(METHOD));
        let status = match self.status {
            Some(status) => paint(style::of_status(status), status),
            None => paint(style::BAD, "···"),
        };
        format!(
            "  {method:METHOD$} {target}  {status}  {latency:>7}  {outcome}",
            method = self.method,
            target = padded(&shortened(self.target, target), target),
            latency = latency(self.latency),
            outcome = paint(outcome_style, outcome),
        )
    }
}

/// The line of a request, without a line feed.
pub fn line(handled: &Handled, width: usize) -> String {
    let Handled { method, target, status, latency, .. } = handled;
    let row = Row { method, target, status: *status, latency: *latency };
    row.line(outcome(handled), width)
}

/// What ringer did, in a word or a few.
pub fn outcome_text(handled: &Handled) -> String {
    outcome(handled).1
}

fn outcome(handled: &Handled) -> (anstyle::Style, String) {
    match &handled.outcome {
        Outcome::InjectedError => (style::WARN, "error injected".to_owned()),
        Outcome::Missed => (style::BAD, "no stub matches".to_owned()),
        Outcome::Passed => (style::FAINT, "passed on, not recorded".to_owned()),
        Outcome::RateLimited => (style::WARN, "rate limited".to_owned()),
        Outcome::Recorded(RecordedAs::New) => (style::GOOD, "new".to_owned()),
        Outcome::Recorded(RecordedAs::Sequence(number)) => {
            (style::NOTE, format!("sequence {number}"))
        }
        Outcome::Recorded(RecordedAs::Unchanged) => (style::FAINT, "unchanged".to_owned()),
        Outcome::Recorded(RecordedAs::Updated) => (style::NOTE, "updated".to_owned()),
        Outcome::Recorded(RecordedAs::TapeOnly(why)) => (style::WARN, format!("tape only: {why}")),
        Outcome::Stub { name, step, nearest } => {
            let mut text = "stub".to_owned();
            // The recorder names a stub after its request, which the line says already.
            let path = handled.target.split('?').next().unwrap_or_default();
            if *name != format!("{} {path}", handled.method)
                && *name != format!("{} {}", handled.method, handled.target)
            {
                text = format!("stub {name}");
            }
            if let Some(step) = step {
                text = format!("{text}, answer {step}");
            }
            if *nearest {
                text.push_str(", nearest");
            }
            (style::PLAIN, text)
        }
        Outcome::UpstreamFailed(why) => (style::BAD, format!("upstream failed: {why}")),
    }
}

/// A latency in the unit that suits it: `0.4 ms`, `142 ms`, `1.2 s`, `3 min`.
pub fn latency(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ..9.95 => format!("{ms:.1} ms"),
        ..999.5 => format!("{ms:.0} ms"),
        ..99_950.0 => format!("{:.1} s", ms / 1000.0),
        _ => format!("{:.0} min", ms / 60_000.0),
    }
}

/// Text of at most `room` characters; what is cut out of its middle becomes `…`, for a path tells
/// most at its ends.
pub fn shortened(text: &str, room: usize) -> String {
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(1);
    let tail = kept / 3;
    let head: String = text.chars().take(kept - tail).collect();
    let tail: String = text.chars().skip(length - tail).collect();
    format!("{head}…{tail}")
}

fn padded(text: &str, room: usize) -> String {
    let missing = room.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn handled(method: &str, target: &str, status: u16, ms: u64, outcome: Outcome) -> Handled {
        Handled {
            number: 1,
            method: method.to_owned(),
            target: target.to_owned(),
            status: (status != 0).then_some(status),
            latency: Duration::from_millis(ms),
            outcome,
        }
    }

    fn stub(name: &str, step: Option<usize>, nearest: bool) -> Outcome {
        Outcome::Stub { name: name.to_owned(), step, nearest }
    }

    fn lines(width: usize) -> String {
        use Outcome::{InjectedError, Missed, Passed, RateLimited, Recorded, UpstreamFailed};
        let long = "/v1/customers/cus_9x/payment_methods?type=card&limit=100&starting_after=pm_1Nv";
        let all = [
            handled("POST", "/v1/customers", 201, 142, Recorded(RecordedAs::New)),
            handled("GET", "/v1/customers/cus_9x", 200, 85, Recorded(RecordedAs::Sequence(2))),
            handled("GET", "/v1/prices", 200, 1240, Recorded(RecordedAs::Unchanged)),
            handled("PROPFIND", long, 207, 3, Recorded(RecordedAs::Updated)),
            handled(
                "GET",
                "/v1/events",
                200,
                200_000,
                Recorded(RecordedAs::TapeOnly("the client left".to_owned())),
            ),
            handled("GET", "/v1/prices?limit=3", 200, 0, stub("GET /v1/prices", None, false)),
            handled("GET", "/v1/orders/7", 200, 12, stub("GET /v1/orders/7", Some(3), true)),
            handled("GET", "/v1/orders/8", 200, 12, stub("any order", None, false)),
            handled("POST", "/v1/charge", 404, 1, Missed),
            handled("POST", "/v1/charges", 503, 80, InjectedError),
            handled("POST", "/v1/charges", 429, 0, RateLimited),
            handled("GET", "/health", 200, 4, Passed),
            handled("GET", "/", 0, 10_000, UpstreamFailed("connection refused".to_owned())),
        ];
        let lines: Vec<_> =
            all.iter().map(|handled| strip_str(&line(handled, width)).to_string()).collect();
        lines.join("\n")
    }

    #[test]
    fn lines_are_aligned() {
        insta::assert_snapshot!(lines(100), @"
        POST    /v1/customers                                       201   142 ms  new
        GET     /v1/customers/cus_9x                                200    85 ms  sequence 2
        GET     /v1/prices                                          200    1.2 s  unchanged
        PROPFIND /v1/customers/cus_9x/payment_met…ing_after=pm_1Nv  207   3.0 ms  updated
        GET     /v1/events                                          200    3 min  tape only: the client left
        GET     /v1/prices?limit=3                                  200   0.0 ms  stub
        GET     /v1/orders/7                                        200    12 ms  stub, answer 3, nearest
        GET     /v1/orders/8                                        200    12 ms  stub any order
        POST    /v1/charge                                          404   1.0 ms  no stub matches
        POST    /v1/charges                                         503    80 ms  error injected
        POST    /v1/charges                                         429   0.0 ms  rate limited
        GET     /health                                             200   4.0 ms  passed on, not recorded
        GET     /                                                   ···   10.0 s  upstream failed: connection refused
        ");
    }

    #[test]
    fn a_narrow_terminal_gets_shorter_paths() {
        insta::assert_snapshot!(lines(64), @"
        POST    /v1/customers     201   142 ms  new
        GET     /v1/custom…us_9x  200    85 ms  sequence 2
        GET     /v1/prices        200    1.2 s  unchanged
        PROPFIND /v1/custom…_1Nv  207   3.0 ms  updated
        GET     /v1/events        200    3 min  tape only: the client left
        GET     /v1/prices…mit=3  200   0.0 ms  stub
        GET     /v1/orders/7      200    12 ms  stub, answer 3, nearest
        GET     /v1/orders/8      200    12 ms  stub any order
        POST    /v1/charge        404   1.0 ms  no stub matches
        POST    /v1/charges       503    80 ms  error injected
        POST    /v1/charges       429   0.0 ms  rate limited
        GET     /health           200   4.0 ms  passed on, not recorded
        GET     /                 ···   10.0 s  upstream failed: connection refused
        ");
    }

    #[test]
    fn shortening_keeps_both_ends_and_counts_characters() {
        assert_eq!(shortened("/v1/customers/42", 10), "/v1/cu…/42");
        assert_eq!(shortened("ünïcödé", 7), "ünïcödé");
        assert_eq!(shortened("ünïcödé!", 4), "ün…!");
    }

    #[test]
    fn latency_has_a_fitting_unit() {
        let show = |micros| latency(Duration::from_micros(micros));
        assert_eq!(show(40), "0.0 ms");
        assert_eq!(show(9_949), "9.9 ms");
        assert_eq!(show(9_960), "10 ms");
        assert_eq!(show(999_600), "1.0 s");
        assert_eq!(show(600_000_000), "10 min");
    }
}
