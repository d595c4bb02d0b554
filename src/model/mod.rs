//! Plain values: what the other rooms pass to each other.
//!
//! Nothing here reads a file, holds a lock, knows serde or an HTTP implementation. May import: no room.

pub mod date_pattern;
pub mod delay;
pub mod exchange;
pub mod fault;
pub mod handled;
pub mod id;
pub mod json;
pub mod listener;
pub mod message;
pub mod origin;
pub mod pattern;
pub mod response;
pub mod scenario;
pub mod stub;

pub use date_pattern::{DateComparison, DatePattern, DateUnit, Truncation};
pub use delay::{Delay, Dribble};
pub use exchange::{
    Chunk, Ending, Exchange, RecordedBody, RecordedRequest, RecordedResponse, Timing,
};
pub use fault::Fault;
pub use handled::{Handled, Outcome, RecordedAs};
pub use id::{ServiceName, StubId};
pub use json::Json;
pub use listener::ServeListener;
pub use message::{Headers, Request, RequestBody, Scheme, bytes_of, exact_text_of, text_of};
pub use origin::Origin;
pub use pattern::{
    BodyPattern, JsonPattern, MethodPattern, MultipartPattern, NamespaceAwareness,
    NumberComparison, NumberPattern, PathPattern, RequestPattern, SchemaPattern, SchemaVersion,
    UrlPattern, ValuePattern, XmlComparison, XmlPattern,
};
pub use response::{
    AfterLast, BodySpec, Coding, CodingSettings, JsonStyle, Latency, PacedChunk, ProxySpec,
    ResponseEnding, ResponseSpec, ResponseStep, Responses,
};
pub use scenario::{STARTED, Scenario};
pub use stub::{Recorded, Stub};
