//! Time, chance and stopping: the only readers of clock and entropy.
//!
//! May import: no room.

pub mod clock;
pub mod drain;
pub mod lazy_draws;
pub mod seed;

pub use clock::{Clock, Moment};
pub use drain::{Drain, Watch};
pub use lazy_draws::LazyDraws;
pub use seed::Seed;
