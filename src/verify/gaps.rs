//! How long clients wait between two tries, by the session's clock: from the end of an answer to the
//! next request.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use super::{
    case::{Case, Entry},
    tries::Operation,
    verdict::{Cited, Finding},
    words::{self, counted, share, time},
};
use crate::model::{Gaps, Jitter};

/// What timers of clients may be early by.
const EARLY: Duration = Duration::from_millis(2);
/// Waits of the same turn that are needed before anything is said of how they differ.
const FEWEST: usize = 3;

/// A wait.
struct Gap<'a, 'e> {
    last: &'a Entry<'e>,
    next: &'a Entry<'e>,
    waited: Duration,
    /// What the answer said.
    told: Option<Duration>,
}

impl Gap<'_, '_> {
    fn cite(&self, expected: &str) -> (Duration, [Cited; 2]) {
        let note = format!("{} after #{}, {expected}", time(self.waited), self.last.number);
        (self.waited, [self.last.cite(), self.next.cite().noting(note)])
    }
}

/// From when to when a wait may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) least: Duration,
    pub(super) most: Option<Duration>,
}

/// Judges the waits of all operations.
pub(super) fn judge(
    demanded: &Gaps,
    operations: &[Operation<'_, '_>],
    case: &Case<'_>,
) -> Vec<Finding> {
    let all: Vec<Vec<Gap<'_, '_>>> = operations.iter().map(gaps_of).collect();
    let mut findings = Vec::new();
    let n_waits: usize = all.iter().map(Vec::len).sum();
    let mut found = |about, expected: String, wrong: Vec<(Duration, [Cited; 2])>| {
        if let Some((first, _)) = wrong.first() {
            let got = match wrong.len() {
                1 => time(*first),
                several => {
                    format!("{several} of {n_waits} waits otherwise, the first {}", time(*first))
                }
            };
            // A try between two waits is cited once.
            let mut cited: Vec<Cited> = Vec::new();
            for one in wrong.into_iter().flat_map(|(_, cited)| cited) {
                match cited.iter_mut().find(|other| other.number == one.number) {
                    Some(known) => known.note = known.note.take().or(one.note),
                    None => cited.push(one),
                }
            }
            findings.push(Finding::failed(about, expected, got).citing(cited));
        } else if case.has_gaps() {
            findings.push(case.unjudged(about, expected));
        }
    };
    if let Some(least) = demanded.at_least {
        let expected = format!("at least {} between tries", time(least));
        let is_short = |gap: &&Gap<'_, '_>| gap.waited + EARLY < least;
        let wrong = all.iter().flatten().filter(is_short);
        found("retries.gaps.atLeast", expected, wrong.map(|it| it.cite("too soon")).collect());
    }
    if let Some(most) = demanded.at_most {
        let expected = format!("at most {} between tries", time(most));
        let is_long = |gap: &&Gap<'_, '_>| {
            let most = allowed_by(demanded, gap).map_or(most, |told| told.max(most));
            gap.waited > most.saturating_add(demanded.tolerance)
        };
        let wrong = all.iter().flatten().filter(is_long);
        found("retries.gaps.atMost", expected, wrong.map(|it| it.cite("too late")).collect());
    }
    if demanded.retry_after {
        let expected = "no try before Retry-After".to_owned();
        let is_early = |gap: &&Gap<'_, '_>| gap.told.is_some_and(|told| gap.waited + EARLY < told);
        let wrong = all
            .iter()
            .flatten()
            .filter(is_early)
            .map(|gap| gap.cite(&format!("told {}", time(gap.told.unwrap_or_default()))));
        found("retries.gaps.retryAfter", expected, wrong.collect());
    }
    if demanded.factor.is_some() || demanded.first.is_some() {
        let mut wrong = Vec::new();
        for gaps in &all {
            let waits: Vec<(Duration, bool)> = gaps
                .iter()
                .map(|gap| {
                    let told = allowed_by(demanded, gap).unwrap_or_default();
                    (gap.waited, !told.is_zero() && gap.waited + EARLY >= told)
                })
                .collect();
            for (gap, range) in gaps.iter().zip(ranges(demanded, &waits)) {
                let Some(range) = range else { continue };
                if !range.holds(gap.waited) {
                    wrong.push(gap.cite(&format!("expected {}", range.words())));
                }
            }
        }
        found("retries.gaps.backoff", backoff(demanded), wrong);
    }
    findings.extend(demanded.spread.and_then(|least| spread(least, &all)));
    findings
}

/// The time that an answer asked a client to wait, where a client shall heed that.
fn allowed_by(demanded: &Gaps, gap: &Gap<'_, '_>) -> Option<Duration> {
    gap.told.filter(|_| demanded.retry_after)
}

fn gaps_of<'a, 'e>(operation: &Operation<'a, 'e>) -> Vec<Gap<'a, 'e>> {
    let pairs = operation.tries.iter().zip(operation.tries.iter().skip(1));
    pairs
        .map(|(last, next)| {
            let end = last.seen.ended.unwrap_or(last.seen.began);
            let waited = next.seen.began.session.saturating_sub(end.session);
            Gap { last, next, waited, told: told(last) }
        })
        .collect()
}

/// How long the answer asked the client to wait.
fn told(entry: &Entry<'_>) -> Option<Duration> {
    let seen = entry.seen;
    let answer = seen.answer.as_ref()?;
    let took = seen.ended?.session.saturating_sub(seen.began.session);
    let answered = Timestamp::try_from(seen.request.received.checked_add(took)?).ok()?;
    retry_after(&answer.headers, answered)
}

/// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date; `now` is the time of the answer.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

impl Range {
    pub(super) fn holds(self, waited: Duration) -> bool {
        self.least <= waited && self.most.is_none_or(|most| waited <= most)
    }

    fn words(self) -> String {
        match self.most {
            Some(most) => format!("{} to {}", time(self.least), time(most)),
            None => format!("{} or more", time(self.least)),
        }
    }
}

/// From when to when each wait may be, by the factor; `None` where nothing can be said. Each wait comes
/// with whether it was as long as the answer asked for.
pub(super) fn ranges(demanded: &Gaps, waits: &[(Duration, bool)]) -> Vec<Option<Range>> {
    let factor = demanded.factor.unwrap_or(1.0);
    let cap = demanded.at_most.unwrap_or(Duration::MAX);
    let mut ranges = Vec::with_capacity(waits.len());
    let mut nominal = demanded.first;
    let mut before: Option<(Duration, bool)> = None;
    for wait in waits {
        let range = match (nominal, before) {
            _ if wait.1 => None,
            (Some(nominal), _) => Some(around(nominal.min(cap), demanded)),
            (None, Some((before, false))) => Some(following(before, factor, cap, demanded)),
            (None, _) => None,
        };
        ranges.push(range);
        nominal = match demanded.factor {
            Some(_) => nominal.map(|nominal| times(nominal, factor)),
            // Of the others, nothing is said.
            None => None,
        };
        before = demanded.factor.is_some().then_some(*wait);
    }
    ranges
}

fn around(nominal: Duration, demanded: &Gaps) -> Range {
    let (low, high) = match demanded.jitter {
        Jitter::Share(share) => (1.0 - share, 1.0 + share),
        Jitter::Full => (0.0, 1.0),
    };
    Range {
        least: times(nominal, low).saturating_sub(EARLY),
        most: Some(times(nominal, high).saturating_add(demanded.tolerance)),
    }
}

/// What can come after a wait that was itself jittered, and may have been prolonged.
fn following(before: Duration, factor: f64, cap: Duration, demanded: &Gaps) -> Range {
    let share = match demanded.jitter {
        Jitter::Share(share) => share,
        Jitter::Full => 1.0,
    };
    let least = before.saturating_sub(demanded.tolerance);
    let least = times(least, factor * (1.0 - share) / (1.0 + share)).min(times(cap, 1.0 - share));
    let most = (share < 1.0).then(|| {
        let most = times(before, factor * (1.0 + share) / (1.0 - share));
        most.saturating_add(demanded.tolerance)
    });
    Range { least: least.saturating_sub(EARLY), most }
}

fn times(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

fn backoff(demanded: &Gaps) -> String {
    let mut parts = Vec::new();
    if let Some(first) = demanded.first {
        parts.push(format!("{} before the first retry", time(first)));
    }
    if let Some(factor) = demanded.factor {
        parts.push(format!("each wait {factor} times the one before"));
    }
    if let Some(most) = demanded.at_most.filter(|_| demanded.factor.is_some()) {
        parts.push(format!("up to {}", time(most)));
    }
    let jitter = words::jitter(demanded.jitter);
    if !jitter.is_empty() {
        parts.push(jitter);
    }
    parts.join(", ")
}

/// Judges how much the waits of clients differ: those before the first retry, or else of a later turn.
fn spread(least: f64, all: &[Vec<Gap<'_, '_>>]) -> Option<Finding> {
    let expected = format!("waits of clients differ by at least {}", share(least));
    let turns = all.iter().map(Vec::len).max().unwrap_or_default();
    let of_turn = |turn: usize| -> Vec<&Gap<'_, '_>> {
        all.iter().filter_map(|gaps| gaps.get(turn)).collect()
    };
    let enough: Vec<Vec<&Gap<'_, '_>>> =
        (0..turns).map(of_turn).filter(|gaps| gaps.len() >= FEWEST).collect();
    if enough.is_empty() {
        let most = (0..turns).map(|turn| of_turn(turn).len() as u64).max().unwrap_or_default();
        let why = format!(
            "cannot be judged: {FEWEST} operations that are tried again are needed, there {}",
            if most == 1 { "is 1".to_owned() } else { format!("are {most}") }
        );
        return Some(Finding::unjudged("retries.gaps.spread", expected, why));
    }
    for gaps in enough {
        let varies = variation(gaps.iter().map(|gap| gap.waited.as_secs_f64()));
        if varies < least {
            let got = format!("{} of {}", share(varies), counted(gaps.len() as u64, "wait"));
            let cited = gaps.iter().map(|gap| {
                gap.next.cite().noting(format!("{} after #{}", time(gap.waited), gap.last.number))
            });
            return Some(Finding::failed("retries.gaps.spread", expected, got).citing(cited));
        }
    }
    None
}

/// The standard deviation by the mean; 0 where all are 0.
fn variation(numbers: impl Iterator<Item = f64> + Clone) -> f64 {
    let (mut count, mut sum) = (0.0, 0.0);
    for number in numbers.clone() {
        count += 1.0;
        sum += number;
    }
    if sum <= 0.0 {
        return 0.0;
    }
    let mean: f64 = sum / count;
    let squares: f64 = numbers.map(|number| (number - mean).powi(2)).sum();
    (squares / count).sqrt() / mean
}
