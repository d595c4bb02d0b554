//! What stubs say that they hardly mean: stubs that never answer, conditions that nothing meets,
//! states that nothing reaches. Takes stubs and gives findings; reads no file.
//!
//! May import: codec, format, matching, model, render.

mod all;
mod behaviors;
mod broken;
mod conditions;
mod finding;
mod paths;
mod scenarios;
mod shadow;
mod subject;
mod templates;
#[cfg(test)]
mod tests;
mod urls;

pub use all::findings;
pub use broken::compile_problems;
pub use finding::Finding;
pub use subject::Subject;
