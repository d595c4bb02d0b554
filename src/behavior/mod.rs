//! Latency, faults and limits as arithmetic: no clock, no socket.
//!
//! May import: model, runtime.

mod chance;
pub mod delay;
pub mod distribution;
pub mod duration;
pub mod fault;
pub mod latency;
pub mod limiter;
pub mod measured;
pub mod moments;
pub mod pace;
pub mod pieces;
pub mod placeholder;
pub mod selection;
mod standing;
pub mod verdict;

pub use delay::GlobalDelay;
pub use fault::ErrorRate;
