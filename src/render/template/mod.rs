//! Templates in the language of Handlebars.java, as WireMock uses it.
//!
//! May import: codec, model, runtime; of render `helpers` only.

mod ast;
pub mod call;
pub mod compiled;
pub mod error;
mod member;
pub mod model;
pub mod number;
mod parse;
pub mod path;
mod print;
mod render;
mod scope;
mod token;
pub mod value;

pub use call::{
    Branch, Call, Env, Helper, HelperError, Host, Scope, SigningAlgorithm, SigningKeys, State,
    SystemValues,
};
pub use compiled::{MAX_TEMPLATE, Template};
pub use error::TemplateError;
pub use model::Model;
pub use number::Number;
pub use parse::MAX_NESTING;
pub use path::Step;
pub use render::{MAX_OUTPUT, MAX_WORK};
pub use value::{DateValue, List, Map, NodeValue, PathValue, Print, Value};
