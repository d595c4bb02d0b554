//! All live stubs at one moment: a few indexes of growing size, merged as they are read.
//!
//! A change adds a small index and hides what it replaces; indexes of like size become one. So a
//! single change costs about the logarithm of the number of stubs, and a request looks into a few
//! indexes instead of one.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    iter::Peekable,
    sync::{Arc, OnceLock},
};

use super::live::LiveStub;
use crate::{
    codec::view::RequestView,
    matching::{Candidates, Entry, StubIndex},
    model::{MethodPattern, ServiceName, Stub, UrlPattern},
};

/// Stubs that are hidden before all indexes are built anew, at least.
const MIN_HIDDEN: usize = 64;

/// An index of some of the stubs.
type Level = Arc<StubIndex<Arc<LiveStub>>>;

/// All live stubs at one moment.
#[derive(Clone, Debug, Default)]
pub struct StubSet {
    /// The largest first.
    levels: Vec<Level>,
    /// Serial numbers of stubs that are still in an index and no longer live.
    hidden: Arc<HashSet<u64>>,
    services: Arc<[ServiceName]>,
    in_order: OnceLock<Vec<Arc<LiveStub>>>,
    all: OnceLock<Vec<Arc<LiveStub>>>,
    recorded: OnceLock<HashMap<(String, usize), Vec<Arc<LiveStub>>>>,
}

/// A stub in its place.
pub(super) fn entry(place: u64, live: &Arc<LiveStub>) -> Entry<Arc<LiveStub>> {
    Entry {
        priority: live.stub.effective_priority(),
        insertion: place,
        request: Arc::clone(&live.request),
        item: Arc::clone(live),
    }
}

fn rank(entry: &Entry<Arc<LiveStub>>) -> (u32, Reverse<u64>) {
    (entry.priority, Reverse(entry.insertion))
}

impl StubSet {
    /// These stubs, by their places.
    pub(super) fn build(stubs: Vec<Entry<Arc<LiveStub>>>, services: Arc<[ServiceName]>) -> Self {
        let levels =
            if stubs.is_empty() { Vec::new() } else { vec![Arc::new(StubIndex::build(stubs))] };
        Self { levels, services, ..Self::default() }
    }

    /// This set without the stubs of these serial numbers and with some more; `None` when it is
    /// better built anew.
    pub(super) fn changed(
        &self,
        removed: &[u64],
        added: Vec<Entry<Arc<LiveStub>>>,
        services: Arc<[ServiceName]>,
    ) -> Option<Self> {
        let total: usize = self.levels.iter().map(|level| level.len()).sum();
        let hidden = if removed.is_empty() {
            Arc::clone(&self.hidden)
        } else {
            if self.hidden.len() + removed.len() > MIN_HIDDEN.max(total / 4) {
                return None;
            }
            Arc::new(self.hidden.iter().chain(removed).copied().collect())
        };
        let mut levels = self.levels.clone();
        let mut added = added;
        if !added.is_empty() {
            while levels.last().is_some_and(|last| last.len() <= added.len())
                && let Some(last) = levels.pop()
            {
                let live = last.entries().iter();
                added.extend(live.filter(|entry| !hidden.contains(&entry.item.serial)).cloned());
            }
            levels.push(Arc::new(StubIndex::build(added)));
        }
        Some(Self { levels, hidden, services, ..Self::default() })
    }

    /// Stubs whose method and URL may fit, in the order in which they are to be tried.
    pub fn candidates<'s>(&'s self, view: &RequestView<'_>) -> Merged<'s> {
        let lists = self
            .levels
            .iter()
            .map(|level| {
                level.candidates(view.method(), view.path(), view.path_and_query()).peekable()
            })
            .collect();
        Merged { lists, hidden: &self.hidden }
    }

    /// Recorded stubs of this method whose path has as many segments.
    pub fn recorded_like(&self, method: &str, path: &str) -> &[Arc<LiveStub>] {
        let recorded = self.recorded.get_or_init(|| {
            let mut recorded: HashMap<_, Vec<_>> = HashMap::new();
            for live in self.all() {
                if let Some(key) = nearest_key(&live.stub) {
                    recorded.entry(key).or_default().push(Arc::clone(live));
                }
            }
            recorded
        });
        recorded.get(&(method.to_owned(), segments(path))).map_or(&[], Vec::as_slice)
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> &[Arc<LiveStub>] {
        self.all.get_or_init(|| {
            let mut live: Vec<_> = self.live().collect();
            live.sort_unstable_by_key(|entry| entry.insertion);
            live.into_iter().map(|entry| Arc::clone(&entry.item)).collect()
        })
    }

    /// All of them, in the order in which they are tried: priority ascending, then newest first.
    pub fn in_order(&self) -> &[Arc<LiveStub>] {
        self.in_order.get_or_init(|| {
            let mut live: Vec<_> = self.live().collect();
            live.sort_unstable_by_key(|entry| rank(entry));
            live.into_iter().map(|entry| Arc::clone(&entry.item)).collect()
        })
    }

    fn live(&self) -> impl Iterator<Item = &Entry<Arc<LiveStub>>> {
        let entries = self.levels.iter().flat_map(|level| level.entries());
        entries.filter(|entry| !self.hidden.contains(&entry.item.serial))
    }

    /// How many indexes a request looks into.
    #[cfg(test)]
    pub(super) fn n_levels(&self) -> usize {
        self.levels.len()
    }

    /// Services that have a folder.
    pub fn services(&self) -> &[ServiceName] {
        &self.services
    }
}

/// Candidates of all indexes as one list; made by [`StubSet::candidates`].
#[derive(Debug)]
pub struct Merged<'s> {
    lists: Vec<Peekable<Candidates<'s, Arc<LiveStub>>>>,
    hidden: &'s HashSet<u64>,
}

impl<'s> Iterator for Merged<'s> {
    type Item = &'s Entry<Arc<LiveStub>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let firsts = self.lists.iter_mut().enumerate();
            let first = firsts.filter_map(|(at, list)| Some((at, rank(list.peek()?))));
            let (at, _) = first.min_by_key(|(_, rank)| *rank)?;
            let entry = self.lists.get_mut(at)?.next()?;
            if self.hidden.is_empty() || !self.hidden.contains(&entry.item.serial) {
                return Some(entry);
            }
        }
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
