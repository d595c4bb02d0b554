//! Values of XPath 1.0, and how they become each other (§4.2 to §4.4) and compare (§3.4).

use std::collections::HashSet;

use super::{
    axis::{Item, text},
    document::Document,
    expression::Operator,
    number,
};

/// What an expression has come to.
#[derive(Clone, Debug)]
pub enum Value {
    /// `true()`
    Bool(bool),
    /// In document order, none twice.
    Nodes(Vec<Item>),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Value {
    /// As `boolean(value)`.
    pub fn to_bool(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Nodes(items) => !items.is_empty(),
            Self::Number(value) => *value != 0.0 && !value.is_nan(),
            Self::Text(value) => !value.is_empty(),
        }
    }

    /// As `number(value)`.
    pub fn to_number(&self, document: &Document) -> f64 {
        match self {
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Nodes(items) => {
                items.first().map_or(f64::NAN, |&item| number::parse(text(document, item)))
            }
            Self::Number(value) => *value,
            Self::Text(value) => number::parse(value),
        }
    }

    /// As `string(value)`.
    pub fn into_text(self, document: &Document) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Nodes(items) => {
                items.first().map_or_else(String::new, |&item| text(document, item).to_owned())
            }
            Self::Number(value) => number::text(value),
            Self::Text(value) => value,
        }
    }

    /// How much is read to compare it, in characters about.
    pub fn weight(&self, document: &Document) -> usize {
        match self {
            Self::Nodes(items) => items.iter().map(|&item| 8 + text(document, item).len()).sum(),
            Self::Text(value) => value.len(),
            Self::Bool(_) | Self::Number(_) => 1,
        }
    }
}

/// Whether `left operator right`, for the operators that compare. Of nodes, any one may do.
pub fn compare(document: &Document, left: &Value, operator: Operator, right: &Value) -> bool {
    match (left, right) {
        (Value::Bool(_), _) | (_, Value::Bool(_)) => {
            let number = |value: &Value| f64::from(u8::from(value.to_bool()));
            holds(number(left), operator, number(right))
        }
        (Value::Nodes(left), Value::Nodes(right)) => nodes(document, left, operator, right),
        (Value::Nodes(items), other) => items.iter().any(|&item| {
            let found = text(document, item);
            match other {
                Value::Text(text) if is_equality(operator) => {
                    (found == text) == (operator == Operator::Equal)
                }
                _ => holds(number::parse(found), operator, other.to_number(document)),
            }
        }),
        (_, Value::Nodes(_)) => compare(document, right, mirrored(operator), left),
        (Value::Text(left), Value::Text(right)) if is_equality(operator) => {
            (left == right) == (operator == Operator::Equal)
        }
        _ => holds(left.to_number(document), operator, right.to_number(document)),
    }
}

/// Two lists of nodes, without trying each pair.
fn nodes(document: &Document, left: &[Item], operator: Operator, right: &[Item]) -> bool {
    if is_equality(operator) {
        let known: HashSet<&str> = left.iter().map(|&item| text(document, item)).collect();
        let is_known = |&item: &Item| known.contains(text(document, item));
        return if operator == Operator::Equal {
            right.iter().any(is_known)
        } else {
            match known.len() {
                0 => false,
                1 => right.iter().any(|item| !is_known(item)),
                _ => !right.is_empty(),
            }
        };
    }
    let numbers = |items: &[Item]| {
        let all = items.iter().map(|&item| number::parse(text(document, item)));
        all.filter(|number| !number.is_nan()).collect::<Vec<_>>()
    };
    let (left, right) = (numbers(left), numbers(right));
    let least = |of: &[f64]| of.iter().copied().fold(f64::NAN, f64::min);
    let most = |of: &[f64]| of.iter().copied().fold(f64::NAN, f64::max);
    match operator {
        Operator::Less | Operator::LessOrEqual => holds(least(&left), operator, most(&right)),
        _ => holds(most(&left), operator, least(&right)),
    }
}

const fn is_equality(operator: Operator) -> bool {
    matches!(operator, Operator::Equal | Operator::NotEqual)
}

const fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        other => other,
    }
}

fn holds(left: f64, operator: Operator, right: f64) -> bool {
    match operator {
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        Operator::Less => left < right,
        Operator::LessOrEqual => left <= right,
        Operator::Greater => left > right,
        Operator::GreaterOrEqual => left >= right,
        _ => false,
    }
}
