//! Whether a client did what a test expects of it: entries of the journal and expectations in, a
//! verdict out, with reports of it for people and for CI servers.
//!
//! May import: behavior, codec, matching, model, store.

mod case;
mod compiled;
mod concurrency;
mod count;
mod evidence;
mod gaps;
mod gather;
mod headers;
mod json;
mod judge;
mod junit;
mod order;
mod retries;
#[cfg(test)]
mod tests;
mod text;
mod tries;
mod verdict;
mod words;

pub use compiled::{Compiled, Uncompiled};
pub use evidence::{Answered, Evidence, Moment, Seen, UnusedStub};
pub use gather::gather;
pub use json::{from_json, to_json};
pub use junit::to_junit;
pub use text::to_text;
pub use verdict::{Cited, Finding, Judged, Outcome, Verdict};
