//! A body that passes in pieces is sanitised as if it came whole.

use proptest::prelude::*;

use super::*;

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 \\n<>\"&=:]{0,40}",
        Just("\"password\": \"MARKsecret12\", ".to_owned()),
        Just("<password>MARKsecret12</password>".to_owned()),
        Just("?token=MARKsecret12&a=b".to_owned()),
        Just("known-value-77d1".to_owned()),
        Just("4539 5787 6362 1486 ".to_owned()),
        Just(format!(" ghp_{} ", "a1B2".repeat(9))),
        Just(" https://joe:MARKsecret12@host/ ".to_owned()),
    ]
}

proptest! {
    #[test]
    fn however_it_is_cut(
        pieces in prop::collection::vec(piece(), 1..60),
        cuts in prop::collection::vec(1usize..97, 1..20),
    ) {
        let text = pieces.concat();
        let redactor = redactor();
        redactor.exchange(&mut exchange().header("X-Api-Key", "known-value-77d1"));
        let mut headers = Headers::new();
        headers.push("Content-Type", "text/plain");

        let mut whole = redactor.answer_stream(&headers);
        let mut expect = whole.push(text.as_bytes()).to_vec();
        expect.extend(whole.finish());

        let mut stream = redactor.answer_stream(&headers).with_tail(700);
        let mut given = Vec::new();
        let mut rest = text.as_bytes();
        for &cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            given.extend(stream.push(piece));
            rest = after;
        }
        given.extend(stream.finish());
        prop_assert_eq!(String::from_utf8(given).unwrap(), String::from_utf8(expect).unwrap());
    }
}

#[test]
fn a_long_text_is_given_piece_by_piece() {
    let redactor = redactor();
    let mut headers = Headers::new();
    headers.push("Content-Type", "text/plain");
    let mut stream = redactor.answer_stream(&headers);
    let line = format!("a line of text, then https://joe:{}@host/ and more\n", "MARKsecret12");
    let mut given = 0;
    let mut held = 0;
    for _ in 0..40_000 {
        given += stream.push(line.as_bytes()).len();
        held = held.max(stream.held());
    }
    assert!(given > 1_000_000 && held < 2 * 1024 * 1024, "{given} given, {held} held");
    let total = given + stream.finish().len();
    assert_eq!(total, 40_000 * line.len());
}

#[test]
fn a_coded_body_passes() {
    let mut headers = Headers::new();
    headers.push("Content-Encoding", "gzip");
    let mut stream = redactor().answer_stream(&headers);
    assert_eq!(
        &stream.push(b"\x1f\x8bpassword=MARKsecret12")[..],
        b"\x1f\x8bpassword=MARKsecret12"
    );
    assert!(stream.finish().is_empty());
}
