//! What the journal keeps, what it gives up, who hears of it.

use std::time::SystemTime;

use http::Method;
use proptest::prelude::*;

use super::*;
use crate::{
    model::{Request, Scheme},
    redaction::Credentials,
};

fn served(path: &str, body: impl Into<Bytes>) -> Served {
    Served {
        names: None,
        request: Request {
            method: Method::GET,
            scheme: Scheme::Http,
            authority: "h".to_owned(),
            target: PathAndQuery::try_from(path).unwrap(),
            headers: HeaderMap::new(),
            body: RequestBody::Whole(body.into()),
            client: None,
            received: SystemTime::UNIX_EPOCH,
        },
        credentials: Credentials::default(),
        arrived: Duration::ZERO,
        started: Duration::ZERO,
        service: None,
        protocol: "HTTP/1.1",
        is_proxied: false,
        is_passed_on: false,
        stub: None,
        limited: None,
    }
}

fn journals(limits: JournalLimits) -> Arc<Journals> {
    Journals::new(limits, Redactor::off())
}

fn journal(limits: JournalLimits) -> Journal {
    journals(limits).open(SessionName::default())
}

fn paths(journal: &Journal) -> Vec<String> {
    journal.events().iter().map(|event| event.request().target.to_string()).collect()
}

fn answer(journal: &Journal, event: &Arc<ServeEvent>, pieces: &[usize]) {
    journal.answered(event, &Response::new(()), None, Duration::ZERO);
    for length in pieces {
        journal.add_body(event, &Bytes::from(vec![b'x'; *length]));
    }
    journal.end(event, Duration::ZERO, Duration::ZERO);
}

#[test]
fn the_oldest_go_first_when_there_are_too_many() {
    let journal = journal(JournalLimits { entries: 2, ..JournalLimits::default() });
    for path in ["/1", "/2", "/3"] {
        journal.push(served(path, ""));
    }
    assert_eq!(paths(&journal), ["/2", "/3"]);
    assert_eq!(journal.n_dropped(), 1);
    let ids: Vec<_> = journal.events().iter().map(|event| event.id).collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(journal.remove(&ids[..1]).len(), 1);
    assert!(journal.get(ids[0]).is_none() && journal.get(ids[1]).is_some());
}

#[test]
fn large_bodies_push_out_others() {
    let bytes = 3 * ENTRY_BYTES + 100;
    let journal = journal(JournalLimits { bytes, ..JournalLimits::default() });
    let first = journal.push(served("/1", "")).unwrap();
    let second = journal.push(served("/2", "")).unwrap();
    answer(&journal, &second, &[2 * ENTRY_BYTES]);
    assert_eq!(paths(&journal), ["/2"]);
    // What is no longer in the journal no longer counts.
    answer(&journal, &first, &[2 * ENTRY_BYTES]);
    assert_eq!(paths(&journal), ["/2"]);
    journal.clear();
    assert_eq!((journal.bytes(), journal.shared().bytes()), (0, 0));
}

#[test]
fn of_a_long_body_digest_length_and_beginning_are_kept() {
    let limits = JournalLimits { body_bytes: 4, ..JournalLimits::default() };
    let journal = journal(limits);
    let event = journal.push(served("/1", "hello")).unwrap();
    assert!(matches!(event.request().body, RequestBody::Hashed { length: 5, .. }));
    assert_eq!(event.request_cut().unwrap().head, "hell");
    journal.answered(&event, &Response::new(()), None, Duration::ZERO);
    journal.add_body(&event, &Bytes::from_static(b"123"));
    assert_eq!(event.answer().unwrap().body, LoggedBody::Whole(Bytes::from_static(b"123")));
    journal.add_body(&event, &Bytes::from_static(b"456"));
    let body = event.answer().unwrap().body;
    let cut = body.cut().unwrap();
    assert_eq!((&*cut.head, cut.length), (&b"1234"[..], 6));
    let digest = "8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92";
    assert_eq!(cut.sha256.map(|byte| format!("{byte:02x}")).concat(), digest);
}

#[test]
fn a_body_that_is_kept_whole_is_shared() {
    let journal = journal(JournalLimits::default());
    let event = journal.push(served("/1", "")).unwrap();
    let body = Bytes::from(vec![b'x'; 100_000]);
    journal.answered(&event, &Response::new(()), Some(&body), Duration::ZERO);
    assert_eq!(event.answer().unwrap().body.bytes().as_ptr(), body.as_ptr());
}

#[test]
fn values_of_fields_hold_no_buffer_of_a_connection() {
    let buffer = Bytes::from(vec![b'x'; 100_000]);
    let mut served = served("/1", "");
    let value = http::HeaderValue::from_maybe_shared(buffer.slice(..20)).unwrap();
    served.request.headers.insert("x-a", value);
    let journal = journal(JournalLimits::default());
    let event = journal.push(served).unwrap();
    assert!(buffer.is_unique());
    assert_eq!(event.request().headers["x-a"], "x".repeat(20));
}

#[test]
fn without_entries_there_is_no_journal_but_who_listens_hears() {
    let journal = journal(JournalLimits { entries: 0, ..JournalLimits::default() });
    assert!(!journal.is_on() && journal.push(served("/1", "")).is_none());
    let _listener = journal.shared().feed().listen(false);
    let event = journal.push(served("/1", "")).unwrap();
    journal.end(&event, Duration::ZERO, Duration::ZERO);
    assert!(event.ended_as().is_some() && journal.events().is_empty());
}

#[test]
fn all_sessions_share_a_bound_and_the_largest_gives() {
    let all_bytes = 40 * ENTRY_BYTES;
    let journals = journals(JournalLimits { all_bytes, ..JournalLimits::default() });
    let (large, small) = (journals.open("a".parse().unwrap()), journals.open("b".parse().unwrap()));
    for n in 0..30 {
        large.push(served(&format!("/{n}"), ""));
    }
    for n in 0..8 {
        small.push(served(&format!("/{n}"), ""));
    }
    for n in 30..60 {
        large.push(served(&format!("/{n}"), ""));
        assert!(journals.bytes() <= all_bytes);
    }
    assert_eq!(small.events().len(), 8);
    assert!(large.events().len() >= 25 && paths(&large).contains(&"/59".to_owned()));
    drop(large);
    assert_eq!(journals.bytes(), small.bytes());
}

#[test]
fn a_session_that_nobody_uses_takes_next_to_nothing() {
    let journals = journals(JournalLimits::default());
    let journal = journals.open(SessionName::default());
    assert_eq!(journal.ring.events.lock().capacity(), 0);
    assert!(size_of::<Journal>() + size_of::<Ring>() < 256);
}

#[tokio::test]
async fn who_listens_hears_of_every_end_and_who_comes_later_finds_it() {
    let journals = journals(JournalLimits::default());
    let journal = journals.open(SessionName::default());
    let early = journal.push(served("/early", "")).unwrap();
    journal.end(&early, Duration::ZERO, Duration::ZERO);
    let mut listener = journals.feed().listen(false);
    assert_eq!(journals.ended(0, listener.since()).len(), 1);
    for n in 0..200 {
        let event = journal.push(served(&format!("/{n}"), "")).unwrap();
        journal.end(&event, Duration::ZERO, Duration::ZERO);
    }
    let mut numbers = Vec::new();
    while numbers.len() < 200 {
        let heard = listener.hear().await;
        assert_eq!(heard.n_lost, 0);
        numbers.extend(heard.notices.iter().map(|notice| match notice {
            Notice::Exchange(event) => event.ended_as().unwrap(),
            other => panic!("{other:?}"),
        }));
    }
    assert_eq!(numbers, (2..=201).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_is_slow_loses_the_oldest_and_learns_how_many() {
    let journals = journals(JournalLimits::default());
    let journal = journals.open(SessionName::default());
    let mut listener = journals.feed().listen(false);
    for _ in 0..5000 {
        let event = journal.push(served("/", "")).unwrap();
        journal.end(&event, Duration::ZERO, Duration::ZERO);
    }
    let heard = listener.hear().await;
    assert_eq!(heard.n_lost, 5000 - 4096);
    assert!(matches!(&heard.notices[0], Notice::Exchange(event) if event.ended_as() == Some(905)));
}

#[test]
fn however_they_race_every_exchange_gets_its_own_number() {
    let journals = journals(JournalLimits::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let journal = journals.open("s".parse().unwrap());
                for _ in 0..200 {
                    let listener = journals.feed().listen(false);
                    let event = journal.push(served("/", "")).unwrap();
                    journal.end(&event, Duration::ZERO, Duration::ZERO);
                    drop(listener);
                }
                assert_eq!(journal.events().len(), 200);
                std::mem::forget(journal);
            });
        }
    });
    let numbers: Vec<_> =
        journals.ended(0, u64::MAX - 1).iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=800).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn no_bound_is_ever_exceeded(
        exchanges in proptest::collection::vec(
            (0..3_usize, 0..3000_usize, proptest::collection::vec(0..3000_usize, 0..4)),
            1..60,
        ),
        entries in 1..30_usize,
        bytes in 1..40_000_usize,
        all_bytes in 1..80_000_usize,
        body_bytes in 0..4000_usize,
    ) {
        let limits = JournalLimits { entries, bytes, all_bytes, body_bytes, answer_bytes: None };
        let journals = journals(limits);
        let sessions: Vec<_> =
            ["a", "b", "c"].map(|name| journals.open(name.parse().unwrap())).into();
        for (at, asked, answered) in exchanges {
            let journal = &sessions[at];
            let event = journal.push(served("/", vec![b'x'; asked])).unwrap();
            answer(journal, &event, &answered);
            for journal in &sessions {
                prop_assert!(journal.bytes() <= bytes && journal.events().len() <= entries);
            }
            prop_assert!(journals.bytes() <= all_bytes);
            let held: usize = sessions.iter().map(Journal::bytes).sum();
            prop_assert_eq!(held, journals.bytes());
        }
        sessions.iter().for_each(Journal::clear);
        prop_assert_eq!(journals.bytes(), 0);
    }
}

const SECRET: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

#[test]
fn a_body_that_is_passed_on_is_kept_as_it_passes_without_its_credentials() {
    let redactor = Redactor::new(b"a key of some length");
    let journal = Journals::new(JournalLimits::default(), redactor).open(SessionName::default());
    let mut asked = served("/1", "").request;
    asked.headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    let event = journal.push(Served { request: asked.clone(), ..served("/1", "") }).unwrap();
    let echo = Bytes::from(format!("you sent {SECRET} and hunter2-Xq7"));
    journal.answered(&event, &Response::new(()), Some(&echo), Duration::ZERO);
    // Somebody looks before all of the request has come.
    event.answer();
    let body = format!("{{\"order\": 7, \"key\": \"{SECRET}\", \"password\": \"hunter2-Xq7\"}}");
    for piece in body.as_bytes().chunks(7) {
        journal.add_request_body(&event, &Bytes::copy_from_slice(piece));
    }
    assert!(journal.bytes() > ENTRY_BYTES + body.len());
    journal.end_request_body(&event, asked);
    let RequestBody::Whole(shown) = &event.request().body else { panic!("it is short") };
    let answer = event.answer().unwrap().body;
    for text in [shown, answer.bytes()].map(|bytes| String::from_utf8_lossy(bytes).into_owned()) {
        assert!(!text.contains(SECRET) && !text.contains("hunter2"), "{text}");
    }
    assert!(shown.starts_with(b"{\"order\": 7"), "{shown:?}");
    journal.clear();
    assert_eq!((journal.bytes(), journal.shared().bytes()), (0, 0));
}

#[test]
fn of_a_long_body_that_is_passed_on_digest_and_length_are_kept() {
    let limits = JournalLimits { body_bytes: 4, ..JournalLimits::default() };
    let journal = journal(limits);
    let event = journal.push(served("/1", "")).unwrap();
    for piece in ["123", "456"] {
        journal.add_request_body(&event, &Bytes::from_static(piece.as_bytes()));
    }
    journal.end_request_body(&event, served("/1", "").request);
    assert!(matches!(event.request().body, RequestBody::Hashed { length: 6, .. }));
    assert!(event.request_cut().unwrap().head.is_empty());
    journal.clear();
    assert_eq!((journal.bytes(), journal.shared().bytes()), (0, 0));
}
