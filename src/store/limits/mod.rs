//! Rate limits in service, and what each session has counted of them.
//!
//! ```text
//! live      a limit made ready: patterns, texts and numbers compiled
//!   key     by what requests are told apart
//!   cost    what they count, and how that is known
//! asked     a request as limits see it
//! claim     what it takes of each meter
//! counters  what a session counts: a meter for each policy and key, a record of each client
//! decision  what a request gets: let through with headers, or refused with an answer
//! merge     what is told inside of answers
//! usage     what an answer says it cost
//! settlement  puts right what was charged when the answer is over
//! report    how clients took it
//! standing  what is left
//! ```
//!
//! May import: behavior, codec, matching, model, runtime.

mod asked;
#[cfg(test)]
mod behaved;
mod claim;
mod cost;
mod counters;
mod decision;
mod key;
mod live;
mod merge;
mod report;
mod settlement;
mod standing;
#[cfg(test)]
mod tests;
mod usage;

pub use asked::Asked;
pub use counters::Counters;
pub use decision::{Admission, Decision, Refused, Told};
pub use live::{LimitError, LiveLimit};
pub use report::{LimitReport, render_text};
pub use settlement::Settlement;
pub use standing::LimitStanding;
