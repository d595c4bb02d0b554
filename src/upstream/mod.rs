//! The client side of the proxy: pooled connections to the real API.
//!
//! May import: model.

pub mod client;
pub mod connector;
pub mod error;
pub mod head_tap;
pub mod own;
pub mod probe;
pub mod trust;

pub use client::{Client, Options, Protocol};
pub use error::UpstreamError;
pub use head_tap::{HeadTap, RawHead};
pub use own::{OnBehalf, OwnAddresses, OwnCall, OwnCalls};
