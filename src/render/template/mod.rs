//! Templates in the language of Handlebars.java, as WireMock uses it.
//!
//! May import: codec, model, runtime; of render `helpers` only.

pub mod call;
pub mod number;
mod print;
pub mod value;

pub use call::{
    Branch, Call, Env, Helper, HelperError, Host, Scope, SigningKeys, State, SystemValues,
};
pub use number::Number;
pub use value::{DateValue, List, Map, PathValue, Print, Value};
