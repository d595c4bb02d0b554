//! What templates compute with, and what a helper sees of the template that calls it. Reading and
//! rendering them is `language`.
//!
//! May import: codec, model, runtime; nothing of render.

pub mod call;
pub mod number;
mod print;
pub mod value;

pub use call::{
    Branch, Call, Env, Helper, HelperError, Host, Scope, SigningKeys, State, SystemValues,
};
pub use number::Number;
pub use value::{DateValue, List, Map, NodeValue, PathValue, Print, Value};
