//! What can be read off an expression of what a document must have at one place for it to find
//! anything: an index tells documents apart by that before any expression is evaluated.

use super::{
    ast::{Filter, Operand, Operator, Path, Step},
    operand::number_text,
    path::JsonPath,
};
use crate::{codec::number::NumberValue, model::Json};

/// A step down from one value to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain<'p> {
    /// To the member of an object.
    Name(&'p str),
    /// To the item of an array.
    At(usize),
}

/// That a filter lets through only what has a scalar at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterEquality<'p> {
    /// From the root to what the filter is applied to: an object, or an array whose items are tested.
    pub base: Vec<Plain<'p>>,
    /// From what is tested to the value that is compared.
    pub item: Vec<Plain<'p>>,
    /// What it must be equal to: a text and a number are where their values as decimals are.
    pub value: Json,
}

impl JsonPath {
    /// The steps of an expression that names each of them, none of which is counted from the end;
    /// `None` of any other.
    pub fn plain_steps(&self) -> Option<Vec<Plain<'_>>> {
        plain(&self.path().steps)
    }

    /// What the first filter behind such steps asks for by `==`, if it does.
    pub fn filter_equality(&self) -> Option<FilterEquality<'_>> {
        let path = self.path();
        let at = path.steps.iter().position(|step| matches!(step, Step::Filter(_)))?;
        let Some(Step::Filter(filter)) = path.steps.get(at) else { return None };
        let base = plain(path.steps.get(..at)?)?;
        let (item, value) = compared(filter)?;
        Some(FilterEquality { base, item, value })
    }
}

fn plain(steps: &[Step]) -> Option<Vec<Plain<'_>>> {
    steps
        .iter()
        .map(|step| match step {
            Step::Members(names) => match names.as_slice() {
                [name] => Some(Plain::Name(name)),
                _ => None,
            },
            Step::Index(places) => match places.as_slice() {
                [place] => usize::try_from(*place).ok().map(Plain::At),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn compared(filter: &Filter) -> Option<(Vec<Plain<'_>>, Json)> {
    match filter {
        Filter::All(filters) => filters.iter().find_map(compared),
        Filter::Compare(Operand::Path(path), Operator::Equal | Operator::SameEqual, constant) => {
            let Path { is_rooted: false, steps } = path else { return None };
            let value = match constant {
                Operand::Bool(value) => Json::Bool(*value),
                Operand::Number(spelling) => {
                    // A text is compared with how Java prints the number, which may have lost digits.
                    let shown = NumberValue::of_big_decimal(&number_text(spelling))?;
                    if Some(shown) != NumberValue::of_big_decimal(spelling) {
                        return None;
                    }
                    Json::Number(spelling.clone())
                }
                Operand::String(text) => Json::String(text.clone()),
                Operand::Json(_) | Operand::Null | Operand::Path(_) | Operand::Pattern(_) => {
                    return None;
                }
            };
            Some((plain(steps)?, value))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(expression: &str) -> JsonPath {
        JsonPath::compile(expression).unwrap()
    }

    #[test]
    fn plain_steps_lead_to_one_place() {
        let steps = path("$.a['b c'][2]");
        assert_eq!(
            steps.plain_steps().unwrap(),
            [Plain::Name("a"), Plain::Name("b c"), Plain::At(2)]
        );
        for other in ["$..a", "$.a[-1]", "$.*", "$['a','b']", "$.a[0,1]", "$.a.length()"] {
            assert_eq!(path(other).plain_steps(), None, "{other}");
        }
    }

    #[test]
    fn a_filter_says_what_must_be_equal() {
        let told = |expression: &str| {
            let path = path(expression);
            let told = path.filter_equality()?;
            Some((format!("{:?} {:?}", told.base, told.item), told.value))
        };
        let number = |text: &str| Json::Number(text.to_owned());
        assert_eq!(
            told("$.a[?(@.b.c == 5)].d"),
            Some(("[Name(\"a\")] [Name(\"b\"), Name(\"c\")]".to_owned(), number("5")))
        );
        assert_eq!(
            told("$[?(@.n > 1 && @.id == 'x')]"),
            Some(("[] [Name(\"id\")]".to_owned(), "x".into()))
        );
        for other in [
            "$[?(@.a == 1 || @.b == 2)]",
            "$[?(5 == @.a)]",
            "$[?(@.a != 1)]",
            "$[?(@.a == $.b)]",
            "$..[?(@.a == 1)]",
            "$[?(@.a == 0.10000000000000000000001)]",
            "$[?(@.a == null)]",
            "$.a",
        ] {
            assert_eq!(told(other), None, "{other}");
        }
    }
}
