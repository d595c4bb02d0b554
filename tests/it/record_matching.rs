//! What a recorded stub matches on, and in which order repeats answer.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::support::{
    round_trip::{Pass, answer, json_answer, round_trip, seen, text},
    server::whole,
};

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
