//! Nothing is replaced where there is no credential.

use super::*;

#[track_caller]
fn check(exchange: &Exchange) {
    let mut now = exchange.clone();
    let replaced = redactor().exchange(&mut now);
    assert_eq!(replaced.places, Vec::<String>::new());
    assert_eq!(format!("{now:?}"), format!("{exchange:?}"));
}

#[test]
fn in_heads() {
    check(
        &exchange()
            .target("/v1/customers/cus_9x/sources?limit=10&page_token=CAESBgoEbmV4dA12&key=photos/2024/a1b2c3d4e5.jpg&code=DE&state=open&pin=1234")
            .header("Host", "127.0.0.1:8080")
            .header("User-Agent", "python-requests/2.31.0")
            .header("Cookie", "a=1; theme=dark; lang=en-US; consent=yes")
            .header("If-None-Match", "\"6553f100-c\"")
            .header("Idempotency-Key", "550e8400-e29b-41d4-a716-446655440000")
            .header("X-Request-Id", "4539578763621486")
            .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .answer_header("ETag", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\"")
            .answer_header("Set-Cookie", "a=1; Path=/")
            .answer_header("Set-Cookie", "session=; Max-Age=0")
            .answer_header("WWW-Authenticate", "Digest realm=\"r\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"")
            .answer_header("WWW-Authenticate", "Basic realm=\"user login 12\"")
            .answer_header("Location", "https://a.test/v1/customers/cus_9x?expand=sources")
            .answer_header("Date", "Mon, 23 Nov 2026 06:40:12 GMT"),
    );
}

#[test]
fn in_json() {
    check(&exchange().answer(
        "application/json",
        r#"{"id":"ch_3MmlLrLkdIwHu7ix0snN0B15","object":"charge","amount":1999,"created":1679090539,
            "uuid":"550e8400-e29b-41d4-a716-446655440000","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "etag":"W/\"686897696a7c876b7e\"","at":"2026-11-23T06:40:12.123Z","next_page_token":"CAESBgoEbmV4dA12",
            "image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
            "code":"card_declined","key":"uploads/a1b2c3d4e5f6g7h8","state":"open","token_type":"Bearer","expires_in":3600,
            "password":null,"has_password":true,"errors":{"password":["is too short"],"token":"is invalid here"},
            "card":{"number":"4242 4242 4242 4242","brand":"visa","last4":"4242"},"account":"123456789012",
            "name":"Jane Doe","email":"jane@example.test","phone":"+1 555 0100","ip":"203.0.113.9",
            "url":"https://a.test/x?page=2&limit=10","order":"4539578763621487","snowflake":1212092628029698048,
            "max_tokens":512,"logprobs":[{"token":"Hamilton","logprob":-0.1}],"credentials":"include","author":"joe","session":"morning","signature":"Kind regards, Joe"}"#,
    ));
}

#[test]
fn in_other_bodies() {
    check(&exchange().answer(
        "text/html",
        "<html><script>var token = getToken(); if (a && session == 1) {key: 'x'}</script>\
         <input type=\"password\" name=\"password\" autocomplete=\"current-password\"> Basic authentication, Bearer tokens</html>",
    ));
    check(&exchange().answer(
        "application/xml",
        "<ListBucketResult><Contents><Key>dir/a1b2c3d4e5f6g7.bin</Key><ETag>\"33a64df551425fcc55e4d42a148795d9\"</ETag></Contents>\
         <NextContinuationToken>1ueGcxLPRx1Tr</NextContinuationToken><Code>NoSuchKey</Code></ListBucketResult>",
    ));
    check(
        &exchange()
            .body("application/x-www-form-urlencoded", "a=1&a=2&b=%C3%A9%26%3D&empty=&plus=a+b"),
    );
    check(&exchange().body(
        "application/json",
        r#"{"query":"query L($n: Int!) { books(first: $n) { id } }","variables":{"n":5}}"#,
    ));
    check(&exchange().body("text/plain", "0123456789".repeat(2000)));
    let noise: Vec<u8> =
        (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    check(&exchange().body("application/octet-stream", &noise).answer("image/png", &noise));
}

#[test]
fn coded_bodies_without_credentials_keep_their_bytes() {
    let coded = gzip(r#"{"a":1}"#);
    check(&exchange().answer_header("Content-Encoding", "gzip").answer("application/json", &coded));
    check(
        &exchange()
            .answer_header("Content-Encoding", "gzip")
            .answer("application/json", b"not gzip"),
    );
    check(
        &exchange()
            .answer_header("Content-Encoding", "new")
            .answer("application/json", b"{\"a\":1}"),
    );
}

#[test]
fn a_common_word_as_password_is_not_looked_for_elsewhere() {
    let mut now = exchange()
        .body("application/json", r#"{"password":"electronic"}"#)
        .answer("application/json", r#"{"category":"electronic"}"#);
    redactor().exchange(&mut now);
    assert_eq!(answer_text(&now), r#"{"category":"electronic"}"#);
    assert!(!request_text(&now).contains("electronic"));
}
