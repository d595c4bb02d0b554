//! All live stubs at one moment as one session sees them: those of everybody, and over them its own.

use std::{borrow::Cow, cmp::Reverse, collections::HashSet, sync::Arc};

use super::{
    layer::{Layer, List, Placed, rank},
    live::LiveStub,
};
use crate::{
    matching::{Entry, Probe},
    model::{ServiceName, StubId},
};

/// All live stubs at one moment; later changes do not touch it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct StubSet {
    base: Arc<Layer>,
    over: Option<Arc<Over>>,
}

/// What a session has over the stubs of everybody.
#[derive(Debug, Default)]
pub(super) struct Over {
    /// Its own stubs.
    pub(super) own: Arc<Layer>,
    /// Ids whose stubs of everybody it does not see.
    pub(super) masked: Arc<HashSet<StubId>>,
    /// Whether it sees none of everybody's.
    pub(super) hides_base: bool,
    /// Which body files its stubs were made ready with; see [`super::stubs::StubStore::n_bodies`].
    pub(super) n_bodies: u64,
}

impl Over {
    fn shows(&self, id: StubId) -> bool {
        self.masked.is_empty() || !self.masked.contains(&id)
    }
}

impl StubSet {
    pub(super) fn new(base: Arc<Layer>, over: Option<Arc<Over>>) -> Self {
        Self { base, over }
    }

    fn hides_base(&self) -> bool {
        self.over.as_ref().is_some_and(|over| over.hides_base)
    }

    /// Stubs that a request may match, in the order in which they are to be tried.
    pub fn candidates<'s>(&'s self, probe: &Probe<'_, '_>) -> Merged<'s> {
        let mut lists = Vec::new();
        if !self.hides_base() {
            self.base.candidates(probe, &mut lists);
        }
        let n_base = lists.len();
        if let Some(over) = &self.over {
            over.own.candidates(probe, &mut lists);
        }
        Merged { set: self, lists, n_base }
    }

    /// Recorded stubs of this method whose path has as many segments.
    pub fn recorded_like<'s>(
        &'s self,
        method: &str,
        path: &str,
    ) -> impl Iterator<Item = &'s Arc<LiveStub>> + use<'s> {
        let base = if self.hides_base() { &[] } else { self.base.recorded_like(method, path) };
        let own = self.over.as_ref().map_or(&[][..], |over| over.own.recorded_like(method, path));
        base.iter().filter(|live| self.shows(live)).chain(own)
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<LiveStub>> {
        let (base, own) = self.lists(Layer::all);
        joined(base, own, |a, b| a.place() <= b.place())
    }

    /// All of them, in the order in which they are tried: priority ascending, then newest first.
    pub fn in_order(&self) -> impl Iterator<Item = &Arc<LiveStub>> {
        let (base, own) = self.lists(Layer::in_order);
        joined(base, own, |a, b| a.rank() < b.rank())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let (base, own) = self.lists(Layer::all);
        base.count() + own.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// What is seen of the stubs of everybody, and the session's own.
    fn lists<'s>(
        &'s self,
        of: fn(&'s Layer) -> &'s [Placed],
    ) -> (impl Iterator<Item = &'s Placed>, &'s [Placed]) {
        let base = if self.hides_base() { &[] } else { of(&self.base) };
        let own = self.over.as_ref().map_or(&[][..], |over| of(&over.own));
        (base.iter().filter(|placed| self.shows(&placed.live)), own)
    }

    fn shows(&self, live: &LiveStub) -> bool {
        self.over.as_ref().is_none_or(|over| over.shows(live.stub.id))
    }

    /// How many indexes a request looks into.
    #[cfg(test)]
    pub(super) fn n_indexes(&self) -> usize {
        self.base.n_indexes() + self.over.as_ref().map_or(0, |over| over.own.n_indexes())
    }

    /// Services that have a folder, where the session has none of its own.
    pub fn folders(&self) -> Option<&Arc<[ServiceName]>> {
        self.over.is_none().then(|| self.base.folders())
    }

    /// Services that have a folder.
    pub fn services(&self) -> Cow<'_, [ServiceName]> {
        let base = self.base.services();
        let own = self.over.as_ref().map_or(&[][..], |over| over.own.services());
        if own.iter().all(|name| base.contains(name)) {
            return Cow::Borrowed(base);
        }
        let mut all: Vec<_> = base.iter().chain(own).cloned().collect();
        all.sort_unstable();
        all.dedup();
        Cow::Owned(all)
    }
}

/// Two ordered lists as one.
fn joined<'s>(
    base: impl Iterator<Item = &'s Placed>,
    own: &'s [Placed],
    goes_before: fn(&Placed, &Placed) -> bool,
) -> impl Iterator<Item = &'s Arc<LiveStub>> {
    let (mut base, mut own) = (base.peekable(), own.iter().peekable());
    std::iter::from_fn(move || {
        let placed = match (base.peek(), own.peek()) {
            (Some(theirs), Some(ours)) if goes_before(theirs, ours) => base.next(),
            (_, Some(_)) => own.next(),
            (_, None) => base.next(),
        };
        placed.map(|placed| &placed.live)
    })
}

/// Candidates of all indexes as one list; made by [`StubSet::candidates`].
#[derive(Debug)]
pub struct Merged<'s> {
    set: &'s StubSet,
    lists: Vec<List<'s>>,
    /// How many lists are of everybody's stubs; they come first.
    n_base: usize,
}

impl<'s> Merged<'s> {
    /// The next one, and whether it wants something of the body, which was not there.
    pub fn next_told(&mut self) -> Option<(&'s Entry<Arc<LiveStub>>, bool)> {
        loop {
            let at = match self.lists.len() {
                1 => 0,
                _ => {
                    let firsts = self.lists.iter().enumerate();
                    let first = firsts.filter_map(|(at, list)| Some((at, rank(list.first()?))));
                    // A copy may have the place of a stub that came into the base later: it goes first.
                    first.min_by_key(|(at, rank)| (*rank, Reverse(*at)))?.0
                }
            };
            let list = self.lists.get_mut(at)?;
            let (entry, is_undecided) = (list.next()?, list.is_undecided());
            let is_seen = match &self.set.over {
                Some(over) if at >= self.n_base => !over.own.is_gone(&entry.item),
                Some(over) => !self.set.base.is_gone(&entry.item) && over.shows(entry.item.stub.id),
                None => !self.set.base.is_gone(&entry.item),
            };
            if is_seen {
                return Some((entry, is_undecided));
            }
        }
    }

    /// Leaves out those that want something of the body.
    pub fn leave_undecided(&mut self) {
        let n_base = self.lists.iter().take(self.n_base).filter(|it| !it.is_undecided()).count();
        self.lists.retain(|list| !list.is_undecided());
        self.n_base = n_base;
    }
}

impl<'s> Iterator for Merged<'s> {
    type Item = &'s Entry<Arc<LiveStub>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_told().map(|(entry, _)| entry)
    }
}
