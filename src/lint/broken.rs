//! Patterns, templates and webhooks that do not compile.

use crate::{
    matching::mistakes,
    model::Stub,
    render::{TemplatedResponse, Webhook},
};

/// What of a stub does not compile: pairs of a JSON pointer into the mapping and a message. It is a
/// mistake in a file like any other.
pub fn compile_problems(stub: &Stub) -> Vec<(String, String)> {
    let request = mistakes(&stub.request);
    let request = request.into_iter().map(|error| (error.pointer, error.message));
    let answers = stub.responses.steps.iter().enumerate().flat_map(|(at, step)| {
        let errors = TemplatedResponse::compile(&step.response, false).err().unwrap_or_default();
        errors.into_iter().map(move |(pointer, error)| {
            (format!("/responses/{at}{pointer}"), format!("no template: {error}"))
        })
    });
    let webhooks = stub.listeners.iter().enumerate().flat_map(|(at, listener)| {
        let mistakes = Webhook::compile(listener).and_then(Result::err).unwrap_or_default();
        let list = match listener.is_post_serve_action {
            true => "postServeActions",
            false => "serveEventListeners",
        };
        mistakes
            .into_iter()
            .map(move |(pointer, message)| (format!("/{list}/{at}{pointer}"), message))
    });
    request.chain(answers).chain(webhooks).collect()
}
