//! Words typed become a call, and text comes back: the only room with anyhow and printing.
//!
//! May import: admin, app, behavior, codec, config, engine, format, library, model, record, redaction,
//! runtime, serve, store, telemetry, tls, verify.

pub mod admin_args;
pub mod admin_client;
pub mod admin_place_args;
pub mod args;
mod behavior_args;
pub mod ca;
pub mod check;
pub mod completions;
pub mod console;
pub mod ctl;
pub mod ctl_args;
pub mod ctl_profile;
pub mod ctl_rule;
pub mod ctl_session;
pub mod ctl_text;
pub mod demo;
pub mod demo_api;
pub mod demo_client;
pub mod demo_day;
pub mod demo_stage;
pub mod examples;
pub mod expectations;
pub mod explain;
pub mod explain_text;
pub mod foreground;
pub mod global_args;
pub mod hint;
mod journal_args;
pub mod load;
pub mod log;
pub mod printer;
pub mod progress;
pub mod ready;
pub mod record;
pub mod replay;
pub mod report;
mod run;
pub mod serve;
mod session_args;
pub mod signal;
pub mod stub_args;
pub mod style;
pub mod summary;
pub mod tail;
pub mod tail_args;
pub mod tail_events;
pub mod tail_text;
pub mod truststore;
pub mod verify;
pub mod verify_args;
pub mod wiremock;
pub mod wiremock_answers;
pub mod wiremock_args;
pub mod wrap;

pub use run::run;
