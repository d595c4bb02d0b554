//! WireMock's admin API: a request as a value in, the answer as a value out.
//!
//! Paths, status codes and JSON are those of WireMock 3. May import: behavior, codec, engine,
//! format, library, matching, model, record, redaction, runtime, store, telemetry, tls, verify.

mod access;
mod api;
mod behaviors;
mod call;
mod chaos;
mod clock;
pub mod cross_origin;
mod described;
mod docs;
mod drawn;
mod event_filter;
mod events;
mod exchange;
mod files;
mod json;
mod logged;
mod mapping;
mod mappings;
mod metadata;
mod metrics;
mod near_misses;
mod openapi;
mod pattern;
mod place;
mod problem;
mod rate_limits;
mod recorder;
mod recording_spec;
mod recordings;
mod requests;
mod router;
mod scenarios;
mod session_listeners;
mod sessions;
mod settings;
mod state;
mod system;
mod token;
mod verification;

pub use access::{Access, Asking};
pub use api::Admin;
pub use events::Subscription;
pub use session_listeners::{ListenError, SessionListeners};
pub use state::AdminParts;
pub use token::AdminToken;
