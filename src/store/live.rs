//! A stub in service: compiled once, its answers made ready when they are first given.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use crate::{
    matching::{CompileError, CompiledRequest},
    model::{ResponseSpec, ServiceName, Stub},
    render::Prepared,
};

/// A stub in service.
#[derive(Debug)]
pub struct LiveStub {
    /// What its file says.
    pub stub: Stub,
    /// The file; empty where it has none.
    pub file: PathBuf,
    /// Tells it from every other stub of this run, also from one that it took the place of.
    pub serial: u64,
    /// Its request pattern, compiled.
    pub request: Arc<CompiledRequest>,
    /// Its answers, each made ready when it is first given.
    pub prepared: Box<[OnceLock<Arc<Prepared>>]>,
    /// Whether an answer of it came before its request had ended.
    pub is_two_way: bool,
    /// Whether an answer of it is fetched from elsewhere, with the request's body.
    pub fetches: bool,
}

impl LiveStub {
    pub(super) fn compile(stub: Stub, file: PathBuf, serial: u64) -> Result<Self, CompileError> {
        let request = Arc::new(CompiledRequest::compile(&stub.request)?);
        let prepared = stub.responses.steps.iter().map(|_| OnceLock::new()).collect();
        let is_two_way = stub.responses.steps.iter().any(|step| {
            step.response
                .latency
                .as_ref()
                .is_some_and(|latency| latency.chunks.iter().any(|chunk| chunk.request_bytes > 0))
        });
        let fetches = stub.responses.steps.iter().any(|step| step.response.proxy.is_some());
        Ok(Self { stub, file, serial, request, prepared, is_two_way, fetches })
    }

    /// An answer by its place in the sequence.
    pub fn response(&self, step: usize) -> Option<&ResponseSpec> {
        self.stub.responses.steps.get(step).map(|step| &step.response)
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
