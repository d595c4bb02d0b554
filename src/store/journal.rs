//! The requests of late and what they were answered: a ring that is bounded by entries and bytes.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use parking_lot::Mutex;
use uuid::Uuid;

use super::event::{LoggedAnswer, ServeEvent, Served};
use crate::model::RequestBody;

/// What an entry takes beside its fields and bodies, roughly.
const ENTRY_BYTES: usize = 512;

/// How much a journal keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalLimits {
    /// Entries; 0 keeps no journal.
    pub entries: usize,
    /// Bytes of fields and bodies of all entries together.
    pub bytes: usize,
    /// Bytes of one answer's body; what is beyond is left out.
    pub answer_bytes: usize,
}

impl Default for JournalLimits {
    fn default() -> Self {
        Self { entries: 10_000, bytes: 64 << 20, answer_bytes: 1 << 20 }
    }
}

/// The requests of late.
#[derive(Debug)]
pub struct Journal {
    limits: JournalLimits,
    ring: Mutex<Ring>,
    /// What ids are made of, with the number of the entry.
    seed: u128,
    n_entries: AtomicU64,
}

#[derive(Debug, Default)]
struct Ring {
    /// The oldest first.
    events: VecDeque<Arc<ServeEvent>>,
    bytes: usize,
}

impl Ring {
    fn take_oldest(&mut self) -> Option<Arc<ServeEvent>> {
        let event = self.events.pop_front()?;
        self.bytes = self.bytes.saturating_sub(event.leave());
        Some(event)
    }

    /// Takes out what is too much; the last of it, to be freed when nobody waits for it.
    fn shrink(&mut self, limits: JournalLimits) -> Option<Arc<ServeEvent>> {
        let mut last = None;
        while (self.events.len() > limits.entries || self.bytes > limits.bytes)
            && let Some(oldest) = self.take_oldest()
        {
            last = Some(oldest);
        }
        last
    }
}

impl Journal {
    /// A journal without entries; `seed` makes its ids unlike those of every other.
    pub fn new(limits: JournalLimits, seed: u128) -> Self {
        Self { limits, ring: Mutex::default(), seed, n_entries: AtomicU64::new(0) }
    }

    /// Whether entries are kept at all.
    pub fn is_on(&self) -> bool {
        self.limits.entries > 0
    }

    /// How much it keeps.
    pub fn limits(&self) -> JournalLimits {
        self.limits
    }

    /// Adds a request; the entry learns of its answer later. `None` where no journal is kept.
    pub fn push(&self, served: Served) -> Option<Arc<ServeEvent>> {
        if !self.is_on() {
            return None;
        }
        let number = self.n_entries.fetch_add(1, Ordering::Relaxed);
        let bytes = ENTRY_BYTES
            + served.request.target.as_str().len()
            + size_of_fields(&served.request.headers)
            + match &served.request.body {
                RequestBody::Whole(bytes) => bytes.len(),
                RequestBody::Hashed { .. } => 0,
            };
        let event = Arc::new(ServeEvent::new(self.id(number), served, bytes));
        let mut ring = self.ring.lock();
        ring.bytes += bytes;
        ring.events.push_back(Arc::clone(&event));
        let surplus = ring.shrink(self.limits);
        drop(ring);
        drop(surplus);
        Some(event)
    }

    /// Notes the head of an answer, what there is of its body, and how long it took where that is
    /// known.
    pub fn answered<B>(
        &self,
        event: &ServeEvent,
        response: &Response<B>,
        body: &[u8],
        total: Option<Duration>,
    ) {
        let answer = LoggedAnswer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.get(..self.limits.answer_bytes).unwrap_or(body).into(),
        };
        self.grow(event.set_answer(answer, total));
    }

    /// Notes a further piece of an answer's body.
    pub fn add_body(&self, event: &ServeEvent, piece: &Bytes) {
        let grown = event.add_body(piece, self.limits.answer_bytes);
        self.grow(grown);
    }

    fn grow(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let mut ring = self.ring.lock();
        ring.bytes += bytes;
        let surplus = ring.shrink(self.limits);
        drop(ring);
        drop(surplus);
    }

    /// All entries, the oldest first.
    pub fn events(&self) -> Vec<Arc<ServeEvent>> {
        self.ring.lock().events.iter().cloned().collect()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.ring.lock().events.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes the entries take.
    pub fn bytes(&self) -> usize {
        self.ring.lock().bytes
    }

    /// An entry by its id.
    pub fn get(&self, id: Uuid) -> Option<Arc<ServeEvent>> {
        self.ring.lock().events.iter().find(|event| event.id == id).cloned()
    }

    /// Takes entries out, and returns them, the oldest first.
    pub fn remove(&self, ids: &[Uuid]) -> Vec<Arc<ServeEvent>> {
        let ids: HashSet<&Uuid> = ids.iter().collect();
        let mut ring = self.ring.lock();
        let events = std::mem::take(&mut ring.events);
        let (removed, left): (VecDeque<_>, VecDeque<_>) =
            events.into_iter().partition(|event| ids.contains(&event.id));
        ring.events = left;
        for event in &removed {
            ring.bytes = ring.bytes.saturating_sub(event.leave());
        }
        removed.into()
    }

    /// Forgets all entries.
    pub fn clear(&self) {
        let mut ring = self.ring.lock();
        while ring.take_oldest().is_some() {}
        ring.bytes = 0;
    }

    /// Looks like any random UUID; different for each number.
    fn id(&self, number: u64) -> Uuid {
        // An odd factor makes another number of each number.
        let spread = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        uuid::Builder::from_random_bytes((self.seed ^ spread).to_be_bytes()).into_uuid()
    }
}

fn size_of_fields(fields: &HeaderMap) -> usize {
    fields.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{Method, uri::PathAndQuery};

    use super::*;
    use crate::model::{Request, Scheme};

    fn served(path: &str, body: &'static [u8]) -> Served {
        Served {
            is_proxied: false,
            is_passed_on: false,
            request: Request {
                method: Method::GET,
                scheme: Scheme::Http,
                authority: "h".to_owned(),
                target: PathAndQuery::try_from(path).unwrap(),
                headers: HeaderMap::new(),
                body: RequestBody::Whole(Bytes::from_static(body)),
                client: None,
                received: SystemTime::UNIX_EPOCH,
            },
            protocol: "HTTP/1.1",
            stub: None,
            limited: None,
        }
    }

    fn paths(journal: &Journal) -> Vec<String> {
        journal.events().iter().map(|event| event.request().target.to_string()).collect()
    }

    #[test]
    fn the_oldest_go_first_when_there_are_too_many() {
        let limits = JournalLimits { entries: 2, ..JournalLimits::default() };
        let journal = Journal::new(limits, 7);
        for path in ["/1", "/2", "/3"] {
            journal.push(served(path, b""));
        }
        assert_eq!(paths(&journal), ["/2", "/3"]);
        let ids: Vec<_> = journal.events().iter().map(|event| event.id).collect();
        assert_ne!(ids[0], ids[1]);
        assert_eq!(journal.remove(&ids[..1]).len(), 1);
        assert!(journal.get(ids[0]).is_none() && journal.get(ids[1]).is_some());
    }

    #[test]
    fn large_bodies_push_out_others() {
        let limits =
            JournalLimits { entries: 100, bytes: 3 * ENTRY_BYTES + 100, answer_bytes: 1 << 20 };
        let journal = Journal::new(limits, 7);
        let first = journal.push(served("/1", b"")).unwrap();
        let second = journal.push(served("/2", b"")).unwrap();
        journal.answered(&second, &Response::new(()), b"", None);
        journal.add_body(&second, &Bytes::from(vec![b'x'; 2 * ENTRY_BYTES]));
        assert_eq!(paths(&journal), ["/2"]);
        // What is no longer in the journal no longer counts.
        journal.add_body(&first, &Bytes::from(vec![b'x'; 2 * ENTRY_BYTES]));
        assert_eq!(paths(&journal), ["/2"]);
        journal.clear();
        assert_eq!(journal.ring.lock().bytes, 0);
    }

    #[test]
    fn of_a_long_answer_the_beginning_is_kept() {
        let limits = JournalLimits { answer_bytes: 4, ..JournalLimits::default() };
        let journal = Journal::new(limits, 7);
        let event = journal.push(served("/1", b"")).unwrap();
        journal.answered(&event, &Response::new(()), b"", None);
        journal.add_body(&event, &Bytes::from_static(b"123"));
        journal.add_body(&event, &Bytes::from_static(b"456"));
        assert_eq!(event.answer().unwrap().body, &b"1234"[..]);
    }

    #[test]
    fn without_entries_there_is_no_journal() {
        let journal = Journal::new(JournalLimits { entries: 0, ..JournalLimits::default() }, 7);
        assert!(!journal.is_on() && journal.push(served("/1", b"")).is_none());
    }
}
