//! Finds expressions that no document can ever give a result, for whoever checks stubs.

use super::{
    ast::{Filter, Function, NAMES, Operand, Operator, Path, Step},
    compare,
    evaluation::Evaluation,
    operand::Value,
};
use crate::model::Json;

/// Why there can be no result; `None` when there may be one.
pub(super) fn reason(path: &Path) -> Option<String> {
    path.steps.iter().find_map(|step| match step {
        Step::Slice { from: Some(from), to: Some(to) } if is_empty_slice(*from, *to) => {
            Some(format!("the slice `[{from}:{to}]` is empty: its end is not behind its start"))
        }
        Step::Slice { from: None, to: Some(0) } => {
            Some("the slice `[:0]` is empty; write `[:1]` for the first item".to_owned())
        }
        Step::Filter(filter) => never_holds(filter),
        Step::Function { function: Function::Unknown(name), .. } => {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            Some(format!("there is no function `{name}()`; there are {}", names.join(", ")))
        }
        _ => None,
    })
}

/// Jayway compares the two as they are written: a negative end is behind no start.
fn is_empty_slice(from: i64, to: i64) -> bool {
    from >= to
}

fn never_holds(filter: &Filter) -> Option<String> {
    match filter {
        Filter::All(filters) => filters.iter().find_map(never_holds),
        Filter::Any(filters) => {
            let reasons: Vec<_> = filters.iter().map(never_holds).collect();
            let all: Option<Vec<String>> = reasons.into_iter().collect();
            all.and_then(|reasons| reasons.into_iter().next())
        }
        Filter::Not(_) => None,
        Filter::Exists(path, true) => reason(path).filter(|_| path.is_definite()),
        Filter::Exists(_, false) => None,
        Filter::Compare(left, operator, right) => comparison(left, *operator, right),
    }
}

fn comparison(left: &Operand, operator: Operator, right: &Operand) -> Option<String> {
    if operator == Operator::Never {
        return Some("no literal suits the operators `all`, `type`, `matches`; use `contains`, `anyof` or `=~`".to_owned());
    }
    if let (Operator::In | Operator::AnyOf, Operand::Json(Json::Array(items))) = (operator, right)
        && items.is_empty()
    {
        return Some("nothing is in an empty list".to_owned());
    }
    let takes_list = matches!(
        operator,
        Operator::In | Operator::NotIn | Operator::SubsetOf | Operator::AnyOf | Operator::NoneOf
    );
    if takes_list && !matches!(right, Operand::Path(_) | Operand::Json(Json::Array(_))) {
        let is_object = matches!(right, Operand::Json(_));
        if !(is_object && operator == Operator::NotIn) {
            return Some("the operator takes a list on its right, as in `['a','b']`".to_owned());
        }
    }
    match (operator, right) {
        (Operator::Size, Operand::Path(_) | Operand::Number(_))
        | (Operator::Empty, Operand::Path(_) | Operand::Bool(_)) => {}
        (Operator::Size, _) => return Some("`size` takes a number on its right".to_owned()),
        (Operator::Empty, _) => {
            return Some("`empty` takes `true` or `false` on its right".to_owned());
        }
        _ => {}
    }
    if operator == Operator::Regex
        && !matches!(left, Operand::Path(_) | Operand::Pattern(_))
        && !matches!(right, Operand::Path(_) | Operand::Pattern(_))
        || (operator == Operator::Regex
            && !matches!(left, Operand::Pattern(_))
            && !matches!(right, Operand::Path(_) | Operand::Pattern(_)))
    {
        return Some("`=~` takes a pattern between slashes, as in `/a.*/`".to_owned());
    }
    let (left, right) = (Value::of_constant(left)?, Value::of_constant(right)?);
    let mut evaluation = Evaluation::new(&Json::Null);
    match compare::holds(&mut evaluation, &left, operator, &right) {
        Ok(true) => None,
        _ => Some("the filter compares two fixed values, and that never holds".to_owned()),
    }
}
