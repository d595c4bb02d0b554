//! Recorded once, replayed with the upstream gone: a client must not notice. What the recorder
//! writes is the same when it is recorded again.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, response::Builder};
use http_body_util::BodyExt as _;
use ringer::{config::Config, engine::Mode};
use serde_json::{Value, json};

use crate::support::{
    client::{self, Connection, Got},
    folder::Folder,
    server::{Body, Upstream, piece, piped, whole},
    waiting::{eventually_async, within},
    wire::Wire,
};

/// A request as an upstream sees it.
struct Asked {
    method: Method,
    path: String,
    query: Option<String>,
    fields: HeaderMap,
    body: Bytes,
}

impl Asked {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

fn answer() -> Builder {
    Response::builder()
}

fn text(text: impl Into<String>) -> Response<Body> {
    answer().header("content-type", "text/plain").body(whole(text.into())).unwrap()
}

fn json_answer(json: &Value) -> Response<Body> {
    answer().header("content-type", "application/json").body(whole(json.to_string())).unwrap()
}

/// Answers `handler` gives, from a state that can be put back to its beginning.
async fn upstream<S: Default + Send + 'static>(
    handler: impl Fn(&mut S, &Asked) -> Response<Body> + Send + Sync + 'static,
) -> (Upstream, Arc<Mutex<S>>) {
    let state = Arc::new(Mutex::new(S::default()));
    let (shared, handler) = (Arc::clone(&state), Arc::new(handler));
    let upstream = Upstream::http(move |request: http::Request<hyper::body::Incoming>| {
        let (shared, handler) = (Arc::clone(&shared), Arc::clone(&handler));
        async move {
            let (parts, body) = request.into_parts();
            let asked = Asked {
                method: parts.method,
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().map(str::to_owned),
                fields: parts.headers,
                body: body.collect().await.map(|body| body.to_bytes()).unwrap_or_default(),
            };
            handler(&mut shared.lock().unwrap(), &asked)
        }
    })
    .await;
    (upstream, state)
}

/// One pass of a client: where the API is, and which pass this is, so that what varies between
/// runs can vary.
#[derive(Clone, Copy)]
struct Pass {
    address: SocketAddr,
    run: u32,
}

impl Pass {
    async fn get(self, path: &str) -> Got {
        self.send("GET", path, &[], "").await
    }

    async fn send(
        self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Got {
        client::send(self.address, method, path, fields, body).await
    }

    /// Random in every run, as a UUID.
    fn uuid(self, salt: u32) -> String {
        format!(
            "{:08x}-55aa-4c9e-8b0e-{salt:04x}{:08x}",
            self.run.wrapping_mul(0x9e37_79b9),
            self.run
        )
    }
}

/// Status and text, as a transcript has them.
fn seen(got: &Got) -> String {
    format!("{} {}", got.status, got.text())
}

/// Drives a client directly, through a recording, through a second recording, and through a replay
/// with the upstream gone; all must see the same. The folder is given back for a closer look.
async fn round_trip<S: Default + Send + 'static>(
    handler: impl Fn(&mut S, &Asked) -> Response<Body> + Send + Sync + 'static,
    drive: impl AsyncFn(Pass) -> Vec<String>,
) -> Folder {
    let (upstream, state) = upstream(handler).await;
    let folder = Folder::new();
    let direct = drive(Pass { address: upstream.address, run: 1 }).await;
    let mut stubs = None;
    for run in [2, 3] {
        *state.lock().unwrap() = S::default();
        let ringer = folder.run(Mode::Record, &upstream.url()).await;
        let recorded = drive(Pass { address: ringer.address, run }).await;
        assert_eq!(direct, recorded, "recording, run {run}");
        let summary = ringer.stop().await;
        assert_eq!(summary.problems, Vec::<String>::new());
        let now = folder.snapshot("stubs");
        if let Some(before) = stubs.replace(now.clone()) {
            check_unchanged(&before, &now);
        }
    }
    upstream.stop().await;
    let ringer = folder.replay().await;
    let replayed = drive(Pass { address: ringer.address, run: 4 }).await;
    assert_eq!(direct, replayed, "replay of {:#?}", folder.stubs());
    assert_eq!(ringer.stop().await.misses, []);
    folder
}

#[track_caller]
fn check_unchanged(
    before: &std::collections::BTreeMap<String, Vec<u8>>,
    now: &std::collections::BTreeMap<String, Vec<u8>>,
) {
    assert_eq!(before.keys().collect::<Vec<_>>(), now.keys().collect::<Vec<_>>(), "files");
    for (name, content) in before {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(content), text(&now[name]), "{name} after the second recording");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_tells_two_answers_apart_is_matched_on() {
    let folder = round_trip(
        |(): &mut (), asked| match asked.path.as_str() {
            "/bytes" => match asked.field("range") {
                "" => text("0123456789"),
                range => answer().status(206).body(whole(format!("part {range}"))).unwrap(),
            },
            "/negotiated" => text(format!("as {}", asked.field("accept"))),
            "/target" => text(format!("did {}", asked.field("x-amz-target"))),
            _ => match asked.field("authorization") {
                "" => answer()
                    .status(401)
                    .header("www-authenticate", "Bearer")
                    .body(whole(""))
                    .unwrap(),
                _ => text("welcome"),
            },
        },
        async |pass| {
            let id = pass.uuid(1);
            let mut all = Vec::new();
            for (path, fields) in [
                ("/bytes", vec![]),
                ("/bytes", vec![("range", "bytes=0-1")]),
                ("/bytes", vec![("range", "bytes=2-3")]),
                ("/bytes", vec![]),
                ("/bytes", vec![("range", "bytes=0-1")]),
                ("/negotiated", vec![("accept", "application/json")]),
                ("/negotiated", vec![("accept", "text/csv")]),
                ("/negotiated", vec![("accept", "application/json")]),
                ("/target", vec![("x-amz-target", "Db.List")]),
                ("/target", vec![("x-amz-target", "Db.Get")]),
                ("/target", vec![("x-amz-target", "Db.List")]),
                ("/private", vec![]),
                ("/private", vec![("authorization", "Bearer aaaa-bbbb-0123456789")]),
                ("/private", vec![]),
            ] {
                let mut fields = fields;
                // Changes with each run, so nothing may depend on it.
                fields.push(("x-request-id", &id));
                all.push(seen(&pass.send("GET", path, &fields, "").await));
            }
            all
        },
    )
    .await;
    // A value that is different in each run is no discriminator.
    assert!(!format!("{:?}", folder.stubs()).contains("x-request-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_value_of_a_credential_is_no_matcher_its_presence_is() {
    round_trip(
        |(): &mut (), asked| {
            let status = if asked.fields.contains_key("authorization") { 200 } else { 401 };
            answer().status(status).body(whole("")).unwrap()
        },
        async |pass| {
            let mut all = Vec::new();
            let token = format!("Bearer {}", pass.uuid(2));
            for fields in [vec![], vec![("authorization", token.as_str())], vec![]] {
                all.push(seen(&pass.send("GET", "/a", &fields, "").await));
            }
            all
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_stands_in_the_url_too_does_not_lead_to_the_refusal() {
    round_trip(
        |(): &mut (), asked| {
            let status = if asked.fields.contains_key("authorization") { 200 } else { 401 };
            answer().status(status).body(whole("")).unwrap()
        },
        async |pass| {
            let basic = "Basic am9lOnNlY3JldC13b3JkLTcx";
            let mut all = Vec::new();
            for fields in [vec![], vec![("authorization", basic)], vec![("authorization", basic)]] {
                all.push(seen(&pass.send("GET", "/joe/secret-word-71", &fields, "").await));
            }
            all
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_new_in_each_run_are_not_matched() {
    let folder = round_trip(
        |(): &mut (), _| text("same"),
        async |pass| {
            let id = pass.uuid(1);
            let date = format!("20261123T0{}0000Z", pass.run);
            let fields = [
                ("x-request-id", id.as_str()),
                ("idempotency-key", id.as_str()),
                ("x-amz-date", date.as_str()),
                ("amz-sdk-invocation-id", id.as_str()),
                ("user-agent", "test/1"),
            ];
            vec![seen(&pass.send("GET", "/a", &fields, "").await)]
        },
    )
    .await;
    assert_eq!(folder.only_stub()["request"], json!({"method": "GET", "url": "/a"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_answer_in_the_recorded_order_and_stay_on_the_last() {
    let folder = round_trip(
        |polls: &mut u32, asked| match (&asked.method, asked.path.as_str()) {
            (&Method::GET, "/job") => {
                *polls += 1;
                json_answer(&json!({"state": if *polls < 3 { "running" } else { "done" }}))
            }
            _ => text("no"),
        },
        async |pass| {
            let mut all = Vec::new();
            for _ in 0..5 {
                all.push(seen(&pass.get("/job").await));
            }
            all
        },
    )
    .await;
    let responses = folder.only_stub()["responses"].clone();
    assert_eq!(responses.as_array().map(Vec::len), Some(2), "{responses:#}");
    assert_eq!(responses[0]["times"], 2);
    // After the last one: the last one.
    let ringer = folder.replay().await;
    let pass = Pass { address: ringer.address, run: 9 };
    for state in ["running", "running", "done", "done", "done", "done", "done"] {
        assert_eq!(pass.get("/job").await.json()["state"], state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_before_and_after_a_write_answer_as_they_did() {
    round_trip(
        |stored: &mut Option<Bytes>, asked| match (&asked.method, asked.path.as_str()) {
            (&Method::PUT, _) => {
                *stored = Some(asked.body.clone());
                answer().status(204).body(whole("")).unwrap()
            }
            (&Method::DELETE, _) => {
                *stored = None;
                answer().status(204).body(whole("")).unwrap()
            }
            _ => match stored {
                Some(bytes) => answer().body(whole(bytes.clone())).unwrap(),
                None => answer().status(404).body(whole("nothing")).unwrap(),
            },
        },
        async |pass| {
            let mut all = vec![seen(&pass.get("/item").await)];
            all.push(seen(&pass.send("PUT", "/item", &[], "one").await));
            all.push(seen(&pass.get("/item").await));
            all.push(seen(&pass.send("PUT", "/item", &[], "two").await));
            all.push(seen(&pass.get("/item").await));
            all.push(seen(&pass.get("/item").await));
            all.push(seen(&pass.send("DELETE", "/item", &[], "").await));
            all.push(seen(&pass.get("/item").await));
            all
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_bodies_are_equal_as_json_and_extra_members_count() {
    round_trip(
        |(): &mut (), asked| {
            let json = asked.json();
            json_answer(&json!({"page": json["page"], "next": json["cursor"], "n": json["n"]}))
        },
        async |pass| {
            // The order of members and the spacing are those of this run.
            let spaced = |a: &str, b: &str| match pass.run % 2 {
                0 => format!("{{{a},{b}}}"),
                _ => format!("{{ {b} , \n\t{a} }}"),
            };
            let mut all = Vec::new();
            for body in [
                r#"{"query":"x"}"#.to_owned(),
                spaced(r#""query":"x""#, r#""page":2"#),
                spaced(r#""query":"x""#, r#""cursor":"c2""#),
                spaced(r#""n":1.0"#, r#""query":"y""#),
                r#"{"query":"x"}"#.to_owned(),
            ] {
                let fields = [("content-type", "application/json")];
                all.push(seen(&pass.send("POST", "/search", &fields, body).await));
            }
            all
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn multipart_bodies_are_compared_by_their_parts() {
    round_trip(
        |(): &mut (), asked| {
            let body = String::from_utf8_lossy(&asked.body);
            text(if body.contains("second file") { "two" } else { "one" })
        },
        async |pass| {
            let mut all = Vec::new();
            for content in ["first file", "second file", "first file"] {
                let boundary = format!("----boundary{}", pass.uuid(7).replace('-', ""));
                let kind = format!("multipart/form-data; boundary={boundary}");
                let body = format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n\
                     --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
                     Content-Type: application/octet-stream\r\n\r\n{content}\r\n--{boundary}--\r\n"
                );
                all.push(seen(&pass.send("POST", "/upload", &[("content-type", &kind)], body).await));
            }
            all
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_told_apart_by_their_fields() {
    round_trip(
        |(): &mut (), asked| text(format!("got {}", asked.body.len())),
        async |pass| {
            let fields = [("content-type", "application/x-www-form-urlencoded")];
            let mut all = Vec::new();
            for body in ["a=1&b=2", "a=1&b=22", "a=1&b=2"] {
                all.push(seen(&pass.send("POST", "/form", &fields, body).await));
            }
            all
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_vary_in_body_and_query_are_echoed_as_they_are_now() {
    round_trip(
        |(): &mut (), asked| {
            let json = asked.json();
            json_answer(&json!({"id": json["id"], "query": asked.query}))
        },
        async |pass| {
            let id = pass.uuid(3);
            let body = format!(r#"{{"id":"{id}","amount":5}}"#);
            let path = format!("/pay?state={id}");
            let fields = [("content-type", "application/json")];
            let got = pass.send("POST", &path, &fields, body).await;
            let json = got.json();
            vec![
                got.status.to_string(),
                (json["id"] == id.as_str()).to_string(),
                (json["query"] == format!("state={id}").as_str()).to_string(),
            ]
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_differ_by_every_byte_of_their_query_and_any_method_will_do() {
    round_trip(
        |(): &mut (), asked| text(format!("{} {}?{:?}", asked.method, asked.path, asked.query)),
        async |pass| {
            let mut all = Vec::new();
            for path in [
                "/q",
                "/q?",
                "/q?a",
                "/q?a=",
                "/q?a=1&a=2",
                "/q?a=2&a=1",
                "/q?a=b+c",
                "/q?a=b%20c",
                "/q?a=1&b=2",
                "/q?b=2&a=1",
                "/q//x",
                "/q/x",
                "/q%2Fx",
            ] {
                all.push(seen(&pass.get(path).await));
            }
            for method in ["PROPFIND", "REPORT", "M-SEARCH", "OPTIONS", "PATCH", "brew"] {
                all.push(seen(&pass.send(method, "/q", &[], "").await));
            }
            all
        },
    )
    .await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const ODDLY_SPELLED: &str =
    "{\n   \"b\" : 1.50,\t\"a\":[1,2 ,3], \"e\": 1E+2, \"u\": \"\\u00e9é\\/\", \"b\": null }";
const EVENLY_SPELLED: &str = "{\"b\":1.50,\"a\":[1,2,3],\"u\":\"é\"}";

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_stored_readable_and_sent_as_they_came() {
    let folder = round_trip(
        |(): &mut (), asked| match asked.path.as_str() {
            "/coded" => answer()
                .header("content-type", "application/json")
                .header("content-encoding", "gzip")
                .body(whole(gzip(EVENLY_SPELLED.as_bytes())))
                .unwrap(),
            "/odd" => answer()
                .header("content-type", "application/json")
                .body(whole(ODDLY_SPELLED))
                .unwrap(),
            "/even" => answer()
                .header("content-type", "application/json")
                .body(whole(EVENLY_SPELLED))
                .unwrap(),
            "/etag" => answer()
                .header("content-type", "application/json")
                .header("content-encoding", "gzip")
                .header("etag", "\"of-these-bytes\"")
                .body(whole(gzip(EVENLY_SPELLED.as_bytes())))
                .unwrap(),
            _ => answer()
                .header("content-type", "application/octet-stream")
                .body(whole(&b"\x00\xff\xfe\r\n\x1f\x8b binary"[..]))
                .unwrap(),
        },
        async |pass| {
            let mut all = Vec::new();
            for path in ["/coded", "/odd", "/even", "/etag", "/binary"] {
                let got = pass.get(path).await;
                all.push(format!(
                    "{:?}",
                    (path, got.field("content-encoding"), got.field("content-type"))
                ));
                // A coding may be made anew; what it holds may not.
                all.push(match (path, got.field("content-encoding")) {
                    ("/coded", Some("gzip")) => {
                        let mut text = String::new();
                        let mut decoder = flate2::read::GzDecoder::new(&got.body[..]);
                        std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
                        text
                    }
                    _ => format!("{:?}", got.body),
                });
            }
            all
        },
    )
    .await;
    let stubs = folder.stubs();
    let stub = |path: &str| {
        let found = stubs.values().find(|stub| stub["request"]["url"] == path);
        found.unwrap_or_else(|| panic!("no stub for {path}: {stubs:#?}"))["response"].clone()
    };
    for path in ["/coded", "/even"] {
        assert_eq!(stub(path)["jsonBody"]["a"], json!([1, 2, 3]), "{path}: {:#}", stub(path));
    }
    // Number spelling and the order of members are kept in the file.
    let files = folder.snapshot("stubs");
    let even = files.iter().find(|(name, _)| name.contains("even")).unwrap();
    assert!(String::from_utf8_lossy(even.1).contains("1.50"));
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_names_keep_their_case_and_order_in_replay() {
    const ANSWER: &str = "HTTP/1.1 200 Sure\r\nx-Amz-META-Name: v\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nETag: \"1\"\r\nSet-Cookie: a=1\r\nSet-cookie: b=2\r\nContent-LENGTH: 2\r\nX-Last: 1\r\n\r\nok";
    let (upstream, _requests) = Upstream::answering(ANSWER).await;
    let folder = Folder::new();
    let lines_of = async |address| {
        let mut wire = Wire::connect(address).await;
        wire.send("GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n").await;
        let message = wire.message().await;
        let names = message
            .field_lines()
            .iter()
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect::<Vec<_>>();
        (message.first_line().to_owned(), names, message.text())
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let recorded = lines_of(ringer.address).await;
    ringer.stop().await;
    upstream.stop().await;
    assert_eq!(
        recorded.1,
        ["x-Amz-META-Name", "Date", "ETag", "Set-Cookie", "Set-cookie", "Content-LENGTH", "X-Last"]
    );
    let ringer = folder.replay().await;
    assert_eq!(lines_of(ringer.address).await, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_chunks_and_their_absence_are_replayed_as_they_were() {
    let (upstream, _requests) = Upstream::answering_each(|request| {
        match request.first_line().split(' ').nth(1).unwrap() {
            "/length" => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "/chunks" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "/trailers" => "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n",
            "/head" => "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n",
            "/204" => "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
            "/304" => "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n",
            "/empty" => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            _ => "HTTP/1.1 404 Not Found\r\nAllow: GET, PROPFIND\r\nDAV: 1,2\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
        }
        .into()
    })
    .await;
    let folder = Folder::new();
    let all_of = async |address| {
        let mut all = Vec::new();
        let mut wire = Wire::connect(address).await;
        for (method, path) in [
            ("GET", "/length"),
            ("GET", "/chunks"),
            ("GET", "/trailers"),
            ("HEAD", "/head"),
            ("GET", "/204"),
            ("GET", "/304"),
            ("GET", "/empty"),
            ("OPTIONS", "/other"),
        ] {
            wire.send(format!("{method} {path} HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n")).await;
            let has_body = method != "HEAD" && path != "/204" && path != "/304";
            let message = if has_body { wire.message().await } else { wire.bodiless().await };
            let trailers = message.trailers.join(",").to_ascii_lowercase();
            all.push(format!("{}\n{}\n{trailers}", message.head, message.text()));
        }
        all
    };
    let direct = all_of(upstream.address).await;
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    assert_eq!(all_of(ringer.address).await, direct);
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(all_of(ringer.address).await, direct);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_go_to_files_and_come_back_whole() {
    let large: Bytes =
        (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let sent = large.clone();
    let folder = round_trip(
        move |(): &mut (), asked| match asked.method {
            Method::GET => answer()
                .header("content-type", "application/octet-stream")
                .body(whole(sent.clone()))
                .unwrap(),
            _ => text(format!("{} bytes, {}", asked.body.len(), asked.body[0])),
        },
        async |pass| {
            let got = pass.get("/down").await;
            let mut other = large.to_vec();
            other[0] = 1;
            vec![
                (got.body == large).to_string(),
                got.field("content-length").unwrap_or("none").to_owned(),
                seen(&pass.send("PUT", "/up", &[], large.clone()).await),
                // The same length, another byte: another answer.
                seen(&pass.send("PUT", "/up", &[], other).await),
            ]
        },
    )
    .await;
    let files = folder.snapshot("stubs");
    let kept = files.iter().find(|(name, _)| name.contains("__files"));
    let (_, kept) = kept.unwrap_or_else(|| panic!("no body file: {:?}", files.keys()));
    assert_eq!(kept.len(), 3_000_000);
    let left: Vec<_> =
        folder.snapshot("recordings").into_keys().filter(|name| name.contains(".body-")).collect();
    assert_eq!(left, Vec::<String>::new(), "nothing is left where large bodies pass");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_exchanges_are_kept_as_bytes_and_cost_no_other() {
    round_trip(
        |(): &mut (), asked| match asked.path.as_str() {
            "/json" => answer()
                .header("content-type", "application/json")
                .body(whole("{\"broken\": "))
                .unwrap(),
            "/coding" => answer()
                .header("content-type", "text/plain")
                .header("content-encoding", "x-unheard-of")
                .body(whole("?\u{1}?"))
                .unwrap(),
            "/gzip" => answer()
                .header("content-encoding", "gzip")
                .body(whole(&b"\x1f\x8b\x08\x00no gzip"[..]))
                .unwrap(),
            "/charset" => answer()
                .header("content-type", "text/html; charset=iso-8859-1")
                .body(whole(&b"caf\xe9"[..]))
                .unwrap(),
            "/posted" => text(format!("{} bytes", asked.body.len())),
            _ => text("fine"),
        },
        async |pass| {
            let mut all = Vec::new();
            for path in ["/json", "/coding", "/gzip", "/charset", "/fine"] {
                let got = pass.get(path).await;
                all.push(format!("{path} {} {:?}", got.status, got.body));
            }
            let json = [("content-type", "application/json")];
            let multipart = [("content-type", "multipart/form-data; boundary=never")];
            all.push(seen(&pass.send("POST", "/posted", &json, "{\"broken").await));
            all.push(seen(&pass.send("POST", "/posted", &json, "[broken too").await));
            all.push(seen(&pass.send("POST", "/posted", &multipart, "no boundary").await));
            all
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_and_old_clients_are_recorded_like_others() {
    let (upstream, _state) = upstream(|(): &mut (), asked| text(asked.path.clone())).await;
    let folder = Folder::new();
    let talk = async |address| {
        let mut wire = Wire::connect(address).await;
        wire.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut all = vec![wire.message().await.text(), wire.message().await.text()];
        let mut wire = Wire::connect(address).await;
        wire.send("GET /3 HTTP/1.0\r\n\r\n").await;
        all.push(wire.message().await.text());
        all
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    assert_eq!(talk(ringer.address).await, ["/1", "/2", "/3"]);
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, ["/1", "/2", "/3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_stream_that_the_client_leaves_stays_open_in_replay() {
    let upstream = Upstream::http(|_| async {
        let (pieces, body) = piped();
        tokio::spawn(async move {
            for n in 0..3 {
                pieces.send(piece(format!("data: {n}\n\n"))).await.unwrap();
            }
            pieces.closed().await;
        });
        answer().header("content-type", "text/event-stream").body(body).unwrap()
    })
    .await;
    let folder = Folder::new();
    let read = async |address| {
        let connection = Connection::http1(address).await;
        let request = connection.request("GET", "a", "/events").body(client::whole("")).unwrap();
        let mut answer = connection.begin(request).await.unwrap();
        let mut came = String::new();
        while came.matches("\n\n").count() < 3 {
            let frame = within(answer.frame()).await.unwrap().unwrap();
            came.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
        (came, answer)
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let (came, answer) = read(ringer.address).await;
    drop(answer);
    eventually_async("the exchange is kept when the client has left", || async {
        (!folder.stubs().is_empty()).then_some(())
    })
    .await;
    ringer.stop().await;
    upstream.stop().await;
    assert_eq!(folder.only_stub()["metadata"]["ringer"]["ending"], "staysOpen");
    let ringer = folder.replay().await;
    let (replayed, mut answer) = read(ringer.address).await;
    assert_eq!(replayed, came);
    let more = tokio::time::timeout(std::time::Duration::from_millis(100), answer.frame()).await;
    assert!(more.is_err(), "the stream stays open: {more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_broke_off_is_kept_as_far_as_it_came_and_breaks_in_replay() {
    let upstream = Upstream::scripted(|mut wire| async move {
        while let Some(request) = wire.next_message().await {
            if request.first_line().contains("/fine") {
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine").await;
                continue;
            }
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nas far as").await;
            // Goes away when ringer has passed it on.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            return;
        }
    })
    .await;
    let folder = Folder::new();
    let talk = async |address| {
        let mut wire = Wire::connect(address).await;
        wire.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(wire.bodiless().await.status(), 200);
        let came = wire.exactly(9).await;
        assert!(wire.is_closed().await, "no more comes");
        let fine = client::get(address, "/fine").await;
        (String::from_utf8(came).unwrap(), fine.text())
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let recorded = talk(ringer.address).await;
    assert_eq!(recorded, ("as far as".to_owned(), "fine".to_owned()));
    ringer.stop().await;
    upstream.stop().await;
    let tape = folder.tape();
    assert_eq!(tape.len(), 2, "{tape:#?}");
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_and_pauses_are_replayed_and_can_be_left_out() {
    let upstream = Upstream::http(|_| async {
        let (pieces, body) = piped();
        tokio::spawn(async move {
            for text in ["one", "two", "three"] {
                tokio::time::sleep(std::time::Duration::from_millis(60)).await;
                pieces.send(piece(text)).await.unwrap();
            }
        });
        answer().header("content-type", "text/event-stream").body(body).unwrap()
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    client::get(ringer.address, "/events").await;
    ringer.stop().await;
    upstream.stop().await;
    for (latency, at_least) in [("recorded", 120), ("none", 0)] {
        let latency = latency.parse().unwrap();
        let ringer = folder.start(Config { latency, ..folder.config() }).await;
        let clock = ringer::runtime::Clock::start();
        let mut wire = Wire::connect(ringer.address).await;
        wire.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let message = wire.message().await;
        assert_eq!(message.text(), "onetwothree");
        if at_least > 0 {
            assert_eq!(message.chunks, [3, 3, 5]);
        }
        assert!(clock.elapsed().as_millis() >= at_least);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn locations_lead_to_the_address_that_each_client_uses() {
    let (upstream, mut requests) = Upstream::answering_each(|request| {
        let host = request.field("host").unwrap();
        format!("HTTP/1.1 201 Created\r\nLocation: http://{host}/a/1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{{\"self\":\"http://{host}/a/1\"}}", host.len() + 22).into()
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let here = format!("http://{}/a/1", ringer.address);
    let got = client::send(ringer.address, "POST", "/a", &[], "").await;
    assert_eq!(requests.next().await.field("host"), Some(ringer.host().as_str()));
    assert_eq!(
        (got.field("location"), got.json()["self"].as_str()),
        (Some(here.as_str()), Some(here.as_str()))
    );
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    let here = format!("http://{}/a/1", ringer.address);
    let got = client::send(ringer.address, "POST", "/a", &[], "").await;
    assert_eq!(
        (got.field("location"), got.json()["self"].as_str()),
        (Some(here.as_str()), Some(here.as_str()))
    );
}

fn echo_of_credentials((): &mut (), asked: &Asked) -> Response<Body> {
    let token = asked.field("authorization").strip_prefix("Bearer ").unwrap_or_default();
    json_answer(&json!({"you": token, "again": asked.json()["password"]}))
}

/// Which of its credentials a client finds in the answer.
async fn echoed(pass: Pass, token: &str, password: &str) -> Vec<String> {
    let bearer = format!("Bearer {token}");
    let fields = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = format!(r#"{{"password":"{password}"}}"#);
    let json = pass.send("POST", "/me", &fields, body).await.json();
    let is = |name: &str, own: &str| match own {
        "" => String::new(),
        own => format!("{name} {}", if json[name] == own { "is its own" } else { "is another's" }),
    };
    vec![is("you", token), is("again", password)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_s_credentials_come_back_in_what_echoes_them_and_are_not_stored() {
    let (token, password) = ("tok-0123456789abcdef01", "correct-horse-battery");
    let folder =
        round_trip(echo_of_credentials, async |pass| echoed(pass, token, password).await).await;
    for (name, content) in folder.snapshot("") {
        let content = String::from_utf8_lossy(&content).into_owned();
        assert!(!content.contains(token) && !content.contains(password), "{name}: {content}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_than_the_recorded_one_comes_back_in_what_echoes_it() {
    round_trip(echo_of_credentials, async |pass| {
        echoed(pass, "", &format!("pw-{}", pass.uuid(5).replace('-', ""))).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token_than_the_recorded_one_comes_back_in_what_echoes_it() {
    round_trip(echo_of_credentials, async |pass| {
        echoed(pass, &format!("tok-{}", pass.uuid(5).replace('-', "")), "").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_the_same_time_are_all_recorded() {
    let (upstream, _state) =
        upstream(|(): &mut (), asked| text(format!("{}{:?}", asked.path, asked.query))).await;
    let folder = Folder::new();
    let talk = async |address: SocketAddr| {
        let all: Vec<_> = (0..100)
            .map(|n| {
                tokio::spawn(async move {
                    client::get(address, &format!("/{}?{n}", n % 7)).await.text()
                })
            })
            .collect();
        let mut texts = Vec::new();
        for one in all {
            texts.push(within(one).await.unwrap());
        }
        texts
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let recorded = talk(ringer.address).await;
    let summary = ringer.stop().await.recorded.unwrap();
    assert_eq!((summary.exchanges, folder.stubs().len()), (100, 100));
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_with_trailers_is_recorded_and_replayed() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        let asked = request.into_body().collect().await.unwrap().to_bytes();
        let (pieces, body) = piped();
        tokio::spawn(async move {
            pieces.send(piece(asked)).await.unwrap();
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            pieces.send(Ok(http_body::Frame::trailers(trailers))).await.unwrap();
        });
        answer().header("content-type", "application/grpc").body(body).unwrap()
    })
    .await;
    let folder = Folder::new();
    let talk = async |address| {
        let connection = Connection::http2(address).await;
        let mut all = Vec::new();
        for body in ["\0\0\0\0\u{1}a", "\0\0\0\0\u{1}b", "\0\0\0\0\u{1}a"] {
            let request = connection
                .request("POST", "a", "/pkg.Service/Method")
                .header("te", "trailers")
                .header("content-type", "application/grpc")
                .body(client::whole(body))
                .unwrap();
            let got = connection.send(request).await;
            all.push(format!(
                "{} {:?} {:?}",
                got.status,
                got.body,
                got.trailers.map(|fields| fields["grpc-status"].clone())
            ));
        }
        all
    };
    let direct = talk(upstream.address).await;
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    assert_eq!(talk(ringer.address).await, direct);
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, direct);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_two_way_stream_is_answered_message_by_message_in_replay() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        answer()
            .header("content-type", "application/grpc")
            .body(request.into_body().map_err(std::io::Error::other).boxed_unsync())
            .unwrap()
    })
    .await;
    let folder = Folder::new();
    let talk = async |address| {
        let connection = Connection::http2(address).await;
        let (pieces, body) = piped();
        let request = connection
            .request("POST", "a", "/pkg.Service/Chat")
            .header("content-type", "application/grpc")
            .body(body)
            .unwrap();
        let answering = tokio::spawn(async move { connection.begin(request).await.unwrap() });
        pieces.send(piece("\0\0\0\0\u{4}msg0")).await.unwrap();
        let mut answer = within(answering).await.unwrap();
        let mut all = Vec::new();
        for n in 1..4 {
            all.push(within(answer.frame()).await.unwrap().unwrap().into_data().unwrap());
            pieces.send(piece(format!("\0\0\0\0\u{4}msg{n}"))).await.unwrap();
        }
        drop(pieces);
        all.push(client::collect(answer).await.unwrap().body);
        all
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let recorded = talk(ringer.address).await;
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn record_missing_asks_the_upstream_once() {
    let (upstream, state) = upstream(|asked_times: &mut u32, asked| {
        *asked_times += 1;
        text(format!("{} {asked_times}", asked.path))
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::RecordMissing, &upstream.url()).await;
    let first = client::get(ringer.address, "/a").await.text();
    eventually_async("the stub answers", || async {
        let before = *state.lock().unwrap();
        let again = client::get(ringer.address, "/a").await.text();
        (again == first && *state.lock().unwrap() == before).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tape_tells_each_exchange_in_order_with_its_times() {
    let (upstream, _state) = upstream(|(): &mut (), asked| text(asked.path.clone())).await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    for path in ["/one", "/two?x=1", "/three"] {
        client::get(ringer.address, path).await;
    }
    ringer.stop().await;
    let tape = folder.tape();
    assert_eq!(tape.len(), 3);
    let texts: Vec<_> = tape.iter().map(ToString::to_string).collect();
    for (line, path) in texts.iter().zip(["/one", "/two?x=1", "/three"]) {
        assert!(line.contains(path), "{line}");
        assert!(line.contains("HTTP/1.1"), "the protocol: {line}");
    }
    let header = folder
        .snapshot("recordings")
        .into_iter()
        .find(|(name, _)| name.ends_with(".jsonl"))
        .unwrap()
        .1;
    let header: Value =
        serde_json::from_str(String::from_utf8(header).unwrap().lines().next().unwrap()).unwrap();
    assert!(header.to_string().contains(&upstream.url()), "{header}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_a_forward_proxy_are_kept_apart() {
    let (one, _) = upstream(|(): &mut (), _| text("one")).await;
    let (two, _) = upstream(|(): &mut (), _| text("two")).await;
    let folder = Folder::new();
    let talk = async |address, targets: &[SocketAddr]| {
        let mut all = Vec::new();
        for target in targets {
            let mut wire = Wire::connect(address).await;
            wire.send(format!("GET http://{target}/a HTTP/1.1\r\nHost: {target}\r\n\r\n")).await;
            all.push(wire.message().await.text());
        }
        all
    };
    let targets = [one.address, two.address, one.address];
    let ringer = folder.start(Config { forward: Mode::Record, ..folder.config() }).await;
    assert_eq!(talk(ringer.address, &targets).await, ["one", "two", "one"]);
    ringer.stop().await;
    one.stop().await;
    two.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address, &targets).await, ["one", "two", "one"]);
    assert_eq!(folder.stubs().len(), 2);
}
