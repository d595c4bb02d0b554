//! An answer as the stub says it becomes an answer ready for the wire.
//!
//! May import: codec, matching, model, redaction, runtime.

pub mod helpers;
pub mod http_date;
pub mod prepared;
pub mod request_model;
pub mod squeeze;
pub mod substitute;
pub mod template;
#[cfg(test)]
mod tests;

pub use http_date::http_date;
pub use prepared::{Dress, PrepareError, Prepared, PreparedBody};
pub use request_model::{RequestInfo, RequestModel};
pub use substitute::Substitutions;
