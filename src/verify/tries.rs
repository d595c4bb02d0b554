//! Which requests are tries of one operation.

use std::collections::HashMap;

use super::{case::Entry, headers::value_of};
use crate::model::{Retries, SameBy};

/// The field that says which operation a request is of.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The tries of one operation, in the order in which they came; at least one.
pub(super) struct Operation<'a, 'e> {
    pub(super) tries: Vec<&'a Entry<'e>>,
}

/// The operations, in the order in which they began.
///
/// A request is another try of the earliest operation that is known by the same values and whose last
/// try was over without an answer that a client can be content with; one with the same idempotency key
/// is preferred. Where a header field is among what operations are known by, requests that have the
/// same are tries of one operation whatever they were answered.
pub(super) fn operations<'a, 'e>(
    demanded: &Retries,
    requests: &[&'a Entry<'e>],
) -> Vec<Operation<'a, 'e>> {
    let mut operations: Vec<Operation<'_, '_>> = Vec::new();
    let mut known: HashMap<Vec<u8>, Known> = HashMap::new();
    for entry in requests {
        let (key, is_certain) = key_of(&demanded.by, entry);
        let known = known.entry(key).or_default();
        let own_key = value_of(IDEMPOTENCY_KEY, entry);
        let last = |at: usize| operations.get(at).and_then(|operation| operation.tries.last());
        let may_go_on =
            |at: &usize| is_certain || last(*at).is_some_and(|it| calls_for(demanded, it, entry));
        let with_key = own_key.as_ref().and_then(|key| known.by_key.get(key)).copied();
        let found = with_key.filter(may_go_on);
        let found = found.or_else(|| known.open.iter().copied().find(|at| may_go_on(at)));
        known.open.retain(|at| {
            Some(*at) != found
                && (is_certain || last(*at).is_some_and(|it| may_be_tried(demanded, it)))
        });
        let at = found.unwrap_or(operations.len());
        match operations.get_mut(at) {
            Some(operation) => operation.tries.push(entry),
            None => operations.push(Operation { tries: vec![entry] }),
        }
        known.open.push(at);
        if let Some(key) = own_key {
            known.by_key.insert(key, at);
        }
    }
    operations
}

/// Operations that are known by the same values.
#[derive(Default)]
struct Known {
    /// Those that may be tried again, the one that waits longest first.
    open: Vec<usize>,
    /// The last one with each idempotency key.
    by_key: HashMap<String, usize>,
}

/// Whether an operation may be tried again after this try at all.
fn may_be_tried(demanded: &Retries, last: &Entry<'_>) -> bool {
    let is_refused =
        last.seen.status().is_some_and(|it| demanded.never_after.iter().any(|one| one.holds(it)));
    last.seen.has_failed() || is_refused
}

/// Whether `next` can be the try after `last`.
fn calls_for(demanded: &Retries, last: &Entry<'_>, next: &Entry<'_>) -> bool {
    if !may_be_tried(demanded, last) {
        return false;
    }
    let was_answered = last.seen.answer.as_ref().is_some_and(|answer| answer.is_whole);
    // Before the answer was there, it was no reason to try again. That a client has gone is noticed
    // when it is noticed.
    !was_answered || last.seen.ended.is_some_and(|ended| ended.real <= next.seen.began.real)
}

/// What a request is known by, and whether that alone makes it a try of an operation.
fn key_of(by: &[SameBy], entry: &Entry<'_>) -> (Vec<u8>, bool) {
    let mut key = Vec::new();
    let mut is_certain = false;
    for part in by {
        let put = |key: &mut Vec<u8>, bytes: &[u8]| {
            key.extend(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            key.extend(bytes);
        };
        let put_method = |key: &mut Vec<u8>| put(key, entry.view.method().as_bytes());
        match part {
            SameBy::Body => put(&mut key, &entry.view.body_sha256()),
            SameBy::Client => {
                put(&mut key, entry.view.client_address().unwrap_or_default().as_bytes());
            }
            SameBy::Header(name) => match value_of(name, entry) {
                Some(value) => {
                    is_certain = true;
                    put(&mut key, value.as_bytes());
                }
                // Not known by what it does not have.
                None => {
                    put_method(&mut key);
                    put(&mut key, entry.view.path_and_query().as_bytes());
                    put(&mut key, &entry.view.body_sha256());
                }
            },
            SameBy::Path => {
                put_method(&mut key);
                put(&mut key, entry.view.path().as_bytes());
            }
            SameBy::Query(name) => {
                let pairs = entry.view.query_pairs().iter();
                for value in pairs.filter(|pair| pair.0 == *name).map(|pair| &pair.1) {
                    put(&mut key, value.as_bytes());
                }
                key.push(b';');
            }
            SameBy::Request => {
                put_method(&mut key);
                put(&mut key, entry.view.path_and_query().as_bytes());
                put(&mut key, &entry.view.body_sha256());
            }
            SameBy::Url => {
                put_method(&mut key);
                put(&mut key, entry.view.path_and_query().as_bytes());
            }
        }
    }
    (key, is_certain)
}
