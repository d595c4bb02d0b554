//! Lists (`array`, `arrayAdd`, `arrayRemove`, `arrayJoin`, `range`, `size`, `pickRandom` of WireMock).

use rand::RngExt as _;

use super::args::{
    MOST_ITEMS, Result, arg, args, bounded, coerced, complaint, failure, printed, text_option,
    whole,
};
use crate::render::template::{Call, Scope, Value};

/// `array`
pub(super) fn array(call: &mut Call<'_, '_>) -> Result {
    // A first parameter that is nothing makes the list empty, as in WireMock.
    let items = if call.param(0).is_nothing() { Vec::new() } else { call.params().to_vec() };
    Ok(Value::list(items))
}

/// Where `position=` points to in a list of so many items; `end` is `None`.
enum Position {
    End,
    At(i64),
    Bad,
}

fn position(call: &Call<'_, '_>) -> Position {
    let Some(value) = call.hash("position") else { return Position::End };
    let text = value.printed();
    if text.eq_ignore_ascii_case("start") {
        Position::At(0)
    } else if text.eq_ignore_ascii_case("end") {
        Position::End
    } else {
        text.parse::<i32>().map_or(Position::Bad, |at| Position::At(at.into()))
    }
}

const BAD_POSITION: &str = "position must be 'start', 'end' or an integer";
const OUTSIDE: &str =
    "position must be greater than or equal to 0 and less than or equal to the size of the list";

fn list_of(call: &Call<'_, '_>, value: &Value) -> Result<Vec<Value>> {
    value.items().ok_or_else(|| {
        failure(call, format!("`{}` is no list; `array` makes one", value.printed()))
    })
}

/// `arrayAdd`
pub(super) fn array_add(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    if context.is_nothing() {
        return Ok(Value::list(Vec::new()));
    }
    let mut items = list_of(call, &context)?;
    if args(call).is_empty() {
        return Ok(complaint("Missing required parameter: additional value to add to list"));
    }
    let added = arg(call, 0).clone();
    match position(call) {
        Position::Bad => return Ok(complaint(BAD_POSITION)),
        Position::End => items.push(added),
        Position::At(at) => match usize::try_from(at).ok().filter(|at| *at <= items.len()) {
            Some(at) => items.insert(at, added),
            None => return Ok(complaint(OUTSIDE)),
        },
    }
    Ok(Value::list(items))
}

/// `arrayRemove`
pub(super) fn array_remove(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let at = match position(call) {
        Position::Bad => return Ok(complaint(BAD_POSITION)),
        Position::End => None,
        Position::At(at) => Some(at),
    };
    let mut items = list_of(call, &context)?;
    let at = match at {
        None => items.len().checked_sub(1),
        Some(at) => match usize::try_from(at).ok().filter(|at| *at <= items.len()) {
            Some(at) => Some(at),
            None => return Ok(complaint(OUTSIDE)),
        },
    };
    match at.filter(|at| *at < items.len()) {
        Some(at) => {
            items.remove(at);
            Ok(Value::list(items))
        }
        None => Err(failure(call, format!("there is nothing to remove in {} items", items.len()))),
    }
}

/// `arrayJoin`: the separator first; as a block, what the block makes of each item.
pub(super) fn array_join(call: &mut Call<'_, '_>) -> Result {
    let Value::Text(separator) = call.context() else {
        return Ok(complaint("Separator parameter must be a String"));
    };
    let first = arg(call, 0);
    if first.is_nothing() {
        return Ok(complaint("The parameter must be list"));
    }
    let items = first.items().unwrap_or_else(|| args(call).to_vec());
    if items.is_empty() {
        return Ok(Value::text(""));
    }
    let mut out = String::from(text_option(call, "prefix")?.unwrap_or(""));
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(&separator);
        }
        if call.is_block() {
            let scope = Scope {
                this: Some(item.clone()),
                block_params: vec![item.clone()],
                data: Vec::new(),
            };
            out.push_str(&call.body_with(scope)?);
        } else {
            out.push_str(&printed(call, item)?);
        }
        bounded(call, Some(out.len()))?;
    }
    out.push_str(text_option(call, "suffix")?.unwrap_or(""));
    Ok(Value::text(out))
}

/// `range`: whole numbers, both ends included.
pub(super) fn range(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let lower = coerced(call, "lower", &context)?;
    let upper = coerced(call, "upper", arg(call, 0))?;
    let (Some(lower), Some(upper)) = (lower, upper) else {
        return Ok(complaint(
            "The range helper requires both lower and upper bounds as integer parameters",
        ));
    };
    let count = upper.checked_sub(lower).and_then(|n| n.checked_add(1));
    match count.and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= MOST_ITEMS) {
        Some(_) => Ok(Value::list((lower..=upper).map(Value::int).collect())),
        None => Err(failure(
            call,
            format!("{lower} to {upper} is no range of at most {MOST_ITEMS} numbers"),
        )),
    }
}

/// `size`: of a text (in UTF-16 units), a list or a map.
pub(super) fn size(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let size = match &context {
        Value::Absent | Value::Null => {
            return Err(failure(call, "its value is missing"));
        }
        Value::Map(map) => map.entries().len(),
        Value::Text(text) => text.encode_utf16().count(),
        other => match other.items() {
            Some(items) => items.len(),
            None => return Ok(Value::Null),
        },
    };
    Ok(i64::try_from(size).map_or(Value::Null, Value::int))
}

/// `pickRandom`: one of a list or of the parameters; with `count=` a list of so many.
pub(super) fn pick_random(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    if context.is_nothing() {
        return Ok(complaint(
            "Must specify either a single list argument or a set of single value arguments.",
        ));
    }
    let mut items = match context.items() {
        Some(items) => items,
        None => std::iter::once(context).chain(args(call).iter().cloned()).collect(),
    };
    let count = whole(call, "count", call.hash("count"))?.unwrap_or(0);
    if items.is_empty() && count <= 0 {
        return Err(failure(call, "its list is empty"));
    }
    let random = &mut *call.env().random;
    if count <= 0 {
        let at = random.random_range(0..items.len());
        return Ok(items.swap_remove(at));
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(items.len());
    for at in 0..count {
        let other = random.random_range(at..items.len());
        items.swap(at, other);
    }
    items.truncate(count);
    Ok(Value::list(items))
}
