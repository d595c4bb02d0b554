//! The stubs of a session, which lie over those of everybody (the base).
//!
//! What a session adds is its own. What it changes of the base it has its own copy of, in the place
//! of the one that it was made of; what it removes it no longer sees. Nothing of that is seen
//! elsewhere. From then on the base's stub of that id is none of the session's business, whatever a
//! file or another client makes of it, until the session's stubs are reset. All other changes of the
//! base are seen at once.
//!
//! A session that has changed nothing costs nothing: it reads the snapshot of the base.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;

use super::{
    layer::Layer,
    live::LiveStub,
    places::Places,
    set::{Over, StubSet},
    stubs::{StubError, StubStore},
};
use crate::model::{Stub, StubId};

/// What a small stub takes in service, about.
const STUB_BYTES: usize = 4096;

/// The stubs that a session sees, and what it changes of them. `since` is the time of its clock at
/// which a stub comes into service.
#[derive(Debug)]
pub struct SessionStubs {
    base: Arc<StubStore>,
    has_own: AtomicBool,
    /// What requests read; `None` when it is to be made anew from `own`.
    over: ArcSwapOption<Over>,
    own: Mutex<Option<Box<Own>>>,
}

/// What a session has changed.
#[derive(Debug)]
struct Own {
    places: Places,
    /// The ids of its own stubs and of those of the base that it removed.
    masked: Arc<HashSet<StubId>>,
    hides_base: bool,
    /// The layer of `places` that was made last.
    layer: Arc<Layer>,
    n_bodies: u64,
}

impl Own {
    fn new(n_bodies: u64) -> Self {
        Self {
            places: Places::of_session(),
            masked: Arc::default(),
            hides_base: false,
            layer: Arc::default(),
            n_bodies,
        }
    }

    fn mask(&mut self, id: StubId) {
        Arc::make_mut(&mut self.masked).insert(id);
    }

    /// Whether the base's stub of this id is seen, if there is one.
    fn shows(&self, id: StubId) -> bool {
        !self.hides_base && !self.masked.contains(&id)
    }
}

impl SessionStubs {
    /// The stubs of the base, unchanged.
    pub fn over(base: Arc<StubStore>) -> Self {
        Self {
            base,
            has_own: AtomicBool::new(false),
            over: ArcSwapOption::const_empty(),
            own: Mutex::new(None),
        }
    }

    /// The stubs beneath.
    pub fn base(&self) -> &Arc<StubStore> {
        &self.base
    }

    /// The stubs of this moment; later changes do not touch what is returned.
    pub fn snapshot(&self) -> StubSet {
        if !self.has_own.load(Ordering::Acquire) {
            return self.base.snapshot();
        }
        let n_bodies = self.base.n_bodies();
        let known = self.over.load_full().filter(|over| over.n_bodies == n_bodies);
        match known.or_else(|| self.renewed(n_bodies)) {
            Some(over) => self.base.beneath(over),
            None => self.base.snapshot(),
        }
    }

    /// What requests read, made anew.
    fn renewed(&self, n_bodies: u64) -> Option<Arc<Over>> {
        let mut own = self.own.lock();
        let own = own.as_mut()?;
        if own.n_bodies != n_bodies {
            self.base.renew_bodies(&mut own.places);
            own.n_bodies = n_bodies;
        }
        if let Some(layer) = own.places.next_layer(&own.layer) {
            own.layer = Arc::new(layer);
        }
        let over = Arc::new(Over {
            own: Arc::clone(&own.layer),
            masked: Arc::clone(&own.masked),
            hides_base: own.hides_base,
            n_bodies,
        });
        self.over.store(Some(Arc::clone(&over)));
        Some(over)
    }

    /// The stub of this id.
    pub fn get(&self, id: StubId) -> Option<Arc<LiveStub>> {
        if let Some(own) = &*self.own.lock() {
            if let Some((_, live)) = own.places.get(id) {
                return Some(live);
            }
            if !own.shows(id) {
                return None;
            }
        }
        self.base.get(id)
    }

    /// Adds a stub, newer than all others.
    ///
    /// # Errors
    ///
    /// Its id is taken by a stub that the session sees, or its patterns do not compile.
    pub fn add(&self, stub: Stub, since: Duration) -> Result<Arc<LiveStub>, StubError> {
        let live = self.base.compile_at(stub, &Arc::from(Path::new("")), since)?;
        let id = live.stub.id;
        self.change(|own, base| {
            if own.places.get(id).is_some() || own.shows(id) && base.get(id).is_some() {
                return Err(StubError::Duplicate(id));
            }
            own.mask(id);
            own.places.add(Arc::clone(&live));
            Ok(live)
        })
    }

    /// Puts a stub in the place of the one with its id. One of the base is left as it is.
    ///
    /// # Errors
    ///
    /// The session sees none with its id, or its patterns do not compile.
    pub fn replace(&self, stub: Stub, since: Duration) -> Result<Arc<LiveStub>, StubError> {
        let live = self.base.compile_at(stub, &Arc::from(Path::new("")), since)?;
        let id = live.stub.id;
        self.change(|own, base| {
            if let Some((place, _)) = own.places.get(id) {
                own.places.replace(place, Arc::clone(&live));
                return Ok(live);
            }
            let Some((place, _)) = base.placed(id).filter(|_| own.shows(id)) else {
                return Err(StubError::Unknown(id));
            };
            own.mask(id);
            own.places.add_at(place, Arc::clone(&live));
            Ok(live)
        })
    }

    /// Takes stubs out of the session's sight, and says which it saw. Those of the base stay there.
    pub fn remove(&self, ids: &[StubId]) -> Vec<Arc<LiveStub>> {
        self.change(|own, base| {
            let mut removed = Vec::new();
            for &id in ids {
                let known = base.get(id);
                if let Some((place, live)) = own.places.get(id) {
                    own.places.take(place);
                    removed.push(live);
                    if known.is_none() {
                        // There is nothing to hide.
                        Arc::make_mut(&mut own.masked).remove(&id);
                    }
                } else if let Some(live) = known.filter(|_| own.shows(id)) {
                    own.mask(id);
                    removed.push(live);
                }
            }
            removed
        })
    }

    /// Has the session see no stub, whatever the base has now or later, but those that it adds.
    pub fn remove_all(&self) {
        self.change(|own, base| *own = Own { hides_base: true, ..Own::new(base.n_bodies()) });
    }

    /// Forgets what the session has changed: it sees the base as it is.
    pub fn reset(&self) {
        let mut own = self.own.lock();
        *own = None;
        self.has_own.store(false, Ordering::Release);
        self.over.store(None);
    }

    /// Forgets the session's own stubs of these ids, and no longer hides the base's.
    pub fn leave(&self, ids: &[StubId]) {
        self.change(|own, _| {
            for id in ids {
                if let Some((place, _)) = own.places.get(*id) {
                    own.places.take(place);
                }
                Arc::make_mut(&mut own.masked).remove(id);
            }
        });
    }

    /// Whether a stub is the session's own.
    pub fn owns(&self, id: StubId) -> bool {
        self.own.lock().as_ref().is_some_and(|own| own.places.get(id).is_some())
    }

    /// The session's own stubs, the oldest first.
    pub fn own(&self) -> Vec<Arc<LiveStub>> {
        self.own
            .lock()
            .as_ref()
            .map_or_else(Vec::new, |own| own.places.all().map(|(_, live)| live).collect())
    }

    /// How many stubs are the session's own, and how many of the base it does not see.
    pub fn counts(&self) -> (usize, usize) {
        let own = self.own.lock();
        let Some(own) = own.as_ref() else { return (0, 0) };
        let n_hidden = if own.hides_base {
            self.base.snapshot().len()
        } else {
            own.masked.iter().filter(|id| self.base.get(**id).is_some()).count()
        };
        (own.places.len(), n_hidden)
    }

    /// About how many bytes the session's own take.
    pub fn bytes(&self) -> usize {
        let own = self.own.lock();
        own.as_ref().map_or(0, |own| {
            size_of::<Own>()
                + own.places.len() * STUB_BYTES
                + own.masked.capacity() * size_of::<StubId>()
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Own, &StubStore) -> T) -> T {
        let mut own = self.own.lock();
        let changed = {
            let own = own.get_or_insert_with(|| Box::new(Own::new(self.base.n_bodies())));
            change(own, &self.base)
        };
        self.has_own.store(true, Ordering::Release);
        self.over.store(None);
        changed
    }
}

#[cfg(test)]
mod tests;
