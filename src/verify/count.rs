//! How often requests came.

use super::{
    case::{Case, Entry},
    verdict::Finding,
    words::{counted, statuses, times},
};
use crate::model::{RequestDemand, Times};

/// Judges a number of requests.
pub(super) fn judge(
    demanded: Times,
    demand: &RequestDemand,
    requests: &[&Entry<'_>],
    case: &Case<'_>,
) -> Option<Finding> {
    let number = requests.len() as u64;
    let is_exceeded = demanded.at_most.is_some_and(|most| number > most);
    // What is gone could only add to it.
    let is_certain = !case.has_gaps()
        || is_exceeded
        || (demanded.at_most.is_none() && number >= demanded.at_least);
    let expected = format!("{} {}", said(demand), times(demanded));
    if !is_certain {
        return Some(case.unjudged("count", expected));
    }
    if demanded.holds(number) {
        return None;
    }
    let got = match number {
        0 => "none came".to_owned(),
        number => format!("{} came", counted(number, "request")),
    };
    let finding = Finding::failed("count", expected, got);
    Some(finding.citing(requests.iter().map(|entry| entry.cite())))
}

/// Which requests, in words.
pub(super) fn said(demand: &RequestDemand) -> String {
    match demand.answered.as_slice() {
        [] => demand.which.clone(),
        answered => format!("{} answered {}", demand.which, statuses(answered)),
    }
}

/// Judges how many requests nothing matched.
pub(super) fn unmatched(most: u64, case: &Case<'_>) -> (String, Vec<Finding>) {
    let unmatched: Vec<_> = case.entries.iter().filter(|entry| !entry.seen.is_matched).collect();
    let number = unmatched.len() as u64;
    let basis = counted(case.entries.len() as u64, "request");
    let expected = match most {
        0 => "every request matches".to_owned(),
        most => format!("at most {} that nothing matches", counted(most, "request")),
    };
    if number > most {
        let got = format!("{} that nothing matched", counted(number, "request"));
        let finding = Finding::failed("unmatched", expected, got);
        return (basis, vec![finding.citing(unmatched.iter().map(|entry| entry.cite()))]);
    }
    let unjudged = case.has_gaps().then(|| case.unjudged("unmatched", expected));
    (basis, unjudged.into_iter().collect())
}
