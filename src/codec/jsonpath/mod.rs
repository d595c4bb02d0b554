//! JSONPath in the dialect of Jayway, which WireMock's `matchesJsonPath` and `jsonPath` speak.
//!
//! An expression is compiled once and evaluated with bounded work. Where Jayway and RFC 9535
//! differ (a filter on an object tests the object itself, `.length()` is a function), Jayway wins.
//! May import: model.

mod ast;
mod budget;
mod compare;
mod cursor;
mod equality;
mod error;
mod evaluation;
mod filter;
mod filter_parser;
mod found;
mod functions;
mod item;
mod literal;
mod location;
mod never;
mod operand;
mod parameters;
mod parser;
mod path;
mod pattern;
mod scan;
#[cfg(test)]
mod tests;
mod walk;

pub use equality::{FilterEquality, Plain};
pub use error::JsonPathError;
pub use found::Found;
pub use location::{Location, LocationPart, get_mut};
pub use path::JsonPath;
