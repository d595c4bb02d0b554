//! The requests of late and what they were answered: a ring for each session, bounded by entries and
//! bytes, and all of them together by bytes.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Response, uri::PathAndQuery};
use uuid::Uuid;

use super::{
    aside::FieldNames,
    brief::{Brief, Finished},
    event::{ENTRY_BYTES, ServeEvent},
    feed::{Feed, Notice},
    fields::{compact, size_of_fields},
    logged_body::{BodyLimit, LoggedBody},
    ring::{Budget, Owner, Ring, Slot},
    served::Served,
};
use crate::{
    model::{Json, Request, RequestBody, SessionName},
    redaction::Redactor,
    runtime::Seed,
};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalLimits {
    /// Entries of a session; 0 keeps no journal.
    pub entries: usize,
    /// Bytes of all entries of a session.
    pub bytes: usize,
    /// Bytes of all entries of all sessions.
    pub all_bytes: usize,
    /// Bytes of a body; of one that is longer, its digest, its length and its beginning are kept.
    pub body_bytes: usize,
    /// Where that is given: of an answer's body, so many bytes of its beginning are kept, as WireMock
    /// does.
    pub answer_bytes: Option<usize>,
}

impl Default for JournalLimits {
    fn default() -> Self {
        Self {
            entries: 10_000,
            bytes: 64 << 20,
            all_bytes: 256 << 20,
            body_bytes: 1 << 20,
            answer_bytes: None,
        }
    }
}

/// What the journals of all sessions share.
#[derive(Debug)]
pub struct Journals {
    limits: JournalLimits,
    redactor: Redactor,
    budget: Budget,
    feed: Arc<Feed>,
}

impl Journals {
    /// Journals within these limits; `redactor` has the answers of their entries told without secrets.
    pub fn new(limits: JournalLimits, redactor: Redactor) -> Arc<Self> {
        let run = u32::try_from(Seed::fresh_u128() >> 96).unwrap_or_default();
        let budget = Budget::new(limits.all_bytes);
        Arc::new(Self { limits, redactor, budget, feed: Arc::new(Feed::new(run)) })
    }

    /// Journals that keep nothing.
    pub fn off() -> Arc<Self> {
        Self::new(JournalLimits { entries: 0, ..JournalLimits::default() }, Redactor::off())
    }

    /// The journal of one more session.
    pub fn open(self: &Arc<Self>, session: SessionName) -> Journal {
        Journal {
            shared: Arc::clone(self),
            ring: Ring::of(Owner { session, seed: Seed::fresh_u128() }),
            n_entries: AtomicU64::new(0),
        }
    }

    /// How much is kept.
    pub fn limits(&self) -> JournalLimits {
        self.limits
    }

    /// Where it is told what happens.
    pub fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// Bytes of all entries of all sessions, about.
    pub fn bytes(&self) -> usize {
        self.budget.used()
    }

    /// The exchanges of all sessions that ended after the one of number `after`, up to that of number
    /// `to`, in the order in which they ended.
    pub fn ended(&self, after: u64, to: u64) -> Vec<(u64, Arc<ServeEvent>)> {
        let mut ended = Vec::new();
        for ring in self.budget.rings() {
            let slots: Vec<_> = ring.events.lock().iter().cloned().collect();
            let numbered = slots.into_iter().filter_map(|it| Some((it.ended_as()?, it)));
            let asked = numbered.filter(|(number, _)| (after + 1..=to).contains(number));
            ended.extend(asked.map(|(number, it)| (number, self.entry(it, ring.owner()))));
        }
        ended.sort_unstable_by_key(|(number, _)| *number);
        ended
    }

    /// The entry that a slot of a ring holds.
    fn entry(&self, slot: Slot, owner: &Owner) -> Arc<ServeEvent> {
        match slot {
            Slot::Entry(event) => event,
            Slot::Brief(brief) => {
                let (id, session) = (owner.id(brief.number), owner.session.clone());
                Arc::new(brief.unfold(id, session, &self.redactor, self.answer_limit()))
            }
        }
    }

    fn answer_limit(&self) -> BodyLimit {
        match self.limits.answer_bytes {
            Some(bytes) => BodyLimit::beginning(bytes),
            None => BodyLimit::new(self.limits.body_bytes),
        }
    }
}

/// The requests of late of one session.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Journals>,
    ring: Arc<Ring>,
    n_entries: AtomicU64,
}

impl Journal {
    /// Whether entries are kept at all.
    pub fn is_on(&self) -> bool {
        self.shared.limits.entries > 0
    }

    /// Whether anybody is to know of requests: entries are kept, or somebody listens.
    pub fn is_asked(&self) -> bool {
        self.is_on() || self.shared.feed.is_heard()
    }

    /// How much it keeps.
    pub fn limits(&self) -> JournalLimits {
        self.shared.limits
    }

    /// What it shares with the journals of other sessions.
    pub fn shared(&self) -> &Arc<Journals> {
        &self.shared
    }

    /// Bytes of its entries, about.
    pub fn bytes(&self) -> usize {
        self.ring.bytes()
    }

    /// Entries that were given up for want of room.
    pub fn n_dropped(&self) -> u64 {
        self.ring.n_dropped()
    }

    /// Adds a request; the entry learns of its answer later. `None` where nobody is to know.
    pub fn push(&self, mut served: Served) -> Option<Arc<ServeEvent>> {
        if !self.is_asked() {
            return None;
        }
        let number = self.n_entries.fetch_add(1, Ordering::Relaxed);
        let request = &mut served.request;
        request.headers = compact(&request.headers);
        // It may lie in the buffer of its connection.
        if let Ok(own) = PathAndQuery::try_from(request.target.as_str()) {
            request.target = own;
        }
        let mut cut = None;
        if let RequestBody::Whole(bytes) = &mut request.body {
            match LoggedBody::of(bytes, BodyLimit::new(self.shared.limits.body_bytes)) {
                LoggedBody::Whole(own) => *bytes = own,
                LoggedBody::Cut(kept) => {
                    let (length, sha256) = (kept.length, kept.sha256);
                    request.body = RequestBody::Hashed { length, sha256 };
                    cut = Some(kept);
                }
            }
        }
        let body = match &request.body {
            RequestBody::Whole(bytes) => bytes.len(),
            RequestBody::Hashed { .. } => cut.as_ref().map_or(0, |cut| cut.head.len()),
        };
        let bytes = ENTRY_BYTES
            + request.target.as_str().len()
            + request.authority.len()
            + size_of_fields(&request.headers)
            + served.credentials.size()
            + body;
        let bytes = self.is_on().then_some(bytes);
        let (id, session) = (self.ring.owner().id(number), self.ring.owner().session.clone());
        let redactor = self.shared.redactor.clone();
        let event = Arc::new(ServeEvent::new(id, session, served, cut, redactor, bytes));
        if let Some(bytes) = bytes {
            self.shared.budget.grow(&self.ring, bytes);
            let mut events = self.ring.events.lock();
            events.push_back(Slot::Entry(Arc::clone(&event)));
            let surplus = self.ring.shrink(&mut events, &self.shared.budget, self.bounds());
            drop(events);
            drop(surplus);
            self.shared.budget.relieve();
        }
        self.shared.feed.begun(&event);
        Some(event)
    }

    /// Whether somebody hears of requests while they happen, so that each needs an entry at once.
    pub fn is_heard(&self) -> bool {
        self.shared.feed.is_heard()
    }

    /// The number that the next entry gets, and its id.
    pub fn reserve(&self) -> (u64, Uuid) {
        let number = self.n_entries.fetch_add(1, Ordering::Relaxed);
        (number, self.ring.owner().id(number))
    }

    /// Adds an exchange that is over, of a reserved number; its body is not longer than what is kept.
    pub fn push_finished(&self, number: u64, finished: Finished<'_>) {
        if !self.is_on() {
            return;
        }
        let Some(mut brief) = Brief::new(number, finished) else { return };
        self.shared.budget.grow(&self.ring, brief.size());
        let feed = &self.shared.feed;
        let mut slots = self.ring.events.lock();
        // Who begins to listen looks for the exchanges that were over before, and finds this one, as the
        // ring is held until it is there.
        brief.ended_as = feed.next_number();
        let brief = Arc::new(brief);
        let told = feed.is_heard().then(|| Arc::clone(&brief));
        slots.push_back(Slot::Brief(brief));
        let surplus = self.ring.shrink(&mut slots, &self.shared.budget, self.bounds());
        drop(slots);
        drop(surplus);
        self.shared.budget.relieve();
        if let Some(brief) = told {
            let event = self.shared.entry(Slot::Brief(brief), self.ring.owner());
            feed.tell(|| Notice::Exchange(event));
        }
    }

    /// Notes an answer whose head was ready at this time since its request's head had come, with its
    /// body where that is known.
    pub fn answered<B>(
        &self,
        event: &ServeEvent,
        response: &Response<B>,
        body: Option<&Bytes>,
        head: Duration,
    ) {
        let names = response.extensions().get().map(FieldNames::unusual).unwrap_or_default();
        self.answered_so(event, response.status().as_u16(), response.headers(), names, body, head);
    }

    fn answered_so(
        &self,
        event: &ServeEvent,
        status: u16,
        headers: &HeaderMap,
        names: FieldNames,
        body: Option<&Bytes>,
        head: Duration,
    ) {
        let limit = self.shared.answer_limit();
        let of_head = (status, headers, names);
        event.set_answer(of_head, body, limit, head, |bytes| self.grow(bytes));
        self.shrink();
    }

    /// Notes a further piece of an answer's body.
    pub fn add_body(&self, event: &ServeEvent, piece: &Bytes) {
        let given = event.add_body(piece, |bytes| self.grow(bytes));
        self.shared.budget.give_back(&self.ring, given);
        self.shrink();
    }

    /// Notes a further piece of the body of a request that is passed on.
    pub fn add_request_body(&self, event: &ServeEvent, piece: &Bytes) {
        let limit = BodyLimit::new(self.shared.limits.body_bytes);
        let given = event.add_request_body(piece, limit, |bytes| self.grow(bytes));
        self.shared.budget.give_back(&self.ring, given);
        self.shrink();
    }

    /// Says that all of it has come; `asked` is the request as it came, but for its body.
    pub fn end_request_body(&self, event: &ServeEvent, asked: Request) {
        event.end_request_body(asked, |bytes| self.grow(bytes));
        self.shrink();
    }

    /// Says that an exchange is over, after this time since its request's head had come; `now` is the
    /// time of the session. Only the first time counts.
    pub fn end(&self, event: &Arc<ServeEvent>, total: Duration, now: Duration) {
        if event.end(total, now) {
            self.shared.feed.ended(event);
        }
    }

    /// Tells of a webhook's call.
    pub fn tell_webhook(&self, event: &Arc<ServeEvent>, kind: &'static str, data: &Json) {
        let event = || Arc::clone(event);
        self.shared.feed.tell(|| Notice::Webhook { event: event(), kind, data: data.clone() });
    }

    fn bounds(&self) -> (usize, usize) {
        (self.shared.limits.entries, self.shared.limits.bytes)
    }

    /// What is counted is never less than what entries take, so that it cannot fall below nothing.
    fn grow(&self, bytes: usize) {
        self.shared.budget.grow(&self.ring, bytes);
    }

    fn shrink(&self) {
        if self.ring.bytes() > self.shared.limits.bytes {
            let mut events = self.ring.events.lock();
            let surplus = self.ring.shrink(&mut events, &self.shared.budget, self.bounds());
            drop(events);
            drop(surplus);
        }
        self.shared.budget.relieve();
    }

    /// All entries, the oldest first.
    pub fn events(&self) -> Vec<Arc<ServeEvent>> {
        let slots = self.ring.events.lock().clone();
        slots.into_iter().map(|slot| self.entry(slot)).collect()
    }

    fn entry(&self, slot: Slot) -> Arc<ServeEvent> {
        self.shared.entry(slot, self.ring.owner())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.ring.events.lock().len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An entry by its id.
    pub fn get(&self, id: Uuid) -> Option<Arc<ServeEvent>> {
        let is_asked = |slot: &&Slot| slot.id(self.ring.owner()) == id;
        let slot = self.ring.events.lock().iter().find(is_asked).cloned();
        slot.map(|slot| self.entry(slot))
    }

    /// Takes entries out, and returns them, the oldest first.
    pub fn remove(&self, ids: &[Uuid]) -> Vec<Arc<ServeEvent>> {
        let ids: HashSet<&Uuid> = ids.iter().collect();
        let owner = self.ring.owner();
        let mut ring = self.ring.events.lock();
        let slots = std::mem::take(&mut *ring);
        let (removed, left): (VecDeque<_>, VecDeque<_>) =
            slots.into_iter().partition(|slot| ids.contains(&slot.id(owner)));
        *ring = left;
        for slot in &removed {
            self.ring.left(slot, &self.shared.budget);
        }
        drop(ring);
        removed.into_iter().map(|slot| self.entry(slot)).collect()
    }

    /// Forgets all entries.
    pub fn clear(&self) {
        self.shared.budget.forget(&self.ring);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests;
