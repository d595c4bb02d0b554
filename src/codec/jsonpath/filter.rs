//! Whether a filter accepts an item.

use super::{
    ast::{Filter, Operand},
    compare,
    evaluation::{Evaluation, Stop},
    operand::Value,
};
use crate::model::Json;

/// Whether the item passes; where a comparison cannot be made it does not.
pub(super) fn accepts(
    evaluation: &mut Evaluation<'_>,
    filter: &Filter,
    item: &Json,
) -> Result<bool, Stop> {
    match holds(evaluation, filter, item) {
        Err(Stop::Missing | Stop::Invalid(_)) => Ok(false),
        other => other,
    }
}

fn holds(evaluation: &mut Evaluation<'_>, filter: &Filter, item: &Json) -> Result<bool, Stop> {
    evaluation.charge(1)?;
    match filter {
        Filter::Any(filters) => {
            for filter in filters {
                if holds(evaluation, filter, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Filter::All(filters) => {
            for filter in filters {
                if !holds(evaluation, filter, item)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Filter::Not(filter) => Ok(!holds(evaluation, filter, item)?),
        Filter::Exists(path, should) => {
            // From the item even if the path starts with `$`, as in Jayway.
            let exists = match evaluation.run(path, item, true) {
                Ok(_) => true,
                Err(Stop::Missing) => false,
                Err(other) => return Err(other),
            };
            Ok(exists == *should)
        }
        Filter::Compare(left, operator, right) => {
            let left = value_of(evaluation, left, item)?;
            let right = value_of(evaluation, right, item)?;
            compare::holds(evaluation, &left, *operator, &right)
        }
    }
}

fn value_of<'v, 'j: 'v>(
    evaluation: &mut Evaluation<'j>,
    operand: &'v Operand,
    item: &'v Json,
) -> Result<Value<'v>, Stop> {
    Ok(match operand {
        Operand::Path(path) => {
            let start = if path.is_rooted { evaluation.root() } else { item };
            match evaluation.run(path, start, false) {
                Ok(found) => Value::from(found),
                Err(Stop::Missing) => Value::Undefined,
                Err(other) => return Err(other),
            }
        }
        constant => Value::of_constant(constant).unwrap_or(Value::Undefined),
    })
}
