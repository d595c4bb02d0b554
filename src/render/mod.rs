//! An answer as the stub says it becomes an answer ready for the wire.
//!
//! May import: codec, model, redaction.

pub mod http_date;
pub mod prepared;
pub mod squeeze;
pub mod substitute;

pub use http_date::http_date;
pub use prepared::{Dress, PrepareError, Prepared, PreparedBody};
pub use substitute::Substitutions;
