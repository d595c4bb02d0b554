//! The search for a stub, by head and by body.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use http::{HeaderMap, header::AUTHORIZATION};
use uuid::Uuid;

use super::*;
use crate::{
    codec::json,
    model::{
        BodyPattern, JsonPattern, MethodPattern, Recorded, Request, RequestBody, RequestPattern,
        ResponseSpec, Responses, Scheme, SessionName, Stub, StubId, UrlPattern, ValuePattern,
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
    assert!(store.apply(vec![StubFile { path: path.into(), stubs }]).is_empty());
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
    assert!(store.apply(vec![StubFile { path: Path::new("stubs.json").into(), stubs }]).is_empty());
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

/// Stubs of one path, told apart by bodies, headers, both or neither.
fn told_apart() -> impl Strategy<Value = Vec<Stub>> {
    let body = prop::option::weighted(0.8, 0u8..6);
    let one = (0u32..3, body, prop::option::weighted(0.2, 0u8..2), any::<bool>());
    prop::collection::vec(one, 0..40).prop_map(|drawn| {
        let stubs = drawn.into_iter().zip(1..).map(|((priority, body, header, is_spent), id)| {
            let authorization = header.map(|n| n.to_string());
            let url = UrlPattern::UrlPath("/a".to_owned());
            let mut stub = stub(id, url, authorization.as_deref(), false);
            stub.priority = Some(priority);
            stub.request.body.extend(body.map(|n| {
                let expected = json::parse(&format!("{{\"n\":{n}}}")).unwrap();
                BodyPattern::EqualToJson(JsonPattern::strict(expected))
            }));
            if is_spent {
                stub.responses.after_last = AfterLast::Miss;
            }
            stub
        });
        stubs.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_first_stub_in_order_that_fits_is_found(
        stubs in told_apart(),
        asked in prop::collection::vec((0u8..7, 0u8..3), 1..12),
    ) {
        let store = StubStore::default();
        let path = PathBuf::from("stubs.json");
        let uncompiled = store.apply(vec![StubFile { path: path.into(), stubs }]);
        prop_assert!(uncompiled.is_empty());
        let (set, session) = (store.snapshot(), Session::new(SessionName::default()));
        let mut claimed = std::collections::HashMap::new();
        for (n, header) in asked {
            let mut request = request("/a", &header.to_string());
            let head = request.clone();
            request.body = RequestBody::Whole(format!("{{\"n\":{n}}}").into());
            let (head, whole) = (RequestView::new(&head), RequestView::new(&request));
            let fitting: Vec<_> =
                set.in_order().filter(|live| live.request.matches_head(&head)).collect();
            let views = |original| Views { original, sanitised: None };
            let found = match by_head(&set, None, views(&head)) {
                HeadFit::Nothing => {
                    prop_assert!(fitting.is_empty());
                    None
                }
                HeadFit::Certain(live) => {
                    prop_assert_eq!(live.serial, fitting[0].serial);
                    prop_assert!(!live.request.needs_body() && is_always_ready(&live));
                    claim(&session, live, &mut open).unwrap()
                }
                HeadFit::Body(more) => {
                    let is_certain = !fitting[0].request.needs_body() && is_always_ready(fitting[0]);
                    prop_assert!(!is_certain);
                    by_body(&session, &set, None, more, views(&whole), &mut open).unwrap()
                }
            };
            // Each stub has one answer; one that ends with a miss gives it once.
            let expect = fitting.iter().find(|live| {
                let is_left = is_always_ready(live) || !claimed.contains_key(&live.serial);
                is_left && live.request.matches(&whole)
            });
            claimed.extend(expect.map(|live| (live.serial, ())));
            let serial = |live: &Arc<LiveStub>| live.serial;
            prop_assert_eq!(found.map(|found| serial(&found.stub)), expect.map(|live| live.serial));
            let all = all_by_head(&set, None, views(&head));
            let n_expected = fitting
                .iter()
                .position(|live| !live.request.needs_body() && is_always_ready(live))
                .map_or(fitting.len(), |at| at + 1);
            let all: Vec<u64> = all.iter().map(serial).collect();
            let expect: Vec<u64> = fitting.iter().take(n_expected).map(|it| it.serial).collect();
            prop_assert_eq!(all, expect);
        }
    }
}
