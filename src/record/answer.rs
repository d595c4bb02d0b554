//! The answer of an exchange as a stub gives it.

use super::{
    body::{self, SideFile},
    echo::echoes_of,
    pacing,
};
use crate::model::{
    BodySpec, Ending, Exchange, Headers, RecordedResponse, ResponseEnding, ResponseExtras,
    ResponseSpec,
};

/// An answer and, where its body is large, what has to go into a file first.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The answer; its body is `Empty` as long as `side` is set.
    pub(super) spec: ResponseSpec,
    /// The body that gets a file.
    pub(super) side: Option<SideFile>,
}

/// Makes the answer of a sanitised exchange.
///
/// # Errors
///
/// Why the exchange cannot become a stub.
pub(super) fn answer_of(exchange: &Exchange, two_way: bool) -> Result<Answer, String> {
    let Some(response) = &exchange.response else {
        return Err(match &exchange.ending {
            Ending::ClientLeft => "the client left before the answer began".to_owned(),
            Ending::NotKept(why) => why.clone(),
            Ending::UpstreamBroke(how) => format!("no answer came: {how}"),
            Ending::Complete => "no answer came".to_owned(),
        });
    };
    let ending = match &exchange.ending {
        Ending::Complete => ResponseEnding::Complete,
        Ending::ClientLeft => ResponseEnding::StaysOpen,
        Ending::NotKept(why) => return Err(why.clone()),
        Ending::UpstreamBroke(_) => ResponseEnding::Breaks,
    };
    if exchange.request.method == "CONNECT" {
        return Err("a tunnel".to_owned());
    }
    if response.status < 200 {
        return Err(format!("{} switches to another protocol", response.status));
    }
    let has_body = exchange.request.method != "HEAD" && !matches!(response.status, 204 | 304);
    let kept = body::keep(&response.headers, &response.body);
    // The length of half a body is not what its header said, and that of no body is not what a GET
    // would have got.
    let length_is_computed = has_body && ending == ResponseEnding::Complete;
    let (headers, computed) = headers_of(response, length_is_computed, kept.coding.is_some());
    let kept_body = if has_body { kept.spec } else { BodySpec::Empty };
    let spec = ResponseSpec {
        extras: ResponseExtras {
            reason: response.reason.clone(),
            computed,
            interim: interim_of(response),
            trailers: response.trailers.clone(),
            echoes: echoes_of(&exchange.request.headers, &response.headers, &kept_body),
            coding_settings: kept.coding_settings,
            address: Some(exchange.address.clone()).filter(|address| !address.is_empty()),
            ..ResponseExtras::default()
        }
        .into(),
        status: response.status,
        headers,
        body: kept_body,
        coding: kept.coding,
        latency: Some(Box::new(pacing::latency_of(
            &exchange.timing,
            two_way,
            response.body.length(),
        ))),
        ending,
    };
    Ok(Answer { spec, side: kept.side.filter(|_| has_body) })
}

/// The interim answers but 100 Continue, which each request asks for anew.
fn interim_of(response: &RecordedResponse) -> Vec<(u16, Headers)> {
    response.interim.iter().filter(|(status, _)| (102..200).contains(status)).cloned().collect()
}

/// Fields whose values are kept, and those that are made anew with their places.
fn headers_of(
    response: &RecordedResponse,
    length_is_computed: bool,
    coding_is_computed: bool,
) -> (Headers, Vec<(String, usize)>) {
    let mut kept = Headers::new();
    let mut computed: Vec<(String, usize)> = Vec::new();
    for (at, (name, value)) in response.headers.iter().enumerate() {
        let is_computed = match name.to_ascii_lowercase().as_str() {
            "date" => true,
            "content-length" => length_is_computed,
            "transfer-encoding" => value.trim().eq_ignore_ascii_case("chunked"),
            "content-encoding" => coding_is_computed,
            _ => false,
        };
        // Of a repeated field only the first is computed; a second one is odd, and kept as it is.
        if is_computed && !computed.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            computed.push((name.to_owned(), at));
        } else {
            kept.push(name, value);
        }
    }
    (kept, computed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::encoding,
        model::{Coding, Ending},
        record::sample::exchange,
    };

    #[test]
    fn what_changes_with_each_answer_is_made_anew_in_its_place() {
        let exchange = exchange("GET", "/")
            .answer(200, "hi")
            .response_header("Server", "x")
            .response_header("date", "Mon, 23 Nov 2026 06:40:12 GMT")
            .response_header("Content-Length", "2")
            .response_header("X-Last", "y")
            .build();
        let spec = answer_of(&exchange, false).unwrap().spec;
        assert_eq!(spec.headers.iter().collect::<Vec<_>>(), [("Server", "x"), ("X-Last", "y")]);
        assert_eq!(
            spec.extras.computed,
            [("date".to_owned(), 1), ("Content-Length".to_owned(), 2)]
        );
    }

    #[test]
    fn names_keep_their_case_and_repeats_their_order() {
        let exchange = exchange("GET", "/")
            .answer(200, "")
            .response_header("Set-Cookie", "a=1")
            .response_header("x-AMZ-Meta-Who", "me")
            .response_header("set-cookie", "b=2")
            .build();
        let spec = answer_of(&exchange, false).unwrap().spec;
        let headers: Vec<_> = spec.headers.iter().collect();
        assert_eq!(
            headers,
            [("Set-Cookie", "a=1"), ("x-AMZ-Meta-Who", "me"), ("set-cookie", "b=2")]
        );
    }

    #[test]
    fn head_keeps_the_length_that_it_spoke_of() {
        let exchange = exchange("HEAD", "/big")
            .answer(200, "")
            .response_header("Content-Length", "52428800")
            .response_header("Content-Encoding", "gzip")
            .build();
        let spec = answer_of(&exchange, false).unwrap().spec;
        assert_eq!(spec.headers.get("content-length"), Some("52428800"));
        assert_eq!(spec.headers.get("content-encoding"), Some("gzip"));
        assert_eq!((spec.body, &spec.extras.computed), (BodySpec::Empty, &vec![]));
    }

    #[test]
    fn a_coded_answer_says_its_coding_anew() {
        let body = encoding::encode(Coding::Gzip, b"hello").unwrap();
        let exchange = exchange("GET", "/")
            .answer_bytes(200, &body)
            .response_header("Content-Encoding", "gzip")
            .response_header("Transfer-Encoding", "chunked")
            .build();
        let spec = answer_of(&exchange, false).unwrap().spec;
        assert_eq!(spec.coding, Some(Coding::Gzip));
        assert_eq!(spec.body, BodySpec::Text("hello".to_owned()));
        assert!(spec.headers.is_empty());
        assert_eq!(spec.extras.computed.len(), 2);
    }

    #[test]
    fn an_answer_that_broke_off_keeps_what_came_and_the_length_that_was_said() {
        let half = |ending| {
            exchange("GET", "/")
                .answer(200, "hal")
                .response_header("Content-Length", "4")
                .ending(ending)
                .build()
        };
        let left = answer_of(&half(Ending::ClientLeft), false).unwrap().spec;
        assert_eq!(left.ending, ResponseEnding::StaysOpen);
        assert_eq!(left.body, BodySpec::Text("hal".to_owned()));
        assert_eq!(left.headers.get("content-length"), Some("4"));
        let broke = answer_of(&half(Ending::UpstreamBroke("reset".into())), false).unwrap().spec;
        assert_eq!(broke.ending, ResponseEnding::Breaks);
    }

    #[test]
    fn without_a_head_there_is_no_stub() {
        for ending in [Ending::ClientLeft, Ending::UpstreamBroke("refused".to_owned())] {
            assert!(answer_of(&exchange("GET", "/").ending(ending).build(), false).is_err());
        }
        assert!(answer_of(&exchange("GET", "/ws").answer(101, "").build(), false).is_err());
    }

    #[test]
    fn trailers_and_reason_are_kept() {
        let mut exchange = exchange("POST", "/g").answer(200, "").build();
        let response = exchange.response.as_mut().unwrap();
        response.trailers.push("grpc-status", "5");
        response.reason = Some("Fine".to_owned());
        let spec = answer_of(&exchange, false).unwrap().spec;
        assert_eq!(spec.extras.trailers.get("grpc-status"), Some("5"));
        assert_eq!(spec.extras.reason.as_deref(), Some("Fine"));
    }
}
