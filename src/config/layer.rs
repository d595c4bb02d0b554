//! What one source of settings says: each may be there or not.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::behaviors::NamedProfile;
use crate::{
    admin::AdminToken,
    behavior::ErrorRate,
    engine::Matching,
    model::{Behaviors, LatencySource, SessionName},
    runtime::Seed,
    serve::AdminPlace,
    serve::{SystemKeyPattern, TargetPattern, Templating},
    telemetry::OtlpTarget,
};

/// Where the token of the admin API is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// In a file.
    File(PathBuf),
    /// Right here.
    Given(AdminToken),
}

/// The settings of one source: the flags, the environment, or the file. `None` leaves a setting to
/// the source below.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Where the admin API answers, if it does.
    pub admin: Option<Option<AdminPlace>>,
    /// `admin_token`, `admin_token_file`
    pub admin_token: Option<TokenSource>,
    /// `max_admin_body`
    pub max_admin_body: Option<usize>,
    /// Time for a connection to the upstream to be made.
    pub connect_timeout: Option<Duration>,
    /// Time for requests in flight to finish when ringer stops.
    pub drain_timeout: Option<Duration>,
    /// Share of requests that get an error.
    pub fail: Option<ErrorRate>,
    /// Time for a TLS handshake with a client.
    pub handshake_timeout: Option<Duration>,
    /// Time for the head of a request to arrive.
    pub header_timeout: Option<Duration>,
    /// Idle connections to upstreams are closed after this time.
    pub idle_timeout: Option<Duration>,
    /// `allow_request_faults`
    pub allow_request_faults: Option<bool>,
    /// What is expected of clients.
    pub expectations: Option<PathBuf>,
    /// `fault_log`
    pub fault_log: Option<PathBuf>,
    /// `replay_faults`
    pub replay_faults: Option<PathBuf>,
    /// `allow_proxy_targets`
    pub allow_proxy_targets: Option<Vec<TargetPattern>>,
    /// `deny_proxy_targets`
    pub deny_proxy_targets: Option<Vec<TargetPattern>>,
    /// `gzip`
    pub gzip: Option<bool>,
    /// `matched_stub_headers`
    pub matched_stub_headers: Option<bool>,
    /// `permitted_system_keys`
    pub permitted_system_keys: Option<Vec<SystemKeyPattern>>,
    /// `proxy_preserves_host`
    pub proxy_preserves_host: Option<bool>,
    /// `proxy_preserves_user_agent`
    pub proxy_preserves_user_agent: Option<bool>,
    /// `templating`
    pub templating: Option<Templating>,
    /// Requests that are remembered for the admin API.
    pub journal_entries: Option<usize>,
    /// Bytes that those of a session may take.
    pub journal_bytes: Option<usize>,
    /// Bytes that those of all sessions may take.
    pub journal_total_bytes: Option<usize>,
    /// Bytes of a body that is remembered whole.
    pub journal_body_bytes: Option<usize>,
    /// Whether a session must be created before a request names it.
    pub strict_sessions: Option<bool>,
    /// `session_listen`, `[session.NAME] listen`
    pub session_listen: Option<Vec<(SessionName, SocketAddr)>>,
    /// A session of which nobody has asked anything for this time is forgotten.
    pub session_idle: Option<Duration>,
    /// Sessions at a time beside the default one.
    pub max_sessions: Option<usize>,
    /// Latency of answers.
    pub latency: Option<LatencySource>,
    /// Addresses to listen on.
    pub listen: Option<Vec<SocketAddr>>,
    /// How the log is written.
    pub log_format: Option<LogFormat>,
    /// How exactly requests must match.
    pub matching: Option<Matching>,
    /// Bytes of a body that are held in memory.
    pub max_body_in_memory: Option<usize>,
    /// Client connections at a time.
    pub max_connections: Option<usize>,
    /// Bytes of a request's head.
    pub max_header_bytes: Option<usize>,
    /// Leaf certificates kept.
    pub max_leaf_certificates: Option<usize>,
    /// Tries before the time that a rate limit told which are no failure.
    pub max_early_retries: Option<u64>,
    /// Whether the client's `Host` goes to the upstream.
    pub preserve_host: Option<bool>,
    /// Whether nothing but errors is said while running.
    pub quiet: Option<bool>,
    /// Limits of requests.
    pub rate_limit: Option<Behaviors>,
    /// Bandwidths.
    pub bandwidth: Option<Behaviors>,
    /// Profiles, each read.
    pub chaos: Option<Vec<NamedProfile>>,
    /// Waits beyond latency.
    pub delay: Option<Behaviors>,
    /// What goes wrong.
    pub fault: Option<Behaviors>,
    /// A schedule of what goes wrong.
    pub stage: Option<Behaviors>,
    /// Where to write, as JSON, what is listened on.
    pub ready_file: Option<PathBuf>,
    /// Where spans go.
    pub otlp: Option<OtlpTarget>,
    /// Where tapes go.
    pub recordings: Option<PathBuf>,
    /// Whether secrets are replaced.
    pub redact: Option<bool>,
    /// Key of the pseudonyms.
    pub redaction_key: Option<String>,
    /// Time from the end of a request to the head of its answer.
    pub response_timeout: Option<Duration>,
    /// Seed of every draw.
    pub seed: Option<Seed>,
    /// Whether a miss or an unused stub is a failure.
    pub strict: Option<bool>,
    /// The stub directory.
    pub stubs: Option<PathBuf>,
    /// The folder of the local certificate authority.
    pub certs: Option<PathBuf>,
    /// Further certificate authorities of upstreams.
    pub upstream_ca: Option<Vec<PathBuf>>,
    /// Whether certificates of upstreams go unverified.
    pub upstream_insecure: Option<bool>,
    /// How much the log says: 1 progress, 2 details, 3 everything.
    pub verbose: Option<u8>,
    /// Whether changed stub files are picked up.
    pub watch: Option<bool>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// For people.
    #[default]
    Text,
}

impl std::str::FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(format!("unknown log format `{text}`, expected `text` or `json`")),
        }
    }
}

impl Layer {
    /// This layer over another: what this one leaves open, the other decides.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        // Naming every field makes the compiler ask about a new one.
        Self {
            admin: self.admin.or(below.admin),
            admin_token: self.admin_token.or(below.admin_token),
            max_admin_body: self.max_admin_body.or(below.max_admin_body),
            connect_timeout: self.connect_timeout.or(below.connect_timeout),
            drain_timeout: self.drain_timeout.or(below.drain_timeout),
            fail: self.fail.or(below.fail),
            handshake_timeout: self.handshake_timeout.or(below.handshake_timeout),
            header_timeout: self.header_timeout.or(below.header_timeout),
            idle_timeout: self.idle_timeout.or(below.idle_timeout),
            allow_request_faults: self.allow_request_faults.or(below.allow_request_faults),
            expectations: self.expectations.or(below.expectations),
            fault_log: self.fault_log.or(below.fault_log),
            replay_faults: self.replay_faults.or(below.replay_faults),
            allow_proxy_targets: self.allow_proxy_targets.or(below.allow_proxy_targets),
            deny_proxy_targets: self.deny_proxy_targets.or(below.deny_proxy_targets),
            gzip: self.gzip.or(below.gzip),
            matched_stub_headers: self.matched_stub_headers.or(below.matched_stub_headers),
            permitted_system_keys: self.permitted_system_keys.or(below.permitted_system_keys),
            proxy_preserves_host: self.proxy_preserves_host.or(below.proxy_preserves_host),
            proxy_preserves_user_agent: self
                .proxy_preserves_user_agent
                .or(below.proxy_preserves_user_agent),
            templating: self.templating.or(below.templating),
            journal_entries: self.journal_entries.or(below.journal_entries),
            journal_bytes: self.journal_bytes.or(below.journal_bytes),
            journal_total_bytes: self.journal_total_bytes.or(below.journal_total_bytes),
            journal_body_bytes: self.journal_body_bytes.or(below.journal_body_bytes),
            latency: self.latency.or(below.latency),
            listen: self.listen.or(below.listen),
            log_format: self.log_format.or(below.log_format),
            matching: self.matching.or(below.matching),
            max_body_in_memory: self.max_body_in_memory.or(below.max_body_in_memory),
            max_connections: self.max_connections.or(below.max_connections),
            max_header_bytes: self.max_header_bytes.or(below.max_header_bytes),
            strict_sessions: self.strict_sessions.or(below.strict_sessions),
            session_listen: self.session_listen.or(below.session_listen),
            session_idle: self.session_idle.or(below.session_idle),
            max_sessions: self.max_sessions.or(below.max_sessions),
            max_leaf_certificates: self.max_leaf_certificates.or(below.max_leaf_certificates),
            max_early_retries: self.max_early_retries.or(below.max_early_retries),
            preserve_host: self.preserve_host.or(below.preserve_host),
            quiet: self.quiet.or(below.quiet),
            rate_limit: self.rate_limit.or(below.rate_limit),
            bandwidth: self.bandwidth.or(below.bandwidth),
            chaos: self.chaos.or(below.chaos),
            delay: self.delay.or(below.delay),
            fault: self.fault.or(below.fault),
            stage: self.stage.or(below.stage),
            ready_file: self.ready_file.or(below.ready_file),
            otlp: self.otlp.or(below.otlp),
            recordings: self.recordings.or(below.recordings),
            redact: self.redact.or(below.redact),
            redaction_key: self.redaction_key.or(below.redaction_key),
            response_timeout: self.response_timeout.or(below.response_timeout),
            seed: self.seed.or(below.seed),
            strict: self.strict.or(below.strict),
            stubs: self.stubs.or(below.stubs),
            certs: self.certs.or(below.certs),
            upstream_ca: self.upstream_ca.or(below.upstream_ca),
            upstream_insecure: self.upstream_insecure.or(below.upstream_insecure),
            verbose: self.verbose.or(below.verbose),
            watch: self.watch.or(below.watch),
        }
    }

    /// Makes relative paths relative to `folder`: those in a file mean the folder that it lies in.
    #[must_use]
    pub fn rebased(mut self, folder: &Path) -> Self {
        let single = [
            &mut self.expectations,
            &mut self.fault_log,
            &mut self.replay_faults,
            &mut self.ready_file,
            &mut self.recordings,
            &mut self.stubs,
            &mut self.certs,
        ];
        for path in single.into_iter().flatten().chain(self.upstream_ca.iter_mut().flatten()) {
            // An empty folder is the current one: `stubs` stays `stubs`, as it was written.
            *path = folder.join(&*path);
        }
        if let Some(TokenSource::File(path)) = &mut self.admin_token {
            *path = folder.join(&*path);
        }
        #[cfg(unix)]
        if let Some(Some(AdminPlace::Unix(path))) = &mut self.admin {
            *path = folder.join(&*path);
        }
        self
    }
}
