//! Which stub answers a request.

use std::sync::Arc;

use crate::{
    codec::view::RequestView,
    matching::nearest,
    model::ServiceName,
    store::{LiveStub, Session, StubSet},
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

/// Looks at method, URL and header fields only.
pub fn by_head(set: &StubSet, service: Option<&ServiceName>, view: &RequestView<'_>) -> HeadFit {
    let mut fitting: Vec<Arc<LiveStub>> = Vec::new();
    for live in set.candidates(view.method(), view.path(), view.path_and_query()) {
        if !live.is_in(service) || !live.request.matches_head(view) {
            continue;
        }
        // A stub that may be spent leaves the question open.
        let decides = !live.request.needs_body()
            && live.stub.responses.after_last != crate::model::AfterLast::Miss;
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

/// Claims the next answer of a stub; `None` when it is spent.
pub fn claim(session: &Session, stub: Arc<LiveStub>) -> Option<Found> {
    let hit = session.claim(stub.stub.id);
    let step = stub.stub.responses.step(hit)?;
    Some(Found { stub, step, hit, nearest: None })
}

/// The first of `fitting` that the whole request matches, its answer claimed.
pub fn by_body(
    session: &Session,
    fitting: Vec<Arc<LiveStub>>,
    view: &RequestView<'_>,
) -> Option<Found> {
    fitting
        .into_iter()
        .filter(|live| live.request.matches(view))
        .find_map(|live| claim(session, live))
}

/// A recorded stub that the request fits but for values that vary from run to run, its answer
/// claimed.
///
/// Of several, one that this session has not had yet goes first, then the one with the fewest
/// differences. When none differs in noise alone, a stub of the same URL and a body of the same
/// shape answers if it is the only one left that this session has not had: parallel requests may
/// swap what was recorded on each.
pub fn by_nearest(
    session: &Session,
    set: &StubSet,
    service: Option<&ServiceName>,
    view: &RequestView<'_>,
) -> Option<Found> {
    let recorded =
        || set.recorded_like(view.method(), view.path()).iter().filter(|live| live.is_in(service));
    let best = recorded()
        .filter_map(|live| {
            let differences = nearest::differences(&live.stub.request, view)?;
            Some((session.hits(live.stub.id) > 0, differences.len(), live, differences))
        })
        .min_by_key(|(had, count, ..)| (*had, *count));
    let (live, differences) = match best {
        Some((.., live, differences)) => (live, differences),
        None => {
            let mut left = recorded()
                .filter(|live| session.hits(live.stub.id) == 0)
                .filter_map(|live| Some((live, nearest::same_shape(&live.stub.request, view)?)));
            let only = left.next()?;
            if left.next().is_some() {
                return None;
            }
            only
        }
    };
    claim(session, Arc::clone(live)).map(|found| Found { nearest: Some(differences), ..found })
}
