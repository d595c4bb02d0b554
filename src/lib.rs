//! ringer records real API traffic through a TLS-capable proxy and replays it with the API gone.
//!
//! The crate is the program's whole machinery; the binary only calls [`cli::run`]. To use ringer
//! inside a Rust test, start an [`app::App`].
//!
//! Rooms are listed from the top floor down; each imports only rooms below it.

pub mod app;
pub mod cli;
pub mod config;
pub mod serve;

pub mod admin;

pub mod engine;
pub mod library;
pub mod record;
pub mod store;
pub mod verify;

pub mod lint;

pub mod matching;
pub mod render;

pub mod behavior;
pub mod codec;
pub mod format;
pub mod redaction;
pub mod upstream;

pub mod model;
pub mod runtime;
pub mod telemetry;
pub mod tls;
