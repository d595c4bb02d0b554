//! Finds the stubs that a request may match without looking at the others.
//!
//! ```text
//!                     ┌ exact path or path and query → hash
//! URL pattern, once ──┼ template                     → trie of segments
//!                     ├ expression with a head       → the same trie, at the head's last segment
//!                     └ any                          → one list
//! ```
//!
//! Stubs are numbered in the order in which they go; every list holds numbers in that order, and a
//! request merges the few lists that apply. Where many stubs share a URL, their list is divided by
//! what tells them apart (`places`).

use std::{cmp::Reverse, sync::Arc, vec};

use super::{
    hash::{self, ByHash},
    places::{Found, Places, Stubs},
    probe::Probe,
    request::CompiledRequest,
    trie::{PathTrie, TrieBuilder},
    url::UrlKey,
};

/// More lists than this are made one before they are merged with others.
const MAX_LISTS: usize = 8;

/// A stub as the index sees it.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// At equal priority, higher goes first.
    pub insertion: u64,
    /// Lower goes first.
    pub priority: u32,
    /// Whether it has to be known that its head fits before a body has come.
    pub is_early: bool,
    /// Which requests it answers.
    pub request: Arc<CompiledRequest>,
    /// What the index carries for its user.
    pub item: T,
}

/// Stubs by what their URLs must be; built once, then only read.
#[derive(Clone, Debug)]
pub struct StubIndex<T> {
    /// In the order in which they go; lists hold places in here.
    entries: Box<[Entry<T>]>,
    /// By the hash of the path.
    paths: ByHash<Places>,
    /// By the hash of path and query.
    urls: ByHash<Places>,
    trie: PathTrie,
    any: Option<Places>,
}

struct Requests<'i, T>(&'i [Entry<T>]);

impl<T> Stubs for Requests<'_, T> {
    fn request(&self, place: u32) -> Option<&CompiledRequest> {
        self.0.get(place as usize).map(|entry| &*entry.request)
    }

    fn is_early(&self, place: u32) -> bool {
        self.0.get(place as usize).is_some_and(|entry| entry.is_early)
    }
}

impl<T> StubIndex<T> {
    /// Sorts the stubs into their places.
    pub fn build(mut entries: Vec<Entry<T>>) -> Self {
        entries.sort_by_key(|entry| (entry.priority, Reverse(entry.insertion)));
        let (mut paths, mut urls) = (Vec::new(), Vec::new());
        let mut trie = TrieBuilder::default();
        let mut any = Vec::new();
        for (entry, place) in entries.iter().zip(0..) {
            match entry.request.url_key() {
                UrlKey::Any => any.push(place),
                UrlKey::Head(head) => trie.insert_head(&head, place),
                UrlKey::Path(path) => paths.push((hash::of(path.as_bytes()), place)),
                UrlKey::PathAndQuery(url) => urls.push((hash::of(url.as_bytes()), place)),
                UrlKey::Template(template) => trie.insert_template(template, place),
            }
        }
        let entries = entries.into_boxed_slice();
        let stubs = Requests(&entries);
        let (paths, urls) = (by_hash(paths, &stubs), by_hash(urls, &stubs));
        let (trie, any) = (trie.build(&stubs), Places::of(&any, &stubs));
        Self { entries, paths, urls, trie, any }
    }

    /// Adds lists that hold, all together and each in the order in which they go (priority ascending,
    /// newest first), the stubs that a request may match. Each still has to be asked.
    pub fn candidates<'i>(&'i self, probe: &Probe<'_, '_>, lists: &mut Vec<Candidates<'i, T>>) {
        let stubs = Requests(&self.entries);
        let n_before = lists.len();
        let mut give = |found| lists.push(Candidates::new(&self.entries, found));
        let mut n_urls = 0;
        for view in probe.urls() {
            n_urls += 1;
            let path = view.path();
            if !self.paths.is_empty()
                && let Some(places) = self.paths.get(&hash::of(path.as_bytes()))
            {
                places.collect(probe, &stubs, &mut give);
            }
            if !self.urls.is_empty()
                && let Some(places) = self.urls.get(&hash::of(view.path_and_query().as_bytes()))
            {
                places.collect(probe, &stubs, &mut give);
            }
            self.trie.each(path, &mut |places| places.collect(probe, &stubs, &mut give));
        }
        if let Some(any) = &self.any {
            any.collect(probe, &stubs, &mut give);
        }
        if n_urls > 1 || lists.len() - n_before > MAX_LISTS {
            let found = lists.split_off(n_before);
            lists.extend(distinct(&self.entries, found));
        }
    }

    /// All stubs, in the order in which they go.
    pub fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    /// How many stubs there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Places by their hashes; those of one hash are in order.
fn by_hash(mut hashed: Vec<(u64, u32)>, stubs: &impl Stubs) -> ByHash<Places> {
    hashed.sort_unstable();
    let same = || hashed.chunk_by(|(a, _), (b, _)| a == b);
    let mut by_hash = ByHash::with_capacity_and_hasher(same().count(), <_>::default());
    for same in same() {
        let places: Vec<u32> = same.iter().map(|(_, place)| *place).collect();
        if let (Some((hash, _)), Some(places)) = (same.first(), Places::of(&places, stubs)) {
            by_hash.insert(*hash, places);
        }
    }
    by_hash
}

/// The same lists without a stub that is in two of them; few of them.
fn distinct<'i, T>(
    entries: &'i [Entry<T>],
    found: Vec<Candidates<'i, T>>,
) -> Vec<Candidates<'i, T>> {
    let is_many = found.len() > MAX_LISTS;
    let mut kept: Vec<Candidates<'i, T>> = Vec::new();
    let mut all: Vec<u32> = Vec::new();
    for list in found {
        if is_many && !list.is_undecided {
            all.extend(list.places());
        } else if !kept.iter().any(|known| known.places() == list.places()) {
            kept.push(list);
        }
    }
    if !all.is_empty() {
        all.sort_unstable();
        all.dedup();
        kept.push(Candidates::new(entries, Found::Made(all)));
    }
    kept
}

/// A list of stubs that a request may match, in order; made by [`StubIndex::candidates`].
#[derive(Debug)]
pub struct Candidates<'i, T> {
    entries: &'i [Entry<T>],
    left: Left<'i>,
    is_undecided: bool,
}

#[derive(Debug)]
enum Left<'i> {
    Listed(&'i [u32]),
    Made(vec::IntoIter<u32>),
}

impl<'i, T> Candidates<'i, T> {
    fn new(entries: &'i [Entry<T>], found: Found<'i>) -> Self {
        let is_undecided = matches!(found, Found::Undecided(_));
        let left = match found {
            Found::Listed(places) | Found::Undecided(places) => Left::Listed(places),
            Found::Made(places) => Left::Made(places.into_iter()),
        };
        Self { entries, left, is_undecided }
    }

    /// Whether each of these wants something of the body, which was not there.
    pub fn is_undecided(&self) -> bool {
        self.is_undecided
    }

    /// The one that comes next.
    pub fn first(&self) -> Option<&'i Entry<T>> {
        self.entries.get(*self.places().first()? as usize)
    }

    /// What is left.
    fn places(&self) -> &[u32] {
        match &self.left {
            Left::Listed(places) => places,
            Left::Made(places) => places.as_slice(),
        }
    }
}

impl<'i, T> Iterator for Candidates<'i, T> {
    type Item = &'i Entry<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = match &mut self.left {
            Left::Listed(places) => {
                let (place, rest) = places.split_first()?;
                *places = rest;
                *place
            }
            Left::Made(places) => places.next()?,
        };
        self.entries.get(place as usize)
    }
}

#[cfg(test)]
mod tests;
