//! Recorded answers come back as they were: bytes, codings, names, lengths, files.

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;
use ringer::model::Mode;
use serde_json::json;

use crate::support::{
    client,
    folder::Folder,
    round_trip::{answer, round_trip, seen, text, upstream},
    server::{Upstream, whole},
    wire::Wire,
};

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
async fn a_request_that_is_refused_by_its_head_is_known_with_its_body() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        let refused = request.headers().contains_key("if-match");
        if !refused {
            let _ = request.into_body().collect().await;
        }
        let status = if refused { 412 } else { 200 };
        answer().status(status).body(whole("{}")).unwrap()
    })
    .await;
    let folder = Folder::new();
    let talk = async |address, wait: bool| {
        let mut all = Vec::new();
        for fields in ["If-Match: \"old\"\r\n", ""] {
            let mut wire = Wire::connect(address).await;
            let length = "Content-Length: 7\r\nContent-Type: application/json";
            wire.send(format!("PUT /x HTTP/1.1\r\nHost: a\r\n{fields}{length}\r\n\r\n")).await;
            if wait && !fields.is_empty() {
                all.push(wire.message().await.status());
                wire.send("{\"a\":1}").await;
            } else {
                wire.send("{\"a\":1}").await;
                all.push(wire.message().await.status());
            }
        }
        all
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    assert_eq!(talk(ringer.address, true).await, [412, 200]);
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address, false).await, [412, 200], "{:#?}", folder.stubs());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_with_its_connection_does_so_in_replay() {
    let upstream = Upstream::scripted(|mut wire: Wire| async move {
        wire.message().await;
        wire.send("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it").await;
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    client::get(ringer.address, "/x").await;
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    let got = client::get(ringer.address, "/x").await;
    assert_eq!(got.text(), "all of it");
    assert_eq!(got.field("transfer-encoding"), None);
}
