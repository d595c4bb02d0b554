//! The entries of one journal, and what those of all journals may take together.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use uuid::Uuid;

use super::{brief::Brief, event::ServeEvent};
use crate::model::SessionName;

/// Beyond their bound, journals give back this part of it at once, so that not each entry has to look
/// for room.
const RELIEF: usize = 16;

/// An entry as it is kept.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// One that may still learn something.
    Entry(Arc<ServeEvent>),
    /// One of an exchange that is over.
    Brief(Arc<Brief>),
}

impl Slot {
    /// Leaves its journal; how many bytes it has taken there.
    fn leave(&self) -> usize {
        match self {
            Self::Entry(event) => event.leave(),
            Self::Brief(brief) => brief.size(),
        }
    }

    pub(super) fn id(&self, owner: &Owner) -> Uuid {
        match self {
            Self::Entry(event) => event.id,
            Self::Brief(brief) => owner.id(brief.number),
        }
    }

    /// Its place among all exchanges that are over, from 1; `None` while it is under way.
    pub(super) fn ended_as(&self) -> Option<u64> {
        match self {
            Self::Entry(event) => event.ended_as(),
            Self::Brief(brief) => Some(brief.ended_as),
        }
    }
}

/// Whose entries a journal has.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) session: SessionName,
    /// What ids are made of, with the number of the entry: unlike those of every other journal.
    pub(super) seed: u128,
}

impl Owner {
    /// The id of an entry. Looks like any random UUID; different for each number.
    pub(super) fn id(&self, number: u64) -> Uuid {
        // An odd factor makes another number of each number.
        let spread = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        uuid::Builder::from_random_bytes((self.seed ^ spread).to_be_bytes()).into_uuid()
    }
}

/// The entries of one journal, the oldest first. Empty, it takes nothing.
#[derive(Debug)]
pub(super) struct Ring {
    owner: Owner,
    pub(super) events: Mutex<VecDeque<Slot>>,
    /// What the entries take.
    bytes: AtomicUsize,
    /// Entries that were taken out for want of room.
    dropped: AtomicU64,
    /// Whether the budget knows of it.
    is_known: AtomicBool,
}

/// Entries that left, to be freed where nobody waits for that.
#[derive(Debug, Default)]
pub(super) struct Surplus {
    /// Mostly it is one; no list is made for it.
    first: Option<Slot>,
    rest: Vec<Slot>,
}

impl Surplus {
    fn push(&mut self, event: Slot) {
        match self.first {
            None => self.first = Some(event),
            Some(_) => self.rest.push(event),
        }
    }
}

impl Ring {
    /// No entries yet.
    pub(super) fn of(owner: Owner) -> Arc<Self> {
        Arc::new(Self {
            owner,
            events: Mutex::default(),
            bytes: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            is_known: AtomicBool::new(false),
        })
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn n_dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Takes out the oldest until there are at most so many, of at most so many bytes.
    pub(super) fn shrink(
        &self,
        events: &mut VecDeque<Slot>,
        budget: &Budget,
        (entries, bytes): (usize, usize),
    ) -> Surplus {
        let mut surplus = Surplus::default();
        while (events.len() > entries || self.bytes() > bytes)
            && let Some(oldest) = events.pop_front()
        {
            self.left(&oldest, budget);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            surplus.push(oldest);
        }
        surplus
    }

    /// An entry has left.
    pub(super) fn left(&self, event: &Slot, budget: &Budget) {
        budget.give_back(self, event.leave());
    }
}

/// What all journals may take together.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    used: AtomicUsize,
    /// Every journal that ever had an entry, dead ones too for a while.
    rings: Mutex<Vec<Weak<Ring>>>,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0), rings: Mutex::default() }
    }

    /// What all journals take.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// A journal has grown.
    pub(super) fn grow(&self, ring: &Arc<Ring>, bytes: usize) {
        if !ring.is_known.swap(true, Ordering::Relaxed) {
            let mut rings = self.rings.lock();
            // The list may double before the dead are sought: that costs each ring little.
            if rings.len() == rings.capacity() {
                rings.retain(|ring| ring.strong_count() > 0);
            }
            rings.push(Arc::downgrade(ring));
        }
        ring.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A journal has shrunk, all entries still there.
    pub(super) fn give_back(&self, ring: &Ring, bytes: usize) {
        ring.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// A journal forgets its entries.
    pub(super) fn forget(&self, ring: &Ring) {
        let mut events = ring.events.lock();
        let forgotten = std::mem::take(&mut *events);
        forgotten.iter().for_each(|event| ring.left(event, self));
        drop(events);
        drop(forgotten);
    }

    /// Every journal that has had entries.
    pub(super) fn rings(&self) -> Vec<Arc<Ring>> {
        self.rings.lock().iter().filter_map(Weak::upgrade).collect()
    }

    /// Has the largest journals give their oldest entries where all take too much together.
    pub(super) fn relieve(&self) {
        if self.used() <= self.limit {
            return;
        }
        let mut known = self.rings.lock();
        // Somebody else may have done it while this one waited.
        let excess = match self.used() {
            used if used <= self.limit => return,
            used => used - (self.limit - self.limit / RELIEF),
        };
        known.retain(|ring| ring.strong_count() > 0);
        let mut rings: Vec<_> =
            known.iter().filter_map(Weak::upgrade).map(|ring| (ring.bytes(), ring)).collect();
        drop(known);
        rings.sort_unstable_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        let level = level(rings.iter().map(|(bytes, _)| *bytes), excess);
        for (_, ring) in rings.iter().take_while(|(bytes, _)| *bytes > level) {
            let mut events = ring.events.lock();
            let surplus = ring.shrink(&mut events, self, (usize::MAX, level));
            drop(events);
            drop(surplus);
        }
    }
}

/// To which level the largest of these have to sink for `excess` to be gone; they come in falling order.
fn level(sizes: impl Iterator<Item = usize>, excess: usize) -> usize {
    let (mut above, mut n) = (0_usize, 0_usize);
    let mut level = 0;
    for size in sizes {
        if n > 0 && level >= size {
            break;
        }
        above = above.saturating_add(size);
        n += 1;
        level = above.saturating_sub(excess) / n;
    }
    level
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_largest_sink_as_far_as_they_must(
            mut sizes in proptest::collection::vec(0..1000_usize, 1..20),
            part in 0..=100_usize,
        ) {
            sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
            let excess = sizes.iter().sum::<usize>() * part / 100;
            let level = level(sizes.iter().copied(), excess);
            let given = |level: usize| sizes.iter().map(|size| size.saturating_sub(level)).sum::<usize>();
            prop_assert!(given(level) >= excess, "{level}");
            prop_assert!(given(level + 1) <= excess, "{level}");
        }
    }
}
