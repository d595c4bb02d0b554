//! Which stub answers a request.

use std::sync::Arc;

use crate::{
    codec::{backtracking, view::RequestView},
    matching::{Probe, nearest, noise},
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
    /// The body decides.
    Body(Fitting),
}

/// Stubs that fit so far, as long as their heads alone tell.
#[derive(Clone, Debug, Default)]
pub struct Fitting {
    /// In the order in which they are to be tried.
    pub stubs: Vec<Arc<LiveStub>>,
    /// Whether there are more that fit so far: which of them the body will tell.
    pub has_more: bool,
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
    backtracking::bounded(|| fitting_heads(set, service, views, false))
}

/// All stubs whose heads fit, in the order in which they are to be tried, up to one that answers
/// whatever the body is.
pub fn all_by_head(
    set: &StubSet,
    service: Option<&ServiceName>,
    views: Views<'_, '_>,
) -> Vec<Arc<LiveStub>> {
    match backtracking::bounded(|| fitting_heads(set, service, views, true)) {
        HeadFit::Nothing => Vec::new(),
        HeadFit::Certain(live) => vec![live],
        HeadFit::Body(fitting) => fitting.stubs,
    }
}

/// Of stubs that the index tells apart by the body it is enough that one's head fits, unless `all` are
/// asked for.
fn fitting_heads(
    set: &StubSet,
    service: Option<&ServiceName>,
    views: Views<'_, '_>,
    all: bool,
) -> HeadFit {
    let mut fitting = Fitting::default();
    let mut candidates = set.candidates(&Probe::of_head(views.original, views.sanitised));
    while let Some((entry, is_undecided)) = candidates.next_told() {
        let live = &entry.item;
        if !live.is_in(service) || !views.fit(live, |view| live.request.matches_head(view)) {
            continue;
        }
        if is_undecided && !all {
            fitting.has_more = true;
            candidates.leave_undecided();
            continue;
        }
        let decides = !live.request.needs_body() && is_always_ready(live);
        if decides && fitting.stubs.is_empty() && !fitting.has_more {
            return HeadFit::Certain(Arc::clone(live));
        }
        fitting.stubs.push(Arc::clone(live));
        if decides {
            break;
        }
    }
    match fitting.stubs.is_empty() && !fitting.has_more {
        true => HeadFit::Nothing,
        false => HeadFit::Body(fitting),
    }
}

/// The stub that answers a whole request, where that is certain before anything is claimed: it fits, it
/// is not spent, and no scenario keeps it back.
pub fn certain(
    set: &StubSet,
    service: Option<&ServiceName>,
    views: Views<'_, '_>,
) -> Option<Arc<LiveStub>> {
    backtracking::bounded(|| {
        let probe = Probe::of_whole(views.original, views.sanitised);
        let mut candidates = set.candidates(&probe).map(|entry| &entry.item);
        let first = candidates.find(|live| is_whole_fit(live, service, views))?;
        is_always_ready(first).then(|| Arc::clone(first))
    })
}

/// Whether a stub that fits answers in any case: it is not spent, and no scenario keeps it back.
fn is_always_ready(live: &LiveStub) -> bool {
    let waits = live.stub.scenario.as_ref().is_some_and(|it| it.required_state.is_some());
    !waits && live.stub.responses.after_last != AfterLast::Miss
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
        HeadFit::Body(_) => backtracking::bounded(|| {
            let probe = Probe::of_whole(views.original, views.sanitised);
            set.candidates(&probe).any(|entry| is_whole_fit(&entry.item, service, views))
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
    set: &StubSet,
    service: Option<&ServiceName>,
    fitting: Fitting,
    views: Views<'_, '_>,
    gate: &mut Gate<'_>,
) -> Result<Option<Found>, Barred> {
    let matching = backtracking::bounded(|| {
        let fits = |live: &Arc<LiveStub>| is_whole_fit(live, service, views);
        if fitting.has_more {
            let probe = Probe::of_whole(views.original, views.sanitised);
            let candidates = set.candidates(&probe).map(|entry| &entry.item);
            up_to_decisive(candidates.filter(|live| fits(live)).cloned())
        } else {
            up_to_decisive(fitting.stubs.into_iter().filter(fits))
        }
    });
    claim_first(session, matching, gate)
}

/// Whether a request fits a stub, body and all.
fn is_whole_fit(live: &LiveStub, service: Option<&ServiceName>, views: Views<'_, '_>) -> bool {
    live.is_in(service) && views.fit(live, |view| live.request.matches(view))
}

/// Stubs that fit, to the first that answers in any case.
fn up_to_decisive(fitting: impl Iterator<Item = Arc<LiveStub>>) -> Vec<Arc<LiveStub>> {
    let mut matching = Vec::new();
    for live in fitting {
        let decides = is_always_ready(&live);
        matching.push(live);
        if decides {
            break;
        }
    }
    matching
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
mod tests;
