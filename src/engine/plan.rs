//! What befalls a request, as data: when the parts of its answer are due, how fast its bytes go, and
//! what goes wrong on purpose.

use std::{cell::Cell, sync::Arc, time::Duration};

use rand_chacha::ChaCha8Rng;

use super::{
    find::Found,
    ground::{Around, Ground, Struck},
    strike::Strike,
};
use crate::{
    behavior::{GlobalDelay, distribution, latency::Schedule},
    codec::view::RequestView,
    model::{
        Bandwidth, ConnectFault, Counted, Distribution, Fault, LatencySource, Place, Request,
        ResponseSpec, ServiceName, Wait, WireFault,
    },
    store::{Applied, LiveEffect, ScriptKey, Subject},
};

/// What befalls a request.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// When the parts of its answer are due.
    pub schedule: Schedule,
    /// What goes wrong.
    pub fault: Option<Strike<Fault>>,
    /// What its stub wants to go wrong, where no rule strikes (WireMock's `fault`).
    pub own_fault: Option<WireFault>,
    /// What slows its bytes down; the slowest decides.
    pub bandwidth: Vec<Strike<Bandwidth>>,
    /// What befalls it, for the journal and the log of faults.
    pub applied: Vec<Applied>,
}

/// What becomes of a connection that was just accepted, if something does. It is counted with those of
/// its service.
pub fn plan_connection(
    ground: &Ground<'_>,
    service: Option<&ServiceName>,
) -> Option<(Strike<ConnectFault>, Applied)> {
    if !ground.behaviors.has_rules() {
        return None;
    }
    let subject = Subject::connection(service);
    let struck = Ground { ..*ground }.struck_connection(service, &subject);
    struck.into_iter().find_map(|struck| match &struck.rule.effect {
        LiveEffect::Connect(fault) => {
            let mut applied = struck.applied("fault");
            applied.fault = Some(fault.name().to_owned());
            Some((struck.strike(Arc::clone(fault)), applied))
        }
        _ => None,
    })
}

impl Ground<'_> {
    /// What befalls a request that a stub answers. `global` waits are those of stubs that ask for none
    /// of their own.
    pub fn plan_stub(
        &self,
        around: Around<'_>,
        found: &Found,
        global: GlobalDelay,
        request: &Request,
    ) -> Plan {
        let mut plan = Plan::default();
        let response = found.stub.response(found.step);
        if let Some(response) = response {
            self.give_time(&mut plan, around, found, response, global, request);
        }
        if around.has_rules() {
            let subject = Subject::Stub(found.stub.stub.id);
            plan.add(self.struck(around, &RequestView::new(request), &subject));
        }
        // WireMock asks the other server, whatever else the stub says.
        let own = response.filter(|response| response.extras.proxy.is_none());
        plan.own_fault =
            own.and_then(|response| response.extras.fault).filter(|_| plan.fault.is_none());
        plan
    }

    /// What befalls a request that no stub answers. Its latency is that of who does.
    pub fn plan_endpoint(&self, around: Around<'_>, subject: &Subject, request: &Request) -> Plan {
        let mut plan = Plan::default();
        plan.add(self.struck(around, &RequestView::new(request), subject));
        plan
    }

    /// What slows the body of a request down on its way in, by its head.
    pub fn plan_way_in(&self, around: Around<'_>, subject: &Subject, request: &Request) -> Plan {
        let mut plan = Plan::default();
        plan.add(self.struck_on_the_way_in(around, &RequestView::new(request), subject));
        plan
    }

    /// When the parts of a stub's answer are due, by where latency comes from.
    fn give_time(
        &self,
        plan: &mut Plan,
        around: Around<'_>,
        found: &Found,
        response: &ResponseSpec,
        global: GlobalDelay,
        request: &Request,
    ) {
        let recorded = LatencySource::default();
        let source = around.iter().find_map(|live| live.latency.as_ref()).unwrap_or(&recorded);
        let id = found.stub.stub.id;
        let (place, number) = (Place::Stub(id), found.hit + 1);
        let recalled = self.script.and_then(|script| {
            let (session, rule) = (self.session.name().as_str().to_owned(), String::new());
            script.get(&ScriptKey { session, place: place.clone(), rule, subject: id.0, number })
        });
        let seed = recalled.map_or(self.seed, |recalled| recalled.seed);
        let is_fixed = matches!(source, LatencySource::Drawn { head, chunks: None }
            if matches!(head.distribution, Distribution::Fixed(_)));
        let is_drawn = Cell::new(false);
        // A source for each, so that a delay changes no other draw.
        let draws = |purpose: &str| -> ChaCha8Rng {
            is_drawn.set(is_drawn.get() || purpose == "delay" || !is_fixed);
            let subject = [id.0.as_bytes().as_slice(), purpose.as_bytes()].concat();
            seed.draws(self.session.name().as_str(), &subject, found.hit)
        };
        let written = global.wait(response, || draws("delay"));
        let learned = || {
            let service = found.stub.stub.service.as_ref();
            self.measured.get()?.find(service, request.method.as_str(), request.target.path())
        };
        plan.schedule = source.schedule(response, written, learned, draws);
        if let Some(wait) = recalled.and_then(|recalled| recalled.wait) {
            plan.schedule.head = wait;
        }
        if is_drawn.get() {
            plan.applied.push(Applied {
                place,
                rule: String::new(),
                kind: "latency",
                subject: Subject::Stub(id),
                is_together: false,
                number,
                seed,
                draw: None,
                wait: Some(plan.schedule.head),
                fault: None,
            });
        }
    }
}

impl Plan {
    /// Adds what strikes, in order: all waits, the first fault, all bandwidths.
    fn add(&mut self, struck: Vec<Struck<'_>>) {
        for struck in struck {
            match &struck.rule.effect {
                LiveEffect::Delay { head, chunks } => {
                    let mut wait = Duration::ZERO;
                    if let Some(head) = head {
                        wait = struck.wait(head, &mut struck.chance.draws(struck.number, "wait"));
                    }
                    if let Some(recalled) = struck.recalled.and_then(|recalled| recalled.wait) {
                        wait = recalled;
                    }
                    self.schedule.put_off(wait);
                    if let Some(chunks) = chunks {
                        let draws = struck.chance.draws(struck.number, "chunks");
                        self.schedule.wait_between(chunks.clone(), struck.strength, draws);
                    }
                    self.applied.push(Applied { wait: Some(wait), ..struck.applied("delay") });
                }
                LiveEffect::Fault(fault) => {
                    if self.fault.is_none() {
                        let fault_name = Some(fault.to_string());
                        self.applied.push(Applied { fault: fault_name, ..struck.applied("fault") });
                        self.fault = Some(struck.strike(Arc::clone(fault)));
                    }
                }
                LiveEffect::Bandwidth(bandwidth) => {
                    self.applied.push(struck.applied("bandwidth"));
                    let value = match (bandwidth.rate, struck.strength) {
                        (Some(rate), strength) if strength < 1.0 => Arc::new(Bandwidth {
                            rate: Some(weakened(rate, strength)),
                            ..(**bandwidth).clone()
                        }),
                        _ => Arc::clone(bandwidth),
                    };
                    self.bandwidth.push(struck.strike(value));
                }
                LiveEffect::Connect(_) => {}
            }
        }
        // Told in the order in which they befall it.
        self.applied.sort_by_key(|applied| match applied.kind {
            "latency" => 0,
            "delay" => 1,
            "fault" => 2,
            _ => 3,
        });
    }
}

impl Struck<'_> {
    fn strike<T>(&self, value: Arc<T>) -> Strike<T> {
        Strike::new(self.place, self.rule, self.number, value, self.chance.clone())
    }

    fn applied(&self, kind: &'static str) -> Applied {
        Applied {
            place: self.place.clone(),
            rule: self.rule.name.clone(),
            kind,
            subject: self.subject.clone(),
            is_together: self.rule.when.counted == Counted::Together,
            number: self.number,
            seed: self.chance.seed,
            draw: self.draw,
            wait: None,
            fault: None,
        }
    }

    /// A wait as strong as the rule is just now.
    fn wait(&self, wait: &Wait, draws: &mut ChaCha8Rng) -> Duration {
        let drawn = distribution::draw(wait, draws).as_secs_f64();
        Duration::try_from_secs_f64(drawn * self.strength).unwrap_or(Duration::MAX)
    }
}

/// A rate that is limited less: at half the strength it is twice as high.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large becomes the largest rate, which is what is meant"
)]
fn weakened(rate: u64, strength: f64) -> u64 {
    (rate as f64 / strength).ceil() as u64
}

#[cfg(test)]
mod tests;
