//! Stubs that are live together, whether those of everybody or those of one session: a few indexes of
//! growing size.
//!
//! A change adds a small index and hides what it replaces; indexes of like size become one. So a
//! single change costs about the logarithm of the number of stubs, and a request looks into a few
//! indexes instead of one.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use super::live::LiveStub;
use crate::{
    matching::{Candidates, Entry, Probe, StubIndex},
    model::{MethodPattern, ServiceName, Stub, UrlPattern},
};

/// Stubs that are hidden before all indexes are built anew, at least.
const MIN_HIDDEN: usize = 64;

/// An index of some of the stubs.
type Index = Arc<StubIndex<Arc<LiveStub>>>;

/// Recorded stubs by method and number of path segments, for the search of the nearest.
type Recorded = HashMap<(String, usize), Vec<Arc<LiveStub>>>;

/// Candidates of one index.
pub(super) type List<'s> = Candidates<'s, Arc<LiveStub>>;

/// Where a stub stands in the order in which stubs are tried.
pub(super) type Rank = (u32, Reverse<u64>);

/// Stubs that are live together.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The largest first.
    indexes: Vec<Index>,
    /// Serial numbers of stubs that are still in an index and no longer live.
    hidden: Arc<HashSet<u64>>,
    services: Arc<[ServiceName]>,
    in_order: OnceLock<Vec<Placed>>,
    all: OnceLock<Vec<Placed>>,
    recorded: OnceLock<Recorded>,
}

/// A stub and its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    place: u64,
    pub(super) live: Arc<LiveStub>,
}

impl Placed {
    pub(super) fn rank(&self) -> Rank {
        (self.live.stub.effective_priority(), Reverse(self.place))
    }

    pub(super) fn place(&self) -> u64 {
        self.place
    }
}

/// A stub in its place.
pub(super) fn entry(place: u64, live: &Arc<LiveStub>) -> Entry<Arc<LiveStub>> {
    Entry {
        priority: live.stub.effective_priority(),
        insertion: place,
        is_early: live.is_two_way || live.fetches,
        request: Arc::clone(&live.request),
        item: Arc::clone(live),
    }
}

/// Where a stub stands in the order in which stubs are tried.
pub(super) fn rank(entry: &Entry<Arc<LiveStub>>) -> Rank {
    (entry.priority, Reverse(entry.insertion))
}

impl Layer {
    /// These stubs, by their places.
    pub(super) fn build(stubs: Vec<Entry<Arc<LiveStub>>>, services: Arc<[ServiceName]>) -> Self {
        let indexes =
            if stubs.is_empty() { Vec::new() } else { vec![Arc::new(StubIndex::build(stubs))] };
        Self { indexes, services, ..Self::default() }
    }

    /// This layer without the stubs of these serial numbers and with some more; `None` when it is
    /// better built anew.
    pub(super) fn changed(
        &self,
        removed: &[u64],
        added: Vec<Entry<Arc<LiveStub>>>,
        services: Arc<[ServiceName]>,
    ) -> Option<Self> {
        let total: usize = self.indexes.iter().map(|index| index.len()).sum();
        let hidden = if removed.is_empty() {
            Arc::clone(&self.hidden)
        } else {
            if self.hidden.len() + removed.len() > MIN_HIDDEN.max(total / 4) {
                return None;
            }
            Arc::new(self.hidden.iter().chain(removed).copied().collect())
        };
        let mut indexes = self.indexes.clone();
        let mut added = added;
        if !added.is_empty() {
            while indexes.last().is_some_and(|last| last.len() <= added.len())
                && let Some(last) = indexes.pop()
            {
                let live = last.entries().iter();
                added.extend(live.filter(|entry| !hidden.contains(&entry.item.serial)).cloned());
            }
            indexes.push(Arc::new(StubIndex::build(added)));
        }
        Some(Self { indexes, hidden, services, ..Self::default() })
    }

    /// Adds lists of the stubs that a request may match, index by index.
    pub(super) fn candidates<'s>(&'s self, probe: &Probe<'_, '_>, lists: &mut Vec<List<'s>>) {
        for index in &self.indexes {
            index.candidates(probe, lists);
        }
    }

    /// Whether a stub is no longer live, though it is still in an index.
    pub(super) fn is_gone(&self, live: &LiveStub) -> bool {
        !self.hidden.is_empty() && self.hidden.contains(&live.serial)
    }

    /// Recorded stubs of this method whose path has as many segments.
    pub(super) fn recorded_like(&self, method: &str, path: &str) -> &[Arc<LiveStub>] {
        let recorded = self.recorded.get_or_init(|| {
            let mut recorded = Recorded::new();
            for Placed { live, .. } in self.all() {
                if let Some(key) = nearest_key(&live.stub) {
                    recorded.entry(key).or_default().push(Arc::clone(live));
                }
            }
            recorded
        });
        recorded.get(&(method.to_owned(), segments(path))).map_or(&[], Vec::as_slice)
    }

    /// All of them, the oldest first.
    pub(super) fn all(&self) -> &[Placed] {
        self.all.get_or_init(|| {
            let mut live: Vec<_> = self.live().collect();
            live.sort_unstable_by_key(Placed::place);
            live
        })
    }

    /// All of them, in the order in which they are tried: priority ascending, then newest first.
    pub(super) fn in_order(&self) -> &[Placed] {
        self.in_order.get_or_init(|| {
            let mut live: Vec<_> = self.live().collect();
            live.sort_unstable_by_key(Placed::rank);
            live
        })
    }

    fn live(&self) -> impl Iterator<Item = Placed> {
        let entries = self.indexes.iter().flat_map(|index| index.entries());
        entries
            .filter(|entry| !self.hidden.contains(&entry.item.serial))
            .map(|entry| Placed { place: entry.insertion, live: Arc::clone(&entry.item) })
    }

    /// How many indexes a request looks into.
    #[cfg(test)]
    pub(super) fn n_indexes(&self) -> usize {
        self.indexes.len()
    }

    /// Services that have a folder, in order.
    pub(super) fn services(&self) -> &[ServiceName] {
        &self.services
    }

    /// The same, to be kept.
    pub(super) fn folders(&self) -> &Arc<[ServiceName]> {
        &self.services
    }
}

fn segments(path: &str) -> usize {
    path.bytes().filter(|&byte| byte == b'/').count()
}

fn nearest_key(stub: &Stub) -> Option<(String, usize)> {
    stub.recorded.as_ref()?;
    let MethodPattern::Is(method) = &stub.request.method else { return None };
    let (UrlPattern::Url(url) | UrlPattern::UrlPath(url)) = &stub.request.url else { return None };
    let path = url.split('?').next().unwrap_or(url);
    Some((method.clone(), segments(path)))
}
