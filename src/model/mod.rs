//! Plain values: what the other rooms pass to each other.
//!
//! Nothing here reads a file, holds a lock, knows serde or an HTTP implementation. May import: no room.

pub mod exchange;
pub mod handled;
pub mod id;
pub mod json;
pub mod message;
pub mod origin;
pub mod pattern;
pub mod response;
pub mod stub;

pub use exchange::{
    Chunk, Ending, Exchange, RecordedBody, RecordedRequest, RecordedResponse, Timing,
};
pub use handled::{Handled, Outcome, RecordedAs};
pub use id::{ServiceName, StubId};
pub use json::Json;
pub use message::{Headers, Request, RequestBody, Scheme, bytes_of, exact_text_of, text_of};
pub use origin::Origin;
pub use pattern::{
    BodyPattern, MethodPattern, MultipartPattern, RequestPattern, UrlPattern, ValuePattern,
};
pub use response::{
    AfterLast, BodySpec, Coding, CodingSettings, JsonStyle, Latency, PacedChunk, ResponseEnding,
    ResponseSpec, ResponseStep, Responses,
};
pub use stub::{Recorded, Stub};
