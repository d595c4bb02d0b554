//! Changes of the live stubs against a list that is kept the simple way.

use std::{cmp::Reverse, collections::BTreeMap};

use http::{HeaderMap, Method, uri::PathAndQuery};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    codec::view::RequestView,
    matching::Probe,
    model::{Request, RequestBody, RequestPattern, Scheme, UrlPattern},
};

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
    Stub {
        id: id(n),
        name: Some(version.to_string()),
        priority: Some(priority),
        request: RequestPattern { url, ..RequestPattern::default() },
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
    Add(u8, u32, bool),
    File(u8, Vec<(u8, u32)>),
    Files(Vec<(u8, Vec<(u8, u32)>)>),
    Remove(u8),
    Replace(u8, u32),
}

fn any_step() -> impl Strategy<Value = Step> {
    let n = || 0u8..40;
    let priority = || 4u32..7;
    // Ids of files are not those of other files or of single stubs.
    let file = move || {
        (0u8..8).prop_flat_map(move |file| {
            let stubs = prop::collection::vec((0u8..5, priority()), 0..4);
            (Just(file), stubs)
        })
    };
    prop_oneof![
        4 => (n(), priority(), any::<bool>()).prop_map(|(n, p, kept)| Step::Add(n, p, kept)),
        2 => file().prop_map(|(file, stubs)| Step::File(file, stubs)),
        1 => prop::collection::vec(file(), 0..5).prop_map(Step::Files),
        2 => (0u8..80).prop_map(Step::Remove),
        2 => ((0u8..80), priority()).prop_map(|(n, p)| Step::Replace(n, p)),
    ]
}

/// What the store should hold, kept the simple way.
#[derive(Default)]
struct Model {
    files: BTreeMap<PathBuf, Vec<Stub>>,
    added: Vec<(Stub, PathBuf)>,
}

impl Model {
    /// The oldest first.
    fn all(&self) -> Vec<&Stub> {
        self.files.values().flatten().chain(self.added.iter().map(|(stub, _)| stub)).collect()
    }

    fn find(&mut self, id: StubId) -> Option<&mut Stub> {
        let added = self.added.iter_mut().rev().find(|(stub, _)| stub.id == id);
        if let Some((stub, _)) = added {
            return Some(stub);
        }
        self.files
            .values_mut()
            .rev()
            .flat_map(|stubs| stubs.iter_mut().rev())
            .find(|it| it.id == id)
    }
}

fn path_of(file: u8) -> PathBuf {
    PathBuf::from(format!("{file}.json"))
}

fn kept_path(n: u8) -> PathBuf {
    PathBuf::from(format!("kept-{n}.json"))
}

/// The stubs of a file: each of its own id, in the range that files have.
fn of_file(file: u8, stubs: &[(u8, u32)], version: &mut u64) -> StubFile {
    let mut all: Vec<Stub> = Vec::new();
    for (n, priority) in stubs {
        *version += 1;
        let one = stub(40 + file * 5 + n, *priority, *version);
        if all.iter().all(|other| other.id != one.id) {
            all.push(one);
        }
    }
    StubFile { path: path_of(file).into(), stubs: all }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_changes_leave_what_a_plain_list_would(
        steps in prop::collection::vec(any_step(), 1..120),
    ) {
        let store = StubStore::default();
        let mut model = Model::default();
        let mut version = 0;
        let request = request();
        for step in steps {
            match step {
                Step::Add(n, priority, kept) => {
                    version += 1;
                    let stub = stub(n, priority, version);
                    let is_taken = model.find(stub.id).is_some();
                    let path = if kept { kept_path(n) } else { PathBuf::new() };
                    let added = store.add(stub.clone(), kept.then(|| path.clone()));
                    prop_assert_eq!(added.is_err(), is_taken);
                    if !is_taken {
                        model.added.push((stub, path));
                    }
                }
                Step::File(file, stubs) => {
                    let file = of_file(file, &stubs, &mut version);
                    model.files.insert(file.path.to_path_buf(), file.stubs.clone());
                    store.apply(vec![file]);
                }
                Step::Files(files) => {
                    let files: Vec<_> =
                        files.iter().map(|(file, stubs)| of_file(*file, stubs, &mut version)).collect();
                    for file in &files {
                        model.files.insert(file.path.to_path_buf(), file.stubs.clone());
                    }
                    store.apply(files);
                }
                Step::Remove(n) => {
                    store.remove(&[id(n)]);
                    model.added.retain(|(stub, _)| stub.id != id(n));
                    for stubs in model.files.values_mut() {
                        stubs.retain(|stub| stub.id != id(n));
                    }
                }
                Step::Replace(n, priority) => {
                    version += 1;
                    let stub = stub(n, priority, version);
                    let replaced = store.replace(stub.clone(), None);
                    match model.find(stub.id) {
                        Some(known) => *known = stub,
                        None => prop_assert!(replaced.is_err()),
                    }
                }
            }
            let set = store.snapshot();
            let all = model.all();
            let expected: Vec<String> = all.iter().map(|it| it.name.clone().unwrap()).collect();
            prop_assert_eq!(names(set.all()), expected);
            let mut order: Vec<_> = all.iter().enumerate().collect();
            order.sort_by_key(|(at, stub)| (stub.effective_priority(), Reverse(*at)));
            let order: Vec<String> =
                order.into_iter().map(|(_, stub)| stub.name.clone().unwrap()).collect();
            prop_assert_eq!(names(set.in_order()), order.clone());
            let view = RequestView::new(&request);
            let candidates = set.candidates(&Probe::of_whole(&view, None)).filter(|entry| entry.request.matches(&view));
            // Every pattern of these stubs fits this request.
            prop_assert_eq!(names(candidates.map(|entry| &entry.item)), order);
        }
    }
}

#[test]
fn ten_thousand_single_stubs_are_soon_there() {
    const N: u32 = 10_000;
    let store = StubStore::default();
    for n in 0..N {
        let url = UrlPattern::UrlPath(format!("/p/{n}"));
        let stub = Stub {
            id: StubId(Uuid::from_u128(u128::from(n) + 1)),
            request: RequestPattern { url, ..RequestPattern::default() },
            ..Stub::default()
        };
        store.add(stub, None).unwrap();
    }
    let set = store.snapshot();
    assert_eq!(set.len(), N as usize);
    // Few indexes, whatever the number of changes: a request looks into each.
    assert!(set.n_indexes() <= 14, "{}", set.n_indexes());
    for n in 0..N {
        store.remove(&[StubId(Uuid::from_u128(u128::from(n) + 1))]);
    }
    assert!(store.snapshot().is_empty());
}

#[test]
fn the_file_of_a_kept_stub_changes_it_in_its_place() {
    let store = StubStore::default();
    let file = PathBuf::from("kept.json");
    store.add(stub(0, 5, 1), Some(file.clone())).unwrap();
    store.add(stub(2, 5, 2), None).unwrap();
    store.apply(vec![StubFile { path: file.as_path().into(), stubs: vec![stub(0, 5, 3)] }]);
    assert_eq!(names(store.snapshot().all()), ["3", "2"]);
    store.apply(vec![StubFile { path: file.into(), stubs: Vec::new() }]);
    assert_eq!(names(store.snapshot().all()), ["2"]);
}

#[test]
fn files_find_room_between_others_however_many_come() {
    let store = StubStore::default();
    let file = |name: String, version| StubFile {
        path: PathBuf::from(name).into(),
        stubs: vec![stub(version, 5, u64::from(version))],
    };
    store.apply(vec![file("a".to_owned(), 0), file("c".to_owned(), 1)]);
    // Each comes right behind the first, so that the room there is used up.
    for n in 0..100u8 {
        store.apply(vec![file(format!("b{:03}", 200 - n), n + 2)]);
    }
    let names = names(store.snapshot().all());
    let expected: Vec<String> =
        [0].into_iter().chain((2..102).rev()).chain([1]).map(|n: u8| n.to_string()).collect();
    assert_eq!(names, expected);
}
