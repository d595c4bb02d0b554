//! Why a request gets the answer that it gets: each stub near enough to matter, part by part.
//!
//! It asks the same matchers as serving does, in the same order.

use std::{collections::BTreeMap, sync::Arc};

use super::find::{Views, by_nearest, open};
use crate::{
    codec::view::RequestView,
    matching::{PartVerdict, near_miss},
    model::{ServiceName, SessionName},
    store::{LiveStub, Session, StubSet},
};

/// What a request comes to.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The stub that answers.
    pub answer: Option<Considered>,
    /// Stubs that match, and do not answer: in the order in which they are tried.
    pub passed_over: Vec<Considered>,
    /// The stubs that came closest to matching, of those that would have answered instead; the closest
    /// first.
    pub near: Vec<Considered>,
}

/// A stub that was looked at.
#[derive(Clone, Debug)]
pub struct Considered {
    /// The stub.
    pub stub: Arc<LiveStub>,
    /// What came of it.
    pub standing: Standing,
    /// Every part of its request pattern, fitting or not.
    pub parts: Vec<PartVerdict>,
}

/// What came of a stub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It answers.
    Answers,
    /// It is a recording that fits but for values that vary from run to run: recorded values and
    /// those of the request.
    AnswersAsNearest(Vec<(String, String)>),
    /// It matches too, but comes later.
    ComesLater,
    /// It matches, but its scenario is in another state.
    OtherState {
        /// The scenario.
        scenario: String,
        /// The state that the stub requires.
        required: String,
        /// The state that the scenario is in.
        actual: String,
    },
    /// Some part does not fit.
    Differs,
}

/// Says which stub answers and why others do not, given the states of scenarios; a scenario that
/// is not among them is in its first state. At most `n` stubs that do not match are told.
pub fn explain(
    set: &StubSet,
    service: Option<&ServiceName>,
    view: &RequestView<'_>,
    states: &BTreeMap<String, String>,
    n: usize,
) -> Explanation {
    let mut explanation = Explanation::default();
    let session = Session::new(SessionName::default());
    for (name, state) in states {
        session.scenarios().set(name, state);
    }
    let considered = |live: &Arc<LiveStub>, standing| Considered {
        stub: Arc::clone(live),
        standing,
        parts: live.request.explain(view),
    };
    let in_service = || set.in_order().filter(|live| live.is_in(service));
    for live in in_service().filter(|live| live.request.matches(view)) {
        if let Some(standing) = other_state(live, &session) {
            explanation.passed_over.push(considered(live, standing));
        } else if explanation.answer.is_none() {
            explanation.answer = Some(considered(live, Standing::Answers));
        } else {
            explanation.passed_over.push(considered(live, Standing::ComesLater));
        }
    }
    if explanation.answer.is_none() {
        let views = Views { original: view, sanitised: None };
        let found = by_nearest(&session, set, service, views, &mut open).ok().flatten();
        explanation.answer = found.map(|found| {
            let differences = found.nearest.unwrap_or_default();
            considered(&found.stub, Standing::AnswersAsNearest(differences))
        });
    }
    // Where a stub answers, only those that would have gone before it are asked about.
    let answer = explanation.answer.as_ref();
    let first = answer.filter(|it| it.standing == Standing::Answers).map(|it| it.stub.serial);
    let is_first = |live: &LiveStub| Some(live.serial) == first;
    let others = in_service()
        .take_while(|live| !is_first(live))
        .filter(|live| !live.request.matches(view))
        .filter(|live| answer.is_none_or(|it| it.stub.serial != live.serial))
        .map(|live| (live.request.as_ref(), live));
    explanation.near = near_miss::closest(others, view, n)
        .into_iter()
        .map(|miss| Considered {
            stub: Arc::clone(miss.item),
            standing: Standing::Differs,
            parts: miss.verdicts,
        })
        .collect();
    explanation
}

fn other_state(live: &LiveStub, session: &Session) -> Option<Standing> {
    let scenario = live.stub.scenario.as_ref()?;
    if session.scenarios().hold().allow(scenario) {
        return None;
    }
    Some(Standing::OtherState {
        scenario: scenario.name.clone(),
        required: scenario.required_state.clone().unwrap_or_default(),
        actual: session.scenarios().state(&scenario.name),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use http::HeaderMap;

    use super::*;
    use crate::{
        model::{Request, RequestBody, RequestPattern, Scenario, Scheme, Stub, StubId, UrlPattern},
        store::{StubFile, StubStore},
    };

    fn stub(name: &str, path: &str, state: Option<&str>) -> Stub {
        Stub {
            id: StubId(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, name.as_bytes())),
            name: Some(name.to_owned()),
            request: RequestPattern {
                url: UrlPattern::UrlPath(path.to_owned()),
                ..RequestPattern::default()
            },
            scenario: state.map(|state| {
                Box::new(Scenario {
                    name: "s".to_owned(),
                    required_state: Some(state.to_owned()),
                    new_state: None,
                })
            }),
            ..Stub::default()
        }
    }

    fn explained(stubs: Vec<Stub>, states: &[(&str, &str)]) -> (Option<String>, Vec<Standing>) {
        let store = StubStore::default();
        store.apply(vec![StubFile { path: Path::new("a.json").into(), stubs }]);
        let request = Request {
            method: http::Method::GET,
            scheme: Scheme::Http,
            authority: "h".to_owned(),
            target: "/a".parse().unwrap(),
            headers: HeaderMap::new(),
            body: RequestBody::Whole(bytes::Bytes::new()),
            client: None,
            received: std::time::UNIX_EPOCH,
        };
        let states =
            states.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect();
        let set = store.snapshot();
        let found = explain(&set, None, &RequestView::new(&request), &states, 3);
        let rest = found.passed_over.into_iter().chain(found.near).map(|it| it.standing);
        (found.answer.map(|it| it.stub.display_name()), rest.collect())
    }

    #[test]
    fn the_newest_answers_and_the_others_are_told() {
        let stubs =
            vec![stub("one", "/a", None), stub("two", "/b", None), stub("three", "/a", None)];
        let (answer, rest) = explained(stubs, &[]);
        assert_eq!(answer.as_deref(), Some("three"));
        assert_eq!(rest, [Standing::ComesLater]);
        let (answer, rest) = explained(vec![stub("one", "/a", None), stub("two", "/b", None)], &[]);
        assert_eq!(answer.as_deref(), Some("one"));
        assert_eq!(rest, [Standing::Differs]);
    }

    #[test]
    fn a_scenario_in_another_state_passes_the_request_on() {
        let stubs =
            || vec![stub("first", "/a", Some("Started")), stub("second", "/a", Some("two"))];
        assert_eq!(explained(stubs(), &[]).0.as_deref(), Some("first"));
        let (answer, rest) = explained(stubs(), &[("s", "two")]);
        assert_eq!(answer.as_deref(), Some("second"));
        assert!(matches!(&rest[..], [Standing::OtherState { actual, .. }] if actual == "two"));
    }
}
