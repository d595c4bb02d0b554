//! A side of a comparison, evaluated.

use std::borrow::Cow;

use super::{
    ast::Operand,
    evaluation::{Evaluation, Stop},
    found::Found,
    item::items,
    literal,
    pattern::Pattern,
};
use crate::{
    codec::{json::java::double, number::is_float},
    model::Json,
};

/// What Jayway calls a value node.
#[derive(Clone, Debug)]
pub(super) enum Value<'v> {
    /// A path without a result; equal to nothing, itself included.
    Undefined,
    Null,
    Bool(bool),
    Number(Cow<'v, str>),
    String(Cow<'v, str>),
    /// An array or object from a document.
    Json(Cow<'v, Json>),
    /// The results of an indefinite path.
    List(Vec<Cow<'v, Json>>),
    /// An array or object in the expression.
    Literal(&'v Json),
    Pattern(&'v Pattern),
    /// Text in a list that Jayway takes for a path or for JSON: equal to nothing.
    Opaque,
}

impl<'v> From<Found<'v>> for Value<'v> {
    fn from(found: Found<'v>) -> Self {
        match found {
            Found::Missing | Found::Failed(_) => Self::Undefined,
            Found::Many(values) => Self::List(values),
            Found::One(Cow::Borrowed(value)) => match value {
                Json::Null => Self::Null,
                Json::Bool(value) => Self::Bool(*value),
                Json::Number(spelling) => Self::Number(spelling.into()),
                Json::String(text) => Self::String(text.into()),
                other => Self::Json(Cow::Borrowed(other)),
            },
            Found::One(Cow::Owned(value)) => match value {
                Json::Null => Self::Null,
                Json::Bool(value) => Self::Bool(value),
                Json::Number(spelling) => Self::Number(spelling.into()),
                Json::String(text) => Self::String(text.into()),
                other => Self::Json(Cow::Owned(other)),
            },
        }
    }
}

impl<'v> Value<'v> {
    /// What the same is for every document; `None` of a path.
    pub(super) fn of_constant(operand: &'v Operand) -> Option<Self> {
        Some(match operand {
            Operand::Path(_) => return None,
            Operand::Null => Self::Null,
            Operand::Bool(value) => Self::Bool(*value),
            Operand::Number(spelling) => Self::Number(spelling.into()),
            Operand::String(text) => Self::String(text.into()),
            Operand::Json(value) => Self::Literal(value),
            Operand::Pattern(pattern) => Self::Pattern(pattern),
        })
    }
}

impl Value<'_> {
    /// Whether it is what Jayway calls a JSON node: an array or object.
    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_) | Self::List(_) | Self::Literal(_))
    }

    /// The items of an array; `None` for anything else.
    pub(super) fn items(&self) -> Option<Vec<&Json>> {
        match self {
            Self::List(values) => Some(values.iter().map(AsRef::as_ref).collect()),
            Self::Json(value) if matches!(value.as_ref(), Json::Array(_)) => {
                Some(items(value).iter().collect())
            }
            Self::Literal(value @ Json::Array(_)) => Some(items(value).iter().collect()),
            _ => None,
        }
    }

    /// The items of an array as values to compare with.
    pub(super) fn list<'s>(
        &'s self,
        evaluation: &mut Evaluation<'_>,
    ) -> Result<Option<Vec<Value<'s>>>, Stop> {
        let Some(items) = self.items() else { return Ok(None) };
        evaluation.charge(items.len())?;
        items.into_iter().map(element).collect::<Result<_, _>>().map(Some)
    }
}

/// An item of a list; Jayway fails where lists are nested.
fn element(item: &Json) -> Result<Value<'_>, Stop> {
    Ok(match item {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(spelling) => Value::Number(spelling.into()),
        Json::String(text) if is_path_or_json(text) => Value::Opaque,
        Json::String(text) => Value::String(unquoted(text)),
        Json::Array(_) | Json::Object(_) => {
            let message = "a list in a comparison holds another list or an object";
            return Err(Stop::Failed(message.to_owned()));
        }
    })
}

fn is_path_or_json(text: &str) -> bool {
    let text = text.trim();
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(b'$' | b'@'), _) => matches!(bytes.get(1), None | Some(b'.' | b'[')),
        (Some(b'['), Some(b']')) | (Some(b'{'), Some(b'}')) => {
            bytes.len() > 1 && literal::parse(text).is_ok()
        }
        _ => false,
    }
}

/// Text within quotes loses them, and its escapes.
fn unquoted(text: &str) -> Cow<'_, str> {
    if text.len() < 2 {
        return text.into();
    }
    let inside = ['\'', '"']
        .iter()
        .find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text);
    if inside.contains('\\') { literal::unescape(inside).into() } else { inside.into() }
}

/// A number as Java's `BigDecimal` spells it, made from what its JSON parser read.
pub(super) fn number_text(spelling: &str) -> Cow<'_, str> {
    if !is_float(spelling) {
        return spelling.into();
    }
    let Ok(value) = spelling.parse::<f64>() else { return spelling.into() };
    let text = double(value);
    let Some((mantissa, exponent)) = text.split_once('E') else { return text.into() };
    match exponent.strip_prefix('-').and_then(|digits| digits.parse::<usize>().ok()) {
        None => format!("{mantissa}E+{exponent}").into(),
        Some(places @ ..=6) => {
            let n_decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            format!("{value:.*}", n_decimals + places).into()
        }
        Some(_) => text.into(),
    }
}
