//! Recording and replay agree, and what is sanitised stays as it is.

use http::HeaderMap;
use proptest::prelude::*;

use super::*;

/// Words that rules react to, among others that they do not.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9]{1,24}",
        "[ -~]{0,12}",
        Just("password".to_owned()),
        Just("r1ng".to_owned()),
        Just("Bearer a1B2c3D4e5F6g7".to_owned()),
        Just("4539578763621486".to_owned()),
        Just("tok_a1b2c3d4e5f6".to_owned()),
        Just(format!("sk_{}_a1B2c3D4e5F6g7", "test")),
        Just("Basic am9lOnNlY3JldDEyMw==".to_owned()),
        Just("https://u:p4ssw0rdX@h/".to_owned()),
        Just("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJlLWJ5dGVz".to_owned()),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("password"),
        Just("token"),
        Just("code"),
        Just("id"),
        Just("note"),
        Just("Authorization"),
        Just("cvc"),
        Just("client_secret"),
        Just("session"),
        Just("query"),
    ]
    .prop_map(str::to_owned)
}

fn json_body() -> impl Strategy<Value = String> {
    prop::collection::vec((name(), word()), 0..4).prop_map(|members| {
        let members: Vec<String> = members
            .into_iter()
            .map(|(name, value)| format!("\"{name}\": {}", serde_json::Value::from(value)))
            .collect();
        format!("{{{}}}", members.join(", "))
    })
}

fn pairs() -> impl Strategy<Value = String> {
    prop::collection::vec((name(), word()), 0..4).prop_map(|pairs| {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(pairs);
        text.finish()
    })
}

fn any_exchange() -> impl Strategy<Value = Exchange> {
    let header = (
        prop_oneof![
            Just("Authorization"),
            Just("Cookie"),
            Just("X-Api-Key"),
            Just("X-Other"),
            Just("Referer")
        ],
        prop_oneof![word(), word().prop_map(|word| format!("session={word}; a={word}"))],
    );
    let body = prop_oneof![
        json_body().prop_map(|body| ("application/json", body)),
        pairs().prop_map(|body| ("application/x-www-form-urlencoded", body)),
        word().prop_map(|body| ("text/plain", body)),
        word().prop_map(|body| ("application/octet-stream", body)),
        json_body().prop_map(|body| ("text/plain", body)),
    ];
    (pairs(), "[a-z0-9]{0,12}", prop::collection::vec(header, 0..3), body.clone(), body).prop_map(
        |(query, path, headers, (sent_type, sent), (got_type, got))| {
            let mut made = exchange()
                .target(&format!("/{path}?{query}"))
                .body(sent_type, sent)
                .answer(got_type, got);
            for (name, value) in headers {
                made = made.header(name, value.trim());
            }
            made
        },
    )
}

proptest! {
    #[test]
    fn an_incoming_request_becomes_what_was_recorded(exchange in any_exchange()) {
        let redactor = redactor();
        let mut request = incoming(&exchange);
        let mut recorded = exchange;
        redactor.exchange(&mut recorded);
        redactor.request(&mut request);
        prop_assert_eq!(request.target.as_str(), &recorded.request.target);
        let expect = incoming(&recorded);
        prop_assert_eq!(&request.headers, &expect.headers);
        let RequestBody::Whole(body) = &request.body else { unreachable!() };
        prop_assert_eq!(body, recorded.request.body.bytes().unwrap());
    }

    #[test]
    fn twice_is_once(exchange in any_exchange()) {
        let redactor = redactor();
        let mut once = exchange;
        redactor.exchange(&mut once);
        let mut twice = once.clone();
        redactor.exchange(&mut twice);
        prop_assert_eq!(format!("{once:?}"), format!("{twice:?}"));
        let mut again = incoming(&once);
        redactor.request(&mut again);
        prop_assert_eq!(again.target.as_str(), &once.request.target);
    }

    #[test]
    fn any_text_is_survived(target in "\\PC{0,60}", value in "\\PC{0,60}", body in any::<Vec<u8>>()) {
        let redactor = redactor();
        let once = redactor.target(&target).into_owned();
        let twice = redactor.target(&once).into_owned();
        prop_assert_eq!(&twice, &once);
        for name in ["Authorization", "Cookie", "Set-Cookie", "Location", "X-Hub-Signature", "X"] {
            let once = redactor.header(name, &value).into_owned();
            let twice = redactor.header(name, &once).into_owned();
            prop_assert_eq!(&twice, &once, "{}", name);
        }
        for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "application/grpc"] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static(kind));
            redactor.request_body(&headers, &Bytes::from(body.clone()));
        }
    }
}

#[test]
fn ordinary_requests_are_borrowed() {
    let redactor = redactor();
    assert!(matches!(redactor.target("/v1/a?b=c&d=e%20f"), std::borrow::Cow::Borrowed(_)));
    assert!(matches!(redactor.header("Accept", "*/*"), std::borrow::Cow::Borrowed(_)));
    assert!(redactor.request_body(&HeaderMap::new(), &Bytes::from_static(b"{\"a\":1}")).is_none());
}

#[test]
fn what_follows_a_slash_and_digits_is_only_a_scope_if_it_looks_like_one() {
    let redactor = redactor();
    let once = redactor.target("/a?sig=aXv==/20260101?sig=bXw==/20260102").into_owned();
    assert!(!once.contains("bXw"), "{once}");
    assert_eq!(redactor.target(&once), once);
    let key = ["ASIA", "Q2W3E4R5T6Y7U8I9"].concat();
    let target = format!("/a?X-Amz-Credential={key}/20260101/eu-west-1/s3/aws4_request");
    let scoped = redactor.target(&target);
    assert!(scoped.ends_with("/20260101/eu-west-1/s3/aws4_request"), "{scoped}");
    assert!(!scoped.contains("Q2W3E4R5T6Y7U8I9"), "{scoped}");
}
