//! Many stubs whose URLs are expressions, tried at once: one automaton for all of them.
//!
//! It is built when it is first asked. Expressions that only the backtracking engine understands are
//! not among them.

use std::sync::{Arc, OnceLock};

use regex::{RegexSet, RegexSetBuilder};

use super::request::CompiledRequest;

/// Expressions in one automaton at most, so that the time in which it is built has a bound.
const MAX_TOGETHER: usize = 1024;
/// Bytes that the states of an automaton may take for each thread that uses it; they are made as
/// requests need them, and forgotten when there is no more room.
const MAX_STATES: usize = 8 << 20;
/// Bytes that the expressions themselves may take.
const MAX_PROGRAM: usize = 32 << 20;

/// Places of stubs whose URLs are expressions, all of the same part of requests.
#[derive(Clone, Debug)]
pub(super) struct RegexList {
    chunks: Vec<Chunk>,
}

#[derive(Clone, Debug)]
struct Chunk {
    places: Box<[u32]>,
    /// `None` inside when they are too much for one automaton.
    set: OnceLock<Option<Arc<RegexSet>>>,
}

impl RegexList {
    /// These places, in order.
    pub(super) fn new(places: &[u32]) -> Self {
        let chunk = |places: &[u32]| Chunk { places: places.into(), set: OnceLock::new() };
        Self { chunks: places.chunks(MAX_TOGETHER).map(chunk).collect() }
    }

    /// Adds those that fit a text. `request` gives the stub at a place.
    pub(super) fn collect<'r>(
        &self,
        text: &str,
        request: impl Fn(u32) -> Option<&'r CompiledRequest>,
        found: &mut Vec<u32>,
    ) {
        for chunk in &self.chunks {
            let set = chunk.set.get_or_init(|| {
                let patterns: Option<Vec<&str>> = chunk
                    .places
                    .iter()
                    .map(|place| request(*place)?.url_expression().map(|(pattern, _)| pattern))
                    .collect();
                let mut builder = RegexSetBuilder::new(patterns?);
                builder.size_limit(MAX_PROGRAM).dfa_size_limit(MAX_STATES);
                builder.build().ok().map(Arc::new)
            });
            match set {
                Some(set) => {
                    let fitting = set.matches(text);
                    found.extend(fitting.iter().filter_map(|at| chunk.places.get(at)));
                }
                None => found.extend(&chunk.places),
            }
        }
    }
}
