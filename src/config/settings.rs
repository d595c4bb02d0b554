//! All that an [`App`](crate::app::App) is told, every default filled in.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::behaviors::NamedProfile;
use crate::{
    admin::Access,
    behavior::ErrorRate,
    engine::Matching,
    library::FileNames,
    model::{Behaviors, Expectations, LatencySource, Mode, RateLimit, SessionName, Stub},
    runtime::Seed,
    serve::{AdminPlace, Answers, Limits, Service},
    store::{GlobalSettings, JournalLimits, SessionLimits},
    telemetry::Otlp,
};

/// All that an app is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses to listen on for any service. Port 0 picks a free one.
    pub listen: Vec<SocketAddr>,
    /// The stub directory: a WireMock root, or a folder of such roots, one per service.
    pub stubs: PathBuf,
    /// Where tapes go.
    pub recordings: PathBuf,
    /// Where the local certificate authority lies.
    pub certs: PathBuf,
    /// The services that are known by name.
    pub services: Vec<Service>,
    /// What happens to requests that the client sent to ringer as to a forward proxy, for hosts
    /// that no service names.
    pub forward: Mode,
    /// Seed of every draw.
    pub seed: Seed,
    /// Latency of answers, unless a service says otherwise.
    pub latency: LatencySource,
    /// Share of requests answered with an error, unless a service says otherwise.
    pub fail: Option<ErrorRate>,
    /// Limit for all requests together, unless a service says otherwise.
    pub rate_limit: Option<RateLimit>,
    /// How answers behave, whatever their service and stub.
    pub behaviors: Behaviors,
    /// A profile, which goes after all else that is said of how answers behave.
    pub chaos: Option<NamedProfile>,
    /// Where it is written what befalls each request.
    pub fault_log: Option<PathBuf>,
    /// A log of faults of an earlier run: its requests' fate befalls these, and nothing else.
    pub replay_faults: Option<PathBuf>,
    /// Whether a request may say itself how its answer behaves (`X-Ringer-Fault`).
    pub allow_request_faults: bool,
    /// How exactly a request must match a recorded stub.
    pub matching: Matching,
    /// How upstreams are reached.
    pub upstream: Upstream,
    /// Bounds.
    pub limits: Limits,
    /// How answers look where stubs leave it open.
    pub answers: Answers,
    /// What is sanitised.
    pub redaction: Redaction,
    /// The admin API.
    pub admin: AdminSettings,
    /// What holds for every stub, until a client of the admin API changes it.
    pub global: GlobalSettings,
    /// How many requests are remembered for it.
    pub journal: JournalLimits,
    /// What is expected of the clients of the run.
    pub expectations: Option<Expectations>,
    /// How sessions come and go.
    pub sessions: SessionLimits,
    /// Where spans go; `None` makes none.
    pub otlp: Option<Otlp>,
    /// Sessions that have an address of their own from the start to the end.
    pub session_listen: Vec<(SessionName, SocketAddr)>,
    /// Whether changes in the stub directory are picked up while running.
    pub watch: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8080))],
            stubs: "stubs".into(),
            recordings: "recordings".into(),
            certs: "certs".into(),
            services: Vec::new(),
            forward: Mode::Replay,
            seed: Seed(0),
            latency: LatencySource::default(),
            fail: None,
            rate_limit: None,
            behaviors: Behaviors::default(),
            chaos: None,
            fault_log: None,
            replay_faults: None,
            allow_request_faults: false,
            matching: Matching::default(),
            upstream: Upstream::default(),
            limits: Limits::default(),
            answers: Answers::default(),
            redaction: Redaction::default(),
            admin: AdminSettings::default(),
            global: GlobalSettings::default(),
            journal: JournalLimits::default(),
            expectations: None,
            sessions: SessionLimits::default(),
            otlp: None,
            session_listen: Vec::new(),
            watch: true,
        }
    }
}

/// The admin API.
#[derive(Clone, Debug, PartialEq)]
pub struct AdminSettings {
    /// Where it answers; `None` is nowhere.
    pub place: Option<AdminPlace>,
    /// What each call must bring.
    pub access: Access,
    /// Whether a stub that is removed takes its file with it also where a person wrote that file.
    pub owns_stub_files: bool,
    /// What the files of new stubs are called, where that is not as usual.
    pub file_names: Option<FileNames>,
    /// Stubs that are there from the start beside those of files.
    pub stubs: Vec<Stub>,
    /// Request headers that count where each exchange that is passed on becomes a mapping file;
    /// `None` where none does.
    pub record_mappings: Option<Vec<String>>,
}

impl Default for AdminSettings {
    fn default() -> Self {
        Self {
            place: Some(AdminPlace::Everywhere { open: false }),
            access: Access::default(),
            owns_stub_files: false,
            file_names: None,
            stubs: Vec::new(),
            record_mappings: None,
        }
    }
}

/// How upstreams are reached.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// PEM files of certificate authorities trusted besides the system's.
    pub ca_files: Vec<PathBuf>,
    /// Certificates are not verified at all.
    pub insecure: bool,
    /// Whether the client's `Host` is passed on; `None` decides by [`Origin::is_private`](crate::model::Origin::is_private).
    pub preserve_host: Option<bool>,
    /// Time for a connection to be made, TLS included.
    pub connect_timeout: Duration,
    /// Time from the end of a request to the head of its answer.
    pub response_timeout: Duration,
    /// Idle connections are closed after this time.
    pub idle_timeout: Duration,
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            ca_files: Vec::new(),
            insecure: false,
            preserve_host: None,
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// What is sanitised.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    /// Nothing is: secrets go to disk as they are.
    pub off: bool,
    /// Key of the pseudonyms; `None` takes it from a file beside the stubs, made at first use.
    pub key: Option<String>,
}
