//! How clients took their limits.

use std::{fmt::Write as _, time::Duration};

use super::{counters::Counters, live::LiveLimit};
use crate::{
    behavior::{moments::MomentFormat, verdict::Verdict},
    model::{Algorithm, Place, Policy},
};

/// How one client took one limit.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitReport {
    /// The limit.
    pub limit: String,
    /// Where it holds.
    pub place: Place,
    /// The client, secrets replaced; `all` where none are told apart.
    pub key: String,
    /// The policies in words: `25/s token bucket`.
    pub policies: Vec<String>,
    /// The status of a refusal.
    pub status: u16,
    /// What it came to.
    pub verdict: Verdict,
}

impl Counters {
    /// How each client took each limit, those that were refused most first. `now` is the time since the
    /// session began.
    pub fn report(&self, now: Duration) -> Vec<LimitReport> {
        let mut reports = self.with_clients(|client| LimitReport {
            limit: client.limit.written.name.clone(),
            place: client.limit.place.clone(),
            key: client.label.clone(),
            policies: words(&client.limit),
            status: client.limit.refusal.status,
            verdict: client.conduct.verdict(now),
        });
        reports.retain(|report| report.verdict.requests > 0);
        reports.sort_by(|left, right| {
            let refused = |it: &LimitReport| (it.verdict.early, it.verdict.limited);
            refused(right)
                .cmp(&refused(left))
                .then_with(|| left.limit.cmp(&right.limit))
                .then_with(|| left.key.cmp(&right.key))
        });
        reports
    }
}

fn words(limit: &LiveLimit) -> Vec<String> {
    limit.written.policies.iter().map(policy).collect()
}

fn policy(policy: &Policy) -> String {
    let algorithm = match policy.algorithm {
        Algorithm::FixedWindow { .. } => "fixed window",
        Algorithm::SlidingLog => "sliding window",
        Algorithm::SlidingCounter => "sliding counter",
        Algorithm::TokenBucket => "token bucket",
        Algorithm::LeakyBucket => "leaky bucket",
        Algorithm::Gcra => "GCRA",
        Algorithm::Concurrency => return format!("{} at a time", policy.limit),
        Algorithm::Daily { .. } => return format!("{} a day", policy.limit),
    };
    let window = match policy.window.as_secs() {
        1 => "s".to_owned(),
        60 => "min".to_owned(),
        3600 => "h".to_owned(),
        86400 => "day".to_owned(),
        _ => duration(policy.window),
    };
    format!("{}/{window} {algorithm}", policy.limit)
}

/// The report as people read it, of clients that were limited; empty where none was.
pub fn render_text(reports: &[LimitReport]) -> String {
    let mut text = String::new();
    for report in reports.iter().filter(|report| report.verdict.limited > 0) {
        let place = match &report.place {
            Place::All => report.limit.clone(),
            Place::Service(name) => name.to_string(),
            place => place.to_string(),
        };
        let policies = some(&report.policies);
        let _ = writeln!(text, "rate limits   {place}   key {}   {policies}", report.key);
        let _ = writeln!(text, "  {}", line(report));
    }
    text
}

/// The first policies, for a line that can be read.
fn some(policies: &[String]) -> String {
    match policies {
        [first, second, _, rest @ ..] => {
            format!("{first}, {second}, and {} more", rest.len() + 1)
        }
        few => few.join(", "),
    }
}

fn line(report: &LimitReport) -> String {
    let verdict = &report.verdict;
    let mut parts = vec![
        format!("{} requests", verdict.requests),
        format!("{} limited ({})", verdict.limited, report.status),
    ];
    let mark = if verdict.early > 0 { "✗" } else { "✓" };
    parts.push(format!("{} retried before Retry-After  {mark}", verdict.early));
    if let Some(gap) = verdict.shortest {
        let told = gap.advertised.map(|told| format!(" of {} advertised", duration(told)));
        parts.push(format!("shortest wait {}{}", duration(gap.waited), told.unwrap_or_default()));
    }
    match verdict.jitter {
        Some(jitter) if jitter > 0.0 => parts.push(format!("jitter {jitter:.2}")),
        Some(_) => parts.push("jitter none".to_owned()),
        None => {}
    }
    if verdict.burst_after_reset > 1 {
        parts.push(format!("{} at once after a reset", verdict.burst_after_reset));
    }
    if verdict.new_idempotency_key > 0 {
        let keys = verdict.new_idempotency_key;
        parts.push(format!("{keys} retried with another Idempotency-Key  ✗"));
    }
    if verdict.given_up > 0 {
        let tries = if verdict.gave_up_after == 1 { "try" } else { "tries" };
        let (gone, after) = (verdict.given_up, verdict.gave_up_after);
        parts.push(format!("{gone} gave up after {after} {tries}"));
    }
    parts.join(" · ")
}

/// As people write times: `40 ms`, `1 s`, `1m30s`, `1h`.
fn duration(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{} ms", time.as_millis());
    }
    if time < Duration::from_secs(60) {
        let text = format!("{:.1}", time.as_secs_f64());
        return format!("{} s", text.strip_suffix(".0").unwrap_or(&text));
    }
    let mut text =
        MomentFormat::Go.write(jiff::Timestamp::UNIX_EPOCH, Duration::from_secs(time.as_secs()));
    for (end, none) in [("m0s", "0s"), ("h0m", "0m")] {
        if text.ends_with(end) {
            text.truncate(text.len() - none.len());
        }
    }
    text
}
