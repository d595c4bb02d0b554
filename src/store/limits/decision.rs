//! What a request gets of the limits that it falls under.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    claim::{MeterId, Part},
    live::{LiveHeader, LiveLimit, LiveRefusal},
};
use crate::{
    behavior::{
        limiter::{Receipt, Terms},
        moments::MomentFormat,
        placeholder::{Facts, Standing, Text},
    },
    model::{Emit, Place, RetryAfter},
};

/// What a request gets of the limits that it falls under.
#[derive(Debug)]
pub enum Decision {
    /// It is let through.
    Admitted(Admission),
    /// It is not.
    Refused(Refused),
}

/// A request that was let through.
#[derive(Debug, Default)]
pub struct Admission {
    /// What its answer tells of the limits, names spelled as on the wire.
    pub headers: Vec<(String, String)>,
    /// The answer, where it asked how a limit stands.
    pub status: Option<Told>,
    pub(super) taken: Vec<Taken>,
    pub(super) retellings: Vec<Retelling>,
}

/// What is told inside of an answer, once it is known what that cost.
#[derive(Debug)]
pub(super) struct Retelling {
    pub(super) limit: Arc<LiveLimit>,
    pub(super) parts: Vec<Part>,
    pub(super) label: String,
    pub(super) random: [u8; 32],
}

/// How a limit stands, as its provider tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The limit.
    pub limit: String,
    /// The body of the answer.
    pub body: String,
}

/// What was taken of one meter.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) limit: Arc<LiveLimit>,
    pub(super) policy: usize,
    pub(super) meter: MeterId,
    pub(super) receipt: Receipt,
}

/// A request that was not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The limit that refused it.
    pub limit: String,
    /// Where that holds.
    pub place: Place,
    /// Its policy.
    pub policy: String,
    /// The client as people may read it, secrets replaced.
    pub key: String,
    /// Status of the answer.
    pub status: u16,
    /// Its fields, `Retry-After` among them, names spelled as on the wire.
    pub headers: Vec<(String, String)>,
    /// Its body; `None` is ringer's own.
    pub body: Option<String>,
    /// After which time it may come again.
    pub retry_after: Duration,
}

impl Admission {
    /// Whether what was taken is put right when the answer is over.
    pub fn is_to_be_settled(&self) -> bool {
        !self.taken.is_empty() || !self.retellings.is_empty()
    }

    /// Whether the answer's body says what it cost.
    pub(super) fn listens(&self) -> bool {
        self.taken.iter().any(|taken| {
            taken.cost().is_some_and(|cost| {
                cost.is_settled_by_answer() && !matches!(cost, super::cost::LiveCost::ResponseBytes)
            })
        })
    }
}

impl Taken {
    pub(super) fn terms(&self) -> Option<&Terms> {
        self.limit.policies.get(self.policy).map(|policy| &policy.terms)
    }

    pub(super) fn cost(&self) -> Option<&super::cost::LiveCost> {
        self.limit.policies.get(self.policy).map(|policy| &policy.cost)
    }
}

/// How one limit stands at an answer.
pub(super) struct Stand<'a> {
    pub(super) limit: &'a LiveLimit,
    pub(super) policies: Vec<Standing<'a>>,
    /// Which of them count this request.
    pub(super) counting: Vec<bool>,
    pub(super) violated: Vec<usize>,
    /// As it is told: `jitter` and all.
    pub(super) retry_after: Duration,
    pub(super) label: String,
    pub(super) wall: Timestamp,
    pub(super) random: [u8; 32],
}

impl Stand<'_> {
    /// The policy that a text means that names none: of those that refused, the last to have room
    /// again is given; of others, the one of which the smallest share is left.
    pub(super) fn tightest(&self, refusing: Option<usize>) -> usize {
        let share = |standing: &Standing<'_>| {
            u128::from(standing.remaining) * 1_000_000_000 / u128::from(standing.burst.max(1))
        };
        let counting = self.policies.iter().enumerate();
        let counting = counting.filter(|(at, _)| self.counting.get(*at) == Some(&true));
        refusing
            .or_else(|| counting.min_by_key(|(_, it)| (share(it), it.remaining)).map(|it| it.0))
            .unwrap_or_default()
    }

    pub(super) fn facts(&self, tightest: usize) -> Facts<'_> {
        let skew = SignedDuration::from_secs(self.limit.written.clock_skew);
        Facts {
            policies: &self.policies,
            tightest,
            violated: &self.violated,
            retry_after: self.retry_after,
            key: &self.label,
            now: self.wall.checked_add(skew).unwrap_or(self.wall),
            random: self.random,
        }
    }

    /// The largest share of a policy that is used up.
    fn used(&self) -> f64 {
        let counting = self.policies.iter().zip(&self.counting).filter(|(_, counts)| **counts);
        let used = counting.map(|(standing, _)| {
            #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
            let left = standing.remaining as f64 / standing.burst.max(1) as f64;
            1.0 - left.min(1.0)
        });
        used.fold(0.0, f64::max)
    }

    /// A text for a request that was let through.
    pub(super) fn written(&self, text: &Text) -> String {
        text.render(&self.facts(self.tightest(None)))
    }

    /// The headers that an answer has.
    pub(super) fn headers(&self, refusing: Option<usize>) -> Vec<(String, String)> {
        let facts = self.facts(self.tightest(refusing));
        let is_told = |header: &&LiveHeader| match header.emit {
            Emit::Always => true,
            Emit::Near(share) => self.used() >= share,
            Emit::WhenLimited => refusing.is_some(),
            Emit::Never => false,
        };
        let told = self.limit.headers.iter().filter(is_told);
        told.map(|header| (header.name.clone(), header.value.render(&facts))).collect()
    }

    /// The answer to a request that one of the policies refuses.
    pub(super) fn refused(&self, policy: usize) -> Refused {
        let refusal = self.refusal(policy);
        let facts = self.facts(policy);
        let mut headers = self.headers(Some(policy));
        for header in &refusal.headers {
            put(&mut headers, header.name.clone(), header.value.render(&facts));
        }
        let format = match refusal.retry_after {
            RetryAfter::Seconds => Some(MomentFormat::Delta),
            RetryAfter::Float => Some(MomentFormat::DeltaFloat),
            RetryAfter::Date => Some(MomentFormat::HttpDate),
            RetryAfter::Absent => None,
        };
        if let Some(format) = format {
            put(&mut headers, "Retry-After".to_owned(), format.write(facts.now, facts.retry_after));
        }
        Refused {
            limit: self.limit.written.name.clone(),
            place: self.limit.place.clone(),
            key: self.label.clone(),
            policy: self.limit.policies.get(policy).map(|it| it.name.clone()).unwrap_or_default(),
            status: refusal.status,
            headers,
            body: refusal.body.as_ref().map(|body| body.render(&facts)),
            retry_after: self.retry_after,
        }
    }

    fn refusal(&self, policy: usize) -> &LiveRefusal {
        refusal(self.limit, policy)
    }
}

/// By how much later than true a time is told.
pub(super) fn jitter(limit: &LiveLimit, random: &[u8; 32]) -> Duration {
    // The end of what is random is that of the longest ids, which few answers have.
    let bytes = random.last_chunk().copied().unwrap_or_default();
    let share = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
    limit.written.jitter.mul_f64(share)
}

/// What a policy answers.
pub(super) fn refusal(limit: &LiveLimit, policy: usize) -> &LiveRefusal {
    let own = limit.policies.get(policy).and_then(|policy| policy.refusal.as_ref());
    own.unwrap_or(&limit.refusal)
}

/// How long a client is told to wait, as it reads it; `None` where it is told nothing.
pub(super) fn advertised(refusal: &LiveRefusal, wait: Duration) -> Option<Duration> {
    let whole = |unit: Duration| {
        let units = wait.as_nanos().div_ceil(unit.as_nanos().max(1));
        u32::try_from(units).ok().and_then(|units| unit.checked_mul(units)).unwrap_or(wait)
    };
    match refusal.retry_after {
        RetryAfter::Seconds => Some(whole(Duration::from_secs(1))),
        RetryAfter::Float => Some(whole(Duration::from_millis(1))),
        // Where in a second it ends, clients differ in what they make of a date.
        RetryAfter::Date => Some(wait),
        RetryAfter::Absent => refusal.tells_when.then_some(wait),
    }
}

/// Sets a field; one of its name goes.
pub(super) fn put(headers: &mut Vec<(String, String)>, name: String, value: String) {
    match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
        Some(known) => *known = (name, value),
        None => headers.push((name, value)),
    }
}
