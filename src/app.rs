//! The wiring diagram, and the way to embed ringer in a Rust test.
//!
//! ```
//! use ringer::{app::App, config::Config};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let certs = tempfile::tempdir()?;
//! let ringer = App::start(Config {
//!     listen: vec!["127.0.0.1:0".parse()?],
//!     stubs: "stubs".into(),
//!     certs: certs.path().into(),
//!     ..Config::default()
//! })
//! .await?;
//!
//! let base_url = format!("http://{}", ringer.addresses()[0]);
//! // … point the client under test at `base_url` …
//! # assert!(base_url.starts_with("http://127.0.0.1:"));
//!
//! let summary = ringer.stop().await;
//! assert!(summary.misses.is_empty());
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use crate::{
    admin::{Admin, AdminParts, SessionListeners},
    config::Config,
    library::{BodyFiles, Keeper, Known, Reader, Watcher, keeper::put_in_service},
    record::LazyRecorder,
    redaction::Redactor,
    runtime::{Clock, Drain},
    serve::{Announcer, Dialect, Server, ServerParts, SessionDoors},
    store::{JournalLimits, Journals, Measured, Sessions, SharedSettings, StubStore},
    telemetry::Metrics,
    tls::Authority,
    upstream,
};

mod behaviors;
mod error;
mod idle;
mod mappings;
mod measured;
mod recorded;
mod reload;
mod running;
mod secrets;
mod spans;
mod summary;
mod verification;

pub use running::Running;
pub use summary::Summary;

pub use crate::lint::compile_problems;
use behaviors::AnswerBehaviors;
pub use behaviors::BehaviorsError;
pub use error::AppError;
use recorded::Recorded;
use spans::Spans;

/// ringer, about to start.
#[derive(Debug)]
pub struct App;

impl App {
    /// Reads stubs, binds the addresses, and serves.
    ///
    /// # Errors
    ///
    /// When an address is taken, a folder can't be used, or a setting can't be honoured. Mistakes
    /// in stub files are no reason: they are reported, and the other files are served.
    pub async fn start(config: Config) -> Result<Running, AppError> {
        tokio::task::spawn_blocking(|| Parts::build(config))
            .await
            .map_err(|_| AppError::Interrupted)??
            .start()
    }
}

/// Everything that is read from disk before anything is served.
struct Parts {
    config: Config,
    clock: Clock,
    authority: Arc<Authority>,
    redactor: Arc<Redactor>,
    stubs: Arc<StubStore>,
    reader: Reader,
    /// What is watched, where it is.
    known: Option<Known>,
    recorder: Arc<LazyRecorder>,
    announcer: Arc<Announcer>,
    problems: Vec<String>,
    measured: Arc<Measured>,
    behaviors: AnswerBehaviors,
    metrics: Arc<Metrics>,
}

impl Parts {
    fn build(config: Config) -> Result<Self, AppError> {
        let clock = Clock::start();
        let authority = Arc::new(Authority::load_or_create(&config.certs, clock.now())?);
        let records = config.forward.records()
            || config.services.iter().any(|service| service.mode.records());
        let (redactor, new_key) = secrets::redactor(&config.redaction, &config.stubs)?;
        let redactor = Arc::new(redactor);
        let reader = Reader::new(&config.stubs)
            .with_check(compile_problems)
            .with_missing_bodies(config.answers.dialect == Dialect::WireMock);
        let loaded = reader.read()?;
        let problems = loaded.problems().map(|problem| problem.render(false)).collect();
        let stubs = Arc::new(StubStore::default());
        let measured = Arc::new(measured::read(&config, &loaded));
        let known = config.watch.then(|| Known::of(&loaded));
        put_in_service(&stubs, loaded.files, Vec::new());
        let announcer = Arc::new(Announcer::new(clock));
        let metrics = Arc::new(Metrics::default());
        let recorder = Arc::new(recorded::recorder(Recorded {
            stubs: config.stubs.clone(),
            recordings: config.recordings.clone(),
            new_key,
            clock,
            redactor: Arc::clone(&redactor),
            live: Arc::clone(&stubs),
            announcer: Arc::clone(&announcer),
            metrics: metrics.recorder.clone(),
        }));
        if records {
            recorder.start()?;
        }
        Ok(Self {
            clock,
            authority,
            redactor,
            stubs,
            reader,
            known,
            recorder,
            announcer,
            problems,
            measured,
            behaviors: behaviors::start(&config)?,
            metrics,
            config,
        })
    }

    fn start(self) -> Result<Running, AppError> {
        let config = self.config;
        let keeper =
            Keeper::new(self.reader.clone(), Arc::clone(&self.stubs), config.admin.owns_stub_files);
        let keeper = Arc::new(keeper.with_names(config.admin.file_names));
        for stub in config.admin.stubs {
            if let Err(error) = keeper.create(stub) {
                tracing::error!(%error, "a stub of the command line cannot be used");
            }
        }
        let expectations = verification::compiled(config.expectations.as_ref())?;
        // Else nobody could ask for it.
        let is_kept = config.admin.place.is_some() || config.expectations.is_some();
        let entries = if is_kept { config.journal.entries } else { 0 };
        let limits = JournalLimits { entries, ..config.journal };
        let journals = Journals::new(limits, Redactor::clone(&self.redactor));
        let watcher = self
            .known
            .map(|known| {
                let (keeper, metrics) = (Arc::clone(&keeper), Arc::clone(&self.metrics));
                let (feed, root) = (Arc::clone(journals.feed()), config.stubs.clone());
                let follow = reload::follow(keeper, metrics, feed, root);
                Watcher::follow(self.reader, known, follow)
            })
            .transpose()?;
        let settings = Arc::new(SharedSettings::new(config.global.clone()));
        let stubs = Arc::clone(&self.stubs);
        let sessions = Arc::new(Sessions::new(config.sessions, journals, settings, stubs));
        self.stubs.follow(sessions.default_session().clock());
        let mapping_files = mappings::follow(
            config.admin.record_mappings,
            &config.stubs,
            &self.redactor,
            &sessions,
        )?;
        tokio::spawn(idle::forget(Arc::downgrade(&sessions), Arc::clone(&self.behaviors.shared)));
        let body_files = BodyFiles::new(&config.stubs);
        let token_keys = Arc::new(secrets::token_keys(config.certs));
        let behaviors = self.behaviors;
        let (shutdown, asked_to_stop) = Drain::new();
        let shutdown = Arc::new(shutdown);
        let session_doors = Arc::new(SessionDoors::default());
        let admin = config.admin.place.map(|place| {
            let admin = Admin::new(AdminParts {
                clock: self.clock,
                keeper,
                sessions: Arc::clone(&sessions),
                listeners: Arc::clone(&session_doors) as Arc<dyn SessionListeners>,
                behaviors: Arc::clone(&behaviors.shared),
                measured: Arc::clone(&self.measured),
                redactor: Arc::clone(&self.redactor),
                ca_file: self.authority.certificate_file(),
                token_keys: Arc::clone(&token_keys),
                is_shared: config.answers.dialect == Dialect::WireMock,
                body_files: body_files.clone(),
                shutdown: Arc::clone(&shutdown),
                recorder: Arc::clone(&self.recorder),
                metrics: Arc::clone(&self.metrics),
                access: config.admin.access,
            });
            (Arc::new(admin), place)
        });
        let upstream = upstream::Options {
            ca_files: config.upstream.ca_files,
            insecure: config.upstream.insecure,
            connect_timeout: config.upstream.connect_timeout,
            idle_timeout: config.upstream.idle_timeout,
            own_addresses: upstream::OwnAddresses::default(),
        };
        let spans = Spans::start(config.otlp, &upstream, &self.metrics)?;
        let parts = ServerParts {
            clock: self.clock,
            limits: config.limits,
            answers: config.answers,
            services: config.services,
            forward: config.forward,
            behaviors: Arc::clone(&behaviors.shared),
            seed: config.seed,
            measured: self.measured,
            script: behaviors.script.clone(),
            read_request_faults: config.allow_request_faults.then_some(behaviors::read_request),
            fault_log: behaviors.log.clone(),
            matching: config.matching,
            upstream,
            preserve_host: config.upstream.preserve_host,
            response_timeout: config.upstream.response_timeout,
            authority: Arc::clone(&self.authority),
            token_keys,
            sessions: Arc::clone(&sessions),
            session_doors,
            session_listen: config.session_listen,
            admin,
            body_files,
            redactor: self.redactor,
            recorder: Arc::clone(&self.recorder),
            recordings: config.recordings,
            announcer: Arc::clone(&self.announcer),
            metrics: self.metrics,
            tracer: spans.as_ref().map(|spans| Arc::clone(&spans.tracer)),
        };
        Ok(Running {
            server: Server::start(&config.listen, parts)?,
            authority: self.authority,
            stubs: self.stubs,
            recorder: self.recorder,
            announcer: self.announcer,
            problems: self.problems,
            behaviors,
            sessions,
            mapping_files,
            expectations,
            clock: self.clock,
            watcher,
            spans,
            asked_to_stop,
            _shutdown: shutdown,
        })
    }
}
