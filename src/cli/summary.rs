//! What is said at the end: what came, what was written, what was missed, what to do next.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use super::{
    expectations,
    printer::{counted, thousands},
    style::{self, paint},
};
use crate::{app::Summary, record::RecordSummary, store::render_text};

/// Misses and unused stubs that are listed before the rest is only counted.
const LISTED: usize = 20;

/// What the end of a run is told about besides the app's own summary.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// The program that was run and its exit code.
    pub program: Option<(&'r [OsString], i32)>,
    /// The stub directory.
    pub stubs: &'r Path,
    /// Whether misses and unused stubs are failures.
    pub strict: bool,
    /// Tries before the time that a rate limit told which are no failure.
    pub max_early_retries: Option<u64>,
    /// The seed, where chance had a part.
    pub seed: Option<u64>,
}

/// The whole text, without a last line feed.
pub fn text(summary: &Summary, run: &Run<'_>) -> String {
    let mut lines = Vec::new();
    if let Some((program, code)) = run.program {
        let name = program.first().map(|name| name.to_string_lossy()).unwrap_or_default();
        lines.push(if code == 0 {
            format!("{} {name} exited 0", paint(style::GOOD, "✓"))
        } else {
            format!("{} {name} exited {code}", paint(style::BAD, "✗"))
        });
    }
    match &summary.recorded {
        Some(recorded) => recording(&mut lines, summary, recorded, run),
        None => replay(&mut lines, summary, run),
    }
    lines.join("\n")
}

fn recording(lines: &mut Vec<String>, summary: &Summary, recorded: &RecordSummary, run: &Run<'_>) {
    if recorded.exchanges == 0 && summary.requests == 0 {
        lines.push("  no request came, nothing was recorded".to_owned());
        return;
    }
    let mut parts = vec![counted(recorded.exchanges, "exchange")];
    if let Some(stubs) = stubs_of(recorded) {
        parts.push(stubs);
    }
    if !recorded.secrets.is_empty() {
        parts.push(secrets(&recorded.secrets));
    }
    if summary.stub_answers > 0 {
        parts.push(format!("{} from stubs", counted(summary.stub_answers, "answer")));
    }
    if recorded.tape_only > 0 {
        parts.push(format!("{} on the tape alone", thousands(recorded.tape_only)));
    }
    if summary.upstream_failures > 0 {
        parts.push(paint(
            style::BAD,
            format!(
                "{} the upstream did not answer",
                counted(summary.upstream_failures, "request")
            ),
        ));
    }
    lines.push(format!("  {}", parts.join(" · ")));
    let mut places: Vec<_> = recorded
        .services
        .iter()
        .map(|service| run.stubs.join(service.as_str()).display().to_string())
        .collect();
    places.extend(recorded.tapes.iter().map(|tape| tape.display().to_string()));
    if !places.is_empty() {
        lines.push(format!("  {}", paint(style::FAINT, places.join("   ·   "))));
    }
    // Other services are replayed beside those that are recorded.
    limits(lines, summary, run);
    misses(lines, summary);
    for error in &recorded.errors {
        lines.push(format!("  {} {error}", paint(style::BAD, "not saved:")));
    }
    if recorded.errors.is_empty() && recorded.exchanges > 0 {
        let next = match run.program {
            Some((program, _)) => format!("ringer replay --strict -- {}", shell_words(program)),
            None => "ringer replay".to_owned(),
        };
        lines.push(format!("  next: {}", paint(style::STRONG, next)));
    }
}

fn replay(lines: &mut Vec<String>, summary: &Summary, run: &Run<'_>) {
    let mut parts = vec![counted(summary.requests, "request")];
    parts.push(format!("{} by a stub", thousands(summary.stub_answers)));
    let missed: u64 = summary.misses.iter().map(|(_, times)| times).sum();
    let mut part = |number: u64, what: &str, style| {
        if number > 0 {
            parts.push(paint(style, format!("{} {what}", thousands(number))));
        }
    };
    part(summary.nearest, "by the nearest one", style::NOTE);
    part(missed, "without a stub", style::BAD);
    part(summary.rate_limited, "rate limited", style::WARN);
    part(summary.upstream_failures, "failed upstream", style::BAD);
    part(summary.injected, "given an error", style::WARN);
    if let Some(seed) = run.seed {
        parts.push(format!("seed {seed}"));
    }
    lines.push(format!("  {}", parts.join(" · ")));
    limits(lines, summary, run);
    misses(lines, summary);
    if run.strict {
        listed(lines, "stubs that no request used:", summary.unused_stubs.iter().cloned());
    }
    if let Some(verdict) = &summary.verdict {
        lines.extend(expectations::text(verdict).lines().map(|line| format!("  {line}")));
    }
    if !summary.misses.is_empty() {
        lines.push("  next: record what is missing, or correct the stub that the 404 names".into());
    }
}

/// How clients took being limited.
fn limits(lines: &mut Vec<String>, summary: &Summary, run: &Run<'_>) {
    let text = render_text(&summary.limits);
    lines.extend(text.lines().take(2 * LISTED).map(|line| format!("  {line}")));
    if let Some(most) = run.max_early_retries.filter(|most| summary.early_retries > *most) {
        let early = thousands(summary.early_retries);
        let told = format!("{early} retried before Retry-After, {most} allowed");
        lines.push(format!("  {}", paint(style::BAD, told)));
    }
}

fn misses(lines: &mut Vec<String>, summary: &Summary) {
    let items = summary.misses.iter().map(|(request, times)| match times {
        1 => request.clone(),
        _ => format!("{request}  ×{times}"),
    });
    listed(lines, "requests that no stub matched:", items);
}

fn listed(lines: &mut Vec<String>, heading: &str, items: impl ExactSizeIterator<Item = String>) {
    let all = items.len();
    if all == 0 {
        return;
    }
    lines.push(format!("  {}", paint(style::BAD, heading)));
    lines.extend(items.take(LISTED).map(|item| format!("    {item}")));
    if all > LISTED {
        lines.push(format!("    … and {} more", all - LISTED));
    }
}

/// `3 stubs written, 1 grown to a sequence of 2, 2 unchanged`; `None` when no stub was touched.
fn stubs_of(recorded: &RecordSummary) -> Option<String> {
    let mut parts = Vec::new();
    let mut part = |number: usize, what: &str| {
        if number > 0 {
            let number = number as u64;
            // The first part carries the noun for all.
            parts.push(if parts.is_empty() {
                format!("{} {what}", counted(number, "stub"))
            } else {
                format!("{} {what}", thousands(number))
            });
        }
    };
    part(recorded.stubs_written, "written");
    match &recorded.sequences[..] {
        [] => {}
        [one] => part(1, &format!("grown to a sequence of {one}")),
        many => part(many.len(), "grown to sequences"),
    }
    part(recorded.updated, "updated");
    part(recorded.unchanged, "unchanged");
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `6 secrets replaced (4 authorization, 2 card number)`, the most frequent class first.
pub fn secrets(classes: &BTreeMap<&'static str, usize>) -> String {
    let all: usize = classes.values().sum();
    if all == 0 {
        return "no secret replaced".to_owned();
    }
    let mut sorted: Vec<_> = classes.iter().collect();
    sorted.sort_by_key(|&(class, times)| (std::cmp::Reverse(*times), *class));
    let detail: Vec<_> = sorted.iter().map(|(class, times)| format!("{times} {class}")).collect();
    format!("{} replaced ({})", counted(all as u64, "secret"), detail.join(", "))
}

/// A command line as it can be typed again.
pub fn shell_words(words: &[OsString]) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    let quoted: Vec<_> = words
        .iter()
        .map(|word| {
            let word = word.to_string_lossy();
            if !word.is_empty() && word.chars().all(safe) {
                word.into_owned()
            } else {
                format!("'{}'", word.replace('\'', r"'\''"))
            }
        })
        .collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::model::ServiceName;

    fn show(summary: &Summary, program: Option<(&[OsString], i32)>, strict: bool) -> String {
        let run = Run {
            program,
            stubs: Path::new("stubs"),
            strict,
            max_early_retries: Some(0),
            seed: strict.then_some(7),
        };
        strip_str(&text(summary, &run)).to_string()
    }

    #[test]
    fn a_recording_ends_with_what_was_written_and_what_to_do_next() {
        let summary = Summary {
            requests: 4,
            recorded: Some(RecordSummary {
                exchanges: 4,
                stubs_written: 3,
                sequences: vec![2],
                secrets: BTreeMap::from([("authorization", 4), ("card number", 2)]),
                services: [ServiceName::new("api.example.com")].into(),
                tapes: vec!["recordings/api.example.com/2026-11-23T06-40-12Z.jsonl".into()],
                ..RecordSummary::default()
            }),
            ..Summary::default()
        };
        let program: Vec<OsString> =
            ["pytest", "tests/checkout", "-k", "pay or refund"].map(Into::into).into();
        insta::assert_snapshot!(show(&summary, Some((&program, 0)), false), @"
        ✓ pytest exited 0
          4 exchanges · 3 stubs written, 1 grown to a sequence of 2 · 6 secrets replaced (4 authorization, 2 card number)
          stubs/api.example.com   ·   recordings/api.example.com/2026-11-23T06-40-12Z.jsonl
          next: ringer replay --strict -- pytest tests/checkout -k 'pay or refund'
        ");
    }

    #[test]
    fn a_recording_that_was_not_saved_says_so_and_offers_no_next_step() {
        let summary = Summary {
            requests: 2,
            upstream_failures: 1,
            recorded: Some(RecordSummary {
                exchanges: 2,
                unchanged: 1,
                errors: vec!["cannot write `stubs/a.json`: no space left on device".to_owned()],
                ..RecordSummary::default()
            }),
            ..Summary::default()
        };
        insta::assert_snapshot!(show(&summary, None, false), @"
        2 exchanges · 1 stub unchanged · 1 request the upstream did not answer
        not saved: cannot write `stubs/a.json`: no space left on device
        ");
    }

    #[test]
    fn a_recording_without_requests_says_that() {
        let summary = Summary { recorded: Some(RecordSummary::default()), ..Summary::default() };
        assert_eq!(show(&summary, None, false), "  no request came, nothing was recorded");
    }

    #[test]
    fn a_replay_ends_with_its_misses_and_unused_stubs() {
        let summary = Summary {
            requests: 12_345,
            stub_answers: 12_341,
            misses: vec![("POST /v1/charge".to_owned(), 3), ("GET /v1/refunds".to_owned(), 1)],
            unused_stubs: (1..=22).map(|number| format!("GET /v1/orders/{number}")).collect(),
            nearest: 2,
            injected: 617,
            ..Summary::default()
        };
        let program = ["pytest".into()];
        insta::assert_snapshot!(show(&summary, Some((&program, 1)), true), @"
        ✗ pytest exited 1
          12,345 requests · 12,341 by a stub · 2 by the nearest one · 4 without a stub · 617 given an error · seed 7
          requests that no stub matched:
            POST /v1/charge  ×3
            GET /v1/refunds
          stubs that no request used:
            GET /v1/orders/1
            GET /v1/orders/2
            GET /v1/orders/3
            GET /v1/orders/4
            GET /v1/orders/5
            GET /v1/orders/6
            GET /v1/orders/7
            GET /v1/orders/8
            GET /v1/orders/9
            GET /v1/orders/10
            GET /v1/orders/11
            GET /v1/orders/12
            GET /v1/orders/13
            GET /v1/orders/14
            GET /v1/orders/15
            GET /v1/orders/16
            GET /v1/orders/17
            GET /v1/orders/18
            GET /v1/orders/19
            GET /v1/orders/20
            … and 2 more
          next: record what is missing, or correct the stub that the 404 names
        ");
    }
}
