//! A stub in service: compiled once, its answers made ready when they are first given.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::Extensions;

use super::rules::LiveBehaviors;
use crate::{
    matching::{CompileError, CompiledRequest, path::PathVariables},
    model::{Behaviors, Place, ResponseSpec, ServiceName, Stub},
    render::{Prepared, TemplateErrors, TemplatedResponse, Webhook},
};

/// An answer with its templates, read when it is first given.
#[derive(Debug)]
pub struct LiveTemplates {
    /// The answer, or what is wrong with its texts.
    pub response: Result<TemplatedResponse, TemplateErrors>,
    /// What makes the server spell the names of its fields so; see [`Prepared::spelling`].
    pub spelling: Arc<OnceLock<Extensions>>,
}

/// A stub in service.
#[derive(Debug)]
pub struct LiveStub {
    /// What its file says.
    pub stub: Stub,
    /// The file; empty where it has none.
    pub file: Arc<Path>,
    /// Tells it from every other stub of this run, also from one that it took the place of.
    pub serial: u64,
    /// When it came into service.
    since: Duration,
    /// Its request pattern, compiled.
    pub request: Arc<CompiledRequest>,
    /// How its answers behave; `None` where it says nothing of that.
    pub behaviors: Option<Box<LiveBehaviors>>,
    /// Its answers, each made ready when it is first given.
    pub prepared: Box<[OnceLock<Arc<Prepared>>]>,
    /// What is called after each of its answers, or why that cannot be.
    pub webhooks: Box<[Result<Webhook, String>]>,
    /// The templates of each answer; `None` where an answer has none.
    templates: Box<[OnceLock<Option<Box<LiveTemplates>>>]>,
    /// What finds the path variables that templates see, made for the first.
    variables: OnceLock<Option<Box<PathVariables>>>,
    /// Whether an answer of it came before its request had ended.
    pub is_two_way: bool,
    /// Whether an answer of it is fetched from elsewhere, with the request's body.
    pub fetches: bool,
}

impl LiveStub {
    /// Puts a stub into service; `since` is the time of that by the session's clock.
    pub(super) fn compile(
        stub: Stub,
        file: Arc<Path>,
        serial: u64,
        since: Duration,
    ) -> Result<Self, CompileError> {
        let request = Arc::new(CompiledRequest::compile(&stub.request)?);
        // They go on counting when the stub is read anew.
        let place = Place::Stub(stub.id);
        let compile = |behaviors: &Behaviors| LiveBehaviors::compile(place, behaviors, since, || 0);
        let behaviors = stub.behaviors.as_deref().map(compile).transpose()?.map(Box::new);
        let prepared = stub.responses.steps.iter().map(|_| OnceLock::new()).collect();
        let webhooks = stub
            .listeners
            .iter()
            .filter_map(Webhook::compile)
            .map(|webhook| {
                webhook.map_err(|mistakes| {
                    let told =
                        |(pointer, message): &(String, String)| format!("{pointer}: {message}");
                    mistakes.iter().map(told).collect::<Vec<_>>().join("; ")
                })
            })
            .collect();
        let templates = stub.responses.steps.iter().map(|_| OnceLock::new()).collect();
        let is_two_way = stub.responses.steps.iter().any(|step| {
            step.response
                .latency
                .as_ref()
                .is_some_and(|latency| latency.chunks.iter().any(|chunk| chunk.request_bytes > 0))
        });
        let fetches = stub.responses.steps.iter().any(|step| step.response.extras.proxy.is_some());
        Ok(Self {
            stub,
            file,
            serial,
            since,
            request,
            behaviors,
            prepared,
            webhooks,
            templates,
            variables: OnceLock::new(),
            is_two_way,
            fetches,
        })
    }

    /// The same anew, with another serial number: what was made ready of it may be out of date.
    pub(super) fn renewed(&self, serial: u64) -> Result<Self, CompileError> {
        Self::compile(self.stub.clone(), Arc::clone(&self.file), serial, self.since)
    }

    /// An answer by its place in the sequence.
    pub fn response(&self, step: usize) -> Option<&ResponseSpec> {
        self.stub.responses.steps.get(step).map(|step| &step.response)
    }

    /// The templates of an answer: where it asks for templating, or `everything` is templated. What
    /// is asked first decides for good.
    pub fn templates(&self, step: usize, everything: bool) -> Option<&LiveTemplates> {
        let spec = self.response(step)?;
        if !everything && !spec.asks_for_templating() {
            return None;
        }
        let compile = || {
            let compiled = TemplatedResponse::compile(spec, everything).transpose()?;
            Some(Box::new(LiveTemplates { response: compiled, spelling: Arc::default() }))
        };
        self.templates.get(step)?.get_or_init(compile).as_deref()
    }

    /// Names and values of the variables of its path template in the path of a request that it
    /// matches, percent-encoded as sent; `None` where it has no template.
    pub fn path_variables(&self, path: &str) -> Option<Vec<(String, String)>> {
        let variables = self.variables.get_or_init(|| self.request.path_variables().map(Box::new));
        let variables = variables.as_ref()?;
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Some(variables.values(path).into_iter().map(owned).collect())
    }

    /// What people call it.
    pub fn display_name(&self) -> String {
        self.stub.name.clone().unwrap_or_else(|| self.stub.id.to_string())
    }

    /// Whether it answers for this service; `None` asks for any.
    pub fn is_in(&self, service: Option<&ServiceName>) -> bool {
        match (&self.stub.service, service) {
            (Some(own), Some(asked)) => own == asked,
            _ => true,
        }
    }
}
