//! How answers behave, from all that settings say of it.

use std::sync::Arc;

use thiserror::Error;

use crate::{
    behavior::ErrorRate,
    config::Config,
    engine::ERROR_RATE,
    format::{self, behavior::merge},
    library::{FaultLog, FaultLogError, LibraryError, fault_log},
    model::{
        AnswerFault, Behaviors, Effect, ErrorAnswer, Fault, LatencySource, Place, RateLimit, Rule,
        When,
    },
    store::{BehaviorError, Profiles, Script, SharedBehaviors},
};

/// Why what settings say of how answers behave cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BehaviorsError {
    /// It cannot be honoured.
    #[error(transparent)]
    Behavior(#[from] BehaviorError),
    /// The faults of an earlier run cannot be read.
    #[error("the faults of an earlier run cannot be repeated")]
    Repeat(#[from] FaultLogError),
    /// The log of faults cannot be written.
    #[error("the log of faults cannot be written")]
    Log(#[from] LibraryError),
}

/// How answers behave.
#[derive(Debug)]
pub(super) struct AnswerBehaviors {
    /// What holds at each place.
    pub(super) shared: Arc<SharedBehaviors>,
    /// What befell the requests of an earlier run, to befall these.
    pub(super) script: Option<Arc<Script>>,
    /// Where it is written what befalls requests.
    pub(super) log: Option<Arc<FaultLog>>,
}

impl AnswerBehaviors {
    /// Waits until all that befell requests is on disk, and says what is missing, if anything is.
    pub(super) async fn finish(self) -> Option<String> {
        let log = self.log?;
        tokio::task::spawn_blocking(move || log.finish()).await.ok().flatten()
    }
}

/// Puts into service what settings say.
pub(super) fn start(config: &Config) -> Result<AnswerBehaviors, BehaviorsError> {
    let shared = SharedBehaviors::new(configured(config))?.with_profiles(profiles(config));
    // Read first: the new log may take the file's place.
    let script = config.replay_faults.as_deref().map(fault_log::read).transpose()?;
    if let Some(script) = &script {
        report_unknown(script, &shared);
    }
    let log = config.fault_log.as_deref();
    let log = log.map(|path| FaultLog::create(path, config.seed)).transpose()?;
    Ok(AnswerBehaviors {
        shared: Arc::new(shared),
        script: script.map(Arc::new),
        log: log.map(Arc::new),
    })
}

/// Reads what a request says of how its answer is to behave: `delay=200ms; status=503; p=0.5`.
pub(super) fn read_request(text: &str) -> Result<Behaviors, String> {
    format::behavior::read_line(text).map_err(|problems| {
        let told: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
        told.join("; ")
    })
}

/// Rules of a log that are not there now befall nothing.
fn report_unknown(script: &Script, shared: &SharedBehaviors) {
    let is_configurable = |place: &Place| matches!(place, Place::All | Place::Service(_));
    let mut unknown: Vec<_> = script
        .rules()
        .filter(|(place, _)| is_configurable(place))
        .filter(|(place, name)| {
            shared.at(place).is_none_or(|live| live.rules.iter().all(|rule| rule.name != *name))
        })
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    for (place, rule) in unknown {
        tracing::warn!(
            "the log of faults has a rule `{rule}` of `{place}` that is not configured: it befalls nothing"
        );
    }
}

/// What is configured for all and for each service. The short settings (`latency`, `fail`,
/// `rate_limit`) go before what the document says.
pub(super) fn configured(config: &Config) -> Vec<(Place, Behaviors)> {
    let mut said = config.behaviors.clone();
    if let Some(profile) = &config.chaos {
        merge(&mut said, profile.behaviors.clone());
    }
    let all = for_all(config, said);
    let services = config.services.iter().map(|service| {
        let behaviors = merged(
            service.behaviors.clone(),
            service.latency.as_ref(),
            service.fail,
            service.rate_limit.as_ref(),
        );
        (Place::Service(service.name.clone()), behaviors)
    });
    std::iter::once((Place::All, all)).chain(services).collect()
}

fn for_all(config: &Config, said: Behaviors) -> Behaviors {
    merged(said, Some(&config.latency), config.fail, config.rate_limit.as_ref())
}

/// The profile of the start.
fn profiles(config: &Config) -> Profiles {
    let Some(profile) = &config.chaos else { return Profiles::default() };
    let without = for_all(config, config.behaviors.clone());
    let with = configured(config).into_iter().find(|(place, _)| *place == Place::All);
    Profiles::configured(&profile.name, &without, &with.map(|(_, it)| it).unwrap_or_default())
}

fn merged(
    mut behaviors: Behaviors,
    latency: Option<&LatencySource>,
    fail: Option<ErrorRate>,
    rate_limit: Option<&RateLimit>,
) -> Behaviors {
    behaviors.latency = behaviors.latency.or_else(|| latency.cloned());
    if let Some(rate) = fail {
        behaviors.rules.insert(0, rule(rate));
    }
    if let Some(limit) = rate_limit {
        behaviors.limits.insert(0, limit.clone());
    }
    behaviors
}

/// The rule that an error rate is.
fn rule(rate: ErrorRate) -> Rule {
    let error = ErrorAnswer { status: rate.status, ..ErrorAnswer::default() };
    Rule {
        name: ERROR_RATE.to_owned(),
        when: When { probability: rate.probability, ..When::default() },
        effect: Effect::Fault(Fault::Answer(AnswerFault::Status(error))),
    }
}
