//! What a test expects of a client, as people write it: `expectations.yaml`, or the same in JSON.
//!
//! May import: behavior, codec, model.

mod document;
mod entry;
mod header;
mod keys;
mod request;
mod retries;
#[cfg(test)]
mod tests;
mod times;

pub use document::{locate, read};
