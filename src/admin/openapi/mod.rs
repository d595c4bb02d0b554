//! The description of the API (OpenAPI 3.1): put together from the table of routes and, for each
//! kind of resource, a file that says what its routes take and answer.
//!
//! May import: codec, format, model.

mod document;
mod parts;
#[cfg(test)]
mod tests;

pub(super) use document::{Described, Surroundings, document};
