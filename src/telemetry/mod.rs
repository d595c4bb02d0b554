//! What ringer tells of itself: metrics to be scraped, and a span for each exchange.
//!
//! Times, entropy and the way to the network are given to it. May import: no room.

pub mod export;
pub mod exposition;
pub mod histogram;
pub mod metrics;
pub mod otlp;
pub mod otlp_json;
pub mod recorder;
pub mod service;
pub mod span;
pub mod trace_context;
pub mod tracer;

pub use export::{Post, Reply};
pub use exposition::Format;
pub use metrics::Metrics;
pub use otlp::{Otlp, OtlpTarget};
pub use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
pub use recorder::{RecorderMetrics, Result as RecordResult};
pub use service::{Applied, Lookup, Outcome, ServiceMetrics};
pub use span::{Attribute, Span, Value};
pub use trace_context::TraceContext;
pub use tracer::Tracer;
