//! Whole recordings: exchanges in, folders out.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{
    config::RecorderConfig,
    fingerprint::fingerprint,
    recorder::Recorder,
    sample::{Sample, exchange},
    summary::RecordSummary,
};
use crate::{
    codec::{RequestView, json},
    library::{reader, tape},
    matching::CompiledRequest,
    model::{
        BodySpec, Ending, Exchange, RecordedAs, RecordedBody, ResponseEnding, ResponseSpec, Stub,
        StubId,
    },
    redaction::Redactor,
    runtime::Clock,
};

/// A place with `stubs` and `recordings`, recorded into once or more.
struct Place {
    root: TempDir,
    redactor: Arc<Redactor>,
}

struct Run {
    recorded: Vec<RecordedAs>,
    summary: RecordSummary,
}

impl Place {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), redactor: Arc::new(Redactor::off()) }
    }

    fn stubs_folder(&self) -> PathBuf {
        self.root.path().join("stubs")
    }

    fn start(&self, log: &Arc<Mutex<Vec<(u64, RecordedAs)>>>) -> Recorder {
        let log = Arc::clone(log);
        Recorder::start(RecorderConfig {
            stubs: self.stubs_folder(),
            recordings: self.root.path().join("recordings"),
            clock: Clock::start(),
            redactor: Arc::clone(&self.redactor),
            metrics: Default::default(),
            permits: 16,
            on_recorded: Box::new(move |exchange, _, recorded| {
                log.lock().unwrap().push((exchange.number, recorded));
            }),
        })
        .unwrap()
    }

    /// Records exchanges in a new run, numbered in this order unless they have a number.
    fn run(&self, exchanges: impl IntoIterator<Item = Exchange>) -> Run {
        let log = Arc::default();
        let recorder = self.start(&log);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let summary = runtime.block_on(async {
            for (at, mut exchange) in exchanges.into_iter().enumerate() {
                if exchange.number == 0 {
                    exchange.number = at as u64 + 1;
                }
                let permit = recorder.permit().await;
                recorder.record(permit, Box::new(exchange));
            }
            recorder.finish().await
        });
        let recorded = log.lock().unwrap().iter().map(|(_, recorded)| recorded.clone()).collect();
        Run { recorded, summary }
    }

    /// Every file under `stubs`.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files_in(&self.stubs_folder())
    }

    fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }

    fn stubs(&self) -> Vec<Stub> {
        let loaded = reader::read(&self.stubs_folder()).unwrap();
        let problems: Vec<_> = loaded.problems().map(|problem| problem.render(false)).collect();
        assert!(problems.is_empty(), "{problems:#?}");
        loaded.stubs().cloned().collect()
    }

    #[track_caller]
    fn stub(&self) -> Stub {
        let mut stubs = self.stubs();
        assert_eq!(stubs.len(), 1, "{stubs:#?}");
        stubs.remove(0)
    }
}

fn files_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// Answers requests from stubs as replay does: of those that match, the newest; each in its order.
struct Replay {
    stubs: Vec<(CompiledRequest, Stub)>,
    hits: HashMap<StubId, u64>,
}

impl Replay {
    fn of(place: &Place) -> Self {
        let compile = |stub: Stub| (CompiledRequest::compile(&stub.request).unwrap(), stub);
        Self { stubs: place.stubs().into_iter().map(compile).collect(), hits: HashMap::new() }
    }

    fn answer(&mut self, exchange: &Exchange) -> Option<ResponseSpec> {
        let request = fingerprint(exchange, false).unwrap().request;
        let view = RequestView::new(&request);
        let (_, stub) = self.stubs.iter().rev().find(|(compiled, _)| compiled.matches(&view))?;
        let hit = self.hits.entry(stub.id).or_default();
        let step = stub.responses.step(*hit)?;
        *hit += 1;
        Some(stub.responses.steps[step].response.clone())
    }
}

#[track_caller]
fn check_replay(place: &Place, exchanges: &[Exchange]) {
    let mut replay = Replay::of(place);
    for (at, exchange) in exchanges.iter().enumerate() {
        let recorded = exchange.response.as_ref().unwrap();
        let answer = replay.answer(exchange).unwrap_or_else(|| panic!("no stub for {at}"));
        assert_eq!(
            (answer.status, body_text(&answer.body)),
            (recorded.status, String::from_utf8_lossy(recorded.body.bytes().unwrap()).into_owned()),
            "exchange {at}"
        );
    }
}

fn body_text(body: &BodySpec) -> String {
    match body {
        BodySpec::Empty => String::new(),
        BodySpec::Text(text) => text.clone(),
        BodySpec::Json(value, style) => json::write(value, *style),
        BodySpec::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        BodySpec::File(name) => panic!("in file {name}"),
    }
}

fn get(target: &str, status: u16, body: &str) -> Sample {
    exchange("GET", target).answer(status, body)
}

const UUIDS: [&str; 6] = [
    "3f1c5d3e-7a0b-4c2d-9e41-6b8ad0f27c55",
    "0b9d64e2-51f5-4a5b-8f7e-1f6a2f5f9d10",
    "c1a7e9f0-2b3c-4d5e-8f60-718293a4b5c6",
    "9e8d7c6b-5a49-4837-a625-143302f1e0df",
    "7a6b5c4d-3e2f-4102-b394-857667584930",
    "12ab34cd-56ef-4789-8abc-def012345678",
];

// === one recording ===

#[test]
fn an_exchange_is_on_tape_and_a_stub_at_once() {
    let place = Place::new();
    let run = place.run([get("/things", 200, "hello").build()]);
    assert_eq!(run.recorded, [RecordedAs::New]);
    assert_eq!(place.names(), ["api.test/mappings/get-things.json"]);
    assert_eq!((run.summary.exchanges, run.summary.stubs_written), (1, 1));
    assert!(run.summary.is_saved());
    let (header, exchanges) = tape::read(&run.summary.tapes[0]).unwrap();
    assert_eq!(header.upstream, "https://api.test");
    assert_eq!(exchanges.len(), 1);
    let text = String::from_utf8(place.files().into_values().next().unwrap()).unwrap();
    assert_eq!(
        text,
        r#"{
  "id": "394a3eda-44de-543c-9c0a-e65ebb21e89b",
  "name": "GET /things",
  "request": {
    "method": "GET",
    "url": "/things"
  },
  "response": {
    "status": 200,
    "body": "hello"
  },
  "metadata": {
    "ringer": {
      "upstream": "https://api.test",
      "address": "http://127.0.0.1:8080",
      "latency": { "firstByteMs": 20, "totalMs": 21 }
    }
  }
}
"#
    );
}

#[test]
fn an_equal_answer_changes_nothing() {
    let place = Place::new();
    let same = || get("/a", 200, "x").response_header("Date", "Mon").build();
    let run = place.run([same(), same(), same()]);
    assert_eq!(run.recorded, [RecordedAs::New, RecordedAs::Unchanged, RecordedAs::Unchanged]);
    assert_eq!(place.stub().responses.steps.len(), 1);
}

#[test]
fn changing_answers_become_a_sequence_in_recorded_order() {
    let place = Place::new();
    let polls = ["wait", "wait", "done", "done"].map(|body| get("/job", 200, body).build());
    let run = place.run(polls.clone());
    assert_eq!(run.recorded[2], RecordedAs::Sequence(2));
    let steps = place.stub().responses.steps;
    assert_eq!(steps.iter().map(|step| step.times).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(run.summary.sequences, [2]);
    check_replay(&place, &polls);
}

#[test]
fn answers_stand_in_the_order_of_their_requests_however_they_completed() {
    let place = Place::new();
    place.run([
        get("/a", 200, "third").number(3).build(),
        get("/a", 200, "first").number(1).build(),
        get("/a", 200, "second").number(2).build(),
        get("/a", 200, "second").number(4).build(),
    ]);
    let bodies: Vec<_> =
        place.stub().responses.steps.iter().map(|step| body_text(&step.response.body)).collect();
    assert_eq!(bodies, ["first", "second", "third", "second"]);
}

#[test]
fn a_header_that_tells_two_answers_apart_becomes_a_matcher() {
    let place = Place::new();
    let image =
        |kind: &str| get("/image", 200, kind).header("Accept", &format!("image/{kind}")).build();
    let all = [image("png"), image("jpeg"), image("webp"), image("png")];
    let run = place.run(all.clone());
    assert_eq!(run.recorded[3], RecordedAs::Unchanged);
    assert_eq!(place.stubs().len(), 3);
    let mut shuffled = all;
    shuffled.reverse();
    check_replay(&place, &shuffled);
}

#[test]
fn a_401_and_the_retry_with_credentials_are_told_apart_by_their_presence() {
    let place = Place::new();
    let denied = get("/a", 401, "no").build();
    let allowed = |user: &str| get("/a", 200, "yes").header("Authorization", user).build();
    place.run([denied.clone(), allowed("Basic one")]);
    check_replay(&place, &[allowed("Basic two"), allowed("Basic three"), denied]);
}

#[test]
fn ranges_and_conditions_are_told_apart_by_their_status() {
    let place = Place::new();
    let part = get("/f", 206, "lo").header("Range", "bytes=3-4").build();
    let other_part = get("/f", 206, "he").header("Range", "bytes=0-1").build();
    let whole = get("/f", 200, "hello").build();
    let unchanged = get("/f", 304, "").header("If-None-Match", "\"a\"").build();
    let failed = get("/f", 412, "").header("If-Match", "\"z\"").build();
    let all = [part, whole, unchanged, other_part, failed];
    place.run(all.clone());
    let mut reversed = all.clone();
    reversed.reverse();
    check_replay(&place, &reversed);
    check_replay(&place, &all);
}

#[test]
fn what_changes_on_each_run_is_no_matcher() {
    let place = Place::new();
    let ask = |id: &str, body: &str| {
        get("/n", 200, body).header("X-Request-Id", id).header("traceparent", id).build()
    };
    place.run([ask("one", "1"), ask("two", "2")]);
    let stub = place.stub();
    assert_eq!(stub.responses.steps.len(), 2);
    assert!(stub.request.headers.is_empty());
}

#[test]
fn a_path_without_query_does_not_answer_for_one_with_it() {
    let place = Place::new();
    let all = [
        get("/e?a=1", 200, "1").build(),
        get("/e?a=2", 200, "2").build(),
        get("/e", 200, "0").build(),
    ];
    place.run(all.clone());
    check_replay(&place, &all);
}

#[test]
fn json_bodies_match_strictly_and_in_any_spelling() {
    let place = Place::new();
    let page =
        |body: &str, answer: &str| exchange("POST", "/q").json(body).answer(200, answer).build();
    place.run([page(r#"{"n":1}"#, "one"), page(r#"{"n":1,"after":2}"#, "two"), page("{", "bad")]);
    check_replay(
        &place,
        &[page(r#"{ "after": 2, "n": 1.0 }"#, "two"), page(r#"{"n":1}"#, "one"), page("{", "bad")],
    );
}

#[test]
fn a_post_without_body_does_not_swallow_others() {
    let place = Place::new();
    let all = [
        exchange("POST", "/p").body("x=1").answer(200, "with").build(),
        exchange("POST", "/p").answer(200, "without").build(),
    ];
    place.run(all.clone());
    check_replay(&place, &all);
}

#[test]
fn an_odd_exchange_costs_no_other() {
    let place = Place::new();
    let mut odd = get("/x y\u{7f}", 200, "").build();
    odd.request.method = "NOT A METHOD".to_owned();
    let run = place.run([
        odd,
        exchange("GET", "/hung").ending(Ending::ClientLeft).build(),
        exchange("GET", "/down").ending(Ending::UpstreamBroke("refused".into())).build(),
        exchange("GET", "/full").answer(200, "x").ending(Ending::NotKept("full".into())).build(),
        get("/ok", 200, "fine").build(),
    ]);
    assert!(run.recorded[..4].iter().all(|recorded| matches!(recorded, RecordedAs::TapeOnly(_))));
    assert_eq!(run.recorded[4], RecordedAs::New);
    assert_eq!(run.summary.tape_only, 4);
    assert_eq!(tape::read(&run.summary.tapes[0]).unwrap().1.len(), 5);
    assert_eq!(place.names(), ["api.test/mappings/get-ok.json"]);
}

#[test]
fn an_answer_that_the_client_left_stays_open_after_what_came() {
    let place = Place::new();
    place.run([get("/events", 200, "data: 1\n\n").ending(Ending::ClientLeft).build()]);
    let response = &place.stub().responses.steps[0].response;
    assert_eq!(response.ending, ResponseEnding::StaysOpen);
    assert_eq!(response.body, BodySpec::Text("data: 1\n\n".to_owned()));
}

#[test]
fn large_bodies_lie_beside_and_their_spool_file_is_gone() {
    let place = Place::new();
    let spool = place.root.path().join("spool");
    let body = vec![7; 3000];
    fs::write(&spool, &body).unwrap();
    let mut big = get("/big.bin", 200, "").build();
    let response = big.response.as_mut().unwrap();
    response.body = RecordedBody::File {
        path: spool.clone(),
        length: 3000,
        sha256: super::body::sha256_of(&body),
    };
    place.run([big]);
    let files = place.files();
    let (name, content) = files.iter().find(|(name, _)| name.contains("__files")).unwrap();
    assert!(name.starts_with("api.test/__files/get-big.bin-") && name.ends_with(".bin"), "{name}");
    assert_eq!(*content, body);
    assert!(!spool.exists());
    let taped: Vec<_> = files_in(&place.root.path().join("recordings")).into_values().collect();
    assert!(taped.contains(&body));
}

#[test]
fn services_lie_apart() {
    let place = Place::new();
    let run = place.run([
        get("/a", 200, "one").service("one.test").build(),
        get("/a", 200, "two").service("two.test:8443").build(),
    ]);
    assert_eq!(
        place.names(),
        ["one.test/mappings/get-a.json", "two.test_8443/mappings/get-a.json"]
    );
    assert_eq!(run.summary.tapes.len(), 2);
}

#[test]
fn what_is_matched_on_is_what_a_sanitised_request_looks_like() {
    let mut place = Place::new();
    place.redactor = Arc::new(Redactor::new(b"key"));
    let secret = format!("MARK{}", "pass99");
    let login = exchange("POST", "/login")
        .json(&format!(r#"{{"user":"joe","password":"{secret}"}}"#))
        .answer_json(r#"{"ok":true}"#)
        .build();
    let run = place.run([login]);
    assert!(run.summary.secrets.values().sum::<usize>() > 0);
    assert!(!place.stub().recorded.unwrap().redacted.is_empty());
    for content in files_in(place.root.path()).into_values() {
        assert!(!String::from_utf8_lossy(&content).contains(&secret));
    }
}

// === a second recording ===

/// Records twice; the second time the API gave other ids, dates and lengths of time.
#[track_caller]
fn check_stable(first: Vec<Exchange>, second: Vec<Exchange>) {
    let place = Place::new();
    place.run(first);
    let before = place.files();
    let run = place.run(second);
    let after = place.files();
    let unchanged = run.recorded.iter().all(|recorded| *recorded == RecordedAs::Unchanged);
    assert!(unchanged, "{:?}", run.recorded);
    for (name, content) in &after {
        let text = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
        assert_eq!(before.get(name).map(|before| text(before)), Some(text(content)), "{name}");
    }
    assert_eq!(before.len(), after.len());
}

#[test]
fn random_answers_keep_their_places() {
    let uuids = |from: usize| {
        (from..from + 3)
            .map(|at| {
                get("/uuid", 200, "")
                    .answer_json(&format!(r#"{{"uuid": "{}"}}"#, UUIDS[at]))
                    .response_header("Date", UUIDS[at])
                    .build()
            })
            .collect()
    };
    check_stable(uuids(0), uuids(3));
}

#[test]
fn an_id_that_the_server_made_is_followed_through_later_requests() {
    let upload = |id: &str, request_id: &str| {
        vec![
            exchange("POST", "/b/big?uploads")
                .answer(200, &format!("<Upload><UploadId>{id}</UploadId></Upload>"))
                .response_header("x-amz-request-id", request_id)
                .build(),
            exchange("PUT", &format!("/b/big?partNumber=1&uploadId={id}"))
                .body("part")
                .answer(200, "")
                .response_header("x-amz-request-id", request_id)
                .build(),
            exchange("POST", &format!("/b/big?uploadId={id}"))
                .body("<CompleteMultipartUpload/>")
                .answer(200, "<ETag>x</ETag>")
                .build(),
            get(&format!("/uploads/{id}/state"), 200, &format!("{id} is done")).build(),
        ]
    };
    check_stable(
        upload("kJ8sPq02LmZx7vWc91Rt", "A1B2C3D4E5F60718"),
        upload("Zx91pQw7LmnB34kVcT0a", "0918F7E6D5C4B3A2"),
    );
}

#[test]
fn nonces_that_the_client_made_find_their_stub() {
    let order = |nonce: &str, id: &str| {
        vec![
            exchange("POST", "/orders")
                .json(&format!(r#"{{"item":"book","nonce":"{nonce}"}}"#))
                .answer_json(&format!(r#"{{"id":"{id}","echo":"{nonce}"}}"#))
                .build(),
            get(&format!("/orders/{id}"), 200, "")
                .answer_json(&format!(r#"{{"id":"{id}"}}"#))
                .build(),
        ]
    };
    check_stable(order(UUIDS[0], UUIDS[1]), order(UUIDS[2], UUIDS[3]));
}

#[test]
fn requests_that_differ_in_noise_alone_know_their_turn() {
    let place = Place::new();
    let id = |n: usize| format!("550e8400-e29b-41d4-a716-44665544{:04}", n * 1111);
    let count = |n: usize| {
        exchange("POST", "/count")
            .body(format!("<id>{}</id><n>1</n>", id(n)))
            .answer(200, &n.to_string())
    };
    let other = exchange("POST", "/count").body("<id>none</id><n>2</n>").answer(200, "other");
    place.run([count(1).build(), count(2).build(), other.build(), count(3).build()]);
    let mut turns: Vec<(String, u32)> = place
        .stubs()
        .iter()
        .map(|stub| {
            let body = body_text(&stub.responses.steps[0].response.body);
            (body, stub.recorded.as_ref().unwrap().turn)
        })
        .collect();
    turns.sort();
    let expect = [("1", 0), ("2", 1), ("3", 2), ("other", 0)];
    assert_eq!(turns, expect.map(|(body, turn)| (body.to_owned(), turn)));
}

#[test]
fn a_signed_url_with_more_parameters_is_not_taken_for_one_with_fewer() {
    let signed = |more: &str| {
        let date = "X-Amz-Algorithm=a&X-Amz-Date=20261123T091849Z&X-Amz-Signature=0a1b2c3d4e5f";
        get(&format!("/b/k?{more}{date}"), 200, more).build()
    };
    for more in ["response-content-type=x&", "versionId=7&", "response-content-type=y&versionId=7&"]
    {
        let place = Place::new();
        place.run([signed(""), signed(more)]);
        let priority = |told: &str| {
            let found = place.stubs().into_iter().find(|stub| {
                matches!(&stub.responses.steps[0].response.body, BodySpec::Text(text) if text == told)
                    || told.is_empty()
                        && matches!(&stub.responses.steps[0].response.body, BodySpec::Empty)
            });
            found.unwrap().effective_priority()
        };
        assert!(priority(more) < priority(""), "{more}");
    }
}

#[test]
fn a_digest_login_with_new_nonces_is_the_same_one() {
    let login = |nonce: &str| {
        let challenge = format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"");
        let denied = || get("/d", 401, "").response_header("WWW-Authenticate", &challenge);
        vec![
            denied().build(),
            get("/d", 200, "in").header("Authorization", &format!("Digest {nonce}")).build(),
        ]
    };
    check_stable(
        login("5f2b0c9d1e8a47b6a3d2c1f0e9b8a7d6"),
        login("a7d6e9b8c1f0a3d247b61e8a0c9d5f2b"),
    );
}

#[test]
fn another_port_is_the_same_api() {
    let link = |port: u16| {
        let base = format!("http://127.0.0.1:{port}");
        vec![
            get("/", 200, "")
                .answer_json(&format!(r#"{{"next":"{base}/2"}}"#))
                .response_header("Link", &format!("<{base}/2>; rel=next"))
                .address(&base)
                .build(),
            get(&format!("/go?to=http%3A%2F%2F127.0.0.1%3A{port}%2F2"), 302, "")
                .response_header("Location", &format!("{base}/2"))
                .address(&base)
                .build(),
        ]
    };
    check_stable(link(8080), link(41_873));
}

#[test]
fn other_timings_are_the_same_answer() {
    let slow = |ms: u64| {
        let mut exchange = get("/slow", 200, "x").build();
        exchange.timing.total = std::time::Duration::from_millis(ms);
        vec![exchange]
    };
    check_stable(slow(100), slow(700));
}

#[test]
fn how_far_an_endless_answer_came_does_not_matter() {
    let events = |n: usize| {
        let body: String = (0..n).map(|at| format!("data: {at}\n\n")).collect();
        vec![get("/events", 200, &body).ending(Ending::ClientLeft).build()]
    };
    check_stable(events(3), events(2));
    check_stable(events(2), events(3));
}

#[test]
fn large_texts_with_new_ids_keep_their_file() {
    let page = |id: &str| {
        let body = format!("<html>{id}{}</html>", " lorem".repeat(20_000));
        vec![get("/page", 200, &body).response_header("Content-Type", "text/html").build()]
    };
    check_stable(page(UUIDS[0]), page(UUIDS[1]));
}

#[test]
fn a_changed_answer_takes_the_place_of_the_recorded_one() {
    let place = Place::new();
    let poll = |bodies: &[&str]| {
        bodies.iter().map(|body| get("/a", 200, body).build()).collect::<Vec<_>>()
    };
    place.run(poll(&["one", "two", "three"]));
    let names = place.names();
    let run = place.run(poll(&["one", "TWO"]));
    assert_eq!(run.recorded, [RecordedAs::Unchanged, RecordedAs::Updated]);
    assert_eq!((run.summary.updated, run.summary.stubs_written), (1, 0));
    check_replay(&place, &poll(&["one", "TWO", "three"]));
    let run = place.run(poll(&["one", "TWO", "three", "four"]));
    assert_eq!(run.recorded[3], RecordedAs::Sequence(4));
    assert_eq!(place.names(), names);
}

#[test]
fn a_new_large_body_replaces_the_file_of_the_old_one() {
    let place = Place::new();
    let big = |c: &str| get("/big", 200, &c.repeat(70_000)).build();
    place.run([big("a")]);
    let run = place.run([big("b")]);
    assert_eq!(run.recorded, [RecordedAs::Updated]);
    let names = place.names();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(place.files().values().any(|content| content.starts_with(b"bbb")));
}

#[test]
fn a_complete_answer_replaces_one_that_was_cut() {
    let place = Place::new();
    let cut = || get("/a", 200, "hal").ending(Ending::UpstreamBroke("reset".into())).build();
    let whole = || get("/a", 200, "half no more").build();
    place.run([cut()]);
    assert_eq!(place.run([whole()]).recorded, [RecordedAs::Updated]);
    assert_eq!(place.run([cut()]).recorded, [RecordedAs::Unchanged]);
    check_replay(&place, &[whole()]);
}

#[test]
fn a_range_that_is_new_in_a_second_recording_gets_its_own_stub() {
    let place = Place::new();
    let whole = || get("/f", 200, "hello").build();
    let part = || get("/f", 206, "he").header("Range", "bytes=0-1").build();
    place.run([whole()]);
    assert_eq!(place.run([part(), whole()]).recorded, [RecordedAs::New, RecordedAs::Unchanged]);
    check_replay(&place, &[part(), whole(), part()]);
}

#[test]
fn stubs_that_people_wrote_stay_as_they_are() {
    let place = Place::new();
    let mappings = place.stubs_folder().join("api.test/mappings");
    fs::create_dir_all(&mappings).unwrap();
    let own = r#"{"request":{"method":"GET","url":"/a"},"response":{"status":418}}"#;
    fs::write(mappings.join("get-a.json"), own).unwrap();
    fs::write(mappings.join("broken.json"), "{").unwrap();
    place.run([get("/a", 200, "recorded").build()]);
    let files = place.files();
    assert_eq!(files["api.test/mappings/get-a.json"], own.as_bytes());
    assert_eq!(files.len(), 3, "{:?}", files.keys());
}

// === disks that fail ===

#[test]
fn a_folder_that_cannot_be_written_is_reported_and_tried_again() {
    let place = Place::new();
    fs::write(place.root.path().join("stubs"), "a file where a folder should be").unwrap();
    let log = Arc::default();
    // The reader says so before anything is recorded.
    let config = |place: &Place, stubs: PathBuf| RecorderConfig {
        stubs,
        recordings: place.root.path().join("recordings"),
        clock: Clock::start(),
        redactor: Arc::clone(&place.redactor),
        metrics: Default::default(),
        permits: 4,
        on_recorded: Box::new(|_, _, _| {}),
    };
    assert!(Recorder::start(config(&place, place.stubs_folder())).is_err());
    fs::remove_file(place.stubs_folder()).unwrap();

    let recorder = place.start(&log);
    fs::create_dir_all(place.stubs_folder()).unwrap();
    let blocked = place.stubs_folder().join("api.test");
    fs::write(&blocked, "in the way").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for n in 1..=3 {
            let permit = recorder.permit().await;
            recorder.record(permit, Box::new(get(&format!("/{n}"), 200, "x").number(n).build()));
        }
        let summary = recorder.finish().await;
        assert!(!summary.is_saved());
        let errors = summary.errors.join("\n");
        assert!(
            errors.contains("api.test/mappings/get-1.json") && errors.contains("move it away"),
            "{errors}"
        );
        // What could be written was: the tape.
        assert_eq!(tape::read(&summary.tapes[0]).unwrap().1.len(), 3);
        fs::remove_file(&blocked).unwrap();
        let summary = recorder.finish().await;
        assert_eq!(summary.errors, [""; 0]);
    });
    assert_eq!(place.stubs().len(), 3);
}

#[test]
fn a_tape_that_cannot_be_written_catches_up() {
    let place = Place::new();
    let recordings = place.root.path().join("recordings");
    fs::write(&recordings, "in the way").unwrap();
    let log = Arc::default();
    let recorder = place.start(&log);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for n in 1..=3 {
            let permit = recorder.permit().await;
            recorder.record(permit, Box::new(get(&format!("/{n}"), 200, "x").number(n).build()));
        }
        let summary = recorder.finish().await;
        assert_eq!(summary.errors.len(), 1, "{:?}", summary.errors);
        assert_eq!(place.stubs().len(), 3);
        fs::remove_file(&recordings).unwrap();
        let summary = recorder.finish().await;
        assert!(summary.is_saved());
        assert_eq!(tape::read(&summary.tapes[0]).unwrap().1.len(), 3);
    });
}

#[test]
fn stubs_on_disk_are_whole_at_every_moment() {
    let place = Place::new();
    let log = Arc::default();
    let recorder = place.start(&log);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for n in 1..=300u64 {
            let permit = recorder.permit().await;
            let body = format!("{n} {}", "x".repeat(5_000));
            recorder.record(
                permit,
                Box::new(get(&format!("/{}", n % 40), 200, &body).number(n).build()),
            );
            if n % 20 == 0 {
                // A kill leaves what is there now.
                place.stubs();
            }
        }
        assert!(recorder.finish().await.is_saved());
    });
    assert_eq!(place.stubs().len(), 40);
    assert!(place.names().iter().all(|name| !name.contains(".tmp")));
}

// === properties ===

/// A few requests that may collide in every way, with a few answers.
pub(super) fn any_exchange() -> impl Strategy<Value = Exchange> {
    let method = prop::sample::select(vec!["GET", "POST"]);
    let target = prop::sample::select(vec!["/a", "/a?q=1", "/b"]);
    let body = prop::sample::select(vec!["", "{\"n\":1}", "{\"n\":2}", "n=1"]);
    let accept = prop::sample::select(vec!["", "x", "y"]);
    let authorization = prop::sample::select(vec!["", "one", "two"]);
    let range = prop::sample::select(vec!["", "", "bytes=0-1"]);
    let answer = prop::sample::select(vec!["", "one", "two", "three"]);
    (method, target, body, accept, authorization, range, answer).prop_map(
        |(method, target, body, accept, authorization, range, answer)| {
            let mut sample = exchange(method, target);
            let headers = [("Accept", accept), ("Authorization", authorization), ("Range", range)];
            for (name, value) in headers {
                if !value.is_empty() {
                    sample = sample.header(name, value);
                }
            }
            if !body.is_empty() {
                sample = sample.body(body);
            }
            let status = if range.is_empty() { 200 } else { 206 };
            sample.answer(status, answer).build()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_same_requests_in_the_same_order_get_the_same_answers(
        exchanges in prop::collection::vec(any_exchange(), 1..20)
    ) {
        let place = Place::new();
        place.run(exchanges.clone());
        check_replay(&place, &exchanges);
    }

    #[test]
    fn recording_the_same_again_changes_nothing(
        exchanges in prop::collection::vec(any_exchange(), 1..20)
    ) {
        let place = Place::new();
        place.run(exchanges.clone());
        let before = place.files();
        let run = place.run(exchanges);
        prop_assert!(
            run.recorded.iter().all(|recorded| *recorded == RecordedAs::Unchanged),
            "{:?}", run.recorded
        );
        prop_assert_eq!(before, place.files());
    }

    #[test]
    fn independent_exchanges_give_the_same_files_in_any_order(
        order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle()
    ) {
        let all: Vec<Exchange> = (0..12u64)
            .map(|n| {
                let n = if n < 9 { n } else { 8 };
                exchange("POST", &format!("/{}", n % 3)).body(format!("n={n}")).answer(200, "x")
            })
            .enumerate()
            .map(|(at, sample)| sample.number(at as u64 + 1).build())
            .collect();
        let in_order = Place::new();
        in_order.run(all.clone());
        let shuffled = Place::new();
        shuffled.run(order.iter().map(|&at| all[at].clone()));
        prop_assert_eq!(in_order.files(), shuffled.files());
    }
}
