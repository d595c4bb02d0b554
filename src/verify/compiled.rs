//! Expectations whose patterns are compiled.

use crate::{
    matching::{CompileError, CompiledRequest},
    model::{Demand, Expectation, Expectations, HeaderDemand, RequestPattern},
};

/// A pattern that cannot be honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncompiled {
    /// JSON pointer (RFC 6901), from the list of expectations on: `/0/request/urlPattern`.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

/// Expectations, ready to judge by.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    pub(super) each: Vec<CompiledExpectation>,
}

#[derive(Clone, Debug)]
pub(super) struct CompiledExpectation {
    pub(super) expectation: Expectation,
    /// The request that it is about, or the steps of an order.
    pub(super) requests: Vec<CompiledRequest>,
    /// Of each header that is expected, the pattern of its value, where there is one.
    pub(super) headers: Vec<Option<CompiledRequest>>,
}

impl Compiled {
    /// Compiles the patterns.
    ///
    /// # Errors
    ///
    /// Every pattern that cannot be honoured.
    pub fn new(expectations: &Expectations) -> Result<Self, Vec<Uncompiled>> {
        let mut wrong = Vec::new();
        let mut each = Vec::with_capacity(expectations.each.len());
        for (at, expectation) in expectations.each.iter().enumerate() {
            match compiled(expectation) {
                Ok(compiled) => each.push(compiled),
                Err(CompileError { pointer, message }) => {
                    wrong.push(Uncompiled { pointer: format!("/{at}{pointer}"), message });
                }
            }
        }
        if wrong.is_empty() { Ok(Self { each }) } else { Err(wrong) }
    }
}

fn compiled(expectation: &Expectation) -> Result<CompiledExpectation, CompileError> {
    let (mut requests, mut headers) = (Vec::new(), Vec::new());
    match &expectation.demand {
        Demand::Requests(demand) => {
            requests.push(CompiledRequest::compile(&demand.request)?);
            for (name, header) in &demand.headers {
                headers.push(match header {
                    HeaderDemand::Fits(pattern) => {
                        let request = RequestPattern {
                            headers: vec![(name.clone(), pattern.clone())],
                            ..RequestPattern::default()
                        };
                        let compiled = CompiledRequest::compile(&request);
                        Some(compiled.map_err(below_entry)?)
                    }
                    _ => None,
                });
            }
        }
        Demand::Order(order) => {
            for (at, step) in order.steps.iter().enumerate() {
                let compiled = CompiledRequest::compile(&step.request);
                requests.push(compiled.map_err(|error| in_step(at, &error))?);
            }
        }
        Demand::UnusedStubs(_) | Demand::EarlyRetries(_) | Demand::Unmatched(_) => {}
    }
    Ok(CompiledExpectation { expectation: expectation.clone(), requests, headers })
}

/// A pattern that stands in `headers` of the expectation, not of a request.
fn below_entry(error: CompileError) -> CompileError {
    let pointer = error.pointer.strip_prefix("/request").unwrap_or(&error.pointer).to_owned();
    CompileError { pointer, message: error.message }
}

fn in_step(at: usize, error: &CompileError) -> CompileError {
    let below = error.pointer.strip_prefix("/request").unwrap_or(&error.pointer);
    CompileError { pointer: format!("/order/{at}{below}"), message: error.message.clone() }
}
