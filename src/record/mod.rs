//! A live exchange becomes a line on the tape and a stub.
//!
//! May import: codec, library, matching, model, redaction, runtime, store, telemetry.
//!
//! ```text
//! Recorder::start(RecorderConfig { stubs, recordings, clock, redactor, permits, on_recorded })
//!     -> Result<Recorder, RecordError>          reads existing stubs: call where blocking is allowed
//! recorder.permit().await -> Permit             before a request is forwarded
//! recorder.record(permit, exchange)             when it has ended; never blocks
//! recorder.settled().await                      everything so far has become a stub
//! recorder.finish().await -> RecordSummary      everything so far is on disk; the recorder goes on
//! ```

pub mod config;
pub mod lazy_recorder;
pub mod mapping_files;
pub mod queue;
mod recorder;
mod repeats;
pub mod snapshot;
pub mod summary;

mod aliases;
mod answer;
mod arrival;
mod body;
mod compare;
mod conditions;
mod dates;
mod echo;
mod fingerprint;
mod identity;
mod media;
mod neighbours;
mod pacing;
mod pkt_line;
mod renamed;
mod request_body;
#[cfg(test)]
mod sample;
mod service;
mod stub;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod variant;
mod worker;

pub use config::{OnRecorded, RecordError, RecorderConfig};
pub use lazy_recorder::LazyRecorder;
pub use mapping_files::MappingFiles;
pub use recorder::{Permit, Recorder};
pub use summary::RecordSummary;
