//! The listening side put together: bound, running, drained.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use thiserror::Error;
use tokio::sync::Semaphore;

#[cfg(unix)]
use super::unix_door::{SocketError, UnixDoor};
use super::{
    administration::{AdminDoor, AdminEntrance, AdminPlace},
    announcer::Announcer,
    capture::Spool,
    lines::Lines,
    listener::{Door, attend},
    refusals::Refusals,
    route::{Belonging, Router},
    session_doors::SessionDoors,
    settings::{Answers, Dialect, Limits, ReadRequestFaults, Service},
    spellings::Spellings,
    state::{Common, Counts, State, Webhooks},
    surroundings::Surroundings,
    upstreams::UpstreamFactory,
};
use crate::{
    admin::{Admin, ListenError},
    engine::{LazyKeys, Matching},
    library::{BodyFiles, FaultLog},
    model::{Mode, SessionName},
    record::LazyRecorder,
    redaction::Redactor,
    runtime::{Clock, Drain, Seed, Watch},
    store::{LimitReport, Measured, Script, Sessions, SharedBehaviors},
    telemetry::{Metrics, Tracer},
    tls::{Acceptor, Authority, Leaves},
    upstream::{self, UpstreamError},
};

/// Why ringer can't serve.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// An address can't be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A Unix socket can't be listened on.
    #[cfg(unix)]
    #[error("cannot listen on the Unix socket `{}`", path.display())]
    Socket {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: SocketError,
    },
    /// A session gets no address of its own.
    #[error("a session has no address of its own")]
    Session(#[source] ListenError),
    /// An upstream can't be set up.
    #[error("cannot set up the connection to an upstream")]
    Upstream(#[from] UpstreamError),
}

/// What a server is made of.
pub struct ServerParts {
    /// The clock of everything.
    pub clock: Clock,
    /// Bounds.
    pub limits: Limits,
    /// How answers look where stubs leave it open.
    pub answers: Answers,
    /// Known services.
    pub services: Vec<Service>,
    /// What is done for hosts that a forward proxy meets and no service names.
    pub forward: Mode,
    /// How answers behave, as it is at the moment.
    pub behaviors: Arc<SharedBehaviors>,
    /// Seed of every draw.
    pub seed: Seed,
    /// What befell the requests of an earlier run, to befall these.
    pub script: Option<Arc<Script>>,
    /// What endpoints were recorded to take.
    pub measured: Arc<Measured>,
    /// Reads how a request wants to be answered (`X-Ringer-Fault`), where requests may say that.
    pub read_request_faults: Option<ReadRequestFaults>,
    /// Where it is written what befalls requests.
    pub fault_log: Option<Arc<FaultLog>>,
    /// How exactly requests must match.
    pub matching: Matching,
    /// How upstreams are reached; the listeners' own addresses are added.
    pub upstream: upstream::Options,
    /// Whether the client's `Host` is passed on; `None` decides by the upstream.
    pub preserve_host: Option<bool>,
    /// Time from the end of a request to the head of its answer.
    pub response_timeout: Duration,
    /// The local certificate authority.
    pub authority: Arc<Authority>,
    /// Keys that templates sign tokens with.
    pub token_keys: Arc<LazyKeys>,
    /// What is remembered of the requests, session by session.
    pub sessions: Arc<Sessions>,
    /// Addresses of sessions' own, opened while the server runs.
    pub session_doors: Arc<SessionDoors>,
    /// Sessions that have an address of their own from the start.
    pub session_listen: Vec<(SessionName, SocketAddr)>,
    /// The admin API, and where it answers.
    pub admin: Option<(Arc<Admin>, AdminPlace)>,
    /// Where body files lie.
    pub body_files: BodyFiles,
    /// Sanitises requests before matching.
    pub redactor: Arc<Redactor>,
    /// Records, once a mode does.
    pub recorder: Arc<LazyRecorder>,
    /// Where tapes lie; large bodies pass through a folder in it.
    pub recordings: PathBuf,
    /// Tells what became of each request.
    pub announcer: Arc<Announcer>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Makes spans, where they are wanted.
    pub tracer: Option<Arc<Tracer>>,
}

/// Counts at the end of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that came.
    pub requests: u64,
    /// Answered by a stub.
    pub stubbed: u64,
    /// Of these, by one that fits but for values that vary.
    pub nearest: u64,
    /// Matched no stub.
    pub missed: u64,
    /// Over the rate limit.
    pub limited: u64,
    /// Given an error on purpose.
    pub injected: u64,
    /// The upstream failed.
    pub upstream_failed: u64,
}

/// A running server.
pub struct Server {
    state: Arc<State>,
    admin: Option<AdminPlace>,
    addresses: Vec<SocketAddr>,
    session_addresses: Vec<(SessionName, SocketAddr)>,
    drain: Arc<Drain>,
}

impl Server {
    /// Binds `listen` and every service's own addresses, and serves.
    ///
    /// # Errors
    ///
    /// When an address can't be bound or an upstream can't be set up.
    pub fn start(listen: &[SocketAddr], parts: ServerParts) -> Result<Self, ServeError> {
        let ServerParts { mut services, upstream, .. } = parts;
        let reserve = |address: SocketAddr| {
            Door::reserve(address).map_err(|source| ServeError::Bind { address, source })
        };
        let mut doors = listen.iter().copied().map(reserve).collect::<Result<Vec<_>, _>>()?;
        for service in &mut services {
            for address in &mut service.listen {
                let door = reserve(*address)?;
                // Port 0 has become a port, by which the service is told.
                *address = door.address();
                doors.push(door);
            }
        }
        #[cfg(unix)]
        let mut socket = None;
        let mut is_open = false;
        let entrance = match parts.admin.as_ref().map(|(_, place)| place) {
            None => AdminEntrance::Everywhere,
            Some(&AdminPlace::Everywhere { open }) => {
                is_open = open;
                AdminEntrance::Everywhere
            }
            Some(&AdminPlace::Address(address)) => {
                let door = reserve(address)?;
                let bound = door.address();
                doors.push(door);
                AdminEntrance::Address(bound)
            }
            #[cfg(unix)]
            Some(AdminPlace::Unix(path)) => {
                let opened = UnixDoor::open(path);
                let path = path.clone();
                socket = Some(opened.map_err(|source| ServeError::Socket { path, source })?);
                AdminEntrance::Unix
            }
        };
        let addresses: Vec<SocketAddr> = doors.iter().map(Door::address).collect();
        for address in &addresses {
            upstream.own_addresses.add(*address);
        }
        let factory = UpstreamFactory { options: upstream, preserve_host: parts.preserve_host };
        let leaves = Leaves::new(parts.authority, parts.clock, parts.limits.leaf_certificates);
        let is_shared = parts.answers.dialect == Dialect::WireMock;
        let place = parts.admin.as_ref().map(|(_, place)| match entrance {
            AdminEntrance::Address(bound) => AdminPlace::Address(bound),
            _ => place.clone(),
        });
        let admin =
            parts.admin.map(|(admin, _)| AdminDoor::new(admin, entrance, is_open, is_shared));
        let state = Arc::new(State::new(Common {
            router: Router::new(services, parts.forward, factory, &parts.metrics)?,
            acceptor: Acceptor::new(Arc::new(leaves)),
            clock: parts.clock,
            limits: parts.limits,
            sessions: parts.sessions,
            behaviors: parts.behaviors,
            base_seed: parts.seed,
            script: parts.script,
            measured: parts.measured,
            lines: Lines::default(),
            read_request_faults: parts.read_request_faults,
            fault_log: parts.fault_log,
            admin,
            body_files: parts.body_files,
            redactor: parts.redactor,
            recorder: parts.recorder,
            matching: parts.matching,
            response_timeout: parts.response_timeout,
            spool: Spool::beside(&parts.recordings, parts.limits.body_in_memory),
            announcer: parts.announcer,
            counts: Counts::default(),
            metrics: parts.metrics,
            tracer: parts.tracer,
            connections: AtomicU64::new(0),
            cut_off: Drain::new().0,
            surroundings: Surroundings::new(&parts.answers, parts.token_keys),
            answers: parts.answers,
            webhooks: Webhooks::default(),
            spellings: Spellings::default(),
        }));
        let (drain, watch) = Drain::new();
        let drain = Arc::new(drain);
        let permits = Arc::new(Semaphore::new(state.limits.connections));
        start_accepting(doors, &state, &permits, &watch)?;
        parts.session_doors.begin(&state, &permits, &drain);
        let of_session = |(name, address): &(SessionName, SocketAddr)| {
            let bound = parts.session_doors.open_for_good(name, *address);
            Ok((name.clone(), bound.map_err(ServeError::Session)?))
        };
        let session_addresses =
            parts.session_listen.iter().map(of_session).collect::<Result<_, ServeError>>()?;
        #[cfg(unix)]
        if let Some(socket) = socket {
            tokio::spawn(socket.attend(Arc::clone(&state), permits, watch));
        }
        Ok(Self { state, admin: place, addresses, session_addresses, drain })
    }

    /// The addresses that are listened on, in the order in which they were given.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The addresses that sessions had from the start, in the order in which they were given.
    pub fn session_addresses(&self) -> &[(SessionName, SocketAddr)] {
        &self.session_addresses
    }

    /// Where the admin API answers, with the port that the system chose where none was given.
    pub fn admin(&self) -> Option<&AdminPlace> {
        self.admin.as_ref()
    }

    /// Whether a stub has answered.
    pub fn was_used(&self, stub: crate::model::StubId) -> bool {
        self.state.sessions.was_used(stub)
    }

    /// The counts so far.
    pub fn tally(&self) -> Tally {
        let counts = &self.state.counts;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            requests: read(&counts.requests),
            stubbed: read(&counts.stubbed),
            nearest: read(&counts.nearest),
            missed: read(&counts.missed),
            limited: read(&counts.limited),
            injected: read(&counts.injected),
            upstream_failed: read(&counts.upstream_failed),
        }
    }

    /// How clients took their rate limits, in the default session.
    pub fn limits(&self) -> Vec<LimitReport> {
        let session = &self.state.session;
        session.limits().report(session.clock().elapsed())
    }

    /// How often clients tried again before a limit had told them to, resets or not.
    pub fn early_retries(&self) -> u64 {
        self.state.sessions.early_retries()
    }

    /// Requests that no stub matched, with how often each came.
    pub fn misses(&self) -> BTreeMap<String, u64> {
        self.state.counts.misses.lock().clone()
    }

    /// Accepts no more and lets what is in flight finish; after the drain limit, connections that
    /// are left are cut off. When this returns, the recorder has been handed every exchange.
    pub async fn stop(&self) {
        self.drain.stop();
        let limit = self.state.limits.drain;
        if tokio::time::timeout(limit, self.drain.finished()).await.is_err() {
            tracing::info!(
                "some connections were still open after {} s and are cut off",
                limit.as_secs_f64()
            );
        }
        self.state.cut_off.stop();
        self.state.cut_off.finished().await;
    }
}

/// Where nothing refuses, an address is listened on when this returns.
fn start_accepting(
    doors: Vec<Door>,
    state: &Arc<State>,
    permits: &Arc<Semaphore>,
    watch: &Watch,
) -> Result<(), ServeError> {
    let mut all = Vec::with_capacity(doors.len());
    for mut door in doors {
        let address = door.address();
        let mut refusals = Refusals::at(state, address, &Belonging::default());
        if !refusals.refuse_now() {
            door.open().map_err(|source| ServeError::Bind { address, source })?;
        }
        all.push((door, refusals));
    }
    for (door, refusals) in all {
        let (state, permits) = (Arc::clone(state), Arc::clone(permits));
        tokio::spawn(attend(door, refusals, state, permits, watch.clone()));
    }
    Ok(())
}
