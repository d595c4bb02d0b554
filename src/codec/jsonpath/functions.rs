//! The functions that may end a path: `.length()`, `.sum()`, `.keys()`, …
//!
//! With the peculiarities of Jayway's: `max()` of negative numbers only is the smallest positive
//! float, `last()` of a single item fails.

use super::{
    ast::{Function, Parameter, Path, Step},
    evaluation::{Evaluation, Stop},
    found::Found,
    item::{items, unique_members},
};
use crate::{
    codec::{json, json::java::double, number::is_float},
    model::Json,
};

/// Calls a function on a value.
pub(super) fn call(
    evaluation: &mut Evaluation<'_>,
    function: &Function,
    parameters: &[Parameter],
    model: &Json,
) -> Result<Json, Stop> {
    if let Function::Unknown(name) = function {
        return Err(Stop::Invalid(format!("there is no function `{name}()`")));
    }
    let mut values = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        values.push(value_of(evaluation, parameter)?);
    }
    evaluation.charge(items(model).len())?;
    match function {
        Function::Length => length(evaluation, parameters, model),
        Function::Sum | Function::Min | Function::Max | Function::Avg | Function::StdDev => {
            aggregate(function, &numbers(model, &values))
        }
        Function::Keys => Ok(match model {
            Json::Object(_) => {
                let names = unique_members(model).into_iter();
                Json::Array(names.map(|(name, _)| name.into()).collect())
            }
            _ => Json::Null,
        }),
        Function::First => item_at(evaluation, model, 0),
        Function::Last => item_at(evaluation, model, -1),
        Function::Index => {
            let numbers = numbers(&Json::Null, &values);
            let index = numbers.first().ok_or(Stop::OutOfBounds)?;
            item_at(evaluation, model, *index as i64)
        }
        Function::Concat => concat(evaluation, model, &values),
        Function::Append => {
            evaluation.charge_copy(model)?;
            let mut model = model.clone();
            if let Json::Array(items) = &mut model {
                items.extend(values);
            }
            Ok(model)
        }
        Function::Unknown(_) => Ok(Json::Null),
    }
}

/// An argument's value; paths start at the document.
fn value_of(evaluation: &mut Evaluation<'_>, parameter: &Parameter) -> Result<Json, Stop> {
    match parameter {
        Parameter::Json(value) => {
            evaluation.charge_copy(value)?;
            Ok(value.clone())
        }
        Parameter::Path(path) => {
            let root = evaluation.root();
            let values = match evaluation.run(path, root, false)? {
                Found::One(value) => {
                    evaluation.charge_copy(&value)?;
                    return Ok(value.into_owned());
                }
                other => other.into_values(),
            };
            for value in &values {
                evaluation.charge_copy(value)?;
            }
            Ok(Json::Array(values.into_iter().map(std::borrow::Cow::into_owned).collect()))
        }
    }
}

/// How many items or members; of an argument that is a path, how many children its results have.
fn length(
    evaluation: &mut Evaluation<'_>,
    parameters: &[Parameter],
    model: &Json,
) -> Result<Json, Stop> {
    match parameters.first() {
        Some(Parameter::Json(_)) => {
            return Err(Stop::Failed("`length()` takes a path".to_owned()));
        }
        Some(Parameter::Path(path)) => {
            if let Some(length) = length_of_path(evaluation, path, model)? {
                return Ok(count(length));
            }
        }
        None => {}
    }
    Ok(match model {
        Json::Array(items) => count(items.len()),
        Json::Object(_) => count(unique_members(model).len()),
        _ => Json::Null,
    })
}

fn length_of_path(
    evaluation: &mut Evaluation<'_>,
    path: &Path,
    model: &Json,
) -> Result<Option<usize>, Stop> {
    let was_definite = path.is_definite();
    let mut children = path.clone();
    if !path.is_function() && !path.steps.is_empty() {
        children.steps.push(Step::Wildcard);
    }
    let array_length = |value: &Json| match value {
        Json::Array(items) => Some(items.len()),
        _ => None,
    };
    Ok(match evaluation.run(&children, model, false)? {
        Found::One(value) => array_length(&value),
        // Jayway has made up its mind about the path before it asks for the children.
        Found::Many(values) if was_definite => array_length(values.last().ok_or(Stop::Missing)?),
        Found::Many(values) => Some(values.len()),
        Found::Missing | Found::Failed(_) => None,
    })
}

fn count(length: usize) -> Json {
    Json::Number(length.to_string())
}

/// The numbers among the items of the value, and in the arguments.
fn numbers(model: &Json, values: &[Json]) -> Vec<f64> {
    let own = items(model).iter();
    let given = values.iter().flat_map(|value| match value {
        Json::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    });
    own.chain(given).filter_map(Json::as_f64).collect()
}

fn aggregate(function: &Function, numbers: &[f64]) -> Result<Json, Stop> {
    if numbers.is_empty() {
        return Err(Stop::Failed("there are no numbers to calculate with".to_owned()));
    }
    let n = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    let result = match function {
        Function::Min => numbers.iter().copied().fold(f64::MAX, f64::min),
        Function::Max => numbers.iter().copied().fold(f64::from_bits(1), f64::max),
        Function::Avg => sum / n,
        Function::StdDev => {
            let squares: f64 = numbers.iter().map(|number| number * number).sum();
            (squares / n - sum * sum / n / n).sqrt()
        }
        _ => sum,
    };
    if result.is_finite() {
        return Ok(Json::Number(double(result)));
    }
    Err(Stop::Failed("the result is no finite number".to_owned()))
}

fn item_at(evaluation: &mut Evaluation<'_>, model: &Json, index: i64) -> Result<Json, Stop> {
    let Json::Array(items) = model else {
        return Err(Stop::Failed("only a list has a first, last or nth item".to_owned()));
    };
    let item = match usize::try_from(index) {
        Ok(at) => items.get(at).ok_or(Stop::OutOfBounds)?,
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            // Jayway does not find the very first item from the end.
            items
                .len()
                .checked_sub(back)
                .filter(|&at| at > 0)
                .and_then(|at| items.get(at))
                .ok_or_else(|| Stop::Failed(format!("the list has no item {index} from its end")))?
        }
    };
    evaluation.charge_copy(item)?;
    Ok(item.clone())
}

/// Text of the value's items and of the arguments, one after the other.
fn concat(evaluation: &mut Evaluation<'_>, model: &Json, values: &[Json]) -> Result<Json, Stop> {
    let mut text: String = items(model).iter().filter_map(Json::as_str).collect();
    for value in values {
        let parts = match value {
            Json::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        for part in parts {
            match part {
                Json::Null => {}
                Json::String(part) => text.push_str(part),
                Json::Number(spelling) if is_float(spelling) => {
                    text.push_str(&part.as_f64().map_or_else(|| spelling.clone(), double));
                }
                Json::Number(spelling) => text.push_str(spelling),
                Json::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
                other => text.push_str(&json::write(other, crate::model::JsonStyle::default())),
            }
        }
    }
    evaluation.charge(text.len() / 16)?;
    Ok(Json::String(text))
}
