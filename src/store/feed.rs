//! What happens, told to whoever listens while it does. Nobody who tells waits for anybody who listens:
//! who is slow loses the oldest, and learns how much.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::event::ServeEvent;
use crate::model::{Json, SessionName};

/// Notices that wait for those who listen.
const MOST: usize = 4096;
/// Bytes that they may hold, for entries of the journal may be gone from there meanwhile.
const MOST_BYTES: usize = 32 << 20;
/// Bytes of a notice that is no entry.
const NOTICE_BYTES: usize = 1024;

/// Something that has happened.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A request has come, and it is known who answers.
    Began(Arc<ServeEvent>),
    /// Somebody changed something.
    Changed(Change),
    /// A request is over.
    Exchange(Arc<ServeEvent>),
    /// A webhook was called, answered, or could not be.
    Webhook {
        /// The request that it followed.
        event: Arc<ServeEvent>,
        /// `WEBHOOK_REQUEST`, `WEBHOOK_RESPONSE`, `ERROR`.
        kind: &'static str,
        /// More of it.
        data: Json,
    },
}

/// A change by a client of the admin API, or of a stub file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// In which session.
    pub session: SessionName,
    /// The kind of resource: `mappings`, `scenarios`, `behaviors`, ….
    pub what: String,
    /// Method of the call; of a file, `WRITE` or `REMOVE`.
    pub method: String,
    /// Its path, below `/__admin`; that of a file, below the folder of stubs.
    pub path: String,
}

impl Notice {
    /// The session that it is of.
    pub fn session(&self) -> &SessionName {
        match self {
            Self::Began(event) | Self::Exchange(event) | Self::Webhook { event, .. } => {
                event.session()
            }
            Self::Changed(change) => &change.session,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Began(event) | Self::Exchange(event) => event.size(),
            Self::Changed(_) | Self::Webhook { .. } => NOTICE_BYTES,
        }
    }
}

/// Where things are told.
#[derive(Debug)]
pub struct Feed {
    /// Unlike that of any other run.
    run: u32,
    n_listeners: AtomicUsize,
    /// Of those, who want to hear of requests that have only begun.
    n_eager: AtomicUsize,
    /// The number of the exchange that ended last.
    last: AtomicU64,
    backlog: Mutex<Backlog>,
    news: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Backlog {
    /// The place of the first.
    first: u64,
    /// With the bytes that each was taken to hold when it came.
    notices: VecDeque<(usize, Notice)>,
    bytes: usize,
}

impl Backlog {
    fn push(&mut self, notice: Notice, freed: &mut Vec<Notice>) {
        let bytes = notice.bytes();
        self.bytes += bytes;
        self.notices.push_back((bytes, notice));
        while self.notices.len() > MOST || (self.bytes > MOST_BYTES && self.notices.len() > 1) {
            let Some((bytes, oldest)) = self.notices.pop_front() else { break };
            self.bytes -= bytes;
            self.first += 1;
            freed.push(oldest);
        }
    }
}

impl Feed {
    /// One in which nothing has happened; `run` tells it from those of other runs.
    pub fn new(run: u32) -> Self {
        Self {
            run,
            n_listeners: AtomicUsize::new(0),
            n_eager: AtomicUsize::new(0),
            last: AtomicU64::new(0),
            backlog: Mutex::default(),
            news: watch::channel(()).0,
        }
    }

    /// What tells this run from others.
    pub fn run(&self) -> u32 {
        self.run
    }

    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        self.n_listeners.load(Ordering::SeqCst) > 0
    }

    /// Tells something, where anybody listens.
    pub fn tell(&self, notice: impl FnOnce() -> Notice) {
        if self.is_heard() {
            let mut freed = Vec::new();
            self.backlog.lock().push(notice(), &mut freed);
            self.news.send_replace(());
        }
    }

    /// Tells of a request that has come, where anybody wants to hear that.
    pub(super) fn begun(&self, event: &Arc<ServeEvent>) {
        if self.n_eager.load(Ordering::Relaxed) > 0 {
            self.tell(|| Notice::Began(Arc::clone(event)));
        }
    }

    /// The place, among all exchanges that are over, of one that is over just now.
    pub(super) fn next_number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Numbers an exchange that is over, and tells of it. Whoever listens hears of each either so or, if
    /// it came later, by looking for numbers up to that at which it came.
    pub(super) fn ended(&self, event: &Arc<ServeEvent>) {
        if !self.is_heard() {
            event.number(|| self.next_number());
            // Nobody can have come meanwhile and not know of it, unless it is told now.
            self.tell(|| Notice::Exchange(Arc::clone(event)));
            return;
        }
        let mut freed = Vec::new();
        let mut backlog = self.backlog.lock();
        event.number(|| self.next_number());
        backlog.push(Notice::Exchange(Arc::clone(event)), &mut freed);
        drop(backlog);
        self.news.send_replace(());
    }

    /// Listens from now on; `is_eager` hears of requests that have only begun as well.
    pub fn listen(self: &Arc<Self>, is_eager: bool) -> Listener {
        let backlog = self.backlog.lock();
        self.n_listeners.fetch_add(1, Ordering::SeqCst);
        if is_eager {
            self.n_eager.fetch_add(1, Ordering::Relaxed);
        }
        let next = backlog.first + backlog.notices.len() as u64;
        let since = self.last.load(Ordering::SeqCst);
        drop(backlog);
        let mut news = self.news.subscribe();
        // Somebody may have told something just now.
        news.mark_changed();
        Listener { feed: Arc::clone(self), next, since, is_eager, news }
    }
}

/// Somebody who listens.
#[derive(Debug)]
pub struct Listener {
    feed: Arc<Feed>,
    /// The place of the notice that is heard next.
    next: u64,
    since: u64,
    is_eager: bool,
    news: watch::Receiver<()>,
}

/// What is heard at a time.
#[derive(Debug, Default)]
pub struct Heard {
    /// Notices that were not heard: it took too long to listen.
    pub n_lost: u64,
    /// Notices, the oldest first.
    pub notices: Vec<Notice>,
}

/// Notices that are heard at a time, at most.
const AT_ONCE: usize = 64;

impl Listener {
    /// The number of the last exchange of which nothing will be heard; 0 where there is none.
    pub fn since(&self) -> u64 {
        self.since
    }

    /// Where it is told.
    pub fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// What has happened since it was last asked; waits until something has. Nothing is lost when the
    /// wait is given up.
    pub async fn hear(&mut self) -> Heard {
        loop {
            self.news.borrow_and_update();
            let before = self.next;
            let heard = self.heard();
            if heard.n_lost > 0 || !heard.notices.is_empty() {
                return heard;
            }
            if self.next > before {
                continue;
            }
            if self.news.changed().await.is_err() {
                // The feed lives as long as this does.
                std::future::pending::<()>().await;
            }
        }
    }

    fn heard(&mut self) -> Heard {
        let backlog = self.feed.backlog.lock();
        let n_lost = backlog.first.saturating_sub(self.next);
        self.next += n_lost;
        let skipped = usize::try_from(self.next - backlog.first).unwrap_or(usize::MAX);
        let notices = backlog.notices.iter().skip(skipped).take(AT_ONCE);
        let mut notices: Vec<_> = notices.map(|(_, notice)| notice.clone()).collect();
        drop(backlog);
        self.next += notices.len() as u64;
        // It was over when this one came, but not told yet.
        notices.retain(|notice| match notice {
            Notice::Exchange(event) => event.ended_as().is_none_or(|number| number > self.since),
            _ => true,
        });
        Heard { n_lost, notices }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut backlog = self.feed.backlog.lock();
        if self.is_eager {
            self.feed.n_eager.fetch_sub(1, Ordering::Relaxed);
        }
        if self.feed.n_listeners.fetch_sub(1, Ordering::SeqCst) == 1 {
            let notices = std::mem::take(&mut backlog.notices);
            backlog.first += notices.len() as u64;
            backlog.bytes = 0;
            drop(backlog);
            drop(notices);
        }
    }
}
