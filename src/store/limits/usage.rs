//! What an answer says that it cost: a field of its JSON, or the `usage` of a language model, whole or
//! in the events of a stream.

use http::HeaderMap;

use super::cost::number;
use crate::{
    codec::{encoding, json},
    model::{Json, TokenKind},
};

/// Of a larger answer, nothing but its length is known.
const MAX_BODY: usize = 4 << 20;
/// Longer lines of a stream of events are passed over.
const MAX_LINE: usize = 256 << 10;

/// Tokens that an answer tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
}

/// Hears an answer as it passes.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// Whether anything but the length is asked for.
    listens: bool,
    is_events: bool,
    coding: String,
    held: Vec<u8>,
    is_too_long: bool,
    bytes: u64,
    usage: Usage,
}

impl Ear {
    /// One for an answer of these fields.
    pub(super) fn new(listens: bool, fields: &HeaderMap) -> Self {
        let field =
            |name: &str| fields.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let coding = field("content-encoding").to_owned();
        let is_events = field("content-type").trim_start().starts_with("text/event-stream");
        Self { listens, is_events, coding, ..Self::default() }
    }

    pub(super) fn hear(&mut self, data: &[u8]) {
        self.bytes = self.bytes.saturating_add(data.len() as u64);
        if !self.listens {
            return;
        }
        if self.is_events && encoding::is_identity(&self.coding) {
            self.hear_lines(data);
        } else if !self.is_too_long && self.held.len().saturating_add(data.len()) <= MAX_BODY {
            self.held.extend_from_slice(data);
        } else {
            self.is_too_long = true;
            self.held = Vec::new();
        }
    }

    fn hear_lines(&mut self, data: &[u8]) {
        let mut rest = data;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            self.add_to_line(line);
            if !self.is_too_long {
                let line = std::mem::take(&mut self.held);
                self.line(&line);
            }
            self.held.clear();
            self.is_too_long = false;
            rest = after.get(1..).unwrap_or_default();
        }
        self.add_to_line(rest);
    }

    fn add_to_line(&mut self, part: &[u8]) {
        if self.held.len().saturating_add(part.len()) > MAX_LINE {
            self.is_too_long = true;
        } else {
            self.held.extend_from_slice(part);
        }
    }

    fn line(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else { return };
        // Most events of a stream tell of no usage, and need not be read.
        if memchr::memmem::find(data, b"sage").is_none() {
            return;
        }
        if let Ok(text) = std::str::from_utf8(data)
            && let Ok(event) = json::parse(text.trim())
        {
            self.usage.add(&event);
        }
    }

    /// The answer is over.
    pub(super) fn finish(mut self) -> Heard {
        let mut json = None;
        if self.is_events && encoding::is_identity(&self.coding) {
            let line = std::mem::take(&mut self.held);
            self.line(&line);
        } else if self.listens
            && !self.is_too_long
            && let Ok(body) = encoding::decode_all(&self.coding, &self.held, MAX_BODY)
        {
            if self.is_events {
                self.held.clear();
                self.hear_lines(&body);
                let line = std::mem::take(&mut self.held);
                self.line(&line);
            } else {
                json = std::str::from_utf8(&body).ok().and_then(|text| json::parse(text).ok());
            }
        }
        if let Some(json) = &json {
            self.usage.add(json);
        }
        Heard { bytes: self.bytes, usage: self.usage, json }
    }
}

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) bytes: u64,
    pub(super) usage: Usage,
    pub(super) json: Option<Json>,
}

impl Usage {
    /// Adds what a document tells: the answer itself, or an event of a stream, of which later ones
    /// tell more.
    fn add(&mut self, json: &Json) {
        // `message` is Anthropic's first event, `response` OpenAI's last.
        let places = [Some(json), json.member("message"), json.member("response")];
        for place in places.into_iter().flatten() {
            let Some(usage) = place.member("usage").or_else(|| place.member("usageMetadata"))
            else {
                continue;
            };
            let one_of = |names: [&str; 3]| {
                names.into_iter().find_map(|name| usage.member(name)).and_then(number)
            };
            let input = one_of(["input_tokens", "prompt_tokens", "promptTokenCount"]);
            let output = one_of(["output_tokens", "completion_tokens", "candidatesTokenCount"]);
            let total = one_of(["total_tokens", "totalTokenCount", "totalTokens"]);
            self.input = input.or(self.input);
            self.output = output.or(self.output);
            self.total = total.or(self.total);
        }
    }

    /// So many tokens of this kind, if that was told.
    pub(super) fn of(self, kind: TokenKind) -> Option<u64> {
        match kind {
            TokenKind::Input => self.input,
            TokenKind::Output => self.output,
            TokenKind::Total => self.total.or_else(|| match (self.input, self.output) {
                (None, None) => None,
                (input, output) => {
                    Some(input.unwrap_or_default().saturating_add(output.unwrap_or_default()))
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(kind: &'static str, pieces: &[&[u8]]) -> Heard {
        let mut fields = HeaderMap::new();
        fields.insert("content-type", http::HeaderValue::from_static(kind));
        let mut ear = Ear::new(true, &fields);
        for piece in pieces {
            ear.hear(piece);
        }
        ear.finish()
    }

    fn tokens(heard: &Heard) -> [Option<u64>; 3] {
        [TokenKind::Input, TokenKind::Output, TokenKind::Total].map(|kind| heard.usage.of(kind))
    }

    #[test]
    fn each_provider_tells_its_tokens_in_its_own_way() {
        for body in [
            r#"{"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
            r#"{"usage":{"input_tokens":3,"output_tokens":4}}"#,
            r#"{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7}}"#,
        ] {
            let heard = heard("application/json", &[body.as_bytes()]);
            assert_eq!(tokens(&heard), [Some(3), Some(4), Some(7)], "{body}");
        }
        assert_eq!(tokens(&heard("application/json", &[b"{\"usage\":null}"])), [None; 3]);
    }

    #[test]
    fn the_last_word_of_a_stream_counts_however_it_is_cut() {
        let anthropic = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\ndata: {\"type\":\"ping\"}\n\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n";
        let openai = "data: {\"choices\":[],\"usage\":null}\r\n\r\ndata: {\"usage\":{\"prompt_tokens\":25,\"completion_tokens\":15,\"total_tokens\":40}}\r\n\r\ndata: [DONE]";
        let response = "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":15,\"total_tokens\":40}}}";
        for stream in [anthropic, openai, response] {
            for size in [1, 7, 1000] {
                let pieces: Vec<_> = stream.as_bytes().chunks(size).collect();
                let heard = heard("text/event-stream; charset=utf-8", &pieces);
                assert_eq!(tokens(&heard), [Some(25), Some(15), Some(40)], "{stream}");
                assert_eq!(heard.bytes, stream.len() as u64);
            }
        }
    }

    #[test]
    fn an_encoded_answer_is_heard_too() {
        let body =
            encoding::encode(crate::model::Coding::Gzip, b"{\"usage\":{\"input_tokens\":3}}");
        let mut fields = HeaderMap::new();
        fields.insert("content-encoding", http::HeaderValue::from_static("gzip"));
        let mut ear = Ear::new(true, &fields);
        ear.hear(&body.unwrap());
        assert_eq!(tokens(&ear.finish()), [Some(3), None, Some(3)]);
    }

    #[test]
    fn long_lines_and_bodies_are_passed_over() {
        let long = vec![b'x'; 2 * MAX_LINE];
        let line = b"\ndata: {\"usage\":{\"input_tokens\":3}}\n";
        let heard = heard("text/event-stream", &[b"data: ", &long, line]);
        assert_eq!(tokens(&heard), [Some(3), None, Some(3)]);
        let mut ear = Ear::new(true, &HeaderMap::new());
        for _ in 0..20 {
            ear.hear(&long);
        }
        assert!(ear.held.is_empty() && ear.finish().json.is_none());
    }
}
