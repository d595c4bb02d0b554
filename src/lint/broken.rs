//! Patterns and templates that do not compile.

use crate::{matching::mistakes, model::Stub, render::TemplatedResponse};

/// Patterns that don't compile are mistakes in a file like any other.
pub fn compile_problems(stub: &Stub) -> Vec<(String, String)> {
    let request = mistakes(&stub.request);
    let request = request.into_iter().map(|error| (error.pointer, error.message));
    let answers = stub.responses.steps.iter().enumerate().flat_map(|(at, step)| {
        let errors = TemplatedResponse::compile(&step.response, false).err().unwrap_or_default();
        errors.into_iter().map(move |(pointer, error)| {
            (format!("/responses/{at}{pointer}"), format!("no template: {error}"))
        })
    });
    request.chain(answers).collect()
}
