//! Credentials planted in every place are gone.

use super::*;

/// Looks like nothing known; only its place gives it away.
const OPAQUE: &str = concat!("MARK", "opaque/credential+42");
const SHORT: &str = concat!("MARK", "pw9");
const PLAIN: &str = concat!("MARK", "plainsecret7");

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// A valid number that nobody published.
fn card() -> String {
    format!("4539{}{}{}", "5787", "6362", "1486")
}

fn jwt(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"HS256"}"#), part(claims), part("MARK signature of it"))
}

#[track_caller]
fn check(mut exchange: Exchange, secret: &str) -> Exchange {
    let replaced = redactor().exchange(&mut exchange);
    assert!(!replaced.places.is_empty(), "nothing was replaced in {exchange:?}");
    assert_gone(&exchange, secret);
    exchange
}

#[test]
fn in_request_headers() {
    for (name, value) in [
        ("Authorization", format!("Bearer {OPAQUE}")),
        ("authorization", format!("Token token=\"{OPAQUE}\", nonce=\"x\"")),
        ("Authorization", OPAQUE.to_owned()),
        ("Proxy-Authorization", format!("Basic {}", base64(&format!("joe:{OPAQUE}")))),
        ("X-Api-Key", OPAQUE.to_owned()),
        ("X-Amz-Security-Token", OPAQUE.to_owned()),
        ("PRIVATE-TOKEN", OPAQUE.to_owned()),
        ("X-Custom-Access-Token", OPAQUE.to_owned()),
        ("Cookie", format!("theme=dark; session={OPAQUE}; a=1")),
        ("Cookie", format!("theme=dark; preferences=\"{OPAQUE}\"")),
        ("Referer", format!("https://a.test/x?access_token={OPAQUE}&y=1")),
        ("X-Forwarded-Authorization", format!("bearer {OPAQUE}")),
    ] {
        let done = check(exchange().header(name, &value), OPAQUE);
        let now = done.request.headers.get(name).unwrap();
        assert!(now.contains("r1ng") || now.contains("Basic"), "{now}");
    }
}

#[test]
fn in_targets() {
    for target in [
        format!("/x?token={PLAIN}"),
        format!("/x?a=1&api_key={PLAIN}&b=2"),
        format!("/x?user%5Bpassword%5D={PLAIN}"),
        format!("/x?code={PLAIN}"),
        format!("/x;jsessionid={PLAIN}?a=1"),
        format!("/x?next=https%3A%2F%2Fa.test%2F%3Faccess_token%3D{PLAIN}"),
        format!("/x?url=https://joe:{PLAIN}@a.test/"),
        format!("/x?q=%7B%22password%22%3A%22{PLAIN}%22%7D"),
    ] {
        check(exchange().target(&target), PLAIN);
    }
}

#[test]
fn in_request_bodies() {
    let form = "application/x-www-form-urlencoded";
    for (content_type, body) in [
        (form, format!("grant_type=password&password={OPAQUE}&x=1")),
        (form, format!("client_secret={}&a=b+c", super::super::taint::percent(OPAQUE, true))),
        (form, format!("{{\"password\": \"{OPAQUE}\"}}")),
        ("application/json", format!("{{\"a\": [{{\"apiKey\": \"{OPAQUE}\"}}], \"n\": 1.0}}")),
        ("application/json", format!("{{\"password\": \"{}\"}}", OPAQUE.replace('/', "\\/"))),
        ("application/json", format!("{{\"message\": \"{{\\\"password\\\":\\\"{OPAQUE}\\\"}}\"}}")),
        ("application/json", format!("{{\"password\": \"{OPAQUE}\", broken")),
        (
            "application/json",
            format!("{{\"headers\": {{\"Authorization\": \"Bearer {OPAQUE}\"}}}}"),
        ),
        ("application/x-ndjson", format!("{{\"a\":1}}\n{{\"refresh_token\":\"{OPAQUE}\"}}\n")),
        (
            "text/xml",
            format!("<s:Envelope><w:Password Type=\"x\">{OPAQUE}</w:Password></s:Envelope>"),
        ),
        ("text/xml", format!("<password><![CDATA[{OPAQUE}]]></password>")),
        ("text/xml", format!("<login user=\"joe\" password=\"{OPAQUE}\"/>")),
        ("text/plain", format!("API_KEY={OPAQUE}\nA=1\n")),
        (
            "multipart/form-data; boundary=xx",
            format!(
                "--xx\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n{OPAQUE}\r\n--xx--\r\n"
            ),
        ),
        (
            "multipart/form-data; boundary=xx",
            format!(
                "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: application/json\r\n\r\n{{\"token\":\"{OPAQUE}\"}}\r\n--xx--\r\n"
            ),
        ),
    ] {
        let done = check(exchange().body(content_type, &body), OPAQUE);
        let length = done.request.body.length().to_string();
        assert_eq!(done.request.headers.get("Content-Length"), Some(&*length));
    }
}

#[test]
fn in_graphql_arguments() {
    let literal =
        format!(r#"{{"query":"mutation {{ login(user: \"joe\", password: \"{PLAIN}\") }}"}}"#);
    check(exchange().body("application/json", literal), PLAIN);
    let variable = format!(
        r#"{{"query":"mutation M($p: String!) {{ login(user: \"joe\", password: $p) }}","variables":{{"p":"{PLAIN}"}}}}"#
    );
    let mut done = exchange()
        .body("application/json", &variable)
        .answer("application/json", format!("{{\"data\":{{\"login\":\"{OPAQUE}\"}}}}"));
    let replaced = redactor().exchange(&mut done);
    assert_gone(&done, PLAIN);
    assert_gone(&done, OPAQUE);
    assert_eq!(replaced.places, ["request.body.$.variables.p", "response.body.$.data.login"]);
    let query =
        super::super::taint::percent("mutation M($p: String!) { login(password: $p) }", false);
    let variables = super::super::taint::percent(&format!("{{\"p\":\"{PLAIN}\"}}"), false);
    check(exchange().target(&format!("/graphql?query={query}&variables={variables}")), PLAIN);
}

#[test]
fn in_answers() {
    for (content_type, body) in [
        ("application/json", format!("{{\"access_token\":\"{OPAQUE}\",\"expires_in\":3600}}")),
        ("application/json", format!("{{\"headers\":{{\"Cookie\":\"session={OPAQUE}\"}}}}")),
        ("application/json", format!("{{\"url\":\"https://a.test/x?token={PLAIN}{OPAQUE}\"}}")),
        ("text/event-stream", format!("data: {{\"token\": \"{OPAQUE}\"}}\n\n")),
        ("application/xml", format!("<C><SecretAccessKey>{OPAQUE}</SecretAccessKey></C>")),
        ("text/html", format!("<a href=\"/x?a=1&amp;access_token={OPAQUE}\">")),
    ] {
        check(exchange().answer(content_type, &body), OPAQUE);
    }
    check(
        exchange().answer_header("Set-Cookie", &format!("sid={OPAQUE}; Path=/; HttpOnly")),
        OPAQUE,
    );
    check(exchange().answer_header("X-Subject-Token", OPAQUE), OPAQUE);
    check(exchange().answer_header("Location", &format!("/cb?state=x&code={PLAIN}")), PLAIN);
}

#[test]
fn by_form_wherever_they_stand() {
    let aws = format!("AKIA{}", "Z7QX2M4N5P6R3S8T");
    let pem = format!(
        "-----BEGIN {0} KEY-----\\nMIIEMARKvQIBADANBgkqhkiG9w0B\\nAQEF\\n-----END {0} KEY-----\\n",
        "PRIVATE"
    );
    for (text, secret) in [
        (format!("ghp_{}", "a1B2".repeat(9)), "a1B2".repeat(9)),
        (format!("glpat-{}", "a1B2_".repeat(4)), "a1B2_".repeat(4)),
        (format!("xoxb-{}", "123456789012-abc"), "123456789012-abc".to_owned()),
        (format!("sk_{}_{}", "live", "a1B2".repeat(6)), "a1B2".repeat(6)),
        (format!("sk-proj-{}", "a1B2-".repeat(9)), "a1B2-".repeat(9)),
        (format!("AIza{}", "a1B2_".repeat(7)), "a1B2_".repeat(7)),
        (format!("pi_3Nq_secret_{}", "a1B2".repeat(6)), "a1B2".repeat(6)),
        (aws.clone(), aws),
        (card(), card()),
        (jwt("{}"), URL_SAFE_NO_PAD.encode("MARK signature of it")),
        (pem, "MIIEMARKvQIBADANBgkqhkiG9w0B".to_owned()),
        (format!("https://joe:{PLAIN}@git.test/x"), PLAIN.to_owned()),
        (format!("curl -H 'Authorization: Bearer {PLAIN}'"), PLAIN.to_owned()),
        (format!("Basic {}", base64(&format!("joe:{PLAIN}"))), PLAIN.to_owned()),
    ] {
        let json = format!("{{\"note\": \"it is {text} !\"}}");
        check(exchange().body("application/json", &json), &secret);
        check(exchange().answer("application/json", &json), &secret);
        check(exchange().answer("text/plain", format!("it is {text} !")), &secret);
    }
}

#[test]
fn in_every_content_coding() {
    let body = format!("{{\"password\":\"{SHORT}\"}}");
    for coding in [Coding::Brotli, Coding::Deflate, Coding::Gzip, Coding::Zstd] {
        let coded = encoding::encode(coding, body.as_bytes()).unwrap();
        let done = check(
            exchange()
                .header("Content-Encoding", coding.token())
                .body("application/json", &coded)
                .answer_header("Content-Encoding", coding.token())
                .answer("application/json", &coded),
            SHORT,
        );
        let length = done.request.body.length().to_string();
        assert_eq!(done.request.headers.get("Content-Length"), Some(&*length));
    }
}

#[test]
fn what_was_sent_as_a_credential_is_replaced_where_it_is_echoed() {
    for echo in [
        OPAQUE.to_owned(),
        OPAQUE.replace('/', "\\/"),
        base64(OPAQUE),
        URL_SAFE_NO_PAD.encode(OPAQUE),
        super::super::taint::percent(OPAQUE, false),
    ] {
        for content_type in ["application/json", "text/plain", "application/octet-stream"] {
            check(
                exchange()
                    .header("X-Api-Key", OPAQUE)
                    .target(&format!("/check/{}", super::super::taint::percent(OPAQUE, false)))
                    .answer(content_type, format!("{{\"you sent\": \"{echo}\"}}")),
                OPAQUE,
            );
        }
    }
}

#[test]
fn what_was_sent_earlier_is_replaced_in_later_answers_only() {
    let redactor = redactor();
    redactor.exchange(&mut exchange().header("Authorization", &format!("Bearer {PLAIN}")));
    let mut later = exchange()
        .target(&format!("/users/{PLAIN}"))
        .answer("application/json", format!("{{\"id\":\"{PLAIN}\"}}"));
    redactor.exchange(&mut later);
    assert!(!answer_text(&later).contains(PLAIN));
    assert!(later.request.target.contains(PLAIN), "it has to match on replay");
}

#[test]
fn binary_bodies_keep_their_length() {
    for secret in [PLAIN, concat!("MARK", "nine9")] {
        let mut frame = vec![0u8, 0, 0, 0, 30, 0x0a, 17];
        frame.extend(secret.as_bytes());
        frame.extend([0xff, 0x00]);
        let done = check(
            exchange()
                .header("authorization", &format!("Bearer {secret}"))
                .answer("application/grpc", &frame),
            secret,
        );
        assert_eq!(done.response.unwrap().body.length(), frame.len() as u64);
    }
}

#[test]
fn basic_keeps_the_user_name() {
    let value = format!("Basic {}", base64(&format!("joe:{SHORT}")));
    let done = check(exchange().header("Authorization", &value), SHORT);
    let now = done.request.headers.get("Authorization").unwrap().strip_prefix("Basic ").unwrap();
    let now = String::from_utf8(STANDARD.decode(now).unwrap()).unwrap();
    assert!(now.starts_with("joe:r1ng"), "{now}");
    // A key as user name, without password.
    let key = format!("sk_{}_{}", "test", "a1B2".repeat(6));
    let value = format!("Basic {}", base64(&format!("{key}:")));
    check(exchange().header("Authorization", &value), &key);
}

#[test]
fn signed_requests_keep_what_is_no_secret() {
    let value = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7RINGER/20261123/us-east-1/s3/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024";
    let done = check(exchange().header("Authorization", value), "IOSFODNN7RINGER");
    let now = done.request.headers.get("Authorization").unwrap();
    assert!(now.contains("/20261123/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, "));
    assert!(!now.contains("fe5f80f77d"));

    let value = "Digest username=\"joe\", realm=\"r\", uri=\"/a,b\", \
                 response=\"6629fae49393a05397450978507c4ef1\", qop=auth";
    let done = check(exchange().header("Authorization", value), "6629fae49393a05397450978507c4ef1");
    let now = done.request.headers.get("Authorization").unwrap();
    assert!(now.starts_with("Digest username=\"joe\", realm=\"r\", uri=\"/a,b\", response=\"r1ng"));
    assert!(now.ends_with("\", qop=auth"));

    let target = "/b/k?X-Amz-Credential=AKIAIOSFODNN7RINGER%2F20261123%2Fus-east-1%2Fs3%2Faws4_request\
                  &X-Amz-Date=20261123T000000Z&X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0";
    let done = check(exchange().target(target), "fe5f80f77d5fa3beca038a248ff027d0");
    assert!(
        done.request
            .target
            .contains("%2F20261123%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20261123T")
    );
    assert!(!done.request.target.contains("IOSFODNN7RINGER"));
}

#[test]
fn one_secret_has_one_pseudonym_wherever_it_stands() {
    let redactor = redactor();
    let mut login =
        exchange().answer("application/json", format!("{{\"access_token\":\"{PLAIN}\"}}"));
    redactor.exchange(&mut login);
    let now = redactor.header("Authorization", &format!("Bearer {PLAIN}")).into_owned();
    let pseudonym = now.strip_prefix("Bearer ").unwrap();
    assert!(answer_text(&login).contains(pseudonym));
    // What the client was served is what it sends back.
    assert_eq!(redactor.header("Authorization", &now), now);
    assert_eq!(redactor.target(&format!("/x?token={PLAIN}")), format!("/x?token={pseudonym}"));
}

#[test]
fn tokens_that_expire_soon_stay_in_answers_and_lose_their_signature_in_requests() {
    let short = jwt(r#"{"iat":1000,"exp":4600}"#);
    let long = jwt(r#"{"iat":1000,"exp":999999999}"#);
    let redactor = redactor();
    let mut first = exchange().answer(
        "application/json",
        format!("{{\"access_token\":\"{short}\",\"api_token\":\"{long}\"}}"),
    );
    redactor.exchange(&mut first);
    assert!(answer_text(&first).contains(&short));
    assert!(!answer_text(&first).contains(&long));
    let mut second = exchange()
        .header("Authorization", &format!("Bearer {short}"))
        .answer("application/json", format!("{{\"token\":\"{short}\",\"note\":\"{short}\"}}"));
    redactor.exchange(&mut second);
    let sent = second.request.headers.get("Authorization").unwrap();
    assert!(!sent.contains(&short) && sent.starts_with("Bearer eyJ"));
    assert_eq!(answer_text(&second).matches(&short).count(), 2, "{}", answer_text(&second));
}

#[test]
fn a_login_makes_tokens_of_opaque_values_but_not_of_ids_and_echoes() {
    let mut login = exchange()
        .header("User-Agent", "client-8f3kd02ksl20/1")
        .body("application/json", format!("{{\"user\":\"joe99887766x\",\"password\":\"{SHORT}\"}}"))
        .answer(
            "application/json",
            format!(
                "{{\"data\":{{\"login\":\"{PLAIN}\",\"id\":\"usr_8f3kd02ksl20\",\"who\":\"joe99887766x\",\
                 \"at\":\"2026-11-23T06:40:12Z\",\"trace\":\"550e8400-e29b-41d4-a716-446655440000\"}}}}"
            ),
        );
    let replaced = redactor().exchange(&mut login);
    assert_eq!(replaced.places, ["request.body.$.password", "response.body.$.data.login"]);
    assert_gone(&login, PLAIN);
    assert!(answer_text(&login).contains("usr_8f3kd02ksl20"));
}

#[test]
fn json_numbers_stay_numbers() {
    let body =
        format!("{{\"card\":{{\"number\":{},\"cvc\":123,\"exp_year\":2030}},\"n\":123}}", card());
    let done = check(exchange().body("application/json", body), &card());
    let text = request_text(&done);
    assert!(text.contains("\"cvc\":999,\"exp_year\":2030},\"n\":123}"), "{text}");
    assert!(crate::codec::json::parse(&text).is_ok());
}

#[test]
fn the_rest_of_a_body_stays_byte_for_byte() {
    let body = format!("{{ \"b\":1.00,\t\"password\" : \"{SHORT}\" ,\"a\":\"\\u00e9\\/\" }}\n");
    let done = check(exchange().body("application/json", &body), SHORT);
    let text = request_text(&done);
    assert!(text.starts_with("{ \"b\":1.00,\t\"password\" : \"r1ng"), "{text}");
    assert!(text.ends_with("\" ,\"a\":\"\\u00e9\\/\" }\n"), "{text}");
}

#[test]
fn chunks_still_add_up() {
    let mut exchange =
        exchange().answer("application/json", format!("{{\"password\":\"{SHORT}\"}}"));
    let chunk = |size| crate::model::Chunk { at: Duration::ZERO, size, request_bytes: 0 };
    let length = exchange.response.as_ref().unwrap().body.length();
    exchange.timing.chunks = vec![chunk(length - 3), chunk(3)];
    let done = check(exchange, SHORT);
    let total: u64 = done.timing.chunks.iter().map(|chunk| chunk.size).sum();
    assert_eq!(total, done.response.unwrap().body.length());
}

#[test]
fn counts_and_places_say_what_was_done() {
    let mut done = exchange()
        .header("Authorization", &format!("Bearer {PLAIN}"))
        .body("application/json", format!("{{\"source\":\"{}\"}}", card()));
    let replaced = redactor().exchange(&mut done);
    assert_eq!(replaced.places, ["request.body.$.source", "request.headers.Authorization"]);
    assert_eq!(
        replaced.counts.into_iter().collect::<Vec<_>>(),
        [("authorization", 1), ("card number", 1)]
    );
}

#[test]
fn an_echo_can_be_given_the_own_value_back() {
    let original = exchange()
        .header("Authorization", &format!("Basic {}", base64(&format!("joe:{PLAIN}"))))
        .header("Cookie", &format!("session={OPAQUE}"));
    let pairs = redactor().substitutions(&incoming(&original));
    let values: Vec<&str> = pairs.iter().map(|(_, value)| value.as_str()).collect();
    assert!(values.contains(&PLAIN) && values.contains(&OPAQUE), "{values:?}");
    assert!(pairs.iter().all(|(pseudonym, _)| super::super::is_pseudonym(pseudonym)));
}

#[test]
fn switched_off_it_changes_nothing() {
    let mut off = exchange().header("Authorization", &format!("Bearer {PLAIN}"));
    assert_eq!(Redactor::off().exchange(&mut off), super::super::Replaced::default());
    assert!(off.request.headers.get("Authorization").unwrap().contains(PLAIN));
}
