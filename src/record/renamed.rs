//! An exchange under the names of an earlier recording.

use bytes::Bytes;

use super::{aliases::Aliases, answer::Answer, body};
use crate::model::{BodySpec, Exchange, RecordedBody};

/// Larger bodies are not searched.
const MAX_SEARCHED: usize = 8 << 20;

/// Learns that the client's address is another than when the stubs were recorded.
pub(super) fn learn_address(aliases: &mut Aliases, now: &str, recorded: &str) {
    let authority = |address: &str| {
        let authority = address.split_once("://").map(|(_, authority)| authority.to_owned());
        // A bare host may be part of anything.
        authority.filter(|authority| authority.contains(':'))
    };
    aliases.learn(now, recorded);
    if let (Some(now), Some(recorded)) = (authority(now), authority(recorded)) {
        aliases.learn(&now, &recorded);
    }
}

/// The exchange with its request renamed.
pub(super) fn request(aliases: &Aliases, exchange: &Exchange) -> Exchange {
    let mut exchange = exchange.clone();
    let request = &mut exchange.request;
    aliases.apply_to(&mut request.target);
    for (_, value) in request.headers.iter_mut() {
        aliases.apply_to(value);
    }
    if let RecordedBody::Bytes(bytes) = &mut request.body {
        rename_text(aliases, bytes);
    }
    exchange
}

/// Renames in an answer; not in a body whose bytes a digest covers, nor in binary ones.
pub(super) fn answer(aliases: &Aliases, answer: &mut Answer) {
    let spec = &mut answer.spec;
    for (_, value) in spec.headers.iter_mut().chain(spec.extras.trailers.iter_mut()) {
        aliases.apply_to(value);
    }
    if let Some(address) = &mut spec.extras.address {
        aliases.apply_to(address);
    }
    if body::covers_bytes(&spec.headers) {
        return;
    }
    match &mut spec.body {
        BodySpec::Json(value, _) => aliases.apply_to_json(value),
        BodySpec::Text(text) => {
            aliases.apply_to(text);
        }
        _ => {}
    }
    if let Some(side) = &mut answer.side
        && let RecordedBody::Bytes(bytes) = &mut side.content
        && rename_text(aliases, bytes)
    {
        side.sha256 = body::sha256_of(bytes);
    }
}

fn rename_text(aliases: &Aliases, bytes: &mut Bytes) -> bool {
    if bytes.len() > MAX_SEARCHED {
        return false;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let renamed = aliases.apply(text);
    if renamed == text {
        return false;
    }
    *bytes = Bytes::from(renamed.into_owned());
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{answer::answer_of, sample};

    #[test]
    fn everything_that_names_a_thing_is_renamed() {
        let mut aliases = Aliases::default();
        aliases.learn("cus_NEW1", "cus_OLD1");
        learn_address(&mut aliases, "http://127.0.0.1:9999", "http://127.0.0.1:8080");
        let exchange = sample::exchange("PUT", "/c/cus_NEW1?of=cus_NEW1")
            .address("http://127.0.0.1:9999")
            .header("X-Customer", "cus_NEW1")
            .body("to cus_NEW1")
            .answer(200, "at 127.0.0.1:9999 http://127.0.0.1:9999/cus_NEW1")
            .response_header("Location", "http://127.0.0.1:9999/c/cus_NEW1")
            .build();
        let renamed = request(&aliases, &exchange);
        assert_eq!(renamed.request.target, "/c/cus_OLD1?of=cus_OLD1");
        assert_eq!(renamed.request.headers.get("x-customer"), Some("cus_OLD1"));
        assert_eq!(renamed.request.body.bytes().unwrap().as_ref(), b"to cus_OLD1");
        let mut found = answer_of(&exchange, false).unwrap();
        answer(&aliases, &mut found);
        assert_eq!(found.spec.extras.address.as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(found.spec.headers.get("location"), Some("http://127.0.0.1:8080/c/cus_OLD1"));
        let text = "at 127.0.0.1:8080 http://127.0.0.1:8080/cus_OLD1".to_owned();
        assert_eq!(found.spec.body, BodySpec::Text(text));
    }

    #[test]
    fn bytes_that_a_digest_covers_stay() {
        let mut aliases = Aliases::default();
        aliases.learn("cus_NEW1", "cus_OLD1");
        let exchange = sample::exchange("GET", "/")
            .answer(200, "cus_NEW1")
            .response_header("ETag", "\"x\"")
            .build();
        let mut found = answer_of(&exchange, false).unwrap();
        answer(&aliases, &mut found);
        assert_eq!(found.spec.body, BodySpec::Text("cus_NEW1".to_owned()));
    }
}
