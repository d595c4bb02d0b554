//! How often each rule has had a request to look at, of each stub for itself.

use std::collections::HashMap;

use parking_lot::Mutex;
use uuid::Uuid;

use super::rules::LiveRule;

/// Counts that are kept; paths that no stub answers could be without end, and what is beyond shares
/// one count a rule.
const MAX_COUNTS: usize = 200_000;

/// The counts of a session.
#[derive(Debug, Default)]
pub struct TurnCounts(Mutex<HashMap<Key, u64>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    rule: Uuid,
    serial: u64,
    subject: Uuid,
}

impl TurnCounts {
    /// Counts one request for each of these rules, under what it is numbered by, and gives the numbers
    /// in their order, from 1. All are counted in one step: of requests that race, each is the same
    /// number of every rule that counts the same requests.
    pub fn count<'r>(&self, rules: impl Iterator<Item = (&'r LiveRule, Uuid)>) -> Vec<u64> {
        let mut counts = self.0.lock();
        let mut numbers = Vec::with_capacity(rules.size_hint().0);
        for (rule, subject) in rules {
            let mut key = Key { rule: rule.key, serial: rule.serial, subject };
            if counts.len() >= MAX_COUNTS && !counts.contains_key(&key) {
                key.subject = Uuid::max();
            }
            let count = counts.entry(key).or_default();
            *count += 1;
            numbers.push(*count);
        }
        numbers
    }

    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.0.lock().capacity() * size_of::<(Key, u64)>()
    }

    /// Forgets all of them.
    pub fn reset(&self) {
        self.0.lock().clear();
    }
}
