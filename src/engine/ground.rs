//! What decides beside the request: the behaviors of this moment, the session, the seed and the time.

use std::{sync::Arc, time::Duration};

use rand::RngExt as _;
use uuid::Uuid;

use super::strike::Chance;
use crate::{
    behavior::selection::strength,
    codec::view::RequestView,
    model::{Counted, Direction, Place, ServiceName},
    runtime::Seed,
    store::{
        BehaviorSet, LiveBehaviors, LiveEffect, LiveRule, LiveStub, Measured, Recalled, Script,
        ScriptKey, Session, Subject,
    },
};

/// Places that a request can have: its own header, its stub's by a client and by its file, its
/// session's, its service's, and that of all.
const MAX_PLACES: usize = 6;

/// The rule that the error rate of a service is: it takes the place of the one for all.
pub const ERROR_RATE: &str = "fail";

/// What decides beside the request.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'g> {
    /// The behaviors of this moment.
    pub behaviors: &'g BehaviorSet,
    /// The session.
    pub session: &'g Session,
    /// The seed of all draws.
    pub seed: Seed,
    /// The time, by the session's clock.
    pub now: Duration,
    /// What endpoints were recorded to take.
    pub measured: &'g Arc<Measured>,
    /// What befell the requests of an earlier run, to befall these.
    pub script: Option<&'g Script>,
}

/// The behaviors of all places of a request, the innermost first.
#[derive(Clone, Copy, Debug)]
pub struct Around<'g>([Option<&'g LiveBehaviors>; MAX_PLACES]);

impl<'g> Around<'g> {
    /// All that says something.
    pub fn iter(&self) -> impl Iterator<Item = &'g LiveBehaviors> + use<'g> {
        self.0.into_iter().flatten()
    }

    /// Whether there is any rule.
    pub fn has_rules(&self) -> bool {
        self.iter().any(|live| !live.rules.is_empty())
    }

    /// Whether a rule asks for more than what a request's head tells, so that its body is to be read.
    /// `view` need have no body.
    pub fn needs_body(&self, view: &RequestView<'_>) -> bool {
        self.iter()
            .flat_map(|live| &live.rules)
            .filter(|rule| !rule.is_of_connections())
            .any(|rule| rule.request().is_some_and(|it| it.needs_body() && it.matches_head(view)))
    }

    /// The rules for requests and their places, in order.
    fn rules(&self) -> impl Iterator<Item = (&'g Place, &'g LiveRule)> + use<'g> {
        let has_own_rate = self.iter().any(|live| {
            live.place != Place::All && live.rules.iter().any(|it| it.name == ERROR_RATE)
        });
        self.iter().flat_map(|live| live.rules.iter().map(|rule| (&live.place, &**rule))).filter(
            move |(place, rule)| {
                !(has_own_rate && **place == Place::All && rule.name == ERROR_RATE)
            },
        )
    }
}

/// Whether a rule slows a request's body down, and can be asked before anything but the head has come.
fn is_on_the_way_in(place: &Place, rule: &LiveRule) -> bool {
    matches!(&rule.effect, LiveEffect::Bandwidth(it) if it.direction != Direction::Downstream)
        && !matches!(place, Place::Stub(_))
        && rule.request().is_none_or(|pattern| !pattern.needs_body())
}

/// A rule that strikes.
#[derive(Debug)]
pub(super) struct Struck<'g> {
    pub(super) place: &'g Place,
    pub(super) rule: &'g LiveRule,
    pub(super) subject: &'g Subject,
    pub(super) number: u64,
    /// What was drawn for its probability, where that is less than 1.
    pub(super) draw: Option<f64>,
    /// How strong it is just now.
    pub(super) strength: f64,
    pub(super) chance: Chance,
    /// What befell this request in the run that is repeated.
    pub(super) recalled: Option<Recalled>,
}

impl<'g> Ground<'g> {
    /// The behaviors of all places of a request. `own` are those that it brings itself.
    pub fn around(
        &self,
        own: Option<&'g LiveBehaviors>,
        stub: Option<&'g LiveStub>,
        service: Option<&ServiceName>,
    ) -> Around<'g> {
        let id = stub.map(|live| live.stub.id);
        let [by_client, session, service, all] = self.behaviors.around(id, service);
        let by_file = stub.and_then(|live| live.behaviors.as_deref());
        Around([own, by_client, by_file, session, service, all])
    }

    /// The rules that strike a request, in order. Each rule that the request fits counts it, whether
    /// it strikes or not.
    pub(super) fn struck(
        &self,
        around: Around<'g>,
        view: &RequestView<'_>,
        subject: &'g Subject,
    ) -> Vec<Struck<'g>> {
        let rules = around.rules().filter(|(place, rule)| {
            let is_over = is_on_the_way_in(place, rule)
                && matches!(&rule.effect, LiveEffect::Bandwidth(it) if it.direction == Direction::Upstream);
            !rule.is_of_connections()
                && !is_over
                && rule.request().is_none_or(|pattern| pattern.matches(view))
        });
        self.striking(rules, subject)
    }

    /// The bandwidths that strike the body of a request on its way in, in order. They are counted for
    /// themselves: which stub will answer is not known yet.
    pub(super) fn struck_on_the_way_in(
        &self,
        around: Around<'g>,
        view: &RequestView<'_>,
        subject: &'g Subject,
    ) -> Vec<Struck<'g>> {
        let rules = around.rules().filter(|(place, rule)| {
            is_on_the_way_in(place, rule)
                && rule.request().is_none_or(|pattern| pattern.matches(view))
        });
        self.striking(rules, subject)
    }

    /// The rules that strike a connection, in order.
    pub(super) fn struck_connection(
        &self,
        service: Option<&ServiceName>,
        subject: &'g Subject,
    ) -> Vec<Struck<'g>> {
        let around = self.around(None, None, service);
        let rules = around.rules().filter(|(_, rule)| rule.is_of_connections());
        self.striking(rules, subject)
    }

    fn striking(
        &self,
        rules: impl Iterator<Item = (&'g Place, &'g LiveRule)>,
        subject: &'g Subject,
    ) -> Vec<Struck<'g>> {
        let session = self.session.name().as_str();
        let is_of_session =
            |rule: &LiveRule| rule.when.session.as_ref().is_none_or(|name| name == session);
        let id = subject.id();
        let fitting: Vec<_> = rules
            .filter(|(_, rule)| is_of_session(rule))
            .map(|(place, rule)| match rule.when.counted {
                Counted::PerStub => (place, rule, id),
                Counted::Together => (place, rule, subject.together()),
            })
            .collect();
        if fitting.is_empty() {
            return Vec::new();
        }
        let numbers = self.session.turns().count(fitting.iter().map(|(_, rule, id)| (*rule, *id)));
        let session = Arc::clone(self.session.name().shared());
        fitting
            .into_iter()
            .zip(numbers)
            .filter_map(|((place, rule, id), number)| {
                let chance = Chance::new(self.seed, &session, rule.key, id);
                let struck = Struck {
                    place,
                    rule,
                    subject,
                    number,
                    draw: None,
                    strength: 1.0,
                    chance,
                    recalled: None,
                };
                match self.script {
                    Some(script) => self.recall(script, struck, id),
                    None => self.decide(struck),
                }
            })
            .collect()
    }

    /// Strikes as it did in the run that is repeated.
    fn recall(&self, script: &Script, mut struck: Struck<'g>, id: Uuid) -> Option<Struck<'g>> {
        let recalled = script.get(&ScriptKey {
            session: self.session.name().as_str().to_owned(),
            place: struck.place.clone(),
            rule: struck.rule.name.clone(),
            subject: id,
            number: struck.number,
        })?;
        struck.chance.seed = recalled.seed;
        struck.recalled = Some(recalled);
        Some(struck)
    }

    /// For how long a rule has held, by the session's clock. What is not the session's own holds from its
    /// start, as if it had been there: the default session's clock may show any other time.
    fn age(&self, struck: &Struck<'_>) -> Duration {
        let is_own = match struck.place {
            Place::Request | Place::Session(_) => true,
            Place::Stub(id) => self.session.stubs().owns(*id),
            Place::Service(_) | Place::All => false,
        };
        let is_since = is_own || self.session.name().is_default();
        self.now.saturating_sub(if is_since { struck.rule.since } else { Duration::ZERO })
    }

    /// Strikes if it is the request's turn, and time, and chance has it.
    fn decide(&self, mut struck: Struck<'g>) -> Option<Struck<'g>> {
        let Struck { rule, number, .. } = struck;
        if !rule.when.turns.include(number) {
            return None;
        }
        struck.strength = strength(&rule.when.windows, self.age(&struck));
        if struck.strength <= 0.0 {
            return None;
        }
        let probability = match rule.effect {
            LiveEffect::Delay { .. } | LiveEffect::Bandwidth(_) => rule.when.probability,
            LiveEffect::Fault(_) | LiveEffect::Connect(_) => {
                rule.when.probability * struck.strength
            }
        };
        if probability < 1.0 {
            let draw = struck.chance.draws(number, "strikes").random::<f64>();
            if draw >= probability {
                return None;
            }
            struck.draw = Some(draw);
        }
        Some(struck)
    }
}
