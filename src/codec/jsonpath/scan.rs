//! The steps that test what they find: filters, and `..`, which tries a step everywhere below.

use super::{
    ast::{Filter, Step},
    evaluation::Stop,
    filter,
    item::{Item, Trail},
    walk::Walk,
};
use crate::model::Json;

impl<'v> Walk<'_, '_, '_, 'v> {
    pub(super) fn filter<'t>(
        &mut self,
        at: usize,
        filter: &Filter,
        item: Item<'v, 't>,
        trail: &Trail,
    ) -> Result<(), Stop>
    where
        'v: 't,
    {
        match item.get() {
            Json::Object(_) => {
                if filter::accepts(self.evaluation, filter, item.get())? {
                    self.visit(at + 1, item, trail)?;
                }
                Ok(())
            }
            Json::Array(items) => {
                for (index, tested) in items.iter().enumerate() {
                    if filter::accepts(self.evaluation, filter, tested)? {
                        let index = i64::try_from(index).unwrap_or(i64::MAX);
                        self.index(at, index, item, trail)?;
                    }
                }
                Ok(())
            }
            other if self.is_definite_before(at) => Err(Stop::Invalid(format!(
                "a filter applies to arrays and objects, not to a {}",
                other.type_name()
            ))),
            _ => Ok(()),
        }
    }

    /// Tries the next step on this value and everything below it, from the top.
    pub(super) fn scan<'t>(
        &mut self,
        at: usize,
        item: Item<'v, 't>,
        trail: &Trail,
    ) -> Result<(), Stop>
    where
        'v: 't,
    {
        let path = self.path;
        let Some(target) = path.steps.get(at + 1) else { return Ok(()) };
        let is_target_leaf = self.is_leaf(at + 1);
        let mut stack = vec![(item, trail.clone())];
        while let Some((item, trail)) = stack.pop() {
            self.evaluation.charge(1)?;
            let below = stack.len();
            match item.get() {
                Json::Object(members) => {
                    if self.scan_stops_at(target, is_target_leaf, item.get())? {
                        self.visit(at + 1, item, &trail)?;
                    }
                    self.evaluation.charge(members.len())?;
                    let members = item.members().into_iter();
                    stack.extend(members.map(|(name, value)| (value, trail.name(name))));
                }
                Json::Array(items) => {
                    let children =
                        (0..items.len()).filter_map(|index| Some((index, item.index(index)?)));
                    if self.scan_stops_at(target, is_target_leaf, item.get())? {
                        if is_target_leaf {
                            self.visit(at + 1, item, &trail)?;
                        } else {
                            // Jayway leaves out the target itself here and goes on behind it,
                            // with every item.
                            for (index, child) in children.clone() {
                                if let Some(scanned) = self.scanned.get_mut(at + 2) {
                                    *scanned = Some(index);
                                }
                                self.visit(at + 2, child, &trail.index(index))?;
                            }
                        }
                    }
                    stack.extend(children.map(|(index, child)| (child, trail.index(index))));
                }
                _ => {}
            }
            if let Some(new) = stack.get_mut(below..) {
                new.reverse();
            }
        }
        Ok(())
    }

    fn scan_stops_at(&mut self, target: &Step, is_leaf: bool, value: &Json) -> Result<bool, Stop> {
        Ok(match target {
            Step::Members(names) => {
                let is_definite = names.len() == 1 || is_leaf;
                matches!(value, Json::Object(_))
                    && (!is_definite
                        || (is_leaf && self.fills)
                        || names.iter().all(|name| Item::Document(value).member(name).is_some()))
            }
            Step::Index(_) | Step::Slice { .. } => matches!(value, Json::Array(_)),
            Step::Wildcard => true,
            Step::Filter(filter) => filter::accepts(self.evaluation, filter, value)?,
            Step::Scan | Step::Function { .. } => false,
        })
    }
}
