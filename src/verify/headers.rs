//! What stands in the headers of requests: values, and traces (W3C Trace Context).

use std::collections::BTreeMap;

use http::HeaderName;

use super::{
    case::{Case, Entry},
    verdict::{Cited, Finding},
    words::{self, counted},
};
use crate::{
    matching::CompiledRequest,
    model::{HeaderDemand, ValuePattern},
};

/// Judges what stands in one field of every request.
pub(super) fn judge(
    name: &str,
    demand: &HeaderDemand,
    pattern: Option<&CompiledRequest>,
    requests: &[&Entry<'_>],
    case: &Case<'_>,
) -> Option<Finding> {
    let (expected, found) = match demand {
        HeaderDemand::Fits(value) => (fit_words(name, value), fitting(name, pattern, requests)),
        HeaderDemand::Same => (format!("the same {name} on all"), same(name, requests)),
        HeaderDemand::Unique => (format!("another {name} on each"), unique(name, requests)),
        HeaderDemand::SameTrace => {
            (format!("one trace in {name} of all"), one_trace(name, None, requests))
        }
        HeaderDemand::Trace(trace) => {
            (format!("trace {trace} in {name} of all"), one_trace(name, Some(trace), requests))
        }
    };
    if let Some((got, cited)) = found {
        return Some(Finding::failed("headers", expected, got).citing(cited));
    }
    case.has_gaps().then(|| case.unjudged("headers", expected))
}

type Found = Option<(String, Vec<Cited>)>;

/// The values of a field, joined.
pub(super) fn value_of(name: &str, entry: &Entry<'_>) -> Option<String> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let values: Vec<_> = entry.view.header_named(&name).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// `Name: value`, or that it is not there.
fn shown(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("{name}: {}", words::value(value)),
        None => format!("no {name}"),
    }
}

fn fit_words(name: &str, value: &ValuePattern) -> String {
    match value {
        ValuePattern::Absent => format!("no {name} on any request"),
        ValuePattern::Not(not) if **not == ValuePattern::Absent => {
            format!("{name} on every request")
        }
        _ => format!("a {name} that fits, on every request"),
    }
}

fn fitting(name: &str, pattern: Option<&CompiledRequest>, requests: &[&Entry<'_>]) -> Found {
    let pattern = pattern?;
    let wrong: Vec<Cited> = requests
        .iter()
        .filter(|entry| !pattern.matches_head(&entry.view))
        .map(|entry| entry.cite().noting(shown(name, value_of(name, entry).as_deref())))
        .collect();
    let got = format!("not so on {}", counted(wrong.len() as u64, "request"));
    (!wrong.is_empty()).then_some((got, wrong))
}

/// By value, the requests that have it.
fn by_value<'a, 'e>(
    requests: &[&'a Entry<'e>],
    value: impl Fn(&Entry<'_>) -> Option<String>,
) -> BTreeMap<Option<String>, Vec<&'a Entry<'e>>> {
    let mut by_value: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for entry in requests {
        by_value.entry(value(entry)).or_default().push(*entry);
    }
    by_value
}

/// What is said of requests whose values differ.
pub(super) fn differing(
    what: &str,
    requests: &[&Entry<'_>],
    value: impl Fn(&Entry<'_>) -> Option<String>,
    show: impl Fn(&Entry<'_>) -> String,
) -> Found {
    let by_value = by_value(requests, value);
    let n_without = by_value.get(&None).map_or(0, Vec::len) as u64;
    let n_values = by_value.keys().flatten().count() as u64;
    if n_without == 0 && n_values <= 1 {
        return None;
    }
    let got = match (n_values, n_without) {
        (0, without) => format!("{} without {what}", counted(without, "request")),
        (values, 0) => format!("{values} different"),
        (values, without) => {
            format!("{values} different, and {} without {what}", counted(without, "request"))
        }
    };
    Some((got, requests.iter().map(|entry| entry.cite().noting(show(entry))).collect()))
}

fn same(name: &str, requests: &[&Entry<'_>]) -> Found {
    differing(
        name,
        requests,
        |entry| value_of(name, entry),
        |entry| shown(name, value_of(name, entry).as_deref()),
    )
}

fn unique(name: &str, requests: &[&Entry<'_>]) -> Found {
    let by_value = by_value(requests, |entry| value_of(name, entry));
    let wrong = by_value.iter().filter(|(value, all)| value.is_none() || all.len() > 1);
    let mut wrong: Vec<(u64, Cited)> = wrong
        .flat_map(|(value, all)| {
            let note = shown(name, value.as_deref());
            all.iter().map(move |entry| (entry.number, entry.cite().noting(note.clone())))
        })
        .collect();
    if wrong.is_empty() {
        return None;
    }
    wrong.sort_by_key(|(number, _)| *number);
    let got = format!("{} with none or that of another", counted(wrong.len() as u64, "request"));
    Some((got, wrong.into_iter().map(|(_, cited)| cited).collect()))
}

/// The trace of a trace context: 32 hexadecimal digits in lower case, not all 0 (W3C Trace Context
/// §3.2.2). Versions above 00 may say more after the flags; `ff` is forbidden.
pub(super) fn trace_of(traceparent: &str) -> Option<&str> {
    let traceparent = traceparent.trim_matches([' ', '\t']);
    let mut parts = traceparent.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let is_right = is_hex(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && is_hex(trace, 32)
        && !is_zero(trace)
        && is_hex(parent, 16)
        && !is_zero(parent)
        && is_hex(flags, 2);
    is_right.then_some(trace)
}

/// The trace of a request.
pub(super) fn trace_in(name: &str, entry: &Entry<'_>) -> Option<String> {
    trace_of(&value_of(name, entry)?).map(str::to_owned)
}

fn shown_trace(name: &str, entry: &Entry<'_>) -> String {
    match value_of(name, entry) {
        Some(value) => match trace_of(&value) {
            Some(trace) => format!("trace {trace}"),
            None => format!("{name}: {} is no trace context", words::value(&value)),
        },
        None => format!("no {name}"),
    }
}

pub(super) fn one_trace(name: &str, trace: Option<&str>, requests: &[&Entry<'_>]) -> Found {
    let Some(trace) = trace else {
        return differing(
            "a trace",
            requests,
            |entry| trace_in(name, entry),
            |entry| shown_trace(name, entry),
        );
    };
    let is_other = |entry: &&&Entry<'_>| trace_in(name, entry).as_deref() != Some(trace);
    let wrong: Vec<Cited> = requests
        .iter()
        .filter(is_other)
        .map(|entry| entry.cite().noting(shown_trace(name, entry)))
        .collect();
    let got = format!("{} of another trace, or none", counted(wrong.len() as u64, "request"));
    (!wrong.is_empty()).then_some((got, wrong))
}

#[cfg(test)]
mod tests {
    use super::trace_of;

    #[test]
    fn a_trace_context_is_read_as_the_recommendation_says() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (text, expected) in [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Some(trace)),
            (" 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\t", Some(trace)),
            ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", Some(trace)),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", None),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None),
            ("00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", None),
            ("", None),
        ] {
            assert_eq!(trace_of(text), expected, "{text}");
        }
    }
}
