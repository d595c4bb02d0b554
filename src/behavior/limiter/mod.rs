//! How much a rate limit leaves: one file an algorithm, each (state, terms, now) → state.
//!
//! ```text
//! terms      what a policy comes to in numbers
//! now        the two times that are counted by
//! meter      what is counted for one client, by whichever algorithm
//!   fixed_window  sliding_log  sliding_counter  token_bucket  leaky_bucket  gcra  concurrency  daily
//! stack      several meters that must all have room: checked all, then charged all
//! sentence   what becomes of who tries again too early
//! ```
//!
//! May import: model.

mod concurrency;
mod daily;
mod fixed_window;
mod gcra;
mod leaky_bucket;
mod meter;
mod now;
mod sentence;
mod sliding_counter;
mod sliding_log;
mod stack;
mod terms;
#[cfg(test)]
mod tests;
mod token_bucket;

pub use meter::{Meter, Receipt};
pub use now::Now;
pub use sentence::Sentence;
pub use stack::{Demand, admit};
pub use terms::{Terms, TermsError};
