//! Behaviors in service: their request patterns compiled, and since when they hold.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

use super::limits::LiveLimit;
use crate::{
    matching::{CompileError, CompiledRequest},
    model::{
        Bandwidth, Behaviors, ConnectFault, Effect, Fault, LatencySource, Place, RateLimit, Rule,
        Wait, When,
    },
};

/// What holds at one place, in service.
#[derive(Clone, Debug)]
pub struct LiveBehaviors {
    /// The place.
    pub place: Place,
    /// Where latency comes from; `None` leaves it to the place around.
    pub latency: Option<LatencySource>,
    /// What befalls some requests, in the order in which it was written.
    pub rules: Vec<Arc<LiveRule>>,
    /// Rate limits.
    pub limits: Vec<Arc<LiveLimit>>,
}

/// A rule in service.
#[derive(Debug)]
pub struct LiveRule {
    /// What it is called.
    pub name: String,
    /// Which requests.
    pub when: When,
    /// What befalls them.
    pub effect: LiveEffect,
    /// When it came into service, by the clock of the session that it holds in; of what holds in all of
    /// them, by that of the default one.
    pub since: Duration,
    /// What its draws and its counts are kept under; with `serial`, unlike that of every other rule.
    pub key: Uuid,
    /// Tells it from one of the same place and name that was there before it.
    pub serial: u64,
    request: Option<CompiledRequest>,
    /// As it was written.
    written: Rule,
}

/// What befalls a request, to be shared with those who carry it out.
#[derive(Clone, Debug)]
pub enum LiveEffect {
    /// Its answer waits.
    Delay {
        /// Until the head goes out.
        head: Option<Wait>,
        /// Before each further piece of the body.
        chunks: Option<Wait>,
    },
    /// Its bytes come slowly.
    Bandwidth(Arc<Bandwidth>),
    /// It goes wrong.
    Fault(Arc<Fault>),
    /// Its connection goes wrong.
    Connect(Arc<ConnectFault>),
}

impl LiveBehaviors {
    /// Puts what holds at a place into service at `since`; `serial` numbers its rules.
    ///
    /// # Errors
    ///
    /// The first request pattern that cannot be honoured, or what else is wrong with a limit.
    pub fn compile(
        place: Place,
        behaviors: &Behaviors,
        since: Duration,
        mut serial: impl FnMut() -> u64,
    ) -> Result<Self, CompileError> {
        let rules = behaviors
            .rules
            .iter()
            .map(|rule| LiveRule::compile(&place, rule.clone(), since, serial()).map(Arc::new));
        let limits = behaviors.limits.iter().map(|limit| live_limit(&place, limit));
        Ok(Self {
            latency: behaviors.latency.clone(),
            rules: rules.collect::<Result<_, _>>()?,
            limits: limits.collect::<Result<_, _>>()?,
            place,
        })
    }

    /// Nothing, at this place.
    pub fn none(place: Place) -> Self {
        Self { place, latency: None, rules: Vec::new(), limits: Vec::new() }
    }

    /// Whether nothing is said at all.
    pub fn is_empty(&self) -> bool {
        self.latency.is_none() && self.rules.is_empty() && self.limits.is_empty()
    }

    /// As it was written.
    pub fn written(&self) -> Behaviors {
        Behaviors {
            latency: self.latency.clone(),
            rules: self.rules.iter().map(|rule| rule.written.clone()).collect(),
            limits: self.limits.iter().map(|limit| limit.written.clone()).collect(),
        }
    }
}

/// Makes a limit ready for its place.
pub(super) fn live_limit(place: &Place, limit: &RateLimit) -> Result<Arc<LiveLimit>, CompileError> {
    let live = LiveLimit::compile(place, limit).map_err(|error| CompileError {
        pointer: "/behavior".to_owned(),
        message: error.to_string(),
    })?;
    Ok(Arc::new(live))
}

impl LiveRule {
    pub(super) fn compile(
        place: &Place,
        rule: Rule,
        since: Duration,
        serial: u64,
    ) -> Result<Self, CompileError> {
        let request = rule.when.request.as_ref().map(CompiledRequest::compile).transpose();
        let request = request.map_err(|error| CompileError {
            pointer: "/behavior".to_owned(),
            message: format!("rule `{}`: {error}", rule.name),
        })?;
        let effect = match &rule.effect {
            Effect::Delay { head, chunks } => {
                LiveEffect::Delay { head: head.clone(), chunks: chunks.clone() }
            }
            Effect::Bandwidth(bandwidth) => LiveEffect::Bandwidth(Arc::new(bandwidth.clone())),
            Effect::Fault(Fault::Connect(fault)) => LiveEffect::Connect(Arc::new(fault.clone())),
            Effect::Fault(fault) => LiveEffect::Fault(Arc::new(fault.clone())),
        };
        let subject = format!("{place}\0{}", rule.name);
        Ok(Self {
            name: rule.name.clone(),
            when: rule.when.clone(),
            effect,
            since,
            key: Uuid::new_v5(&Uuid::NAMESPACE_OID, subject.as_bytes()),
            serial,
            request,
            written: rule,
        })
    }

    /// Its request pattern; `None` is any request.
    pub fn request(&self) -> Option<&CompiledRequest> {
        self.request.as_ref()
    }

    /// Whether it befalls connections rather than requests.
    pub fn is_of_connections(&self) -> bool {
        matches!(self.effect, LiveEffect::Connect(_))
    }
}
