//! WireMock's admin API: a request as a value in, the answer as a value out.
//!
//! Paths, status codes and JSON are those of WireMock 3. May import: behavior, codec, engine,
//! format, library, matching, model, record, redaction, runtime, store, tls, verify.

mod api;
mod behaviors;
mod call;
mod chaos;
mod clock;
pub mod cross_origin;
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
mod settings;
mod state;
mod system;
mod verification;

pub use api::Admin;
pub use events::Subscription;
pub use state::AdminParts;
