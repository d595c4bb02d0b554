//! Texts: case, parts, words (`StringHelpers` of Handlebars.java, `trim` of WireMock).

use std::sync::LazyLock;

use super::args::{Result, arg, args, block_or_context, bounded, failure, is_set, text_option};
use crate::render::template::{Call, Value};

/// Calls `make` with the context as text. A context that is nothing, false, empty or 0 gives the
/// first argument instead, as all of Handlebars.java's text helpers do.
pub(super) fn of_text(
    call: &mut Call<'_, '_>,
    make: impl FnOnce(&Call<'_, '_>, &str) -> Result<String>,
) -> Result {
    let context = call.context();
    if !context.is_truthy() {
        return Ok(arg(call, 0).to_text().map_or(Value::Null, Value::Text));
    }
    let text = context.printed();
    Ok(Value::text(make(call, &text)?))
}

/// `upper`
pub(super) fn upper(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |_, text| Ok(text.to_uppercase()))
}

/// `lower`
pub(super) fn lower(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |_, text| Ok(text.to_lowercase()))
}

/// `capitalize`: each word; `fully=true` makes the rest of it lower case.
pub(super) fn capitalize(call: &mut Call<'_, '_>) -> Result {
    let fully = is_set(call, "fully");
    of_text(call, |_, text| {
        let mut out = String::with_capacity(text.len());
        let mut begins = true;
        for c in text.chars() {
            match (begins, fully) {
                (true, _) => out.extend(c.to_uppercase()),
                (false, true) => out.extend(c.to_lowercase()),
                (false, false) => out.push(c),
            }
            begins = c.is_whitespace();
        }
        Ok(out)
    })
}

/// `capitalizeFirst`
pub(super) fn capitalize_first(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |_, text| {
        let mut rest = text.chars();
        Ok(rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect()))
    })
}

/// `trim`, a block too.
pub(super) fn trim(call: &mut Call<'_, '_>) -> Result {
    let text = block_or_context(call)?;
    Ok(Value::text(java_trim(&text)))
}

/// Without what is at most a space in front and behind (`String.trim`).
pub(super) fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// `replace`
pub(super) fn replace(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, text| {
        let (target, by) = (literal(call, 0)?, literal(call, 1)?);
        let found = text.matches(target).count();
        let longer = by.len().checked_mul(found).and_then(|more| more.checked_add(text.len()));
        bounded(call, longer)?;
        Ok(text.replace(target, by))
    })
}

/// `cut`: without all of a text, spaces if none is given.
pub(super) fn cut(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, text| {
        let what = if args(call).is_empty() { " " } else { literal(call, 0)? };
        Ok(text.replace(what, ""))
    })
}

/// An argument that must be a text.
fn literal<'c>(call: &Call<'c, '_>, at: usize) -> Result<&'c str> {
    match arg(call, at) {
        Value::Text(text) => Ok(text),
        other => Err(failure(
            call,
            format!(
                "parameter {} is `{}`, expected a text between quotes",
                at + 2,
                other.printed()
            ),
        )),
    }
}

/// `substring`: from a place on, up to another; places count UTF-16 units, as in Java.
pub(super) fn substring(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, text| {
        let units: Vec<u16> = text.encode_utf16().collect();
        let Some(start) = super::args::whole(call, "start", Some(arg(call, 0)))? else {
            return Err(failure(call, "the start is missing, expected a whole number"));
        };
        let end = super::args::whole(call, "end", Some(arg(call, 1)))?;
        let place = |at: i64| usize::try_from(at).ok();
        let part = place(start)
            .zip(end.map_or(Some(units.len()), place))
            .and_then(|(start, end)| units.get(start..end));
        part.map(String::from_utf16_lossy).ok_or_else(|| {
            let end = end.map_or_else(|| units.len().to_string(), |end| end.to_string());
            failure(
                call,
                format!("begin {start}, end {end} is no part of a text of length {}", units.len()),
            )
        })
    })
}

/// `slugify`: letters in lower case, hyphens for white space, nothing else.
pub(super) fn slugify(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |_, text| {
        let mut out = String::with_capacity(text.len());
        for c in text.trim().chars() {
            if c.is_alphabetic() {
                out.extend(c.to_lowercase());
            } else if c.is_whitespace() {
                out.push('-');
            }
        }
        Ok(out)
    })
}

/// A tag of HTML.
static TAG: LazyLock<Option<regex::Regex>> = LazyLock::new(|| regex::Regex::new("<[^>]*>").ok());

/// `stripTags`
pub(super) fn strip_tags(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |_, text| {
        Ok(TAG
            .as_ref()
            .map_or_else(|| text.to_owned(), |tag| tag.replace_all(text, "").into_owned()))
    })
}

/// `defaultIfEmpty`
pub(super) fn default_if_empty(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    if context.is_truthy() {
        return Ok(Value::text(context.printed()));
    }
    Ok(match arg(call, 0) {
        Value::Absent | Value::Null => Value::text(""),
        other => other.clone(),
    })
}

/// `yesno`: a word for true, false and nothing.
pub(super) fn yesno(call: &mut Call<'_, '_>) -> Result {
    let name = match call.context() {
        Value::Bool(true) => "yes",
        Value::Bool(false) => "no",
        Value::Absent | Value::Null => "maybe",
        other => {
            return Err(failure(
                call,
                format!("found `{}`, expected a truth value", other.printed()),
            ));
        }
    };
    Ok(Value::text(text_option(call, name)?.unwrap_or(name)))
}

/// `join`: the items of a list, or all parameters but the last, with the last between them.
pub(super) fn join(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    if !context.is_truthy() {
        return Ok(Value::text(""));
    }
    let Some((Value::Text(separator), before)) = args(call).split_last() else {
        return Err(failure(call, "its last parameter is no text, expected a separator"));
    };
    let items = match context.items() {
        Some(items) => items,
        None => std::iter::once(context).chain(before.iter().cloned()).collect(),
    };
    let prefix = text_option(call, "prefix")?.unwrap_or("");
    let suffix = text_option(call, "suffix")?.unwrap_or("");
    bounded(call, separator.len().checked_mul(items.len()))?;
    let mut out = String::from(prefix);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(separator);
        }
        item.print_to(&mut out);
        bounded(call, Some(out.len()))?;
    }
    out.push_str(suffix);
    Ok(Value::text(out))
}
