//! Whether nobody listens for a service: the one fault that strikes before there is a connection, and so
//! by time alone.

use std::time::Duration;

use crate::{
    behavior::selection::strength,
    model::{ConnectFault, Place, Ramp, ServiceName, SessionName, Turns, When},
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
    session: &SessionName,
    service: Option<&ServiceName>,
    now: Duration,
) -> Refusal {
    let mut found = Refusal::default();
    for place in behaviors.around(None, service).into_iter().flatten() {
        for rule in &place.rules {
            let LiveEffect::Connect(fault) = &rule.effect else { continue };
            if **fault != ConnectFault::Refuse || !strikes_all(&rule.when, session.as_str()) {
                continue;
            }
            // What is not the session's own holds from its start.
            let is_own = session.is_default() || matches!(place.place, Place::Session(_));
            let since = if is_own { rule.since } else { Duration::ZERO };
            let at = now.saturating_sub(since);
            found.is_refused |= strength(&rule.when.windows, at) >= 1.0;
            let next = rule.when.windows.iter().filter_map(|window| window.next_change(at)).min();
            let next = next.and_then(|next| since.checked_add(next));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        model::{Behaviors, Effect, Fault, Rule, Window},
        store::SharedBehaviors,
    };

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn window(from: u64, until: Option<u64>, period: Option<u64>) -> Window {
        Window { from: S(from), until: until.map(S), period: period.map(S), ramp: Ramp::Flat }
    }

    fn shared(rules: Vec<(Place, ConnectFault, When)>) -> SharedBehaviors {
        let rules = rules.into_iter().map(|(place, fault, when)| {
            let effect = Effect::Fault(Fault::Connect(fault));
            let rule = Rule { name: "r".to_owned(), when, effect };
            (place, Behaviors { rules: vec![rule], ..Behaviors::default() })
        });
        SharedBehaviors::new(rules.collect()).unwrap()
    }

    fn within(windows: Vec<Window>) -> SharedBehaviors {
        let when = When { windows, ..When::default() };
        shared(vec![(Place::All, ConnectFault::Refuse, when)])
    }

    fn at(shared: &SharedBehaviors, now: u64) -> (bool, Option<u64>) {
        let found = refusal(&shared.load(), &SessionName::default(), None, S(now));
        (found.is_refused, found.changes_at.map(|at| at.as_secs()))
    }

    #[test]
    fn rules_refuse_where_they_hold_and_strike_every_connection() {
        let api = ServiceName::new("api.test");
        let refuse = || ConnectFault::Refuse;
        let is_refused = |place: Place, fault: ConnectFault, when: When| {
            let shared = shared(vec![(place, fault, when)]);
            let of = |service| {
                refusal(&shared.load(), &SessionName::default(), service, S(0)).is_refused
            };
            (of(Some(&api)), of(None))
        };
        let always = When::default;
        let place = || Place::Service(api.clone());
        assert_eq!(is_refused(Place::All, refuse(), always()), (true, true));
        assert_eq!(is_refused(place(), refuse(), always()), (true, false));
        assert_eq!(is_refused(Place::Session(String::new()), refuse(), always()), (true, true));
        assert_eq!(is_refused(place(), ConnectFault::Reset, always()), (false, false));
        for when in [
            When { probability: 0.99, ..always() },
            When { turns: Turns { first: Some(9), ..Turns::default() }, ..always() },
            When { session: Some("other".to_owned()), ..always() },
            When {
                windows: vec![Window { ramp: Ramp::Down, ..window(0, Some(9), None) }],
                ..always()
            },
        ] {
            assert_eq!(is_refused(Place::All, refuse(), when.clone()), (false, false), "{when:?}");
        }
    }

    #[test]
    fn it_is_known_when_it_changes_next() {
        assert_eq!(at(&within(vec![]), 5), (true, None));
        let once = within(vec![window(10, Some(20), None)]);
        let told = [0, 9, 10, 19, 20, 99].map(|now| at(&once, now));
        let (before, inside, after) = ((false, Some(10)), (true, Some(20)), (false, None));
        assert_eq!(told, [before, before, inside, inside, after, after]);
        let again = within(vec![window(10, Some(20), Some(30))]);
        assert_eq!(
            [20, 39, 40, 49].map(|now| at(&again, now)),
            [(false, Some(40)), (false, Some(40)), (true, Some(50)), (true, Some(50)),]
        );
        let two = within(vec![window(0, Some(10), None), window(5, None, None)]);
        assert_eq!(
            [0, 5, 10].map(|now| at(&two, now)),
            [(true, Some(5)), (true, Some(10)), (true, None)]
        );
    }

    proptest! {
        #[test]
        fn nothing_changes_before_it_is_said_to(
            windows in prop::collection::vec(
                (0u64..20, prop::option::of(0u64..40), prop::option::of(0u64..30)), 1..3,
            ),
            now in 0u64..80,
        ) {
            let windows = windows.into_iter().map(|(from, until, period)| {
                window(from, until, period)
            });
            let shared = within(windows.collect());
            let (is_refused, next) = at(&shared, now);
            prop_assert!(next.is_none_or(|next| next > now));
            for later in now..next.unwrap_or(200) {
                prop_assert_eq!(at(&shared, later).0, is_refused);
            }
        }
    }
}
