//! The language of templates: Handlebars.java's, as WireMock uses it. Reads templates and renders
//! them; what they compute with is `template`, what they call `helpers`.
//!
//! May import: codec, model, runtime; of render `helpers` and `template`.

mod ast;
mod blocks;
pub mod compiled;
pub mod error;
mod expression;
mod member;
pub mod model;
mod parse;
pub mod path;
mod reader;
mod render;
mod scope;
mod token;

pub use compiled::{MAX_TEMPLATE, Template};
pub use error::TemplateError;
pub use model::Model;
pub use parse::MAX_ARMS;
pub use path::Step;
pub use reader::MAX_NESTING;
pub use render::{MAX_OUTPUT, MAX_WORK};
