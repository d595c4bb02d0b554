//! Faults on HTTP/2, frame by frame: which stream is reset with which code, what arrives before, and
//! what becomes of the other streams.

use ringer::model::{AnswerFault, Cut, ErrorAnswer, Fault, Http2Fault, WireFault};

use crate::support::{
    client::{self, Connection},
    folder::{Folder, Ringer},
    striking::{LENGTH, at, body, ringer_with},
    wire::Wire,
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const INTERNAL_ERROR: u32 = 2;

/// A frame (RFC 9113 §4.1).
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn is_last(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & 1 == 1
    }

    /// The number at the end of the payload: the code of an error.
    fn code(&self) -> u32 {
        let at = self.payload.len() - 4;
        u32::from_be_bytes(self.payload[at..].try_into().unwrap())
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A client of HTTP/2 that has introduced itself.
struct Frames(Wire);

impl Frames {
    async fn connect(ringer: &Ringer) -> Self {
        let mut wire = Wire::connect(ringer.address).await;
        wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        wire.send(frame(SETTINGS, 0, 0, &[])).await;
        Self(wire)
    }

    /// Asks for a path: `GET`, `http`, and literals for `:path` and `:authority` (RFC 7541 §6.2.2).
    async fn ask(&mut self, stream: u32, path: &str) {
        let mut fields = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
        fields.extend(path.bytes());
        fields.extend([0x01, 1, b'a']);
        self.0.send(frame(HEADERS, 5, stream, &fields)).await;
    }

    /// The next frame that is about a stream, or the last of a connection; `None` at its end.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            let head = self.0.try_exactly(9).await?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let stream = u32::from_be_bytes(head[5..9].try_into().unwrap());
            let payload = self.0.exactly(length).await;
            let frame = Frame { kind: head[3], flags: head[4], stream, payload };
            if frame.stream != 0 || frame.kind == GOAWAY {
                return Some(frame);
            }
        }
    }

    /// What comes on a stream up to its end: bytes of the body, and the code of its reset.
    async fn answer(&mut self, stream: u32) -> (Vec<u8>, Option<u32>) {
        let mut bytes = Vec::new();
        loop {
            let frame = self.next().await.expect("the stream ends before its connection");
            assert_eq!(frame.stream, stream, "frame {}", frame.kind);
            match frame.kind {
                DATA => bytes.extend(&frame.payload),
                RST_STREAM => return (bytes, Some(frame.code())),
                _ => {}
            }
            if frame.is_last() {
                return (bytes, None);
            }
        }
    }
}

async fn started(rules: Vec<(&str, Fault)>) -> (Folder, Ringer) {
    let folder = Folder::new();
    let rules = rules.into_iter().map(|(name, fault)| at(name, fault)).collect();
    let ringer = ringer_with(&folder, rules).await;
    (folder, ringer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_reset_with_its_code_and_the_others_live_on() {
    let half = Cut::Share(0.5);
    let reset = |code| Fault::Http2(Http2Fault::ResetStream { code });
    let cases = [
        ("calm", reset(11), 0, 11),
        ("refused", reset(7), 0, 7),
        ("no-error", reset(0), 0, 0),
        ("unknown", reset(4242), 0, 4242),
        ("reset", Fault::Wire(WireFault::ConnectionReset), 0, INTERNAL_ERROR),
        ("within", Fault::Wire(WireFault::ResetWithin(half)), LENGTH / 2, INTERNAL_ERROR),
        ("at-once", Fault::Wire(WireFault::ResetWithin(Cut::Bytes(0))), 0, INTERNAL_ERROR),
        ("late", Fault::Wire(WireFault::ResetWithin(Cut::Bytes(9999))), LENGTH, INTERNAL_ERROR),
        ("close", Fault::Wire(WireFault::CloseWithin(Cut::Bytes(1))), 1, INTERNAL_ERROR),
        ("after", Fault::Wire(WireFault::ResetAfter), LENGTH, INTERNAL_ERROR),
        ("half", Fault::Wire(WireFault::HalfClose), 0, INTERNAL_ERROR),
    ];
    let rules = cases.iter().map(|(name, fault, ..)| (*name, fault.clone())).collect();
    let (_folder, ringer) = started(rules).await;
    let mut frames = Frames::connect(&ringer).await;
    let mut stream = 1;
    for (name, _, length, code) in cases {
        frames.ask(stream, &format!("/{name}")).await;
        let (bytes, reset) = frames.answer(stream).await;
        assert_eq!(bytes, &body().as_bytes()[..length], "{name}");
        assert_eq!(reset, Some(code), "{name}");
        frames.ask(stream + 2, "/other").await;
        assert_eq!(frames.answer(stream + 2).await, (body().into_bytes(), None), "after {name}");
        stream += 4;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goaway_names_its_code_and_the_last_stream_and_the_connection_closes() {
    let (_folder, ringer) =
        started(vec![("a", Fault::Http2(Http2Fault::GoAway { code: 11 }))]).await;
    let mut frames = Frames::connect(&ringer).await;
    frames.ask(1, "/other").await;
    assert_eq!(frames.answer(1).await.1, None);
    frames.ask(5, "/a").await;
    let last = frames.next().await.expect("a frame");
    assert_eq!((last.kind, last.stream, last.code()), (GOAWAY, 0, 11));
    assert_eq!(last.payload[..4], [0, 0, 0, 5]);
    assert!(frames.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goaway_among_large_answers_is_a_frame_of_its_own() {
    let (folder, _ringer) = started(vec![]).await;
    let large = "x".repeat(1 << 20);
    let stub = serde_json::json!({"request": {"urlPath": "/large"}, "response": {"body": large}});
    folder.stub("large", &stub.to_string());
    let ringer = ringer_with(&folder, vec![at("a", Fault::Http2(Http2Fault::GoAway { code: 9 }))]);
    let ringer = ringer.await;
    let mut frames = Frames::connect(&ringer).await;
    // Windows as large as can be, so that frames are under way when the fault strikes.
    let window = [0, 4, 0x7f, 0xff, 0xff, 0xff];
    frames.0.send(frame(SETTINGS, 0, 0, &window)).await;
    frames.0.send(frame(8, 0, 0, &[0x7f, 0, 0, 0])).await;
    for stream in [1, 3, 5] {
        frames.ask(stream, "/large").await;
    }
    frames.ask(7, "/a").await;
    let mut kinds = Vec::new();
    while let Some(frame) = frames.next().await {
        assert!(matches!(frame.kind, DATA | HEADERS | GOAWAY), "frame {}", frame.kind);
        if frame.kind == DATA {
            assert!(frame.payload.iter().all(|byte| *byte == b'x'));
        }
        kinds.push(frame.kind);
    }
    assert_eq!(kinds.last(), Some(&GOAWAY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_window_loses_nothing_of_what_comes_before_a_reset() {
    let fault = Fault::Wire(WireFault::ResetWithin(Cut::Bytes(3000)));
    let (_folder, ringer) = started(vec![("a", fault)]).await;
    let mut frames = Frames::connect(&ringer).await;
    // Streams may send 100 bytes at first (RFC 9113 §6.5.2).
    frames.0.send(frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 100])).await;
    frames.ask(1, "/a").await;
    let mut bytes = Vec::<u8>::new();
    loop {
        let came = frames.next().await.expect("a frame");
        match came.kind {
            DATA => {
                bytes.extend(&came.payload);
                let more = u32::try_from(came.payload.len()).unwrap().to_be_bytes();
                frames.0.send(frame(8, 0, 1, &more)).await;
            }
            RST_STREAM => break,
            _ => {}
        }
    }
    assert_eq!(bytes, &body().as_bytes()[..3000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_damaged_as_on_http_1_1() {
    let answer = |fault| Fault::Answer(fault);
    let (_folder, ringer) = started(vec![
        ("truncated", answer(AnswerFault::Truncated(Cut::Share(0.25)))),
        ("longer", answer(AnswerFault::ContentLength(10))),
        ("twice", answer(AnswerFault::HeaderDuplicated("Content-Type".to_owned()))),
        ("type", answer(AnswerFault::ContentType("text/html".to_owned()))),
        ("json", answer(AnswerFault::InvalidJson)),
        ("status", answer(AnswerFault::Status(ErrorAnswer { status: 418, ..Default::default() }))),
    ])
    .await;
    let connection = Connection::http2(ringer.address).await;
    assert_eq!(connection.get("a", "/truncated").await.text(), body()[..LENGTH / 4]);
    let request = connection.request("GET", "a", "/longer").body(client::whole("")).unwrap();
    let answer = connection.begin(request).await.expect("a head");
    assert_eq!(answer.headers()["content-length"], (LENGTH + 10).to_string());
    assert!(client::collect(answer).await.is_err(), "the body is not as long");
    let twice = connection.get("a", "/twice").await;
    assert_eq!(twice.fields.get_all("content-type").iter().count(), 2);
    assert_eq!(connection.get("a", "/type").await.field("content-type"), Some("text/html"));
    assert_eq!(connection.get("a", "/json").await.text(), body().replacen('{', "[", 1));
    assert_eq!(connection.get("a", "/status").await.status, 418);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grpc_status_is_all_that_comes_and_ends_the_stream() {
    let message = Some("50% of caf\u{e9}s".to_owned());
    let status = AnswerFault::GrpcStatus { code: 14, message };
    let (_folder, ringer) = started(vec![("a", Fault::Answer(status))]).await;
    let connection = Connection::http2(ringer.address).await;
    let got = connection.get("a", "/a").await;
    assert_eq!(got.status, 200);
    assert_eq!(got.field("content-type"), Some("application/grpc"));
    assert_eq!(got.field("grpc-status"), Some("14"));
    assert_eq!(got.field("grpc-message"), Some("50%25 of caf%C3%A9s"));
    let mut frames = Frames::connect(&ringer).await;
    frames.ask(1, "/a").await;
    let head = frames.next().await.expect("a frame");
    assert!(head.kind == HEADERS && head.is_last(), "trailers-only");
}
