//! What the admin API works on.

use std::{path::PathBuf, sync::Arc};

use super::{access::Access, session_listeners::SessionListeners};
use crate::{
    engine::LazyKeys,
    library::{BodyFiles, Keeper},
    record::LazyRecorder,
    redaction::Redactor,
    runtime::{Clock, Drain},
    store::{Measured, Sessions, SharedBehaviors},
    telemetry::Metrics,
};

/// What the admin API is made of.
#[derive(Debug)]
pub struct AdminParts {
    /// The clock of everything.
    pub clock: Clock,
    /// The stubs and their files.
    pub keeper: Arc<Keeper>,
    /// What is remembered of the requests, session by session.
    pub sessions: Arc<Sessions>,
    /// Opens addresses of sessions' own.
    pub listeners: Arc<dyn SessionListeners>,
    /// What befalls requests.
    pub behaviors: Arc<SharedBehaviors>,
    /// What the tapes say about latency.
    pub measured: Arc<Measured>,
    /// Replaces secrets in what is recorded.
    pub redactor: Arc<Redactor>,
    /// The certificate to give to clients.
    pub ca_file: PathBuf,
    /// Keys that templates sign tokens with.
    pub token_keys: Arc<LazyKeys>,
    /// Whether web pages of any origin may call (CORS).
    pub is_shared: bool,
    /// Where body files lie.
    pub body_files: BodyFiles,
    /// Is told when a client asks ringer to stop.
    pub shutdown: Arc<Drain>,
    /// Records, once a session is to.
    pub recorder: Arc<LazyRecorder>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What calls must bring.
    pub access: Access,
}
