//! JSON text, read with positions and written in the style it had.
//!
//! serde_json gives neither the place of a value nor the spelling of a number, and it drops
//! repeated names; a stub file needs the first to report mistakes, a recording the others.
//! May import: model.

pub mod bridge;
pub mod jackson;
pub mod java;
pub mod loose;
pub mod reader;
pub mod writer;

pub use bridge::{from_serde, to_serde};
pub use jackson::parse_tolerant;
pub use loose::parse_loose;
pub use reader::{JsonError, MAX_DEPTH, Member, Node, NodeValue, parse, parse_spanned};
pub use writer::{style_of, write};
