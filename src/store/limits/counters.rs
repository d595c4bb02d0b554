//! What a session has counted: a meter for each policy and key, and a record of each client.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rand::RngExt as _;

use super::{
    asked::Asked,
    claim::{Claim, MeterId, Part, Taking, charge, count_refused},
    decision::{self, Admission, Decision, Retelling, Stand, Taken, Told, jitter},
    key,
    live::LiveLimit,
};
use crate::{
    behavior::{
        limiter::{Meter, Now, Receipt, Sentence},
        placeholder::Standing,
        verdict::Conduct,
    },
    codec::RequestView,
    model::Json,
};

/// Meters and clients that a session keeps. Beyond, those that are as good as new are forgotten, and
/// then those that nobody asked for longest.
const MAX_METERS: usize = 20_000;
const MAX_CLIENTS: usize = 5_000;

/// What a session has counted of all limits.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) meters: HashMap<MeterId, Slot>,
    pub(super) clients: HashMap<(u64, u128), Client>,
    /// Numbers requests, so that it is known what was not used for longest.
    turn: u64,
    /// Tries before they were told to of clients that are forgotten.
    early_forgotten: u64,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) meter: Meter,
    pub(super) limit: Arc<LiveLimit>,
    used: u64,
}

/// A client of a limit.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) limit: Arc<LiveLimit>,
    /// As people may read it.
    pub(super) label: String,
    pub(super) conduct: Conduct,
    sentence: Sentence,
    used: u64,
}

impl Counters {
    /// Lets a request through, charging every policy that counts it, or refuses it, charging none but
    /// those of limits that count what they refuse.
    pub fn admit(&self, limits: &[Arc<LiveLimit>], session: &str, asked: &Asked<'_>) -> Decision {
        let applying = limits.iter().filter(|limit| limit.is_for(asked.view));
        let claims: Vec<_> = applying.map(|limit| Claim::of(limit, asked.view)).collect();
        if claims.is_empty() {
            return Decision::Admitted(Admission::default());
        }
        self.inner.lock().decide(&claims, session, asked)
    }

    /// Puts right what was taken, now that it is known what each cost; `None` leaves it.
    pub(super) fn settle(&self, taken: &[(&Taken, Option<u64>)], now: Now) {
        let mut inner = self.inner.lock();
        for (taken, actual) in taken {
            let Some(policy) = taken.limit.policies.get(taken.policy) else { continue };
            let actual = if policy.terms.is_concurrency() { Some(0) } else { *actual };
            if let Some(actual) = actual
                && let Some(slot) = inner.meters.get_mut(&taken.meter)
            {
                slot.meter.advance(&policy.terms, now);
                slot.meter.correct(&policy.terms, taken.receipt, actual);
            }
        }
    }

    /// The same, and what is told then inside of the answer.
    pub(super) fn settle_and_retell(
        &self,
        taken: &[(&Taken, Option<u64>)],
        retellings: &[Retelling],
        now: Now,
    ) -> Vec<Json> {
        self.settle(taken, now);
        let inner = self.inner.lock();
        retellings.iter().filter_map(|it| inner.retell(it, taken, now)).collect()
    }

    /// Forgets everything but how often clients tried again before they were told to: a run is judged
    /// by all of it, however often it is reset.
    pub fn reset(&self) {
        let mut inner = self.inner.lock();
        let early_forgotten = inner.early();
        *inner = Inner { early_forgotten, ..Inner::default() };
    }

    /// How often clients tried again before they were told to, resets or not.
    pub fn early_retries(&self) -> u64 {
        self.inner.lock().early()
    }

    /// About how many bytes they take.
    pub(in crate::store) fn bytes(&self) -> usize {
        let inner = self.inner.lock();
        inner.meters.capacity() * size_of::<(MeterId, Slot)>()
            + inner.clients.capacity() * size_of::<((u64, u128), Client)>()
    }

    /// What is known of each client.
    pub(super) fn with_clients<T>(&self, read: impl FnMut(&Client) -> T) -> Vec<T> {
        self.inner.lock().clients.values().map(read).collect()
    }
}

impl Inner {
    fn decide(&mut self, claims: &[Claim<'_>], session: &str, asked: &Asked<'_>) -> Decision {
        self.turn += 1;
        let now = asked.now;
        let mut takings: Vec<_> = claims.iter().map(|claim| self.arrive(claim, asked)).collect();
        let mut meters: Vec<Vec<Meter>> =
            claims.iter().map(|claim| self.take_out(claim, now)).collect();
        let is_sentenced = takings.iter().any(|taking| taking.sentenced.is_some());
        let receipts = charge(claims, &mut meters, &mut takings, now, is_sentenced);
        let decision = match receipts {
            Some(receipts) => {
                for claim in claims.iter().filter(|claim| claim.limit.written.penalty.is_some()) {
                    if let Some(client) = self.clients.get_mut(&(claim.limit.id, claim.key)) {
                        client.sentence.served();
                    }
                }
                self.admitted(claims, &meters, receipts, session, asked)
            }
            None => self.refused(claims, &mut meters, &mut takings, session, asked),
        };
        for (claim, meters) in claims.iter().zip(meters) {
            for (part, meter) in claim.parts.iter().zip(meters) {
                let limit = Arc::clone(claim.limit);
                self.meters.insert(part.meter, Slot { meter, limit, used: self.turn });
            }
        }
        self.make_room(now);
        decision
    }

    /// Enters a request into the record of its client.
    fn arrive(&mut self, claim: &Claim<'_>, asked: &Asked<'_>) -> Taking {
        let turn = self.turn;
        let client = self.clients.entry((claim.limit.id, claim.key)).or_insert_with(|| {
            let shown = (asked.shown)();
            Client {
                limit: Arc::clone(claim.limit),
                label: key::label(&claim.limit.key, asked.view, &RequestView::new(&shown)),
                conduct: Conduct::default(),
                sentence: Sentence::default(),
                used: turn,
            }
        });
        client.used = turn;
        let elapsed = asked.now.elapsed;
        let counts = !claim.is_exempt;
        Taking {
            arrived: counts.then(|| client.conduct.arrive(asked.identity(), elapsed)),
            waits: vec![None; claim.parts.len()],
            sentenced: client.sentence.left(elapsed).filter(|_| counts),
        }
    }

    fn take_out(&mut self, claim: &Claim<'_>, now: Now) -> Vec<Meter> {
        let policies = claim.parts.iter().zip(&claim.limit.policies);
        let meters = policies.map(|(part, policy)| match self.meters.remove(&part.meter) {
            Some(mut slot) => {
                slot.meter.advance(&policy.terms, now);
                slot.meter
            }
            None => Meter::new(&policy.terms, now),
        });
        meters.collect()
    }

    fn admitted(
        &self,
        claims: &[Claim<'_>],
        meters: &[Vec<Meter>],
        receipts: Vec<(usize, usize, Receipt)>,
        session: &str,
        asked: &Asked<'_>,
    ) -> Decision {
        let mut admission = Admission::default();
        for (claim, meters) in claims.iter().zip(meters) {
            let stand = self.stand(claim, meters, session, asked);
            if let Some(body) = claim.limit.status(asked.view)
                && admission.status.is_none()
            {
                let limit = claim.limit.written.name.clone();
                admission.status = Some(Told { limit, body: stand.written(body) });
            }
            for (name, value) in stand.headers(None) {
                if !admission.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                    admission.headers.push((name, value));
                }
            }
            if claim.limit.merge.is_some() {
                admission.retellings.push(Retelling {
                    limit: Arc::clone(claim.limit),
                    parts: claim.parts.clone(),
                    label: stand.label,
                    random: stand.random,
                });
            }
        }
        for (at, policy, receipt) in receipts {
            let Some(claim) = claims.get(at) else { continue };
            let Some(live) = claim.limit.policies.get(policy) else { continue };
            let Some(part) = claim.parts.get(policy) else { continue };
            if live.terms.is_concurrency() || live.cost.is_settled_by_answer() {
                let limit = Arc::clone(claim.limit);
                admission.taken.push(Taken { limit, policy, meter: part.meter, receipt });
            }
        }
        Decision::Admitted(admission)
    }

    fn refused(
        &mut self,
        claims: &[Claim<'_>],
        meters: &mut [Vec<Meter>],
        takings: &mut [Taking],
        session: &str,
        asked: &Asked<'_>,
    ) -> Decision {
        let mut worst: Option<(Duration, usize, usize)> = None;
        let all = claims.iter().zip(meters.iter_mut()).zip(takings.iter_mut()).enumerate();
        for (at, ((claim, meters), taking)) in all.filter(|(_, (_, taking))| taking.refuses()) {
            let limit = claim.limit;
            if limit.written.counts_refused {
                count_refused(claim, meters, taking, asked.now);
            }
            let violated = taking.waits.iter().enumerate();
            let longest = violated.filter_map(|(policy, wait)| wait.map(|wait| (wait, policy)));
            let (wait, policy) = longest.max_by_key(|it| it.0).unwrap_or_default();
            let refusal = decision::refusal(limit, policy);
            // A moment is what is needed at least, so that nobody is told to come again at once.
            let wait = wait.max(refusal.min_retry_after).max(Duration::from_nanos(1));
            let random = self.random(claim, session, asked);
            let wait = wait.saturating_add(jitter(limit, &random));
            let Some(client) = self.clients.get_mut(&(limit.id, claim.key)) else { continue };
            let wait = match limit.written.penalty {
                Some(penalty) => client.sentence.refuse(penalty, wait, asked.now.elapsed),
                None => wait,
            };
            if let Some(arrived) = taking.arrived {
                client.conduct.refuse(arrived, decision::advertised(refusal, wait));
            }
            if worst.is_none_or(|(longest, ..)| wait > longest) {
                worst = Some((wait, at, policy));
            }
        }
        let parts = worst.and_then(|(wait, at, policy)| {
            Some((wait, policy, claims.get(at)?, meters.get(at)?, takings.get(at)?))
        });
        let Some((wait, policy, claim, meters, taking)) = parts else {
            return Decision::Admitted(Admission::default());
        };
        let mut stand = self.stand(claim, meters, session, asked);
        stand.retry_after = wait;
        let violated = taking.waits.iter().enumerate().filter(|(_, wait)| wait.is_some());
        stand.violated = violated.map(|(policy, _)| policy).collect();
        Decision::Refused(stand.refused(policy))
    }

    fn stand<'l>(
        &self,
        claim: &Claim<'l>,
        meters: &[Meter],
        session: &str,
        asked: &Asked<'_>,
    ) -> Stand<'l> {
        let client = self.clients.get(&(claim.limit.id, claim.key));
        let label = client.map(|client| client.label.clone()).unwrap_or_default();
        let random = self.random(claim, session, asked);
        let costs = claim.parts.iter().map(|part| part.cost);
        stand(claim.limit, &claim.parts, costs, meters, label, random, asked.now)
    }

    /// Chance for what is random in an answer.
    fn random(&self, claim: &Claim<'_>, session: &str, asked: &Asked<'_>) -> [u8; 32] {
        let client = self.clients.get(&(claim.limit.id, claim.key));
        let number = client.map_or(0, |client| client.conduct.requests());
        let label = client.map_or("", |client| &client.label);
        let subject = format!("{} {} {label}", claim.limit.place, claim.limit.written.name);
        asked.seed.draws(session, subject.as_bytes(), number).random()
    }

    /// What is told inside of an answer that cost what `actual` says of its policies.
    fn retell(&self, it: &Retelling, actual: &[(&Taken, Option<u64>)], now: Now) -> Option<Json> {
        let merge = it.limit.merge.as_ref()?;
        let meters = it.parts.iter().zip(&it.limit.policies).map(|(part, policy)| {
            let known = self.meters.get(&part.meter).map(|slot| slot.meter.clone());
            let mut meter = known.unwrap_or_else(|| Meter::new(&policy.terms, now));
            meter.advance(&policy.terms, now);
            meter
        });
        let meters: Vec<_> = meters.collect();
        let costs = it.parts.iter().map(|part| {
            let known = actual.iter().find(|(taken, _)| taken.meter == part.meter);
            known.and_then(|(_, actual)| *actual).unwrap_or(part.cost)
        });
        let (label, random) = (it.label.clone(), it.random);
        let stand = stand(&it.limit, &it.parts, costs, &meters, label, random, now);
        Some(merge.render(&stand.facts(stand.tightest(None))))
    }

    fn make_room(&mut self, now: Now) {
        if self.meters.len() > MAX_METERS {
            self.meters.retain(|id, slot| {
                let Some(policy) = slot.limit.policies.get(id.1) else { return false };
                slot.meter.advance(&policy.terms, now);
                !slot.meter.is_idle(&policy.terms)
            });
            let oldest = oldest(self.meters.values().map(|slot| slot.used), MAX_METERS);
            // What is being answered stays counted: there are only so many connections.
            self.meters.retain(|_, slot| slot.used > oldest || slot.meter.is_held());
        }
        if self.clients.len() > MAX_CLIENTS {
            let oldest = oldest(self.clients.values().map(|client| client.used), MAX_CLIENTS);
            let before = self.early();
            self.clients.retain(|_, client| client.used > oldest);
            self.early_forgotten += before - self.early();
        }
    }

    fn early(&self) -> u64 {
        let known: u64 = self.clients.values().map(|client| client.conduct.early()).sum();
        known + self.early_forgotten
    }
}

/// How a limit stands, by its policies' meters.
fn stand<'l>(
    limit: &'l LiveLimit,
    parts: &[Part],
    costs: impl Iterator<Item = u64>,
    meters: &[Meter],
    label: String,
    random: [u8; 32],
    now: Now,
) -> Stand<'l> {
    let jitter = jitter(limit, &random);
    let policies = limit.policies.iter().zip(meters).zip(parts).zip(costs);
    Stand {
        limit,
        policies: policies
            .map(|(((policy, meter), part), cost)| Standing {
                name: &policy.label,
                limit: policy.limit,
                burst: policy.terms.burst(),
                window: policy.terms.window(),
                remaining: meter.remaining(&policy.terms),
                reset_after: meter.reset_after(&policy.terms).saturating_add(jitter),
                cost,
                reserved: part.cost,
            })
            .collect(),
        counting: parts.iter().map(|part| part.fits).collect(),
        violated: Vec::new(),
        retry_after: Duration::ZERO,
        label,
        wall: now.wall,
        random,
    }
}

/// Up to which turn what was used is to go, so that three quarters of `most` are left.
fn oldest(used: impl Iterator<Item = u64>, most: usize) -> u64 {
    let mut used: Vec<u64> = used.collect();
    let kept = most / 4 * 3;
    let Some(surplus) = used.len().checked_sub(kept).and_then(|it| it.checked_sub(1)) else {
        return 0;
    };
    *used.select_nth_unstable(surplus).1
}
