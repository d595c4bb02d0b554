//! A rate limit made ready.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

use thiserror::Error;

use super::{
    cost::{CostError, LiveCost},
    key::{KeyError, KeyPart},
    merge::Merge,
};
use crate::{
    behavior::{
        limiter::{Terms, TermsError},
        placeholder::{PlaceholderError, Text},
    },
    codec::{RequestView, jsonpath::JsonPathError},
    matching::{CompileError, CompiledRequest},
    model::{Emit, LimitHeader, LimitKey, Place, RateLimit, Refusal, RequestPattern, RetryAfter},
};

/// Why a limit cannot be put into service.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("rate limit `{limit}`: {kind}")]
pub struct LimitError {
    limit: String,
    kind: Box<LimitErrorKind>,
}

/// What is wrong with a limit.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
enum LimitErrorKind {
    #[error(transparent)]
    Pattern(#[from] CompileError),
    #[error(transparent)]
    Terms(#[from] TermsError),
    #[error("header `{0}`: {1}")]
    Header(String, PlaceholderError),
    #[error("the body of the refusal: {0}")]
    Body(PlaceholderError),
    #[error("what is merged into answers: {0}")]
    Merge(PlaceholderError),
    #[error("the body of a status endpoint: {0}")]
    StatusEndpoint(PlaceholderError),
    #[error("`{0}` cannot be a header name")]
    Name(String),
    #[error("{0}")]
    Path(String),
    #[error("it needs at least one policy")]
    NoPolicy,
    #[error("two policies are called `{0}`: give each a name of its own")]
    Twice(String),
    #[error("status {0} is none: a number from 200 to 599 is expected")]
    Status(u16),
}

/// A rate limit in service.
#[derive(Debug)]
pub struct LiveLimit {
    /// As it was written.
    pub written: RateLimit,
    /// Where it holds.
    pub place: Place,
    /// Tells its counters from those of others: the same as long as place and limit are.
    pub(super) id: u64,
    request: Option<CompiledRequest>,
    exempt: Vec<CompiledRequest>,
    status_endpoints: Vec<(CompiledRequest, Text)>,
    pub(super) key: Vec<KeyPart>,
    pub(super) policies: Vec<LivePolicy>,
    pub(super) headers: Vec<LiveHeader>,
    pub(super) refusal: LiveRefusal,
    /// What is merged into answers.
    pub(super) merge: Option<Merge>,
}

/// A policy in service.
#[derive(Debug)]
pub(super) struct LivePolicy {
    pub(super) name: String,
    /// What answers call it.
    pub(super) label: String,
    pub(super) limit: u64,
    pub(super) terms: Terms,
    pub(super) cost: LiveCost,
    pub(super) request: Option<CompiledRequest>,
    /// `None` is the limit's.
    pub(super) key: Option<Vec<KeyPart>>,
    pub(super) refusal: Option<LiveRefusal>,
}

/// A header of answers.
#[derive(Debug)]
pub(super) struct LiveHeader {
    pub(super) name: String,
    pub(super) value: Text,
    pub(super) emit: Emit,
}

/// What a request gets above the limit.
#[derive(Debug)]
pub(super) struct LiveRefusal {
    pub(super) status: u16,
    pub(super) headers: Vec<LiveHeader>,
    pub(super) retry_after: RetryAfter,
    pub(super) min_retry_after: Duration,
    pub(super) body: Option<Text>,
    /// Whether the client is told when to come again.
    pub(super) tells_when: bool,
}

impl LiveLimit {
    /// Makes a limit ready.
    ///
    /// # Errors
    ///
    /// The first of its patterns, texts, paths and numbers that cannot be honoured.
    pub fn compile(place: &Place, limit: &RateLimit) -> Result<Self, LimitError> {
        made(place, limit)
            .map_err(|kind| LimitError { limit: limit.name.clone(), kind: Box::new(kind) })
    }

    /// Whether it looks at requests' bodies.
    pub fn needs_body(&self) -> bool {
        let of_pattern = |request: &CompiledRequest| request.needs_body();
        let of_key = |key: &[KeyPart]| key.iter().any(KeyPart::needs_body);
        self.request.as_ref().is_some_and(of_pattern)
            || self.exempt.iter().any(of_pattern)
            || self.status_endpoints.iter().any(|(request, _)| of_pattern(request))
            || of_key(&self.key)
            || self.policies.iter().any(|policy| {
                policy.request.as_ref().is_some_and(of_pattern)
                    || policy.cost.needs_body()
                    || policy.key.as_deref().is_some_and(of_key)
            })
    }

    /// Whether it counts a request.
    pub(super) fn is_for(&self, view: &RequestView<'_>) -> bool {
        self.request.as_ref().is_none_or(|request| request.matches(view))
    }

    /// Whether a request that it is for is let through and costs nothing.
    pub(super) fn exempts(&self, view: &RequestView<'_>) -> bool {
        self.exempt.iter().any(|request| request.matches(view)) || self.status(view).is_some()
    }

    /// The body of the status endpoint that a request is for.
    pub(super) fn status(&self, view: &RequestView<'_>) -> Option<&Text> {
        self.status_endpoints.iter().find(|(request, _)| request.matches(view)).map(|it| &it.1)
    }
}

impl LivePolicy {
    /// Whether it counts a request that its limit does.
    pub(super) fn is_for(&self, view: &RequestView<'_>) -> bool {
        self.request.as_ref().is_none_or(|request| request.matches(view))
    }
}

fn made(place: &Place, limit: &RateLimit) -> Result<LiveLimit, LimitErrorKind> {
    let names: Vec<_> = limit.policies.iter().map(|policy| policy.name.as_str()).collect();
    if names.is_empty() {
        return Err(LimitErrorKind::NoPolicy);
    }
    for (at, name) in names.iter().enumerate() {
        if names.iter().skip(at + 1).any(|other| other == name) {
            return Err(LimitErrorKind::Twice((*name).to_owned()));
        }
    }
    let headers = live_headers(&limit.headers, limit.emit, &names)?;
    let tells_when =
        headers.iter().any(|header| header.value.tells_when() && header.emit != Emit::Never);
    let policies = limit.policies.iter().map(|policy| {
        let refusal = policy.refusal.as_ref();
        Ok::<_, LimitErrorKind>(LivePolicy {
            name: policy.name.clone(),
            label: policy.label.as_ref().unwrap_or(&policy.name).clone(),
            limit: policy.limit,
            terms: Terms::new(policy)?,
            cost: LiveCost::compile(&policy.cost)?,
            request: compiled(policy.request.as_ref())?,
            key: policy.key.as_deref().map(live_key).transpose()?,
            refusal: refusal.map(|it| live_refusal(it, &names, tells_when)).transpose()?,
        })
    });
    let policies = policies.collect::<Result<_, _>>()?;
    let merge = limit.body_merge.as_ref().map(|json| Merge::compile(json, &names)).transpose();
    let exempt = limit.exempt.iter().map(CompiledRequest::compile);
    let status_endpoints = limit.status_endpoints.iter().map(|endpoint| {
        let body = Text::parse(&endpoint.body, &names).map_err(LimitErrorKind::StatusEndpoint)?;
        Ok::<_, LimitErrorKind>((CompiledRequest::compile(&endpoint.request)?, body))
    });
    let mut hasher = DefaultHasher::new();
    format!("{place:?} {limit:?}").hash(&mut hasher);
    Ok(LiveLimit {
        written: limit.clone(),
        place: place.clone(),
        id: hasher.finish(),
        request: compiled(limit.request.as_ref())?,
        exempt: exempt.collect::<Result<_, _>>()?,
        status_endpoints: status_endpoints.collect::<Result<_, _>>()?,
        key: live_key(&limit.key)?,
        policies,
        refusal: live_refusal(&limit.refusal, &names, tells_when)?,
        merge: merge.map_err(LimitErrorKind::Merge)?,
        headers,
    })
}

fn compiled(pattern: Option<&RequestPattern>) -> Result<Option<CompiledRequest>, CompileError> {
    pattern.map(CompiledRequest::compile).transpose()
}

fn live_key(key: &[LimitKey]) -> Result<Vec<KeyPart>, LimitErrorKind> {
    key.iter().map(|part| KeyPart::compile(part).map_err(LimitErrorKind::from)).collect()
}

fn live_headers(
    headers: &[LimitHeader],
    emit: Emit,
    policies: &[&str],
) -> Result<Vec<LiveHeader>, LimitErrorKind> {
    let live = headers.iter().map(|header| {
        if http::HeaderName::from_bytes(header.name.as_bytes()).is_err() {
            return Err(LimitErrorKind::Name(header.name.clone()));
        }
        let value = Text::parse(&header.value, policies)
            .map_err(|error| LimitErrorKind::Header(header.name.clone(), error))?;
        Ok(LiveHeader { name: header.name.clone(), value, emit: header.emit.unwrap_or(emit) })
    });
    live.collect()
}

fn live_refusal(
    refusal: &Refusal,
    policies: &[&str],
    headers_tell: bool,
) -> Result<LiveRefusal, LimitErrorKind> {
    if !(200..=599).contains(&refusal.status) {
        return Err(LimitErrorKind::Status(refusal.status));
    }
    let headers = live_headers(&refusal.headers, Emit::Always, policies)?;
    let body = refusal.body.as_deref().map(|body| Text::parse(body, policies)).transpose();
    let body = body.map_err(LimitErrorKind::Body)?;
    let tells_when = headers_tell
        || refusal.retry_after != RetryAfter::Absent
        || headers.iter().any(|header| header.value.tells_when())
        || body.as_ref().is_some_and(Text::tells_when);
    Ok(LiveRefusal {
        status: refusal.status,
        headers,
        retry_after: refusal.retry_after,
        min_retry_after: refusal.min_retry_after,
        body,
        tells_when,
    })
}

impl From<KeyError> for LimitErrorKind {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Header(name) => Self::Name(name),
            KeyError::Path(error) => error.into(),
        }
    }
}

impl From<CostError> for LimitErrorKind {
    fn from(error: CostError) -> Self {
        match error {
            CostError::Pattern(error) => error.into(),
            CostError::Path(error) => error.into(),
        }
    }
}

impl From<JsonPathError> for LimitErrorKind {
    fn from(error: JsonPathError) -> Self {
        Self::Path(error.to_string())
    }
}
