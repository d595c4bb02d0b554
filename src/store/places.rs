//! Where each stub stands in the order of insertion, and what has changed since the last set.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    mem,
    ops::Bound,
    path::Path,
    sync::Arc,
};

use super::{
    layer::{Layer, entry},
    live::LiveStub,
};
use crate::model::{ServiceName, StubId};

/// The first place of stubs that were added one by one; those of files come before.
const ADDED: u64 = 1 << 63;

/// The first place of stubs that a session adds, before which come all of everybody's.
const OWN: u64 = ADDED | (1 << 62);

/// Between the places of two stubs of files, so that files can come in between.
const STEP: u64 = 1 << 24;

/// The place of the next stub that is added by itself.
#[derive(Debug)]
struct Next(u64);

impl Default for Next {
    fn default() -> Self {
        Self(ADDED)
    }
}

/// A file and its stubs.
pub(super) type File = (Arc<Path>, Vec<Arc<LiveStub>>);

/// The stubs by their places: the higher, the newer.
#[derive(Debug, Default)]
pub(super) struct Places {
    stubs: BTreeMap<u64, Arc<LiveStub>>,
    /// The places of each file's stubs, in order.
    files: BTreeMap<Arc<Path>, Vec<u64>>,
    /// Files of stubs that were added one by one.
    kept: HashMap<Arc<Path>, u64>,
    ids: HashMap<StubId, Vec<u64>>,
    services: BTreeMap<ServiceName, usize>,
    /// Where the next one goes.
    next: Next,
    /// Serial numbers of stubs that were taken away since the last set.
    removed: Vec<u64>,
    /// Places that were filled since the last set.
    filled: HashSet<u64>,
    /// Nothing of the last set is to be trusted.
    is_new: bool,
    list_of_services: Arc<[ServiceName]>,
}

impl Places {
    /// No stubs, whatever there was before.
    pub(super) fn anew() -> Self {
        Self { is_new: true, ..Self::default() }
    }

    /// No stubs; those that are added come after all that are not in here.
    pub(super) fn of_session() -> Self {
        Self { next: Next(OWN), ..Self::default() }
    }

    /// The newest stub of this id, and its place.
    pub(super) fn get(&self, id: StubId) -> Option<(u64, Arc<LiveStub>)> {
        let place = self.ids.get(&id)?.iter().max()?;
        Some((*place, Arc::clone(self.stubs.get(place)?)))
    }

    /// All stubs and their places.
    pub(super) fn all(&self) -> impl Iterator<Item = (u64, Arc<LiveStub>)> + use<> {
        let all: Vec<_> =
            self.stubs.iter().map(|(place, live)| (*place, Arc::clone(live))).collect();
        all.into_iter()
    }

    /// How many stubs a file keeps.
    pub(super) fn count_of(&self, file: &Path) -> usize {
        self.files.get(file).map_or(0, Vec::len) + usize::from(self.keeps(file))
    }

    /// Whether a file is that of a stub that was added by itself.
    pub(super) fn keeps(&self, file: &Path) -> bool {
        self.kept.contains_key(file)
    }

    /// Adds a stub as the newest.
    pub(super) fn add(&mut self, live: Arc<LiveStub>) {
        let place = self.next.0;
        self.next.0 += 1;
        self.fill(place, live);
    }

    /// Adds a stub in the place of one that is not in here.
    pub(super) fn add_at(&mut self, place: u64, live: Arc<LiveStub>) {
        // Two of the base that one copy each was made of may have had the same place at two times.
        if self.stubs.contains_key(&place) { self.add(live) } else { self.fill(place, live) }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.stubs.len()
    }

    /// Puts another stub in a place.
    pub(super) fn replace(&mut self, place: u64, live: Arc<LiveStub>) {
        // One of a file stays that file's: its next version takes the place back.
        self.empty(place);
        self.fill(place, live);
    }

    /// Empties a place.
    pub(super) fn take(&mut self, place: u64) {
        if let Some(live) = self.stubs.get(&place)
            && let Some(places) = self.files.get_mut(&live.file)
        {
            places.retain(|own| *own != place);
            if places.is_empty() {
                self.files.remove(&live.file);
            }
        }
        self.empty(place);
    }

    /// What files hold now, in place of what they held.
    pub(super) fn put_files(&mut self, mut files: Vec<File>) {
        let is_first = self.files.is_empty() && self.kept.is_empty();
        if is_first {
            files.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        if is_first && files.is_sorted_by(|(one, _), (other, _)| one < other) {
            self.put_first(files);
        } else {
            for (path, stubs) in files {
                self.put_file(&path, stubs);
            }
        }
    }

    /// The first files of all, in order: none has to look for its neighbours.
    fn put_first(&mut self, files: Vec<File>) {
        self.ids.reserve(files.len());
        self.filled.reserve(files.len());
        let mut last = 0;
        let mut placed = Vec::with_capacity(files.len());
        for (path, stubs) in files.into_iter().filter(|(_, stubs)| !stubs.is_empty()) {
            let mut places = Vec::with_capacity(stubs.len());
            for live in stubs {
                last += STEP;
                places.push(last);
                self.fill(last, live);
            }
            placed.push((path, places));
        }
        self.files = placed.into_iter().collect();
    }

    /// What a file holds now, in place of what it held.
    pub(super) fn put_file(&mut self, path: &Arc<Path>, stubs: Vec<Arc<LiveStub>>) {
        if let Some(&place) = self.kept.get(path) {
            match (self.stubs.get(&place), stubs.as_slice()) {
                (Some(known), [now]) if known.stub == now.stub => return,
                (Some(known), [now]) if known.stub.id == now.stub.id => {
                    return self.replace(place, Arc::clone(now));
                }
                _ => self.take(place),
            }
        }
        let before = self.files.remove(path).unwrap_or_default();
        for place in &before {
            self.empty(*place);
        }
        if stubs.is_empty() {
            return;
        }
        let places = if before.len() == stubs.len() {
            before
        } else {
            match self.room_for(path, stubs.len()) {
                Some(places) => places,
                None => {
                    self.renumber();
                    // Everything lies a step apart now, which has room for any file.
                    self.room_for(path, stubs.len()).unwrap_or_default()
                }
            }
        };
        for (place, live) in places.iter().zip(stubs) {
            self.fill(*place, live);
        }
        self.files.insert(Arc::clone(path), places);
    }

    /// Free places for the stubs of a file, in the order of the files' names.
    fn room_for(&self, path: &Path, n: usize) -> Option<Vec<u64>> {
        let before = self.files.range::<Path, _>((Bound::Unbounded, Bound::Excluded(path)));
        let low = before.last().and_then(|(_, places)| places.last()).copied().unwrap_or(0);
        let mut after = self.files.range::<Path, _>((Bound::Excluded(path), Bound::Unbounded));
        let n = u64::try_from(n).ok()?;
        let step = match after.next().and_then(|(_, places)| places.first()) {
            Some(high) => high.checked_sub(low)? / (n + 1),
            None => STEP,
        };
        (step > 0).then(|| (1..=n).map(|at| low + at * step).collect())
    }

    /// Gives the stubs of all files new places, as far apart as at first.
    fn renumber(&mut self) {
        let files = mem::take(&mut self.files);
        let newer = self.stubs.split_off(&ADDED);
        let mut older = mem::replace(&mut self.stubs, newer);
        let mut moved = HashMap::new();
        let mut next = 0;
        for (path, places) in files {
            let mut now = Vec::with_capacity(places.len());
            for place in places {
                let Some(live) = older.remove(&place) else { continue };
                next += STEP;
                self.stubs.insert(next, live);
                moved.insert(place, next);
                now.push(next);
            }
            self.files.insert(path, now);
        }
        for place in self.ids.values_mut().flatten() {
            *place = moved.get(place).copied().unwrap_or(*place);
        }
        self.is_new = true;
    }

    fn fill(&mut self, place: u64, live: Arc<LiveStub>) {
        self.ids.entry(live.stub.id).or_default().push(place);
        if let Some(service) = &live.stub.service {
            *self.services.entry(service.clone()).or_default() += 1;
        }
        if place >= ADDED && !live.file.as_os_str().is_empty() {
            self.kept.insert(Arc::clone(&live.file), place);
        }
        self.filled.insert(place);
        self.stubs.insert(place, live);
    }

    fn empty(&mut self, place: u64) {
        let Some(live) = self.stubs.remove(&place) else { return };
        if let Some(places) = self.ids.get_mut(&live.stub.id) {
            places.retain(|own| *own != place);
            if places.is_empty() {
                self.ids.remove(&live.stub.id);
            }
        }
        if let Some(service) = &live.stub.service
            && let Some(count) = self.services.get_mut(service)
        {
            *count -= 1;
            if *count == 0 {
                self.services.remove(service);
            }
        }
        if self.kept.get(&live.file) == Some(&place) {
            self.kept.remove(&live.file);
        }
        if !self.filled.remove(&place) {
            self.removed.push(live.serial);
        }
    }

    /// The layer that follows the last one; `None` when nothing has changed.
    pub(super) fn next_layer(&mut self, last: &Layer) -> Option<Layer> {
        let removed = mem::take(&mut self.removed);
        let filled = mem::take(&mut self.filled);
        let is_new = mem::take(&mut self.is_new);
        if removed.is_empty() && filled.is_empty() && !is_new {
            return None;
        }
        if !self.services.keys().eq(self.list_of_services.iter()) {
            self.list_of_services = self.services.keys().cloned().collect();
        }
        let services = Arc::clone(&self.list_of_services);
        if !is_new && filled.len() <= self.stubs.len() / 2 + 1 {
            let added =
                filled.iter().filter_map(|place| Some(entry(*place, self.stubs.get(place)?)));
            if let Some(layer) = last.changed(&removed, added.collect(), Arc::clone(&services)) {
                return Some(layer);
            }
        }
        let all = self.stubs.iter().map(|(place, live)| entry(*place, live)).collect();
        Some(Layer::build(all, services))
    }
}
