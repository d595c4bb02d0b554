//! Plain values: what the other rooms pass to each other.
//!
//! Nothing here reads a file, holds a lock, knows serde or an HTTP implementation. May import: no room.

pub mod bandwidth;
pub mod behaviors;
pub mod date_pattern;
pub mod delay;
pub mod distribution;
pub mod exchange;
pub mod expectation;
pub mod fault;
pub mod handled;
pub mod id;
pub mod json;
pub mod limit;
pub mod listener;
pub mod message;
pub mod mode;
pub mod origin;
pub mod pattern;
pub mod record_spec;
pub mod response;
pub mod scenario;
pub mod seldom;
pub mod stub;
pub mod webhook;
pub mod when;

pub use bandwidth::{Bandwidth, Direction, Slices};
pub use behaviors::{Behaviors, Effect, Place, Rule};
pub use date_pattern::{DateComparison, DatePattern, DateUnit, Truncation};
pub use delay::{Delay, Dribble};
pub use distribution::{Distribution, LatencySource, Quantile, Wait};
pub use exchange::{
    Chunk, Ending, Exchange, RecordedBody, RecordedRequest, RecordedResponse, Timing,
};
pub use expectation::{
    Between, Demand, Expectation, Expectations, Gaps, HeaderDemand, Jitter, OrderDemand,
    RequestDemand, Retries, SameBy, Statuses, Step, Times,
};
pub use fault::{
    AnswerFault, ConnectFault, Cut, ErrorAnswer, Fault, Http2Fault, Stall, TlsFault, WireFault,
};
pub use handled::{Handled, Outcome, RecordedAs};
pub use id::{ServiceName, SessionName, SessionNameError, StubId};
pub use json::Json;
pub use limit::{
    Algorithm, Cost, Emit, LimitHeader, LimitKey, Penalty, Policy, RateLimit, Refusal, RetryAfter,
    StatusEndpoint, TokenKind,
};
pub use listener::ServeListener;
pub use message::{
    Headers, Request, RequestBody, Scheme, bytes_of, exact_text_of, is_usual_spelling, text_of,
    usual_spelling,
};
pub use mode::Mode;
pub use origin::Origin;
pub use pattern::{
    BodyPattern, JsonPattern, MethodPattern, MultipartPattern, NamespaceAwareness,
    NumberComparison, NumberPattern, PathPattern, PatternExtras, RequestPattern, SchemaPattern,
    SchemaVersion, UrlPattern, ValuePattern, XmlComparison, XmlPattern,
};
pub use record_spec::{
    ExtractBodies, RecordFilters, RecordSpec, RecordedBodyKind, RecordedBodyPattern,
};
pub use response::{
    AfterLast, BodySpec, Coding, CodingSettings, JsonStyle, Latency, PacedChunk, ProxySpec,
    ResponseEnding, ResponseExtras, ResponseSpec, ResponseStep, Responses,
};
pub use scenario::{STARTED, Scenario};
pub use stub::{Recorded, Stub};
pub use webhook::WebhookSpec;
pub use when::{Counted, Ramp, Turns, When, Window};
