//! What the admin API works on.

use std::{path::PathBuf, sync::Arc};

use crate::{
    engine::LazyKeys,
    library::{BodyFiles, Keeper},
    record::LazyRecorder,
    redaction::Redactor,
    runtime::{Clock, Drain},
    store::{Measured, Sessions, SharedBehaviors},
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
    /// User name and password that each call must bring (RFC 7617); `None` asks for none.
    pub credentials: Option<(String, String)>,
    /// Whether calls without TLS are refused.
    pub requires_https: bool,
}
