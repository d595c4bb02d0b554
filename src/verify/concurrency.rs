//! How many requests were under way at a time, by real time: from the end of a request's head to the
//! end of its answer.

use super::{
    case::{Case, Entry},
    count::said,
    verdict::Finding,
    words::counted,
};
use crate::model::RequestDemand;

/// Judges how many were under way at a time.
pub(super) fn judge(
    most: u64,
    demand: &RequestDemand,
    requests: &[&Entry<'_>],
    case: &Case<'_>,
) -> Option<Finding> {
    let expected = format!("at most {most} of {} at a time", said(demand));
    let peak = peak(requests);
    if peak.len() as u64 > most {
        let together = peak.len() as u64;
        let got = format!("{} at a time", counted(together, "request"));
        let finding = Finding::failed("concurrent", expected, got);
        return Some(finding.citing(peak.iter().map(|entry| {
            let took =
                entry.seen.ended.map(|ended| ended.real.saturating_sub(entry.seen.began.real));
            let note = match took {
                Some(took) => format!("took {}", super::words::time(took)),
                None => "still under way".to_owned(),
            };
            entry.cite().noting(note)
        })));
    }
    case.has_gaps().then(|| case.unjudged("concurrent", expected))
}

/// The requests that were under way when most were, for the first time. They are in the order in
/// which they came.
fn peak<'a, 'e>(requests: &[&'a Entry<'e>]) -> Vec<&'a Entry<'e>> {
    let mut open: Vec<&Entry<'_>> = Vec::new();
    let mut peak = Vec::new();
    for entry in requests {
        let began = entry.seen.began.real;
        // What ends as another begins is over.
        open.retain(|other| other.seen.ended.is_none_or(|ended| ended.real > began));
        open.push(entry);
        if open.len() > peak.len() {
            peak.clone_from(&open);
        }
    }
    peak
}
