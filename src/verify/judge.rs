//! Judges expectations by the evidence.

use super::{
    case::{Case, Entry},
    compiled::{Compiled, CompiledExpectation},
    concurrency, count,
    evidence::{Evidence, Seen},
    headers, order, retries,
    verdict::{Finding, Judged, Verdict},
    words::counted,
};
use crate::{
    codec::view::RequestView,
    model::{Demand, RequestDemand},
};

/// Stubs that a finding names.
const MOST_NAMED: usize = 20;

impl Compiled {
    /// Judges all of them.
    pub fn judge(&self, evidence: &Evidence) -> Verdict {
        let mut requests: Vec<&Seen> = evidence.requests.iter().collect();
        // A request is noted when its stub is found, which may be after a later one's is.
        requests.sort_by_key(|seen| seen.began.real);
        let entries = (evidence.dropped + 1..)
            .zip(requests)
            .map(|(number, seen)| Entry { number, seen, view: RequestView::new(&seen.request) })
            .collect();
        let case = Case { evidence, entries };
        Verdict {
            judged: self.each.iter().map(|each| judged(each, &case)).collect(),
            session: String::new(),
            requests: evidence.requests.len() as u64,
            dropped: evidence.dropped,
        }
    }
}

fn judged(each: &CompiledExpectation, case: &Case<'_>) -> Judged {
    let name = each.expectation.name.clone();
    let needs_journal =
        !matches!(each.expectation.demand, Demand::UnusedStubs(_) | Demand::EarlyRetries(_));
    if needs_journal && !case.evidence.is_kept {
        let why = "cannot be judged: no journal is kept; start ringer with its admin API, and with \
                   `--journal-entries` above 0";
        let finding = Finding::unjudged("journal", "a journal".to_owned(), why.to_owned());
        return Judged { name, basis: String::new(), findings: vec![finding] };
    }
    let (basis, findings) = match &each.expectation.demand {
        Demand::Requests(demand) => of_requests(each, demand, case),
        Demand::Order(demand) => order::judge(demand, &each.requests, case),
        Demand::UnusedStubs(allowed) => (String::new(), unused(allowed, case.evidence)),
        Demand::EarlyRetries(most) => {
            let early = case.evidence.early_retries;
            let finding = (early > *most).then(|| {
                Finding::failed(
                    "earlyRetries",
                    format!("at most {} before Retry-After", tries(*most)),
                    format!("{} before Retry-After", tries(early)),
                )
            });
            (String::new(), finding.into_iter().collect())
        }
        Demand::Unmatched(most) => count::unmatched(*most, case),
    };
    Judged { name, basis, findings }
}

fn tries(number: u64) -> String {
    match number {
        1 => "1 try".to_owned(),
        number => format!("{number} tries"),
    }
}

fn of_requests(
    each: &CompiledExpectation,
    demand: &RequestDemand,
    case: &Case<'_>,
) -> (String, Vec<Finding>) {
    let is_answered = |seen: &Seen| {
        demand.answered.is_empty()
            || seen.status().is_some_and(|it| demand.answered.iter().any(|one| one.holds(it)))
    };
    let fits = |entry: &&Entry<'_>| {
        is_answered(entry.seen)
            && each.requests.first().is_some_and(|request| request.matches(&entry.view))
    };
    let requests: Vec<&Entry<'_>> = case.entries.iter().filter(fits).collect();
    let mut basis = counted(requests.len() as u64, "request");
    let mut findings = Vec::new();
    findings.extend(demand.count.and_then(|times| count::judge(times, demand, &requests, case)));
    findings.extend(
        demand.concurrent.and_then(|most| concurrency::judge(most, demand, &requests, case)),
    );
    if let Some(demanded) = &demand.retries {
        let (retried, found) = retries::judge(demanded, &requests, case);
        basis = format!("{basis}, {}", counted(retried, "retry"));
        findings.extend(found);
    }
    for ((name, header), pattern) in demand.headers.iter().zip(&each.headers) {
        findings.extend(headers::judge(name, header, pattern.as_ref(), &requests, case));
    }
    (basis, findings)
}

fn unused(allowed: &[String], evidence: &Evidence) -> Vec<Finding> {
    let is_allowed = |text: &str| allowed.iter().any(|glob| fits_glob(glob, text));
    let unused = evidence.unused_stubs.iter();
    let unused: Vec<&str> = unused
        .filter(|stub| !is_allowed(&stub.name) && !is_allowed(&stub.id))
        .map(|stub| stub.name.as_str())
        .collect();
    if unused.is_empty() {
        return Vec::new();
    }
    let shown: Vec<String> =
        unused.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
    let more = match unused.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let expected = match allowed {
        [] => "every stub is used".to_owned(),
        _ => format!("every stub is used but {}", allowed.join(", ")),
    };
    let got =
        format!("{} unused: {}{more}", counted(unused.len() as u64, "stub"), shown.join(", "));
    vec![Finding::failed("unusedStubs", expected, got)]
}

/// Whether a text fits, where `*` stands for any text. The work is bounded by the product of the
/// lengths.
fn fits_glob(glob: &str, text: &str) -> bool {
    let mut pieces = glob.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod glob_tests {
    use super::fits_glob;

    #[test]
    fn a_star_stands_for_any_text() {
        for (glob, text, fits) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*c*c", "abc", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits_glob(glob, text), fits, "{glob} {text}");
        }
    }
}
