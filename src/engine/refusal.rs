//! Whether nobody listens for a service: the one fault that strikes before there is a connection, and so
//! by time alone.

use std::time::Duration;

use crate::{
    behavior::selection::strength,
    model::{ConnectFault, Ramp, ServiceName, Turns, When, Window},
    store::{BehaviorSet, LiveEffect},
};

/// Whether nobody listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Now.
    pub is_refused: bool,
    /// When that may change if no rule does, by the session's clock; `None` if it does not.
    pub changes_at: Option<Duration>,
}

/// Whether nobody listens for a service at `now`, the time that has elapsed by the session's clock. Rules
/// that strike some connections only, by chance, number or a ramp, need connections, and so do not
/// count.
pub fn refusal(
    behaviors: &BehaviorSet,
    session: &str,
    service: Option<&ServiceName>,
    now: Duration,
) -> Refusal {
    let mut found = Refusal::default();
    for place in behaviors.around(None, session, service).into_iter().flatten() {
        for rule in &place.rules {
            let LiveEffect::Connect(fault) = &rule.effect else { continue };
            if **fault != ConnectFault::Refuse || !strikes_all(&rule.when, session) {
                continue;
            }
            let at = now.saturating_sub(rule.since);
            found.is_refused |= strength(&rule.when.windows, at) >= 1.0;
            let next = rule.when.windows.iter().filter_map(|window| next_change(window, at)).min();
            let next = next.and_then(|next| rule.since.checked_add(next));
            found.changes_at = found.changes_at.into_iter().chain(next).min();
        }
    }
    found
}

/// Whether a rule strikes every connection of its windows.
fn strikes_all(when: &When, session: &str) -> bool {
    when.request.is_none()
        && when.session.as_deref().is_none_or(|wanted| wanted == session)
        && when.turns == Turns::default()
        && when.probability >= 1.0
        && when.windows.iter().all(|window| window.ramp == Ramp::Flat)
}

/// When a window next begins or ends after `at`, all since its rule came into service.
fn next_change(window: &Window, at: Duration) -> Option<Duration> {
    let Some(gone) = at.checked_sub(window.from) else { return Some(window.from) };
    let period = window.period.filter(|period| !period.is_zero());
    let within = period.map_or(gone, |period| remainder(gone, period));
    let end = window.until.map(|until| until.saturating_sub(window.from));
    let end = end.and_then(|end| end.checked_sub(within)).filter(|left| !left.is_zero());
    let again = period.and_then(|period| period.checked_sub(within));
    at.checked_add(end.into_iter().chain(again).min()?)
}

fn remainder(time: Duration, period: Duration) -> Duration {
    // Less than a period, which is a duration itself.
    let nanos = time.as_nanos() % period.as_nanos();
    Duration::new(
        u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX),
        u32::try_from(nanos % 1_000_000_000).unwrap_or_default(),
    )
}
