//! Stubs of one URL: a few in a row, or many by what tells them apart.
//!
//! ```text
//! GET /a    ─┬ one of them, or a few
//! POST /b   ─┼ by a key of a facet: {"kind":"x"} → more of the kind, others → the rest
//! GET /c/.* ─┴ all expressions at once
//! ```
//!
//! Every stub is in one place, and every list is in the order in which stubs go.

use std::collections::HashMap;

use super::{
    facet::{Facet, Keys},
    facts::Fact,
    hash::ByHash,
    probe::Probe,
    regex_list::RegexList,
    request::CompiledRequest,
};

/// Fewer stubs than this are asked one by one.
const MIN_TOLD_APART: usize = 8;
/// How many facets may lie over one another.
const MAX_DEPTH: usize = 12;

/// Places of stubs in the order in which they go.
#[derive(Clone, Debug)]
pub(super) enum Places {
    One(u32),
    Many(Box<Many>),
}

#[derive(Clone, Debug)]
pub(super) enum Many {
    Few(Box<[u32]>),
    Regexes { of_path: RegexList, of_url: RegexList, rest: Option<Places> },
    Split(Split),
}

/// Stubs by the key that each wants of one facet.
#[derive(Clone, Debug)]
pub(super) struct Split {
    facet: Facet,
    by_key: ByHash<Places>,
    /// Those that want no certain key.
    rest: Option<Places>,
    /// All of `by_key`, where the facet is one of the body: which of them it is cannot be said
    /// before that has come.
    all: Box<[u32]>,
}

/// A list of candidates.
#[derive(Clone, Debug)]
pub(super) enum Found<'i> {
    /// Any of these.
    Listed(&'i [u32]),
    /// The same, made for this request.
    Made(Vec<u32>),
    /// These want something of the body, which is not there yet.
    Undecided(&'i [u32]),
}

/// Gives the request of a stub by its place, and whether it has to be known before the body is there.
pub(super) trait Stubs {
    fn request(&self, place: u32) -> Option<&CompiledRequest>;
    fn is_early(&self, place: u32) -> bool;
}

/// What the stubs of a list want, with each facet under a number.
struct Told {
    facets: Vec<Facet>,
    /// Place, and number and key of each fact.
    stubs: Vec<(u32, Vec<(u32, u64)>)>,
}

impl Places {
    /// These places, which are in order; `None` when there is none.
    pub(super) fn of(places: &[u32], stubs: &impl Stubs) -> Option<Self> {
        match places {
            [] => return None,
            [one] => return Some(Self::One(*one)),
            _ if places.len() < MIN_TOLD_APART => return Some(Self::few(places)),
            _ => {}
        }
        let mut numbers: HashMap<Facet, u32> = HashMap::new();
        let mut facets = Vec::new();
        let told = places.iter().map(|&place| {
            let facts: Vec<Fact> = stubs
                .request(place)
                .map(|request| request.facts(!stubs.is_early(place)))
                .unwrap_or_default();
            let mut numbered: Vec<(u32, u64)> = Vec::with_capacity(facts.len());
            for (facet, key) in facts {
                let next = facets.len() as u32;
                let number = *numbers.entry(facet).or_insert_with_key(|facet| {
                    facets.push(facet.clone());
                    next
                });
                // Of several wishes for one facet the first has to do.
                if !numbered.iter().any(|(known, _)| *known == number) {
                    numbered.push((number, key));
                }
            }
            (place, numbered)
        });
        let all = told.collect();
        let told = Told { facets, stubs: all };
        let every: Vec<usize> = (0..told.stubs.len()).collect();
        told.places(&every, stubs, MAX_DEPTH)
    }

    #[cfg(test)]
    pub(super) fn few_places(&self) -> Vec<u32> {
        match self {
            Self::One(place) => vec![*place],
            Self::Many(many) => match &**many {
                Many::Few(places) => places.to_vec(),
                Many::Regexes { .. } | Many::Split(_) => Vec::new(),
            },
        }
    }

    fn few(places: &[u32]) -> Self {
        Self::Many(Box::new(Many::Few(places.into())))
    }

    /// Gives the lists of those that a request may match.
    pub(super) fn collect<'i>(
        &'i self,
        probe: &Probe<'_, '_>,
        stubs: &impl Stubs,
        give: &mut impl FnMut(Found<'i>),
    ) {
        let many = match self {
            Self::One(place) => return give(Found::Listed(std::slice::from_ref(place))),
            Self::Many(many) => &**many,
        };
        match many {
            Many::Few(places) => give(Found::Listed(places)),
            Many::Regexes { of_path, of_url, rest } => {
                let mut fitting = Vec::new();
                for view in probe.urls() {
                    of_path.collect(view.path(), |place| stubs.request(place), &mut fitting);
                    of_url.collect(view.path_and_query(), |at| stubs.request(at), &mut fitting);
                }
                if !fitting.is_empty() {
                    fitting.sort_unstable();
                    fitting.dedup();
                    give(Found::Made(fitting));
                }
                if let Some(rest) = rest {
                    rest.collect(probe, stubs, give);
                }
            }
            Many::Split(split) => {
                if split.facet.is_of_body() && !probe.has_body() {
                    give(Found::Undecided(&split.all));
                } else {
                    let mut keys = Keys::default();
                    probe.views().for_each(|view| split.facet.collect(view, &mut keys));
                    for key in keys.into_distinct() {
                        if let Some(places) = split.by_key.get(&key) {
                            places.collect(probe, stubs, give);
                        }
                    }
                }
                if let Some(rest) = &split.rest {
                    rest.collect(probe, stubs, give);
                }
            }
        }
    }
}

impl Told {
    /// A list of some of the stubs, by their numbers here.
    fn places(&self, some: &[usize], stubs: &impl Stubs, depth_left: usize) -> Option<Places> {
        let places = |some: &[usize]| -> Vec<u32> {
            some.iter().filter_map(|at| Some(self.stubs.get(*at)?.0)).collect()
        };
        match some {
            [] => return None,
            [one] => return self.stubs.get(*one).map(|(place, _)| Places::One(*place)),
            _ if some.len() < MIN_TOLD_APART || depth_left == 0 => {
                return Some(Places::few(&places(some)));
            }
            _ => {}
        }
        let Some(number) = self.best(some) else { return Some(regexes(&places(some), stubs)) };
        let facet = self.facets.get(number as usize)?.clone();
        let mut by_key: ByHash<Vec<usize>> = ByHash::default();
        let (mut wanting, mut rest) = (Vec::new(), Vec::new());
        for &at in some {
            let (_, facts) = self.stubs.get(at)?;
            match facts.iter().find(|(known, _)| *known == number) {
                Some((_, key)) => {
                    by_key.entry(*key).or_default().push(at);
                    wanting.push(at);
                }
                None => rest.push(at),
            }
        }
        let all = if facet.is_of_body() { places(&wanting) } else { Vec::new() };
        let split = Split {
            facet,
            by_key: by_key
                .into_iter()
                .filter_map(|(key, some)| Some((key, self.places(&some, stubs, depth_left - 1)?)))
                .collect(),
            rest: self.places(&rest, stubs, depth_left - 1),
            all: all.into(),
        };
        Some(Places::Many(Box::new(Many::Split(split))))
    }

    /// The number of the facet that leaves the fewest stubs to be asked.
    fn best(&self, some: &[usize]) -> Option<u32> {
        let mut facts: Vec<(u32, u64)> = some
            .iter()
            .filter_map(|at| self.stubs.get(*at))
            .flat_map(|(_, facts)| facts.iter().copied())
            .collect();
        facts.sort_unstable();
        let cost = |facts: &[(u32, u64)]| {
            let n_same = facts.chunk_by(|a, b| a.1 == b.1).map(|same| same.len() as f64);
            let n_asked = n_same.map(|n| n * n).sum::<f64>() / facts.len() as f64;
            (some.len() - facts.len()) as f64 + n_asked
        };
        let per_facet = facts.chunk_by(|a, b| a.0 == b.0).filter_map(|facts| {
            let (number, _) = *facts.first()?;
            // To look into the body takes longer than to ask another stub or two.
            let is_of_body = self.facets.get(number as usize)?.is_of_body();
            Some((number, cost(facts) * if is_of_body { 1.5 } else { 1.0 }))
        });
        let (number, cost) = per_facet.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        (cost < some.len() as f64 * 0.75).then_some(number)
    }
}

/// Stubs that nothing tells apart but the expressions of their URLs.
fn regexes(places: &[u32], stubs: &impl Stubs) -> Places {
    let of = |wanted: Option<bool>| -> Vec<u32> {
        let is_of_path = |place: u32| {
            stubs
                .request(place)
                .and_then(CompiledRequest::url_expression)
                .map(|(_, of_path)| of_path)
        };
        places.iter().copied().filter(|place| is_of_path(*place) == wanted).collect()
    };
    let (of_path, of_url, rest) = (of(Some(true)), of(Some(false)), of(None));
    if of_path.len() + of_url.len() < MIN_TOLD_APART {
        return Places::few(places);
    }
    Places::Many(Box::new(Many::Regexes {
        of_path: RegexList::new(&of_path),
        of_url: RegexList::new(&of_url),
        rest: match rest.as_slice() {
            [] => None,
            [one] => Some(Places::One(*one)),
            _ => Some(Places::few(&rest)),
        },
    }))
}
