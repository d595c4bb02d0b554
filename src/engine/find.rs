//! Which stub answers a request.

use std::{cmp::Reverse, sync::Arc};

use crate::{
    codec::{backtracking, view::RequestView},
    matching::{Entry, nearest, noise},
    model::{AfterLast, ServiceName},
    store::{HeldScenarios, LiveStub, Session, StubSet},
};

/// A stub and which of its answers the request gets.
#[derive(Clone, Debug)]
pub struct Found {
    /// The stub.
    pub stub: Arc<LiveStub>,
    /// Place of the answer in the stub's sequence.
    pub step: usize,
    /// Which hit of the stub this is, from 0.
    pub hit: u64,
    /// Where it fits but for values that vary: recorded values and what the request has instead.
    pub nearest: Option<Vec<(String, String)>>,
}

/// What a request's head alone tells.
#[derive(Clone, Debug)]
pub enum HeadFit {
    /// No stub can match, whatever the body.
    Nothing,
    /// The first stub whose head fits asks for no body.
    Certain(Arc<LiveStub>),
    /// These fit so far, in the order in which they are to be tried; the body decides.
    Body(Vec<Arc<LiveStub>>),
}

/// A request in both its forms: a recorded stub knows it with its credentials replaced, a stub that a
/// person wrote may name a credential as it is.
#[derive(Clone, Copy)]
pub struct Views<'v, 'r> {
    /// As it came.
    pub original: &'v RequestView<'r>,
    /// Sanitised; `None` when that changed nothing.
    pub sanitised: Option<&'v RequestView<'r>>,
}

impl<'v, 'r> Views<'v, 'r> {
    /// Whether the request fits a stub. A recorded stub must not see the original: it may be that
    /// of the same request without the credential, whose value then still stands in the URL.
    fn fit(self, live: &LiveStub, fits: impl Fn(&RequestView<'_>) -> bool) -> bool {
        if live.stub.recorded.is_some() {
            return fits(self.recorded());
        }
        self.sanitised.is_some_and(&fits) || fits(self.original)
    }

    /// The form that recordings have.
    fn recorded(self) -> &'v RequestView<'r> {
        self.sanitised.unwrap_or(self.original)
    }
}

/// Asked whether a stub may answer, before its answer is claimed.
pub type Gate<'g> = dyn FnMut(&Arc<LiveStub>) -> bool + 'g;

/// The gate let nobody through to the stub whose turn it is: nothing was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barred;

/// A gate that lets everybody through.
pub fn open(_: &Arc<LiveStub>) -> bool {
    true
}

/// Looks at method, URL and header fields only.
pub fn by_head(set: &StubSet, service: Option<&ServiceName>, views: Views<'_, '_>) -> HeadFit {
    backtracking::bounded(|| fitting_heads(set, service, views))
}

fn fitting_heads(set: &StubSet, service: Option<&ServiceName>, views: Views<'_, '_>) -> HeadFit {
    let mut fitting: Vec<Arc<LiveStub>> = Vec::new();
    let with_other_url = views
        .sanitised
        .filter(|sanitised| sanitised.path_and_query() != views.original.path_and_query());
    let mut candidates = merged(
        set.candidates(views.original),
        with_other_url.map(|sanitised| set.candidates(sanitised)).into_iter().flatten(),
    );
    let fits = |live: &LiveStub| {
        live.is_in(service) && views.fit(live, |view| live.request.matches_head(view))
    };
    for live in candidates.by_ref().filter(|live| fits(live)) {
        let decides = !live.request.needs_body() && is_always_ready(live);
        if decides && fitting.is_empty() {
            return HeadFit::Certain(Arc::clone(live));
        }
        fitting.push(Arc::clone(live));
        if decides {
            break;
        }
    }
    if fitting.is_empty() { HeadFit::Nothing } else { HeadFit::Body(fitting) }
}

/// The stub that answers a whole request, where that is certain before anything is claimed: it fits, it
/// is not spent, and no scenario keeps it back.
pub fn certain(
    set: &StubSet,
    service: Option<&ServiceName>,
    views: Views<'_, '_>,
) -> Option<Arc<LiveStub>> {
    match by_head(set, service, views) {
        HeadFit::Nothing => None,
        HeadFit::Certain(live) => Some(live),
        HeadFit::Body(fitting) => backtracking::bounded(|| {
            let fits = |live: &LiveStub| views.fit(live, |view| live.request.matches(view));
            let first = fitting.into_iter().find(|live| fits(live));
            first.filter(|live| is_always_ready(live))
        }),
    }
}

/// Whether a stub that fits answers in any case: it is not spent, and no scenario keeps it back.
fn is_always_ready(live: &LiveStub) -> bool {
    let waits = live.stub.scenario.as_ref().is_some_and(|it| it.required_state.is_some());
    !waits && live.stub.responses.after_last != AfterLast::Miss
}

/// Two lists of candidates as one, in the order in which they are to be tried; what is in both comes
/// once.
fn merged<'s>(
    left: impl Iterator<Item = &'s Entry<Arc<LiveStub>>>,
    right: impl Iterator<Item = &'s Entry<Arc<LiveStub>>>,
) -> impl Iterator<Item = &'s Arc<LiveStub>> {
    let rank = |entry: &Entry<Arc<LiveStub>>| (entry.priority, Reverse(entry.insertion));
    let (mut left, mut right) = (left.peekable(), right.peekable());
    std::iter::from_fn(move || {
        let entry = match (left.peek(), right.peek()) {
            (Some(l), Some(r)) if l.item.serial == r.item.serial => {
                right.next();
                left.next()
            }
            (Some(l), Some(r)) if rank(r) < rank(l) => right.next(),
            (None, _) => right.next(),
            _ => left.next(),
        };
        entry.map(|entry| &entry.item)
    })
}

/// Whether a stub is there for a request that nobody seeks one for; nothing is claimed. Without the whole
/// body (`is_whole`) its head decides. `is_near` also takes recorded stubs that it may fit but for noise.
pub fn may_answer(
    set: &StubSet,
    service: Option<&ServiceName>,
    views: Views<'_, '_>,
    is_whole: bool,
    is_near: bool,
) -> bool {
    let fits = match by_head(set, service, views) {
        HeadFit::Nothing => false,
        HeadFit::Certain(_) => true,
        HeadFit::Body(_) if !is_whole => true,
        HeadFit::Body(fitting) => backtracking::bounded(|| {
            let fits = |live: &LiveStub| views.fit(live, |view| live.request.matches(view));
            fitting.iter().any(|live| fits(live))
        }),
    };
    let view = views.recorded();
    let mut recorded = set.recorded_like(view.method(), view.path());
    fits || (is_near && recorded.any(|live| live.is_in(service)))
}

/// Claims the next answer of a stub; `None` when it is spent, or not its scenario's turn.
///
/// # Errors
///
/// [`Barred`] by the gate.
pub fn claim(
    session: &Session,
    stub: Arc<LiveStub>,
    gate: &mut Gate<'_>,
) -> Result<Option<Found>, Barred> {
    claim_first(session, vec![stub], gate)
}

/// Claims the next answer of the first stub that is neither spent nor kept back by its scenario, once
/// the gate has let the request through to it.
///
/// Of requests that race, each finds the scenario in the state that the one before it left: the
/// states are held from the first stub of a scenario on.
fn claim_first(
    session: &Session,
    stubs: Vec<Arc<LiveStub>>,
    gate: &mut Gate<'_>,
) -> Result<Option<Found>, Barred> {
    let mut held: Option<HeldScenarios<'_>> = None;
    for stub in stubs {
        let scenario = stub.stub.scenario.as_ref();
        if let Some(scenario) = scenario {
            let held = held.get_or_insert_with(|| session.scenarios().hold());
            if !held.allow(scenario) {
                continue;
            }
        }
        let is_spent = stub.stub.responses.step(session.hits(stub.stub.id)).is_none();
        if !is_spent && !gate(&stub) {
            return Err(Barred);
        }
        let hit = session.claim(stub.stub.id);
        if let Some(step) = stub.stub.responses.step(hit) {
            if let (Some(held), Some(scenario)) = (&mut held, scenario) {
                held.pass(scenario);
            }
            return Ok(Some(Found { stub, step, hit, nearest: None }));
        }
    }
    Ok(None)
}

/// The first of `fitting` that the whole request matches, its answer claimed.
///
/// # Errors
///
/// [`Barred`] by the gate.
pub fn by_body(
    session: &Session,
    fitting: Vec<Arc<LiveStub>>,
    views: Views<'_, '_>,
    gate: &mut Gate<'_>,
) -> Result<Option<Found>, Barred> {
    let matching = backtracking::bounded(|| {
        let mut matching = Vec::new();
        for live in fitting {
            if views.fit(&live, |view| live.request.matches(view)) {
                let decides = is_always_ready(&live);
                matching.push(live);
                if decides {
                    break;
                }
            }
        }
        matching
    });
    claim_first(session, matching, gate)
}

/// A recorded stub that the request fits but for values that vary from run to run, its answer
/// claimed.
///
/// A value that the client made itself comes back in later requests: of several stubs, one in which
/// it stands for the same recorded value as before goes first. Then one that this session has not
/// had yet, then the one with the fewest differences, then the one that was recorded first. When
/// none differs in noise alone, a stub of the same URL and a body of the same shape answers if it is
/// the only one left that this session has not had: parallel requests may swap what was recorded on
/// each.
///
/// # Errors
///
/// [`Barred`] by the gate.
pub fn by_nearest(
    session: &Session,
    set: &StubSet,
    service: Option<&ServiceName>,
    views: Views<'_, '_>,
    gate: &mut Gate<'_>,
) -> Result<Option<Found>, Barred> {
    let view = views.recorded();
    let recorded =
        || set.recorded_like(view.method(), view.path()).filter(|live| live.is_in(service));
    let best = recorded()
        .filter_map(|live| {
            let differences = nearest::differences(&live.stub.request, view)?;
            Some((rank(session, live, &differences), live, differences))
        })
        .min_by_key(|(rank, ..)| *rank);
    let (live, differences) = match best {
        Some((_, live, differences)) => {
            let names = differences.iter().filter(|(_, now)| noise::is_random_name(now));
            session.learn(names.cloned());
            (live, differences)
        }
        None => {
            let mut left = recorded()
                .filter(|live| session.hits(live.stub.id) == 0)
                .filter_map(|live| Some((live, nearest::same_shape(&live.stub.request, view)?)));
            match (left.next(), left.next()) {
                (Some(only), None) => only,
                _ => return Ok(None),
            }
        }
    };
    let found = claim(session, Arc::clone(live), gate)?;
    Ok(found.map(|found| Found { nearest: Some(differences), ..found }))
}

/// The order in which stubs that fit but for noise are tried.
fn rank(
    session: &Session,
    live: &LiveStub,
    differences: &[(String, String)],
) -> (usize, bool, usize, u32) {
    let n_contradictions = differences
        .iter()
        .filter(|(recorded, now)| noise::is_random_name(now) && session.contradicts(recorded, now))
        .count();
    let was_had = session.hits(live.stub.id) > 0;
    let turn = live.stub.recorded.as_ref().map_or(0, |recorded| recorded.turn);
    (n_contradictions, was_had, differences.len(), turn)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use http::{HeaderMap, header::AUTHORIZATION};
    use uuid::Uuid;

    use super::*;
    use crate::{
        model::{
            MethodPattern, Recorded, Request, RequestBody, RequestPattern, ResponseSpec, Responses,
            Scheme, SessionName, Stub, StubId, UrlPattern, ValuePattern,
        },
        store::{StubFile, StubStore},
    };

    fn stub(id: u128, url: UrlPattern, authorization: Option<&str>, recorded: bool) -> Stub {
        let headers = authorization
            .map(|value| ("Authorization".to_owned(), ValuePattern::equal_to(value)))
            .into_iter()
            .collect();
        Stub {
            id: StubId(Uuid::from_u128(id)),
            request: RequestPattern { url, headers, ..RequestPattern::default() },
            responses: Responses::one(ResponseSpec { status: 200, ..ResponseSpec::default() }),
            recorded: recorded.then(Recorded::default),
            ..Stub::default()
        }
    }

    fn request(target: &str, authorization: &str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        Request {
            method: http::Method::GET,
            scheme: Scheme::Http,
            authority: "h".to_owned(),
            target: target.parse().unwrap(),
            headers,
            body: RequestBody::Whole(bytes::Bytes::new()),
            client: None,
            received: std::time::UNIX_EPOCH,
        }
    }

    /// Which of the stubs answers a request that sanitising changes from one form into the other.
    fn found(stubs: Vec<Stub>, original: &Request, sanitised: &Request) -> Option<u128> {
        let store = StubStore::default();
        let path = PathBuf::from("stubs.json");
        assert!(store.apply(vec![StubFile { path, stubs }]).is_empty());
        let original = RequestView::new(original);
        let sanitised = RequestView::new(sanitised);
        let views = Views { original: &original, sanitised: Some(&sanitised) };
        match by_head(&store.snapshot(), None, views) {
            HeadFit::Certain(live) => Some(live.stub.id.0.as_u128()),
            HeadFit::Nothing => None,
            HeadFit::Body(fitting) => panic!("no stub looks at a body: {fitting:?}"),
        }
    }

    #[test]
    fn a_value_of_the_client_stands_for_one_recorded_value() {
        const IDS: [&str; 4] = [
            "550e8400-e29b-41d4-a716-446655440000",
            "9b2f3e1c-0d4a-4c8b-9f6e-2a7d5c1b8e90",
            "c1d7a2f4-63be-4f19-8a05-f3e9b7d2604c",
            "2e86cb59-f17d-4a3e-b4c8-810d6a5f9273",
        ];
        let at = |n: usize| UrlPattern::UrlPath(format!("/a/{}", IDS[n]));
        let mut stubs = vec![stub(1, at(0), None, true), stub(2, at(1), None, true)];
        for stub in &mut stubs {
            stub.request.method = MethodPattern::Is("GET".to_owned());
        }
        // The one that comes first in the folder was recorded last.
        stubs[0].recorded.as_mut().unwrap().turn = 1;
        let store = StubStore::default();
        assert!(
            store.apply(vec![StubFile { path: PathBuf::from("stubs.json"), stubs }]).is_empty()
        );
        let session = Session::new(SessionName::default());
        let ask = |n: usize| {
            let request = request(&format!("/a/{}", IDS[n]), "none");
            let views = Views { original: &RequestView::new(&request), sanitised: None };
            by_nearest(&session, &store.snapshot(), None, views, &mut open)
                .unwrap()
                .unwrap()
                .stub
                .stub
                .id
                .0
                .as_u128()
        };
        assert_eq!([ask(2), ask(2), ask(3), ask(2), ask(3)], [2, 2, 1, 2, 1]);
    }

    #[test]
    fn a_written_credential_and_a_recorded_pseudonym_both_match() {
        let original = request("/a?key=plain", "Bearer plain");
        let sanitised = request("/a?key=r1ng", "Bearer r1ng");
        let url = |url: &str| UrlPattern::Url(url.to_owned());
        let written = stub(1, UrlPattern::UrlPath("/a".into()), Some("Bearer plain"), false);
        let recorded = stub(2, url("/a?key=r1ng"), Some("Bearer r1ng"), true);
        let other = stub(3, url("/a?key=other"), None, true);
        let answer = |stubs: &[&Stub]| {
            found(stubs.iter().map(|stub| (*stub).clone()).collect(), &original, &sanitised)
        };
        assert_eq!(answer(&[&written]), Some(1));
        assert_eq!(answer(&[&recorded]), Some(2));
        assert_eq!(answer(&[&other]), None);
        // The later one is the more recent, whichever form it matches in.
        assert_eq!(answer(&[&written, &recorded, &other]), Some(2));
        assert_eq!(answer(&[&recorded, &written, &other]), Some(1));
    }
}
