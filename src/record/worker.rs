//! The recorder's thread: sanitise, decide the stub, tape, write.
//!
//! ```text
//! queue ─► a batch: each sanitised, its stub decided, its line appended to the tape
//!      ─► told to whoever serves (stubs live at once)
//!      ─► at most every 100 ms: stub files written whole, tape synced
//! ```

use std::{
    collections::{BTreeMap, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    config::{RecordError, RecorderConfig},
    pacing,
    queue::{Receiver, Taken, Urgent},
    service::Service,
    summary::{RecordSummary, Troubles},
    table::Outcome,
};
use crate::{
    library::{reader, writer},
    model::{Exchange, RecordedAs, ServiceName, Stub, StubId},
    redaction::Replaced,
    telemetry::RecordResult,
};

/// Files are written at most this often, so that a stub that grows is not written for each answer.
const FLUSH_INTERVAL: Duration = Duration::from_millis(100);

/// After a failed write the next try waits this long.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Exchanges that are taken together.
const MAX_BATCH: usize = 256;

/// What the thread is told.
pub(super) enum Message {
    /// An exchange has ended.
    Exchange(OwnedSemaphorePermit, Box<Exchange>),
    /// Everything so far is to be on disk, and summed up.
    Finish(oneshot::Sender<RecordSummary>),
    /// Tell when everything before this is in service.
    Settle(oneshot::Sender<()>),
}

impl Urgent for Message {
    fn is_urgent(&self) -> bool {
        !matches!(self, Self::Exchange(..))
    }
}

/// The thread's state.
pub(super) struct Worker {
    config: RecorderConfig,
    /// Stub files that were there, by service, until their service is first recorded.
    existing: HashMap<ServiceName, Vec<(PathBuf, Vec<Stub>)>>,
    services: BTreeMap<ServiceName, Service>,
    summary: RecordSummary,
    troubles: Troubles,
    next_flush: Duration,
}

/// An exchange whose stub is decided.
struct Decided {
    exchange: Exchange,
    stub: Option<StubId>,
    recorded: RecordedAs,
}

impl Worker {
    /// Reads the stubs that are there and clears away what a killed process left.
    pub(super) fn new(config: RecorderConfig) -> Result<Self, RecordError> {
        for folder in [&config.stubs, &config.recordings] {
            let n = writer::remove_leftovers(folder);
            if n > 0 {
                tracing::info!(folder = %folder.display(), files = n, "removed what a killed recording left half written");
            }
        }
        let mut existing: HashMap<ServiceName, Vec<(PathBuf, Vec<Stub>)>> = HashMap::new();
        for file in reader::read(&config.stubs)?.files {
            if let Some(service) = file.service {
                existing.entry(service).or_default().push((file.path.to_path_buf(), file.stubs));
            }
        }
        let troubles = Troubles::new(config.metrics.clone());
        Ok(Self {
            config,
            existing,
            services: BTreeMap::new(),
            summary: RecordSummary::default(),
            troubles,
            next_flush: Duration::ZERO,
        })
    }

    /// Works until every sender is gone.
    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let wait = self
                .is_dirty()
                .then(|| self.next_flush.saturating_sub(self.config.clock.elapsed()));
            let batch = match messages.take(MAX_BATCH, wait) {
                Taken::Messages(batch) => batch,
                Taken::Late => Vec::new(),
                Taken::Ended => break,
            };
            let is_traffic = !batch.is_empty();
            let finishes = self.take(batch.into_iter());
            if !finishes.is_empty() {
                self.flush();
                let summary = self.sum_up();
                for done in finishes {
                    // Who asked may have gone.
                    let _ = done.send(summary.clone());
                }
            } else if self.is_dirty() && self.config.clock.elapsed() >= self.next_flush {
                self.flush();
            }
            if is_traffic {
                messages.gather();
            }
        }
        self.flush();
    }

    /// Takes a batch; gives back who waits for the end of it.
    fn take(
        &mut self,
        messages: impl Iterator<Item = Message>,
    ) -> Vec<oneshot::Sender<RecordSummary>> {
        let mut finishes = Vec::new();
        let mut settled = Vec::new();
        let mut decided = Vec::new();
        let mut permits = Vec::new();
        for message in messages {
            match message {
                Message::Exchange(permit, exchange) => {
                    self.config.metrics.taken();
                    decided.extend(self.decide(*exchange));
                    permits.push(permit);
                }
                Message::Finish(done) => finishes.push(done),
                Message::Settle(done) => settled.push(done),
            }
        }
        self.tell_and_tape(decided);
        for done in settled {
            // Who asked may have gone.
            let _ = done.send(());
        }
        finishes
    }

    /// Sanitises an exchange and finds its stub. One that ringer trips over costs no other.
    fn decide(&mut self, mut exchange: Exchange) -> Option<Decided> {
        self.summary.exchanges += 1;
        // Lengths are those that the client sent; sanitising may change them.
        let two_way = pacing::is_two_way(&exchange);
        let redactor = &self.config.redactor;
        let sanitised = catch_unwind(AssertUnwindSafe(|| redactor.exchange(&mut exchange)));
        let Ok(Replaced { places, counts }) = sanitised else {
            let number = exchange.number;
            tracing::error!(number, "an exchange could not be sanitised, so it is not recorded");
            self.troubles.lose(format!("exchange {number} could not be sanitised: not recorded"));
            return None;
        };
        for (class, n) in counts {
            *self.summary.secrets.entry(class).or_default() += n;
        }
        let service = self.service(&exchange.service);
        let added = catch_unwind(AssertUnwindSafe(|| service.add(&exchange, two_way, &places)));
        let Outcome { stub, recorded } = added.unwrap_or_else(|_| {
            tracing::error!(number = exchange.number, "an exchange could not become a stub");
            let why = "a mistake in ringer; please report it with this exchange".to_owned();
            Outcome { stub: None, recorded: RecordedAs::TapeOnly(why) }
        });
        if stub.is_none() {
            self.summary.tape_only += 1;
        }
        Some(Decided { exchange, stub, recorded })
    }

    /// Puts the stubs of a batch into service, then the batch on the tape. All stubs that changed are
    /// told with the last exchange, so that one that grows by a hundred answers is told once.
    fn tell_and_tape(&mut self, decided: Vec<Decided>) {
        let mut changed = Vec::new();
        for service in self.services.values_mut() {
            changed.extend(service.take_changed(&mut self.troubles));
        }
        let n = decided.len();
        for (at, Decided { exchange, stub, recorded }) in decided.into_iter().enumerate() {
            self.config.metrics.recorded(counted_as(&recorded));
            let stubs = if at + 1 == n { std::mem::take(&mut changed) } else { Vec::new() };
            let tell = || (self.config.on_recorded)(&exchange, stubs, recorded);
            if catch_unwind(AssertUnwindSafe(tell)).is_err() {
                tracing::error!("a recorded stub could not be put into service");
            }
            if let Some(service) = self.services.get_mut(&exchange.service) {
                service.tape(exchange, stub, &mut self.troubles);
            }
        }
        for service in self.services.values_mut() {
            service.write_tape(&mut self.troubles);
        }
    }

    fn service(&mut self, name: &ServiceName) -> &mut Service {
        let Self { config, existing, services, .. } = self;
        services.entry(name.clone()).or_insert_with(|| {
            let files = existing.remove(name).unwrap_or_default();
            let started = config.clock.started_at();
            Service::new(name.clone(), &config.stubs, &config.recordings, started, files)
        })
    }

    fn is_dirty(&self) -> bool {
        self.services.values().any(Service::is_dirty)
    }

    fn flush(&mut self) {
        for service in self.services.values_mut() {
            service.flush(&mut self.troubles);
        }
        let interval = if self.is_dirty() { RETRY_INTERVAL } else { FLUSH_INTERVAL };
        self.next_flush = self.config.clock.elapsed() + interval;
    }

    fn sum_up(&self) -> RecordSummary {
        let mut summary = self.summary.clone();
        for service in self.services.values() {
            service.sum_up(&mut summary);
        }
        summary.errors = self.troubles.all();
        summary
    }
}

fn counted_as(recorded: &RecordedAs) -> RecordResult {
    match recorded {
        RecordedAs::New => RecordResult::New,
        RecordedAs::Sequence(_) => RecordResult::Sequence,
        RecordedAs::Unchanged => RecordResult::Unchanged,
        RecordedAs::Updated => RecordResult::Updated,
        RecordedAs::TapeOnly(_) => RecordResult::TapeOnly,
    }
}
