//! An answer as the stub says it becomes an answer ready for the wire.
//!
//! May import: codec, matching, model, redaction, runtime.

mod fields;
pub mod file_templates;
pub mod helpers;
pub mod http_date;
pub mod language;
pub mod prepare_error;
pub mod prepared;
mod reason;
pub mod request_model;
pub mod squeeze;
pub mod substitute;
pub mod template;
pub mod templated;
#[cfg(test)]
mod tests;
pub mod webhook;

pub use file_templates::FileTemplates;
pub use http_date::http_date;
pub use language::{Template, TemplateError};
pub use prepare_error::PrepareError;
pub use prepared::{Dress, Prepared, PreparedBody};
pub use request_model::{RequestInfo, RequestModel};
pub use substitute::Substitutions;
pub use templated::{TemplateErrors, TemplatedJson, TemplatedResponse};
pub use webhook::Webhook;
