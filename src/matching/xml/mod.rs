//! XML against an expected document, as WireMock has XMLUnit compare them.
//!
//! May import: codec, model.

pub mod attributes;
pub mod compare;
pub mod date;
pub mod describe;
pub mod matcher;
pub mod pairs;
pub mod placeholder;
#[cfg(test)]
mod tests;

pub use matcher::XmlMatcher;
