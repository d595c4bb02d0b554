//! An answer as the stub says it becomes an answer ready for the wire.
//!
//! May import: codec, model, redaction, runtime.

pub mod helpers;
pub mod http_date;
pub mod prepared;
pub mod request_model;
pub mod squeeze;
pub mod substitute;
pub mod template;

pub use http_date::http_date;
pub use prepared::{Dress, PrepareError, Prepared, PreparedBody};
pub use request_model::{RequestInfo, RequestModel};
pub use substitute::Substitutions;
