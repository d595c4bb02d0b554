//! What to answer, before it is prepared for the wire.

use std::time::Duration;

use bytes::Bytes;

use super::{
    delay::{Delay, Dribble},
    fault::WireFault,
    json::Json,
    message::Headers,
    seldom::{Absent, Seldom},
};

/// The answers of a stub in the order in which its matches get them; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// The answers; one for most stubs.
    pub steps: Vec<ResponseStep>,
    /// What a request gets when all have been given.
    pub after_last: AfterLast,
}

impl Default for Responses {
    fn default() -> Self {
        Self::one(ResponseSpec { status: 200, ..ResponseSpec::default() })
    }
}

impl Responses {
    /// One answer for every request.
    pub fn one(response: ResponseSpec) -> Self {
        Self { steps: vec![ResponseStep { response, times: 1 }], after_last: AfterLast::Stay }
    }

    /// Whether it matters which hit of the stub a request is.
    pub fn is_sequence(&self) -> bool {
        self.steps.len() > 1 || self.after_last == AfterLast::Miss
    }

    /// The answer for the `hit`th match (from 0); `None` when the stub is spent.
    pub fn step(&self, hit: u64) -> Option<usize> {
        let total: u64 = self.steps.iter().map(|step| u64::from(step.times.max(1))).sum();
        let hit = match self.after_last {
            AfterLast::Restart => hit % total.max(1),
            AfterLast::Miss if hit >= total => return None,
            AfterLast::Stay | AfterLast::Miss => hit,
        };
        let mut end = 0;
        for (at, step) in self.steps.iter().enumerate() {
            end += u64::from(step.times.max(1));
            if hit < end {
                return Some(at);
            }
        }
        self.steps.len().checked_sub(1)
    }
}

/// One answer of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseStep {
    /// The answer.
    pub response: ResponseSpec,
    /// How many requests in a row get it; at least 1.
    pub times: u32,
}

/// What follows the last answer of a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterLast {
    /// The last answer again and again.
    #[default]
    Stay,
    /// From the first again.
    Restart,
    /// The stub no longer matches.
    Miss,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseSpec {
    /// Status code.
    pub status: u16,
    /// Header fields in order; computed ones are not among them.
    pub headers: Headers,
    /// The body, content coding removed if `coding` is set.
    pub body: BodySpec,
    /// The content coding to send the body in.
    pub coding: Option<Coding>,
    /// The timing that was recorded.
    pub latency: Option<Box<Latency>>,
    /// What follows the body.
    pub ending: ResponseEnding,
    /// What few answers have.
    pub extras: Seldom<ResponseExtras>,
}

/// The parts of an answer that few have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseExtras {
    /// Reason phrase, where it is not the standard one.
    pub reason: Option<String>,
    /// Fields whose value is made anew at each answer (`Date`, `Content-Length`,
    /// `Transfer-Encoding`, `Content-Encoding`), spelled as recorded, each with its place in the
    /// whole list of fields.
    pub computed: Vec<(String, usize)>,
    /// Status and fields of each interim (1xx) answer that goes before.
    pub interim: Vec<(u16, Headers)>,
    /// Trailer fields.
    pub trailers: Headers,
    /// How the content coding was applied, where it is known to give the recorded bytes again.
    pub coding_settings: CodingSettings,
    /// Wait before the answer, as a person wrote it (`fixedDelayMilliseconds`).
    pub fixed_delay: Option<Duration>,
    /// A further wait, drawn anew for each answer (`delayDistribution`).
    pub delay: Option<Box<Delay>>,
    /// The body is sent in so many pieces over a time (`chunkedDribbleDelay`).
    pub dribble: Option<Dribble>,
    /// What goes wrong on the wire instead of the answer.
    pub fault: Option<WireFault>,
    /// The answer is fetched from elsewhere.
    pub proxy: Option<Box<ProxySpec>>,
    /// Names of what makes the answer anew for each request; `response-template` is the one that
    /// ringer has.
    pub transformers: Vec<String>,
    /// What templates see as `parameters`.
    pub transformer_parameters: Option<Json>,
    /// `scheme://host[:port]` under which the client knew the API when this was recorded; where it
    /// occurs in the answer, the address that the client then uses takes its place.
    pub address: Option<String>,
    /// Request headers (in lower case) whose value this answer holds, with that value: what the
    /// client then sends takes its place. Of a credential, without its scheme.
    pub echoes: Vec<(String, String)>,
}

impl Absent for ResponseExtras {
    fn absent() -> &'static Self {
        static ABSENT: ResponseExtras = ResponseExtras {
            reason: None,
            computed: Vec::new(),
            interim: Vec::new(),
            trailers: Headers::new(),
            coding_settings: CodingSettings { level: None, gzip_header: None },
            fixed_delay: None,
            delay: None,
            dribble: None,
            fault: None,
            proxy: None,
            transformers: Vec::new(),
            transformer_parameters: None,
            address: None,
            echoes: Vec::new(),
        };
        &ABSENT
    }
}

impl ResponseSpec {
    /// The name of the transformer that renders templates.
    pub const TEMPLATE: &str = "response-template";

    /// Whether its texts are templates because the stub says so.
    pub fn asks_for_templating(&self) -> bool {
        self.extras.transformers.iter().any(|name| name == Self::TEMPLATE)
    }
}

/// Where an answer is fetched from (`proxyBaseUrl`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProxySpec {
    /// What the request's path and query are appended to; may be a template.
    pub base_url: String,
    /// What is taken off the front of the request's path first (`proxyUrlPrefixToRemove`).
    pub prefix_to_remove: Option<String>,
    /// Fields that the forwarded request gets (`additionalProxyRequestHeaders`).
    pub additional_headers: Headers,
    /// Names of fields that it does not get (`removeProxyRequestHeaders`).
    pub removed_headers: Vec<String>,
}

/// A body.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum BodySpec {
    /// None.
    #[default]
    Empty,
    /// Bytes (`base64Body`).
    Bytes(Bytes),
    /// The content of a file under `__files` (`bodyFileName`).
    File(String),
    /// JSON, written in the given style (`jsonBody`).
    Json(Json, JsonStyle),
    /// Text (`body`).
    Text(String),
}

/// How a JSON text is spaced and escaped, so that a readable stub gives back the recorded bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonStyle {
    /// Spaces of indentation; `None` is all on one line.
    pub indent: Option<u8>,
    /// A space after `,` (on one line).
    pub space_after_comma: bool,
    /// A space after `:`.
    pub space_after_colon: bool,
    /// Characters beyond ASCII are written as `\uXXXX`.
    pub ascii: bool,
    /// `/` is written `\/`.
    pub escaped_slash: bool,
    /// A line feed after the value.
    pub final_newline: bool,
}

/// A content coding that ringer can undo and redo (RFC 9110 §8.4.1, RFC 8878).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// `br`
    Brotli,
    /// `deflate`, in the zlib format
    Deflate,
    /// `gzip`
    Gzip,
    /// `zstd`
    Zstd,
}

impl Coding {
    /// The token of the `Content-Encoding` field.
    pub fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Deflate => "deflate",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The coding of a token, whatever its case.
    pub fn from_token(token: &str) -> Option<Self> {
        match token.trim().to_ascii_lowercase().as_str() {
            "br" => Some(Self::Brotli),
            "deflate" => Some(Self::Deflate),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// How a content coding is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodingSettings {
    /// Compression level of zlib, 1 to 9; `None` is ringer's own choice.
    pub level: Option<u8>,
    /// The header of the gzip member (RFC 1952 §2.3); `None` is the plain one.
    pub gzip_header: Option<Bytes>,
}

/// The timing of a recorded answer, in whole milliseconds since the request's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// When the head came.
    pub first_byte: Duration,
    /// When the answer was complete.
    pub total: Duration,
    /// The body's pieces, where they came apart in time or between pieces of the request; sizes
    /// are those of the bytes on the wire.
    pub chunks: Vec<PacedChunk>,
}

/// A piece of a body and when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacedChunk {
    /// When it came, since the request's head.
    pub at: Duration,
    /// Its length in bytes.
    pub size: u64,
    /// It is not sent before so many bytes of request body have come; 0 where the request was
    /// complete before the answer began.
    pub request_bytes: u64,
}

/// What follows a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseEnding {
    /// The answer is complete.
    #[default]
    Complete,
    /// The connection breaks off: the upstream did.
    Breaks,
    /// Nothing, but the answer stays open until the client leaves: the client had left before the
    /// upstream was done.
    StaysOpen,
}
