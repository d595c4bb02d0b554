//! How operations are tried again.

use super::{
    case::{Case, Entry},
    gaps,
    headers::{differing, one_trace, value_of},
    tries::{Operation, operations},
    verdict::{Cited, Finding},
    words::{counted, same_by, statuses, times},
};
use crate::model::{Retries, Times};

/// The header field of a trace context.
const TRACEPARENT: &str = "traceparent";

/// Judges how operations are tried again, and says how often they were.
pub(super) fn judge(
    demanded: &Retries,
    requests: &[&Entry<'_>],
    case: &Case<'_>,
) -> (u64, Vec<Finding>) {
    let operations = operations(demanded, requests);
    let retried = operations.iter().map(|it| it.tries.len() as u64 - 1).sum();
    let mut findings = Vec::new();
    findings.extend(demanded.tries.and_then(|it| tries(it, demanded, &operations, case)));
    if let Some(gaps) = &demanded.gaps {
        findings.extend(gaps::judge(gaps, &operations, case));
    }
    for name in &demanded.same {
        findings.extend(same(name, &operations, case));
    }
    if demanded.same_trace {
        findings.extend(same_trace(&operations, case));
    }
    if !demanded.never_after.is_empty() {
        findings.extend(never_after(demanded, &operations, case));
    }
    (retried, findings)
}

fn tries(
    demanded: Times,
    retries: &Retries,
    operations: &[Operation<'_, '_>],
    case: &Case<'_>,
) -> Option<Finding> {
    let expected = format!(
        "each operation is tried {} (known by its {})",
        times(demanded),
        same_by(&retries.by)
    );
    let is_exceeded =
        |it: &&Operation<'_, '_>| demanded.at_most.is_some_and(|most| it.tries.len() as u64 > most);
    let is_wrong = |it: &&Operation<'_, '_>| {
        // The first tries of an operation may be among what is gone.
        if case.has_gaps() { is_exceeded(it) } else { !demanded.holds(it.tries.len() as u64) }
    };
    let wrong: Vec<&Operation<'_, '_>> = operations.iter().filter(is_wrong).collect();
    let Some(worst) = wrong.iter().max_by_key(|it| distance(demanded, it.tries.len() as u64))
    else {
        return case.has_gaps().then(|| case.unjudged("retries.tries", expected));
    };
    let most = worst.tries.len() as u64;
    let most = times(Times { at_least: most, at_most: Some(most) });
    let got = match wrong.len() {
        1 => format!("one was tried {most}"),
        several => format!("{several} were not, one of them was tried {most}"),
    };
    let cited = wrong.iter().flat_map(|operation| cite(operation));
    Some(Finding::failed("retries.tries", expected, got).citing(cited))
}

fn distance(demanded: Times, number: u64) -> u64 {
    let above = demanded.at_most.map_or(0, |most| number.saturating_sub(most));
    above.max(demanded.at_least.saturating_sub(number))
}

/// Each try with its number.
fn cite(operation: &Operation<'_, '_>) -> Vec<Cited> {
    let tries = operation.tries.iter().enumerate();
    tries.map(|(at, entry)| entry.cite().noting(format!("try {}", at + 1))).collect()
}

fn retried<'o, 'a, 'e>(
    operations: &'o [Operation<'a, 'e>],
) -> impl Iterator<Item = &'o Operation<'a, 'e>> {
    operations.iter().filter(|operation| operation.tries.len() > 1)
}

fn same(name: &str, operations: &[Operation<'_, '_>], case: &Case<'_>) -> Option<Finding> {
    let expected = format!("the same {name} on all tries of an operation");
    let show = |entry: &Entry<'_>| match value_of(name, entry) {
        Some(value) => format!("{name}: {}", super::words::value(&value)),
        None => format!("no {name}"),
    };
    all_same("retries.same", expected, operations, case, |tries| {
        differing(name, tries, |entry| value_of(name, entry), show)
    })
}

fn same_trace(operations: &[Operation<'_, '_>], case: &Case<'_>) -> Option<Finding> {
    let expected = "one trace in all tries of an operation".to_owned();
    all_same("retries.sameTrace", expected, operations, case, |tries| {
        one_trace(TRACEPARENT, None, tries)
    })
}

fn all_same(
    about: &'static str,
    expected: String,
    operations: &[Operation<'_, '_>],
    case: &Case<'_>,
    judge: impl Fn(&[&Entry<'_>]) -> Option<(String, Vec<Cited>)>,
) -> Option<Finding> {
    let wrong: Vec<_> = retried(operations).filter_map(|it| judge(&it.tries)).collect();
    let Some((first, _)) = wrong.first() else {
        return case.has_gaps().then(|| case.unjudged(about, expected));
    };
    let got = match wrong.len() as u64 {
        1 => first.clone(),
        several => format!("not so of {}; {first} of the first", counted(several, "operation")),
    };
    let cited = wrong.into_iter().flat_map(|(_, cited)| cited);
    Some(Finding::failed(about, expected, got).citing(cited))
}

fn never_after(
    demanded: &Retries,
    operations: &[Operation<'_, '_>],
    case: &Case<'_>,
) -> Option<Finding> {
    let expected = format!("no other try after {}", statuses(&demanded.never_after));
    let is_final = |entry: &Entry<'_>| {
        let status = entry.seen.status();
        status.is_some_and(|status| demanded.never_after.iter().any(|it| it.holds(status)))
    };
    let mut wrong = Vec::new();
    for operation in operations {
        for (last, next) in operation.tries.iter().zip(operation.tries.iter().skip(1)) {
            if is_final(last) {
                wrong.push(last.cite());
                wrong.push(next.cite().noting(format!("another try after #{}", last.number)));
            }
        }
    }
    if wrong.is_empty() {
        return case.has_gaps().then(|| case.unjudged("retries.neverAfter", expected));
    }
    let got = format!(
        "{} after such an answer",
        match wrong.len() / 2 {
            1 => "1 try".to_owned(),
            several => format!("{several} tries"),
        }
    );
    Some(Finding::failed("retries.neverAfter", expected, got).citing(wrong))
}
