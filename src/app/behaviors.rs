//! How answers behave, from all that settings say of it.

use crate::{
    behavior::ErrorRate,
    config::Config,
    engine::ERROR_RATE,
    model::{
        AnswerFault, Behaviors, Effect, ErrorAnswer, Fault, LatencySource, Place, RateLimit, Rule,
        When,
    },
};

/// What is configured for all and for each service. The short settings (`latency`, `fail`, `rate_limit`) go before
/// what the document says.
pub(super) fn configured(config: &Config) -> Vec<(Place, Behaviors)> {
    let all = merged(
        config.behaviors.clone(),
        Some(&config.latency),
        config.fail,
        config.rate_limit.as_ref(),
    );
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
