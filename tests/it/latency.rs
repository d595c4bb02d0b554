//! Where latency comes from, seen by a client: never earlier than it was drawn.

use std::time::Duration;

use ringer::{
    config::Config,
    model::{Distribution, LatencySource, Wait},
};

use crate::support::{
    client::{self, Connection},
    folder::{Folder, Ringer},
    wire::Wire,
};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

async fn start(folder: &Folder, latency: LatencySource) -> Ringer {
    folder.stub(
        "events",
        r#"{"request":{"urlPath":"/events"},"response":{"status":200,
            "headers":{"Content-Type":"text/event-stream"},"body":"data: 1\n\ndata: 2\n\ndata: 3\n\n"}}"#,
    );
    folder.start(Config { latency, ..folder.config() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn drawn_times_hold_the_head_back_and_each_further_event() {
    let folder = Folder::new();
    let even = Distribution::Uniform { lower: ms(30), upper: ms(40) };
    let head = Wait { distribution: even, max: None };
    let chunks = Some(Wait::fixed(ms(25)));
    let ringer = start(&folder, LatencySource::Drawn { head, chunks }).await;
    let mut wire = Wire::connect(ringer.address).await;
    let (_, head) = ringer
        .timed(async {
            wire.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n").await;
            wire.until("\r\n\r\n").await
        })
        .await;
    assert!(head >= ms(30), "{head:?}");
    let (events, rest) =
        ringer.timed(async { [wire.chunk().await, wire.chunk().await, wire.chunk().await] }).await;
    assert_eq!(events, [b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"]);
    assert!(head + rest >= ms(80), "{head:?} {rest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tapes_say_decides_over_an_endpoint_that_was_recorded() {
    let folder = Folder::new();
    let mut tape = r#"{"tape":"ringer","version":1,"service":"api.test","started":"2026-11-23T06:40:12Z","upstream":"https://api.test"}
"#
    .to_owned();
    for id in 0..6 {
        tape.push_str(&format!(
            r#"{{"number":{id},"startedMs":1,"connection":1,"address":"http://a","upstream":"https://api.test","request":{{"method":"GET","target":"/items/{id}","protocol":"HTTP/1.1","headers":[]}},"response":{{"status":200,"protocol":"HTTP/1.1","headers":[],"body":{{"text":"x"}}}},"timing":{{"firstByteMs":120.5,"totalMs":121.0,"chunks":[[120.5,1,0]]}},"ending":"complete"}}
"#
        ));
    }
    folder.write("recordings/api.test/2026-11-23T06-40-12Z.jsonl", tape);
    folder.stub(
        "items",
        r#"{"request":{"urlPathPattern":"/items/.*"},"response":{"status":200,"body":"item"}}"#,
    );
    let ringer = start(&folder, LatencySource::Empirical(0.5)).await;
    let connection = Connection::http1(ringer.address).await;
    let (got, took) = ringer.timed(connection.get("a", "/items/77")).await;
    assert_eq!(got.text(), "item");
    assert!(took >= Duration::from_micros(60_250), "{took:?}");
    // The endpoint was not recorded, but its service was.
    let (_, took) = ringer.timed(client::get(ringer.address, "/events")).await;
    assert!(took >= Duration::from_micros(60_250), "{took:?}");
}
