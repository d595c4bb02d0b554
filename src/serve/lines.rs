//! The lines that slow bodies go over: those of a connection, or those that all share.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use crate::{
    behavior::pace::{Line, SlowStart},
    model::{Direction, Place},
};

/// Lines that one holder keeps at most while no body uses them.
const MAX_IDLE: usize = 256;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// From the client.
    In,
    /// To the client.
    Out,
}

impl Way {
    /// Whether bytes that go this way are meant.
    pub(super) fn is_meant(self, direction: Direction) -> bool {
        match direction {
            Direction::Both => true,
            Direction::Downstream => self == Self::Out,
            Direction::Upstream => self == Self::In,
        }
    }
}

/// Whose line it is: that of a rule in a session, for each way and each kind of time.
pub(super) type Key = (String, Place, String, Way, bool);

/// The state of lines that outlive a body: those of a connection, or those that all share.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<Key, Held>>);

/// What is kept for one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub(super) line: Arc<Mutex<Line>>,
    pub(super) slow_start: Arc<Mutex<SlowStart>>,
}

impl Lines {
    /// The line that is kept for `key`, a new one where none is.
    pub(super) fn get(&self, key: &Key) -> Held {
        let mut lines = self.0.lock();
        if let Some(held) = lines.get(key) {
            return held.clone();
        }
        if lines.len() >= MAX_IDLE {
            // Those of rules that are gone.
            let is_used = |held: &Held| {
                Arc::strong_count(&held.line) > 1 || Arc::strong_count(&held.slow_start) > 1
            };
            lines.retain(|_, held| is_used(held));
        }
        lines.entry(key.clone()).or_default().clone()
    }
}
