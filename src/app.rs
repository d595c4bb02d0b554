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

use std::{
    fmt,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Weak},
    time::Duration,
};

use thiserror::Error;
use tokio::sync::broadcast;

use crate::{
    admin::{Admin, AdminParts},
    config::Config,
    library::{
        BodyFiles, Keeper, LibraryError, Loaded, Reader, Watcher, keeper::put_in_service, key_file,
    },
    model::{Handled, Stub},
    record::{LazyRecorder, RecordError, Recorder, RecorderConfig},
    redaction::Redactor,
    runtime::{Clock, Drain, Watch},
    serve::{Dialect, ServeError, Server, ServerParts, server},
    store::{
        JournalLimits, Journals, Measured, SessionClock, Sessions, SharedBehaviors, SharedSettings,
        StubStore,
    },
    tls::{Authority, TlsError},
    upstream,
    verify::{Compiled, UnusedStub},
};

mod behaviors;
mod measured;
mod recorded;
mod secrets;
mod summary;
mod verification;

pub use summary::Summary;

pub use crate::lint::compile_problems;
use behaviors::AnswerBehaviors;
pub use behaviors::BehaviorsError;

/// Exchanges that may be under way or wait for the disk.
const RECORDING_PERMITS: usize = 2048;
/// Between two looks for sessions to forget.
const LOOK_AT_LEAST: Duration = Duration::from_millis(50);
const LOOK_AT_MOST: Duration = Duration::from_secs(60);

/// Why ringer could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AppError {
    /// The local certificate authority can't be used.
    #[error("the local certificate authority cannot be used")]
    Authority(#[from] TlsError),
    /// The stub directory can't be read or watched.
    #[error("the stub directory cannot be used")]
    Library(#[from] LibraryError),
    /// The recorder can't start.
    #[error("the recorder cannot start")]
    Record(#[from] RecordError),
    /// The listening side can't start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// What was said of how answers behave can't be used.
    #[error("the behaviors cannot be used")]
    Behavior(#[from] BehaviorsError),
    /// A pattern of what is expected can't be used.
    #[error("the expectations cannot be used: {0}")]
    Expectations(String),
    /// A task that reads files was ended.
    #[error("reading the stub directory was interrupted")]
    Interrupted,
}

/// ringer, about to start.
#[derive(Debug)]
pub struct App;

/// A running ringer.
pub struct Running {
    server: Server,
    authority: Arc<Authority>,
    stubs: Arc<StubStore>,
    recorder: Arc<LazyRecorder>,
    events: broadcast::Sender<Handled>,
    problems: Vec<String>,
    behaviors: AnswerBehaviors,
    sessions: Arc<Sessions>,
    expectations: Option<Compiled>,
    clock: Clock,
    /// Stops when dropped.
    watcher: Option<Watcher>,
    asked_to_stop: Watch,
    /// Kept, so that its end is not taken for a wish to stop.
    _shutdown: Arc<Drain>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("addresses", &self.addresses()).finish_non_exhaustive()
    }
}

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
    loaded: Loaded,
    recorder: Arc<LazyRecorder>,
    events: broadcast::Sender<Handled>,
    problems: Vec<String>,
    measured: Arc<Measured>,
    behaviors: AnswerBehaviors,
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
        put_in_service(&stubs, loaded.files.clone(), Vec::new());
        let measured = Arc::new(measured::read(&config, &loaded));
        let events = server::events();
        let recorder = {
            let (folder, recordings) = (config.stubs.clone(), config.recordings.clone());
            let (redactor, stubs, events) =
                (Arc::clone(&redactor), Arc::clone(&stubs), events.clone());
            Arc::new(LazyRecorder::new(move || {
                if let Some(key) = &new_key {
                    key_file::write(&folder, key)?;
                }
                Recorder::start(RecorderConfig {
                    stubs: folder.clone(),
                    recordings: recordings.clone(),
                    clock,
                    redactor: Arc::clone(&redactor),
                    permits: RECORDING_PERMITS,
                    on_recorded: recorded::on_recorded(events.clone(), Arc::clone(&stubs)),
                })
            }))
        };
        if records {
            recorder.start()?;
        }
        Ok(Self {
            clock,
            authority,
            redactor,
            stubs,
            reader,
            loaded,
            recorder,
            events,
            problems,
            measured,
            behaviors: behaviors::start(&config)?,
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
        let watcher = config
            .watch
            .then(|| {
                let keeper = Arc::clone(&keeper);
                Watcher::follow(self.reader, &self.loaded, move |changed, removed| {
                    keeper.follow(changed, removed);
                })
            })
            .transpose()?;
        let expectations = verification::compiled(config.expectations.as_ref())?;
        // Else nobody could ask for it.
        let is_asked = config.admin.place.is_some() || config.expectations.is_some();
        let entries = if is_asked { config.journal.entries } else { 0 };
        let journal = JournalLimits { entries, ..config.journal };
        let journals = Journals::new(journal, Redactor::clone(&self.redactor));
        let settings = Arc::new(SharedSettings::new(config.global.clone()));
        let sessions =
            Arc::new(Sessions::new(config.sessions, journals, settings, Arc::clone(&self.stubs)));
        self.stubs.follow(sessions.default_session().clock());
        tokio::spawn(forget_idle(Arc::downgrade(&sessions), Arc::clone(&self.behaviors.shared)));
        let body_files = BodyFiles::new(&config.stubs);
        let token_keys = Arc::new(secrets::token_keys(config.certs));
        let behaviors = self.behaviors;
        let (shutdown, asked_to_stop) = Drain::new();
        let shutdown = Arc::new(shutdown);
        let admin = config.admin.place.map(|place| {
            let admin = Admin::new(AdminParts {
                clock: self.clock,
                keeper,
                sessions: Arc::clone(&sessions),
                behaviors: Arc::clone(&behaviors.shared),
                measured: Arc::clone(&self.measured),
                redactor: Arc::clone(&self.redactor),
                ca_file: self.authority.certificate_file(),
                token_keys: Arc::clone(&token_keys),
                is_shared: config.answers.dialect == Dialect::WireMock,
                body_files: body_files.clone(),
                shutdown: Arc::clone(&shutdown),
                recorder: Arc::clone(&self.recorder),
                credentials: config.admin.credentials,
                requires_https: config.admin.requires_https,
            });
            (Arc::new(admin), place)
        });
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
            upstream: upstream::Options {
                ca_files: config.upstream.ca_files,
                insecure: config.upstream.insecure,
                connect_timeout: config.upstream.connect_timeout,
                idle_timeout: config.upstream.idle_timeout,
                own_addresses: Vec::new(),
            },
            preserve_host: config.upstream.preserve_host,
            response_timeout: config.upstream.response_timeout,
            authority: Arc::clone(&self.authority),
            token_keys,
            sessions: Arc::clone(&sessions),
            admin,
            body_files,
            redactor: self.redactor,
            recorder: Arc::clone(&self.recorder),
            recordings: config.recordings,
            events: self.events.clone(),
        };
        Ok(Running {
            server: Server::start(&config.listen, parts)?,
            authority: self.authority,
            stubs: self.stubs,
            recorder: self.recorder,
            events: self.events,
            problems: self.problems,
            behaviors,
            sessions,
            expectations,
            clock: self.clock,
            watcher,
            asked_to_stop,
            _shutdown: shutdown,
        })
    }
}

/// Forgets sessions that nobody asks for, as long as there are any to forget.
async fn forget_idle(sessions: Weak<Sessions>, behaviors: Arc<SharedBehaviors>) {
    while let Some(idle) = sessions.upgrade().map(|sessions| sessions.limits().idle) {
        tokio::time::sleep((idle / 4).clamp(LOOK_AT_LEAST, LOOK_AT_MOST)).await;
        let Some(sessions) = sessions.upgrade() else { return };
        for session in sessions.expire() {
            behaviors.reset_session(session.name(), Duration::ZERO);
            tracing::debug!("session {} is forgotten: nobody asked for it", session.name());
        }
    }
}

impl Running {
    /// The addresses that are listened on, in the order in which they were given.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.server.addresses()
    }

    /// The certificate to give to clients.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.certificate_file()
    }

    /// How answers behave, to be changed while ringer runs. A change holds from a time of
    /// [`Running::clock`].
    pub fn behaviors(&self) -> &SharedBehaviors {
        &self.behaviors.shared
    }

    /// The time that rules, limits and dates follow.
    pub fn clock(&self) -> &SessionClock {
        self.sessions.default_session().clock()
    }

    /// What becomes of each request from now on.
    pub fn events(&self) -> broadcast::Receiver<Handled> {
        self.events.subscribe()
    }

    /// Waits until a client of the admin API asks ringer to stop; for ever where there is no such API.
    pub async fn asked_to_stop(&self) {
        self.asked_to_stop.clone().stopped().await;
    }

    /// Mistakes in stub files that were found at the start, as people read them.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Finishes what is in flight, saves everything, and says what it came to.
    pub async fn stop(self) -> Summary {
        self.server.stop().await;
        drop(self.watcher);
        let recorded = match self.recorder.running() {
            Some(recorder) => Some(recorder.finish().await),
            None => None,
        };
        let tally = self.server.tally();
        let limits = self.server.limits();
        let unused = |stub: &Stub| !self.server.was_used(stub.id);
        let unused_stubs: Vec<UnusedStub> = match recorded {
            Some(_) => Vec::new(),
            None => {
                let set = self.stubs.snapshot();
                let unused = set.all().filter(|live| unused(&live.stub));
                unused
                    .map(|live| UnusedStub {
                        id: live.stub.id.to_string(),
                        name: live.display_name(),
                    })
                    .collect()
            }
        };
        let early_retries = self.server.early_retries();
        let verdict = self.expectations.as_ref().map(|compiled| {
            let session = self.sessions.default_session();
            let (set, now) = (self.stubs.snapshot(), self.clock.elapsed());
            verification::judge(compiled, session, &set, unused_stubs.clone(), early_retries, now)
        });
        let mut problems = self.problems;
        problems.extend(recorded.iter().flat_map(|recorded| recorded.errors.clone()));
        problems.extend(self.behaviors.finish().await);
        Summary {
            requests: tally.requests,
            stub_answers: tally.stubbed,
            nearest: tally.nearest,
            recorded,
            misses: self.server.misses().into_iter().collect(),
            unused_stubs: unused_stubs.into_iter().map(|stub| stub.name).collect(),
            verdict,
            rate_limited: tally.limited,
            early_retries,
            limits,
            injected: tally.injected,
            upstream_failures: tally.upstream_failed,
            problems,
        }
    }
}
