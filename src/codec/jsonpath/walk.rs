//! Walks a document along a path, with bounded work.
//!
//! What stops an evaluation matters: a missing property ends all of it, except below a wildcard
//! over an array; an index out of bounds ends the branch. Both as in Jayway's tokens.

use std::borrow::Cow;

use super::{
    ast::{Path, Step},
    evaluation::{Evaluation, Stop},
    found::Found,
    functions,
    item::{Item, Trail, items},
    location::Location,
};
use crate::model::Json;

impl<'j> Evaluation<'j> {
    /// Evaluates a whole expression. With `fills`, a last property that an object lacks is null
    /// (Jayway's `DEFAULT_PATH_LEAF_TO_NULL`).
    pub(super) fn value_of(&mut self, path: &Path, start: &'j Json, fills: bool) -> Found<'j> {
        if *self.root() == Json::Null {
            return Found::Failed("the document is null".to_owned());
        }
        let mut walk = Walk::new(self, path, false);
        walk.fills = fills;
        match walk.run(start) {
            Ok(found) => found,
            Err(Stop::Missing) => Found::Missing,
            Err(Stop::OutOfBounds) => Found::Failed("an index is out of bounds".to_owned()),
            Err(Stop::Invalid(reason) | Stop::Failed(reason)) => Found::Failed(reason),
        }
    }

    /// Where the values stand that a path leads to.
    pub(super) fn locations_of(
        &mut self,
        path: &Path,
        start: &'j Json,
    ) -> Result<Vec<Location>, Stop> {
        let mut walk = Walk::new(self, path, false);
        walk.visit(0, Item::Document(start), &Trail::Root)?;
        Ok(walk.locations)
    }

    /// Evaluates a path from a value: `Missing` becomes an error, so that a caller may catch it.
    /// With `require`, no property may be missing (Jayway's `REQUIRE_PROPERTIES`).
    pub(super) fn run<'v>(
        &mut self,
        path: &Path,
        start: &'v Json,
        require: bool,
    ) -> Result<Found<'v>, Stop> {
        Walk::new(self, path, require).run(start)
    }
}

/// What a property is that is missing where missing ones are filled in.
static NULL: Json = Json::Null;

/// One path on its way through a document.
pub(super) struct Walk<'e, 'j, 'p, 'v> {
    pub(super) evaluation: &'e mut Evaluation<'j>,
    pub(super) path: &'p Path,
    require: bool,
    /// A last property that is missing is null.
    pub(super) fills: bool,
    /// For each step, whether all before it is definite.
    definite_before: Vec<bool>,
    /// For each step, the place in the array that a scan came from: Jayway gives a property
    /// behind `..[n]` only for that place, and none at all behind `..[*]`.
    pub(super) scanned: Vec<Option<usize>>,
    results: Vec<Cow<'v, Json>>,
    locations: Vec<Location>,
}

impl<'e, 'j, 'p, 'v> Walk<'e, 'j, 'p, 'v> {
    fn new(evaluation: &'e mut Evaluation<'j>, path: &'p Path, require: bool) -> Self {
        let n_steps = path.steps.len();
        Self {
            evaluation,
            path,
            require,
            fills: false,
            definite_before: (0..=n_steps).map(|at| path.is_upstream_definite(at)).collect(),
            scanned: vec![None; n_steps],
            results: Vec::new(),
            locations: Vec::new(),
        }
    }

    fn run(mut self, start: &'v Json) -> Result<Found<'v>, Stop> {
        self.visit(0, Item::Document(start), &Trail::Untracked)?;
        let mut results = self.results;
        if self.path.is_definite() {
            // A function in the middle has left its result too.
            results.pop().map(Found::One).ok_or(Stop::Missing)
        } else {
            Ok(Found::Many(results))
        }
    }

    pub(super) fn is_leaf(&self, at: usize) -> bool {
        at + 1 >= self.path.steps.len()
    }

    pub(super) fn is_definite_before(&self, at: usize) -> bool {
        self.definite_before.get(at).copied().unwrap_or_default()
    }

    fn add(&mut self, item: Item<'v, '_>, trail: &Trail) -> Result<(), Stop> {
        if let Item::Made(value) = item {
            self.evaluation.charge_copy(value)?;
        } else {
            self.locations.extend(trail.location());
        }
        self.results.push(item.into_cow());
        Ok(())
    }

    pub(super) fn visit<'t>(
        &mut self,
        at: usize,
        item: Item<'v, 't>,
        trail: &Trail,
    ) -> Result<(), Stop>
    where
        'v: 't,
    {
        self.evaluation.charge(1)?;
        let path = self.path;
        let Some(step) = path.steps.get(at) else { return self.add(item, trail) };
        match step {
            Step::Members(names) => self.members(at, names, item, trail),
            Step::Index(indices) => {
                if !self.expects_array(at, item)? {
                    return Ok(());
                }
                indices.iter().try_for_each(|&index| self.index(at, index, item, trail))
            }
            Step::Slice { from, to } => {
                if !self.expects_array(at, item)? {
                    return Ok(());
                }
                let length = i64::try_from(items(item.get()).len()).unwrap_or(i64::MAX);
                let (from, to) = slice_bounds(*from, *to, length);
                (from..to).try_for_each(|index| self.index(at, index, item, trail))
            }
            Step::Wildcard => self.wildcard(at, item, trail),
            Step::Scan => self.scan(at, item, trail),
            Step::Filter(filter) => self.filter(at, filter, item, trail),
            Step::Function { function, parameters } => {
                let result = functions::call(self.evaluation, function, parameters, item.get())?;
                self.add(Item::Made(&result), trail)?;
                if self.is_leaf(at) {
                    return Ok(());
                }
                self.visit(at + 1, Item::Made(&result), trail)
            }
        }
    }

    fn members<'t>(
        &mut self,
        at: usize,
        names: &[String],
        item: Item<'v, 't>,
        trail: &Trail,
    ) -> Result<(), Stop>
    where
        'v: 't,
    {
        if !matches!(item.get(), Json::Object(_)) {
            return if self.is_definite_before(at) { Err(Stop::Missing) } else { Ok(()) };
        }
        if names.len() == 1 || !self.is_leaf(at) {
            let is_definite = names.len() == 1 && self.is_definite_before(at);
            for name in names {
                match item.member(name) {
                    Some(value) => self.property(at, value, &trail.name(name))?,
                    None if self.fills && self.is_leaf(at) => {
                        self.property(at, Item::Document(&NULL), &trail.name(name))?;
                    }
                    None if self.require || (is_definite && !self.is_leaf(at)) => {
                        return Err(Stop::Missing);
                    }
                    None => {}
                }
            }
            return Ok(());
        }
        let mut merged = Json::Object(Vec::new());
        for name in names {
            match item.member(name) {
                Some(value) => {
                    self.evaluation.charge_copy(value.get())?;
                    merged.set(name, value.get().clone());
                    if matches!(item, Item::Document(_)) {
                        self.locations.extend(trail.name(name).location());
                    }
                }
                None if self.fills => merged.set(name, Json::Null),
                None if self.require => return Err(Stop::Missing),
                None => {}
            }
        }
        self.results.push(Cow::Owned(merged));
        Ok(())
    }

    /// Goes on with the value of a property.
    fn property<'t>(&mut self, at: usize, value: Item<'v, 't>, trail: &Trail) -> Result<(), Stop>
    where
        'v: 't,
    {
        if !self.is_leaf(at) {
            return self.visit(at + 1, value, trail);
        }
        if let Some(scanned) = self.scanned.get(at).copied().flatten() {
            let before = at.checked_sub(1).and_then(|before| self.path.steps.get(before));
            let is_asked_for = matches!(
                before,
                Some(Step::Index(indices)) if matches!(
                    indices.as_slice(),
                    [index] if usize::try_from(*index) == Ok(scanned)
                )
            );
            if !is_asked_for {
                return Ok(());
            }
        }
        self.evaluation.charge(1)?;
        self.add(value, trail)
    }

    fn expects_array(&self, at: usize, item: Item<'v, '_>) -> Result<bool, Stop> {
        match item.get() {
            Json::Array(_) => Ok(true),
            _ if self.is_definite_before(at) => Err(Stop::Missing),
            _ => Ok(false),
        }
    }

    pub(super) fn index<'t>(
        &mut self,
        at: usize,
        index: i64,
        item: Item<'v, 't>,
        trail: &Trail,
    ) -> Result<(), Stop>
    where
        'v: 't,
    {
        let length = items(item.get()).len();
        let place = match usize::try_from(index) {
            Ok(place) => Some(place),
            Err(_) => {
                usize::try_from(index.unsigned_abs()).ok().and_then(|back| length.checked_sub(back))
            }
        };
        let Some((place, value)) = place.and_then(|at| Some((at, item.index(at)?))) else {
            return Ok(());
        };
        match self.visit(at + 1, value, &trail.index(place)) {
            Err(Stop::OutOfBounds) => Ok(()),
            other => other,
        }
    }

    fn wildcard<'t>(&mut self, at: usize, item: Item<'v, 't>, trail: &Trail) -> Result<(), Stop>
    where
        'v: 't,
    {
        match item.get() {
            Json::Object(members) => {
                self.evaluation.charge(members.len())?;
                for (name, value) in item.members() {
                    self.property(at, value, &trail.name(name))?;
                }
            }
            Json::Array(items) => {
                for index in 0..items.len() {
                    let index = i64::try_from(index).unwrap_or(i64::MAX);
                    match self.index(at, index, item, trail) {
                        Err(Stop::Missing) if !self.require => {}
                        other => other?,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// From where to where a slice goes in an array; with both sides given, Jayway counts from a
/// negative start up through zero.
fn slice_bounds(from: Option<i64>, to: Option<i64>, length: i64) -> (i64, i64) {
    match (from, to) {
        (Some(from), Some(to)) => (from.max(-length), to.min(length)),
        (Some(from), None) => {
            let from = if from < 0 { length + from } else { from };
            (from.max(0), length)
        }
        (None, Some(to)) => (0, if to < 0 { length + to } else { to }.min(length)),
        (None, None) => (0, 0),
    }
}
