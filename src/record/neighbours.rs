//! The stubs of a service that may be the same request as another but for noise.

use std::{collections::HashMap, path::PathBuf};

use super::{arrival::Arrival, compare::Pair, stub, variant::Variant};
use crate::{codec::RequestView, matching::nearest, model::RequestPattern};

/// Stubs of one method and path that a request under new names is compared with.
const MAX_CANDIDATES: usize = 2_000;

/// Stubs before a new one among which the last that is the same but for noise is looked for.
const MAX_TURNS: usize = 100;

/// Which variants are worth a comparison.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// Method and path → variants that were on disk.
    places: HashMap<(String, String), Vec<usize>>,
    /// Method and number of path segments → variants, in the order in which they came.
    alike: HashMap<(String, usize), Vec<usize>>,
}

impl Neighbours {
    /// Notes a variant that was on disk.
    pub(super) fn loaded(&mut self, request: &RequestPattern, variant: usize) {
        if let Some(place) = stub::place_of(request) {
            self.places.entry(place).or_default().push(variant);
        }
        self.came(request, variant);
    }

    /// Notes a variant.
    pub(super) fn came(&mut self, request: &RequestPattern, variant: usize) {
        if let Some(kind) = stub::kind_of(request) {
            self.alike.entry(kind).or_default().push(variant);
        }
    }

    /// The stub of an earlier recording that is this exchange but for noise.
    pub(super) fn nearest(
        &self,
        variants: &[Variant],
        arrival: &Arrival<'_>,
        body_path: &impl Fn(&str) -> PathBuf,
    ) -> Option<(usize, Vec<Pair>)> {
        let candidates = self.places.get(&stub::place_of(&arrival.print.pattern)?)?;
        let view = RequestView::new(&arrival.print.request);
        candidates
            .iter()
            .filter_map(|&at| Some((at, variants.get(at)?)))
            .filter(|(_, variant)| !variant.is_visited())
            .take(MAX_CANDIDATES)
            .filter_map(|(at, variant)| {
                let mut pairs = nearest::differences(&variant.stub.request, &view)?;
                pairs.extend(variant.begins_with(&arrival.answer, body_path)?);
                Some((at, pairs, variant.turn()))
            })
            .min_by_key(|(_, pairs, turn)| (pairs.len(), *turn))
            .map(|(at, pairs, _)| (at, pairs))
    }

    /// How many stubs that are this request but for noise came before it.
    pub(super) fn turn(&self, variants: &[Variant], arrival: &Arrival<'_>) -> u32 {
        let kind = stub::kind_of(&arrival.print.pattern);
        let Some(alike) = kind.and_then(|kind| self.alike.get(&kind)) else { return 0 };
        let view = RequestView::new(&arrival.print.request);
        alike
            .iter()
            .rev()
            .take(MAX_TURNS)
            .filter_map(|&at| variants.get(at))
            .find(|variant| {
                nearest::differences(&variant.stub.request, &view)
                    .is_some_and(|differences| !differences.is_empty())
            })
            .map_or(0, |variant| variant.turn() + 1)
    }
}
