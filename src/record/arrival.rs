//! An exchange on its way into the table.

use super::{
    answer::Answer,
    conditions::{self, Condition},
    fingerprint::Fingerprint,
    identity::Key,
    variant::Variant,
};

/// What has come, seen as request and answer.
pub(super) struct Arrival<'e> {
    pub(super) number: u64,
    pub(super) upstream: &'e str,
    pub(super) redacted: &'e [String],
    pub(super) key: Key,
    pub(super) print: Fingerprint,
    pub(super) answer: Answer,
}

/// The header that tells an exchange from those that a variant has had.
pub(super) fn told_apart(
    variant: &Variant,
    arrival: &Arrival<'_>,
) -> Option<(String, Condition, Condition)> {
    let headers = &arrival.print.headers;
    let is_taken = |name: &str| {
        variant.stub.request.headers.iter().any(|(taken, _)| taken.eq_ignore_ascii_case(name))
    };
    let status = arrival.answer.spec.status;
    if let Some(forced) = conditions::forced_by(status, headers)
        && !is_taken(forced)
    {
        let was_answered_so =
            variant.stub.responses.steps.iter().any(|step| step.response.status == status);
        if variant.earlier.is_empty() && !was_answered_so {
            // Of a stub on disk without that condition, the requests had no such header.
            let condition = Condition::of(forced, headers.get(forced));
            return Some((forced.to_owned(), Condition::Absent, condition));
        }
        if let Some((before, after)) = conditions::tells_apart(forced, &variant.earlier, headers) {
            return Some((forced.to_owned(), before, after));
        }
    }
    conditions::discriminator(&variant.earlier, headers, is_taken)
}
