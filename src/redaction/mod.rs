//! Secrets become pseudonyms: before disk, log and journal, and on requests before matching. Pure.
//!
//! ```text
//! names  shapes  opaque        what a credential is called, looks like
//!     \    |    /
//!      pass ── taint           one walk over a message; what is known to be secret
//!        |
//!  header url text json body   where values stand
//!        |
//!  request ── redactor         a request alone; a whole exchange
//! ```
//!
//! May import: codec, model.

pub mod answer;
mod basic;
mod body;
mod card;
mod class;
mod clean_fields;
mod eights;
mod encoded;
mod glance;
mod header;
mod json;
mod json_scan;
mod jwt;
mod kind;
mod name_tables;
mod names;
mod opaque;
mod pass;
mod prefixes;
pub mod pseudonym;
pub mod redactor;
mod request;
mod shapes;
mod stand_in;
pub mod stream;
mod taint;
mod text;
mod url;
mod usual;
mod written;

pub use answer::{Credentials, SeenAnswer};
pub use clean_fields::CleanFields;
pub use pseudonym::{contains_pseudonym, is_pseudonym};
pub use redactor::{Redactor, Replaced};
pub use stream::StreamRedactor;

#[cfg(test)]
mod tests;
