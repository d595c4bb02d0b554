//! In which order requests came.

use super::{
    case::{Case, Entry},
    verdict::Finding,
    words::counted,
};
use crate::{
    matching::CompiledRequest,
    model::{Between, OrderDemand},
};

/// Judges an order; `steps` are its compiled requests.
pub(super) fn judge(
    demand: &OrderDemand,
    steps: &[CompiledRequest],
    case: &Case<'_>,
) -> (String, Vec<Finding>) {
    let fits = |entry: &Entry<'_>, step: usize| {
        steps.get(step).is_some_and(|request| request.matches(&entry.view))
    };
    let entries: Vec<&Entry<'_>> = match demand.between {
        Between::Anything | Between::Nothing => case.entries.iter().collect(),
        Between::Others => {
            let is_step = |entry: &&Entry<'_>| (0..steps.len()).any(|step| fits(entry, step));
            case.entries.iter().filter(is_step).collect()
        }
    };
    let basis = counted(case.entries.len() as u64, "request");
    let come = match demand.between {
        Between::Anything => scattered(&entries, steps.len(), &fits),
        Between::Nothing => run(&entries, steps.len(), &fits),
        Between::Others => prefix(&entries, steps.len(), &fits),
    };
    let is_whole = come.len() == steps.len();
    let surplus = match demand.between {
        Between::Others if is_whole => entries.get(steps.len()).copied(),
        _ => None,
    };
    // Of an order that allows no other step, one may be among what is gone.
    let needs_all = demand.between == Between::Others;
    let finding = if is_whole && surplus.is_none() && !(needs_all && case.has_gaps()) {
        None
    } else if case.has_gaps() {
        Some(case.unjudged("order", said(demand)))
    } else {
        Some(missing(demand, &come, surplus, &entries, &fits))
    };
    (basis, finding.into_iter().collect())
}

/// The first requests that fit the steps one after the other, whatever comes between.
fn scattered<'a, 'e>(
    entries: &[&'a Entry<'e>],
    n_steps: usize,
    fits: &impl Fn(&Entry<'_>, usize) -> bool,
) -> Vec<&'a Entry<'e>> {
    let mut come: Vec<&Entry<'_>> = Vec::new();
    for entry in entries {
        if come.len() < n_steps && fits(entry, come.len()) {
            come.push(entry);
        }
    }
    come
}

/// The first requests, as far as they fit.
fn prefix<'a, 'e>(
    entries: &[&'a Entry<'e>],
    n_steps: usize,
    fits: &impl Fn(&Entry<'_>, usize) -> bool,
) -> Vec<&'a Entry<'e>> {
    let numbered = entries.iter().enumerate().take(n_steps);
    numbered.take_while(|(at, entry)| fits(entry, *at)).map(|(_, entry)| *entry).collect()
}

/// The longest run of requests that fits from the first step on.
fn run<'a, 'e>(
    entries: &[&'a Entry<'e>],
    n_steps: usize,
    fits: &impl Fn(&Entry<'_>, usize) -> bool,
) -> Vec<&'a Entry<'e>> {
    let mut longest = Vec::new();
    for start in 0..entries.len() {
        let run = prefix(entries.get(start..).unwrap_or_default(), n_steps, fits);
        if run.len() > longest.len() {
            longest = run;
        }
        if longest.len() == n_steps {
            break;
        }
    }
    longest
}

fn said(demand: &OrderDemand) -> String {
    let names: Vec<&str> = demand.steps.iter().map(|step| step.name.as_str()).collect();
    let how = match demand.between {
        Between::Anything => "in this order",
        Between::Others => "in this order, and each once",
        Between::Nothing => "one directly after the other",
    };
    format!("{how}: {}", names.join(", "))
}

fn missing<'e>(
    demand: &OrderDemand,
    come: &[&Entry<'e>],
    surplus: Option<&Entry<'e>>,
    entries: &[&Entry<'e>],
    fits: &impl Fn(&Entry<'_>, usize) -> bool,
) -> Finding {
    let name = |step: usize| demand.steps.get(step).map_or("", |step| step.name.as_str());
    let last = come.last().map(|entry| entry.number);
    let step = come.len();
    // What came in place of the step, where it had to be the next.
    let instead = surplus.or_else(|| match (demand.between, last) {
        (Between::Anything, _) | (Between::Nothing, None) => None,
        (_, last) => {
            let after = entries.iter().find(|entry| last.is_none_or(|last| entry.number > last));
            after.copied()
        }
    });
    let expected_next = match surplus {
        Some(_) => "no further one".to_owned(),
        None => format!("step {}, {}", step + 1, name(step)),
    };
    let got = match (instead, last) {
        (Some(instead), Some(last)) => {
            format!("#{} where {expected_next}, was expected after #{last}", instead.number)
        }
        (Some(instead), None) => format!("#{} where {expected_next}, was expected", instead.number),
        (None, Some(last)) => format!("no {} after #{last} (step {})", name(step), step + 1),
        (None, None) => format!("no {} (step 1)", name(0)),
    };
    let mut cited: Vec<_> = come
        .iter()
        .enumerate()
        .map(|(at, entry)| (entry.number, entry.cite().noting(format!("step {}", at + 1))))
        .collect();
    if let Some(instead) = instead {
        cited.push((instead.number, instead.cite().noting("out of order")));
    } else {
        // Where it did come, only elsewhere.
        let elsewhere = entries.iter().filter(|entry| {
            fits(entry, step) && come.iter().all(|other| other.number != entry.number)
        });
        cited.extend(elsewhere.map(|entry| {
            (entry.number, entry.cite().noting(format!("step {}, out of order", step + 1)))
        }));
    }
    cited.sort_by_key(|(number, _)| *number);
    Finding::failed("order", said(demand), got).citing(cited.into_iter().map(|(_, cited)| cited))
}
