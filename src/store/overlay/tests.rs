//! What a session sees, against lists that are kept the simple way.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use http::{HeaderMap, Method, uri::PathAndQuery};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    codec::view::RequestView,
    matching::Probe,
    model::{
        BodySpec, MethodPattern, Recorded, Request, RequestBody, RequestPattern, ResponseSpec,
        Responses, Scheme, ServiceName, UrlPattern,
    },
    store::StubFile,
};

const NOW: Duration = Duration::ZERO;

fn id(n: u8) -> StubId {
    StubId(Uuid::from_u128(u128::from(n) + 1))
}

/// A stub; `version` tells it from others of its id.
fn stub(n: u8, priority: u32, version: u64) -> Stub {
    // Exact paths, expressions and any, so that all lists of the index have a part.
    let url = match n % 3 {
        0 => UrlPattern::UrlPath("/a".to_owned()),
        1 => UrlPattern::UrlPathPattern("/[a-c]".to_owned()),
        _ => UrlPattern::Any,
    };
    let method = MethodPattern::Is("GET".to_owned());
    Stub {
        id: id(n),
        name: Some(version.to_string()),
        priority: Some(priority),
        request: RequestPattern { url, method, ..RequestPattern::default() },
        recorded: n.is_multiple_of(4).then(Recorded::default),
        ..Stub::default()
    }
}

fn request() -> Request {
    Request {
        method: Method::GET,
        scheme: Scheme::Http,
        authority: "h".to_owned(),
        target: PathAndQuery::from_static("/a"),
        headers: HeaderMap::new(),
        body: RequestBody::Whole(bytes::Bytes::new()),
        client: None,
        received: std::time::SystemTime::UNIX_EPOCH,
    }
}

fn names<'s>(stubs: impl Iterator<Item = &'s Arc<LiveStub>>) -> Vec<String> {
    stubs.map(|live| live.stub.name.clone().unwrap_or_default()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    /// Of the base.
    File(u8, Vec<(u8, u32)>),
    BaseAdd(u8, u32),
    BaseRemove(u8),
    BaseReplace(u8, u32),
    /// Of one of two sessions.
    Add(usize, u8, u32),
    Remove(usize, u8),
    Replace(usize, u8, u32),
    RemoveAll(usize),
    Reset(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    let n = || 0u8..40;
    let priority = || 4u32..7;
    let session = || 0usize..2;
    let file = (0u8..4)
        .prop_flat_map(move |file| (Just(file), prop::collection::vec((0u8..5, priority()), 0..4)));
    prop_oneof![
        3 => file.prop_map(|(file, stubs)| Step::File(file, stubs)),
        3 => (n(), priority()).prop_map(|(n, p)| Step::BaseAdd(n, p)),
        2 => n().prop_map(Step::BaseRemove),
        2 => (n(), priority()).prop_map(|(n, p)| Step::BaseReplace(n, p)),
        6 => (session(), n(), priority()).prop_map(|(s, n, p)| Step::Add(s, n, p)),
        4 => (session(), n()).prop_map(|(s, n)| Step::Remove(s, n)),
        4 => (session(), n(), priority()).prop_map(|(s, n, p)| Step::Replace(s, n, p)),
        1 => session().prop_map(Step::RemoveAll),
        1 => session().prop_map(Step::Reset),
    ]
}

/// A place as the model has it: those of files by name, then those that were added, then a
/// session's own. A copy stands right behind what it was made of.
type Place = (u8, u8, u64, bool);

type Placed = BTreeMap<Place, Stub>;

fn find(stubs: &Placed, id: StubId) -> Option<Place> {
    stubs.iter().rev().find(|(_, stub)| stub.id == id).map(|(place, _)| *place)
}

/// What a session has, kept the simple way.
#[derive(Default)]
struct Session {
    own: Placed,
    masked: BTreeSet<u128>,
    hides_base: bool,
    /// Whether it ever had a copy of a stub of a file, whose place may since be another's.
    has_copied: bool,
}

impl Session {
    fn shows(&self, id: StubId) -> bool {
        !self.hides_base && !self.masked.contains(&id.0.as_u128())
    }

    fn all(&self, base: &Placed) -> Placed {
        let base = base.iter().filter(|(_, stub)| self.shows(stub.id));
        base.chain(&self.own).map(|(place, stub)| (*place, stub.clone())).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_changes_leave_what_a_plain_merged_list_would(
        steps in prop::collection::vec(any_step(), 1..120),
    ) {
        let base = Arc::new(StubStore::default());
        let sessions = [0; 2].map(|_: u8| SessionStubs::over(Arc::clone(&base)));
        let mut plain_base = Placed::new();
        let mut plain = [Session::default(), Session::default()];
        let mut version = 0;
        let request = request();
        let view = RequestView::new(&request);
        for step in steps {
            version += 1;
            match step {
                Step::File(file, stubs) => {
                    let mut all: Vec<Stub> = Vec::new();
                    for (n, priority) in stubs {
                        version += 1;
                        // Ids of files are not those of others.
                        let one = stub(20 + file * 5 + n, priority, version);
                        if all.iter().all(|other| other.id != one.id) {
                            all.push(one);
                        }
                    }
                    plain_base.retain(|(kind, of, ..), _| (*kind, *of) != (0, file));
                    for (stub, at) in all.iter().zip(0..) {
                        plain_base.insert((0, file, at, false), stub.clone());
                    }
                    let path = PathBuf::from(format!("{file}.json"));
                    base.apply(vec![StubFile { path: path.into(), stubs: all }]);
                }
                Step::BaseAdd(n, priority) if n < 20 => {
                    let stub = stub(n, priority, version);
                    let is_taken = find(&plain_base, stub.id).is_some();
                    prop_assert_eq!(base.add(stub.clone(), None).is_err(), is_taken);
                    if !is_taken {
                        plain_base.insert((1, 0, version, false), stub);
                    }
                }
                Step::BaseAdd(..) => {}
                Step::BaseRemove(n) => {
                    // A file takes the places of its stubs together.
                    if n < 20 {
                        base.remove(&[id(n)]);
                        plain_base.retain(|_, stub| stub.id != id(n));
                    }
                }
                Step::BaseReplace(n, priority) => {
                    let stub = stub(n, priority, version);
                    let place = find(&plain_base, stub.id);
                    prop_assert_eq!(base.replace(stub.clone(), None).is_ok(), place.is_some());
                    if let Some(place) = place {
                        plain_base.insert(place, stub);
                    }
                }
                Step::Add(s, n, priority) => {
                    let stub = stub(n, priority, version);
                    let is_taken = find(&plain[s].all(&plain_base), stub.id).is_some();
                    prop_assert_eq!(sessions[s].add(stub.clone(), NOW).is_err(), is_taken);
                    if !is_taken {
                        plain[s].masked.insert(stub.id.0.as_u128());
                        plain[s].own.insert((2, 0, version, true), stub);
                    }
                }
                Step::Replace(s, n, priority) => {
                    let stub = stub(n, priority, version);
                    let place = find(&plain[s].all(&plain_base), stub.id);
                    let replaced = sessions[s].replace(stub.clone(), NOW);
                    prop_assert_eq!(replaced.is_ok(), place.is_some());
                    if let Some((kind, of, at, is_own)) = place {
                        let mut place = (kind, of, at, true);
                        plain[s].has_copied |= kind == 0;
                        if !is_own {
                            plain[s].masked.insert(stub.id.0.as_u128());
                            if plain[s].own.contains_key(&place) {
                                place = (2, 0, version, true);
                            }
                        }
                        plain[s].own.insert(place, stub);
                    }
                }
                Step::Remove(s, n) => {
                    let seen = find(&plain[s].all(&plain_base), id(n)).is_some();
                    prop_assert_eq!(sessions[s].remove(&[id(n)]).len(), usize::from(seen));
                    if seen {
                        plain[s].own.retain(|_, stub| stub.id != id(n));
                        plain[s].masked.insert(id(n).0.as_u128());
                        if find(&plain_base, id(n)).is_none() {
                            plain[s].masked.remove(&id(n).0.as_u128());
                        }
                    }
                }
                Step::RemoveAll(s) => {
                    sessions[s].remove_all();
                    plain[s] = Session { hides_base: true, ..Session::default() };
                }
                Step::Reset(s) => {
                    sessions[s].reset();
                    plain[s] = Session::default();
                }
            }
            for (stubs, plain) in sessions.iter().zip(&plain) {
                let set = stubs.snapshot();
                let all = plain.all(&plain_base);
                for n in 0..40 {
                    let known = stubs.get(id(n)).map(|live| live.stub.clone());
                    prop_assert_eq!(known, find(&all, id(n)).and_then(|at| all.get(&at)).cloned());
                }
                prop_assert_eq!(set.len(), all.len());
                prop_assert_eq!(set.is_empty(), all.is_empty());
                let own: BTreeSet<_> =
                    plain.own.values().map(|stub| stub.name.clone().unwrap()).collect();
                let seen_own = names(stubs.own().iter()).into_iter().collect();
                prop_assert_eq!(own, seen_own);
                let mut oldest_first: Vec<String> =
                    all.values().map(|stub| stub.name.clone().unwrap()).collect();
                let mut seen = names(set.all());
                let mut order: Vec<_> = all.values().enumerate().collect();
                order.sort_by_key(|(at, stub)| (stub.effective_priority(), Reverse(*at)));
                let order: Vec<String> =
                    order.into_iter().map(|(_, stub)| stub.name.clone().unwrap()).collect();
                // Of a file that came anew, the place that a copy was made in is another stub's:
                // both orders of those two are right.
                let is_plain = !plain.has_copied;
                let candidates = set.candidates(&Probe::of_whole(&view, None));
                let candidates = names(candidates.map(|entry| &entry.item));
                let in_order = names(set.in_order());
                prop_assert_eq!(&candidates, &in_order);
                if is_plain {
                    prop_assert_eq!(&seen, &oldest_first);
                    prop_assert_eq!(in_order, order);
                } else {
                    seen.sort_unstable();
                    oldest_first.sort_unstable();
                    prop_assert_eq!(seen, oldest_first);
                }
                let mut recorded = names(set.recorded_like("GET", "/a"));
                recorded.sort_unstable();
                let is_exact = |stub: &&Stub| {
                    stub.recorded.is_some() && matches!(stub.request.url, UrlPattern::UrlPath(_))
                };
                let mut expected: Vec<String> =
                    all.values().filter(is_exact).map(|stub| stub.name.clone().unwrap()).collect();
                expected.sort_unstable();
                prop_assert_eq!(recorded, expected);
            }
            let base_names: Vec<_> =
                plain_base.values().map(|stub| stub.name.clone().unwrap()).collect();
            prop_assert_eq!(names(base.snapshot().all()), base_names);
        }
    }
}

fn base_of(stubs: impl IntoIterator<Item = Stub>) -> Arc<StubStore> {
    let base = Arc::new(StubStore::default());
    for stub in stubs {
        base.add(stub, None).unwrap();
    }
    base
}

#[test]
fn a_changed_stub_of_the_base_keeps_its_place_and_an_added_one_is_the_newest() {
    let base = base_of([stub(0, 5, 1), stub(1, 5, 2), stub(2, 5, 3)]);
    let session = SessionStubs::over(Arc::clone(&base));
    session.add(stub(3, 5, 4), NOW).unwrap();
    session.replace(stub(1, 5, 5), NOW).unwrap();
    base.add(stub(4, 5, 6), None).unwrap();
    assert_eq!(names(session.snapshot().in_order()), ["4", "6", "3", "5", "1"]);
    assert_eq!(names(base.snapshot().in_order()), ["6", "3", "2", "1"]);
}

#[test]
fn what_a_session_touched_stays_as_it_left_it_whatever_becomes_of_the_base() {
    let base = base_of([stub(0, 5, 1), stub(1, 5, 2)]);
    let session = SessionStubs::over(Arc::clone(&base));
    session.remove(&[id(0)]);
    session.replace(stub(1, 5, 3), NOW).unwrap();
    session.add(stub(2, 5, 4), NOW).unwrap();
    for n in 0..2 {
        base.remove(&[id(n)]);
        base.add(stub(n, 5, 10 + u64::from(n)), None).unwrap();
    }
    base.add(stub(2, 5, 12), None).unwrap();
    assert_eq!(names(session.snapshot().all()), ["3", "4"]);
    assert_eq!(session.counts(), (2, 3));
    session.reset();
    assert_eq!(names(session.snapshot().all()), ["10", "11", "12"]);
    assert_eq!(session.counts(), (0, 0));
}

#[test]
fn who_removes_all_sees_nothing_that_comes_later_either() {
    let base = base_of([stub(0, 5, 1)]);
    let session = SessionStubs::over(Arc::clone(&base));
    session.add(stub(1, 5, 2), NOW).unwrap();
    session.remove_all();
    base.add(stub(2, 5, 3), None).unwrap();
    assert!(session.snapshot().is_empty() && session.get(id(0)).is_none());
    session.add(stub(0, 5, 4), NOW).unwrap();
    assert_eq!(names(session.snapshot().all()), ["4"]);
    assert_eq!(names(base.snapshot().all()), ["1", "3"]);
}

#[test]
fn what_is_left_to_the_base_is_seen_there() {
    let base = base_of([]);
    let session = SessionStubs::over(Arc::clone(&base));
    session.add(stub(0, 5, 1), NOW).unwrap();
    base.add(stub(0, 5, 2), None).unwrap();
    assert_eq!(names(session.snapshot().all()), ["1"]);
    session.leave(&[id(0)]);
    assert_eq!(names(session.snapshot().all()), ["2"]);
}

#[test]
fn services_of_a_session_are_its_own_too() {
    let of = |n, service: &str| Stub { service: Some(ServiceName::new(service)), ..stub(n, 5, 0) };
    let base = base_of([of(0, "b.test")]);
    let session = SessionStubs::over(Arc::clone(&base));
    session.add(of(1, "a.test"), NOW).unwrap();
    let names = ["a.test", "b.test"].map(ServiceName::new);
    assert_eq!(&*session.snapshot().services(), &names);
    assert_eq!(&*base.snapshot().services(), &names[1..]);
}

#[test]
fn another_body_file_makes_the_answers_of_a_session_anew() {
    let base = base_of([]);
    let session = SessionStubs::over(Arc::clone(&base));
    let response =
        ResponseSpec { body: BodySpec::File("a.txt".to_owned()), ..ResponseSpec::default() };
    let with_file = Stub { responses: Responses::one(response), ..stub(0, 5, 0) };
    let before = session.add(with_file, NOW).unwrap();
    let serial = |session: &SessionStubs| session.snapshot().all().next().unwrap().serial;
    assert_eq!(serial(&session), before.serial);
    base.forget_bodies();
    assert_ne!(serial(&session), before.serial);
}

#[test]
fn a_session_that_has_changed_nothing_has_nothing() {
    let base = base_of([stub(0, 5, 1)]);
    let session = SessionStubs::over(base);
    assert_eq!(names(session.snapshot().all()), ["1"]);
    assert!(size_of::<SessionStubs>() <= 48, "{}", size_of::<SessionStubs>());
}
