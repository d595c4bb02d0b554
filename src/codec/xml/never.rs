//! Expressions that find nothing, whatever the document: mistakes that `ringer check` reports.

use super::{
    axis::Axis,
    expression::{Expression, Operator, Step, Test},
    function::{Function, Type},
};

/// What a step can stand at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Any,
    Document,
    /// An attribute, a text or the like: nothing is below it.
    Leaf(&'static str),
}

/// Why `expression` finds nothing; `None` if it may find something.
pub fn finds_nothing(expression: &Expression) -> Option<String> {
    match expression {
        // A relative path, too, begins at the document.
        Expression::Path(path) => steps_find_nothing(Place::Document, &path.steps),
        Expression::Union(parts) => {
            let reasons: Option<Vec<String>> = parts.iter().map(finds_nothing).collect();
            reasons?.into_iter().next()
        }
        Expression::Filter { base, predicates, steps } => finds_nothing(base)
            .or_else(|| predicates.iter().find_map(is_never_true))
            .or_else(|| steps_find_nothing(Place::Any, steps)),
        Expression::Call(Function::Id, _) => Some(
            "`id(...)` finds nothing: no document type says which attributes identify".to_owned(),
        ),
        _ => None,
    }
}

fn steps_find_nothing(from: Place, steps: &[Step]) -> Option<String> {
    let mut place = from;
    for step in steps {
        match next(place, step) {
            Ok(next) => place = next,
            Err(reason) => return Some(reason),
        }
        if let Some(reason) = step.predicates.iter().find_map(is_never_true) {
            return Some(reason);
        }
    }
    None
}

/// Where `step` leads from `place`, or why nowhere.
fn next(place: Place, step: &Step) -> Result<Place, String> {
    let names = matches!(step.test, Test::AnyName | Test::Name { .. } | Test::Namespace(_));
    if step.test == Test::Nothing {
        return Err("a name has a prefix, but no prefix is declared; declare it in \
                    `xPathNamespaces`, or write `*[local-name()='...']`"
            .to_owned());
    }
    match (place, step.axis) {
        (Place::Leaf(what), Axis::Child | Axis::Descendant | Axis::Attribute) => {
            return Err(format!("{what} has no children and no attributes"));
        }
        (Place::Leaf(what), Axis::SelfNode | Axis::DescendantOrSelf) if names => {
            return Err(format!("{what} is no element"));
        }
        (
            Place::Document,
            Axis::Ancestor
            | Axis::Attribute
            | Axis::Following
            | Axis::FollowingSibling
            | Axis::Parent
            | Axis::Preceding
            | Axis::PrecedingSibling,
        ) => return Err("the document has no attributes, and nothing is around it".to_owned()),
        (Place::Document, Axis::SelfNode) if step.test != Test::Node => {
            return Err("the document is no element; write `/*` for its element".to_owned());
        }
        (Place::Document, Axis::Child) if step.test == Test::Text => {
            return Err("text stands in elements only; write `//text()`".to_owned());
        }
        _ => {}
    }
    let is_attribute = step.axis == Axis::Attribute;
    if is_attribute && !names && step.test != Test::Node {
        return Err("an attribute is neither text nor comment nor instruction".to_owned());
    }
    Ok(match (&step.test, step.axis) {
        _ if is_attribute => Place::Leaf("an attribute"),
        (Test::Text, _) => Place::Leaf("a text"),
        (Test::Comment, _) => Place::Leaf("a comment"),
        (Test::Instruction(_), _) => Place::Leaf("an instruction"),
        (Test::Node, Axis::SelfNode) => place,
        (Test::Node, Axis::DescendantOrSelf) if place != Place::Document => place,
        _ => Place::Any,
    })
}

/// Why `predicate` holds for no node.
fn is_never_true(predicate: &Expression) -> Option<String> {
    match predicate {
        Expression::Call(Function::False, _) => Some("`[false()]` holds for nothing".to_owned()),
        Expression::Chain(first, rest) => {
            if rest.iter().any(|(operator, _)| *operator != Operator::And) {
                return None;
            }
            std::iter::once(&**first)
                .chain(rest.iter().map(|(_, next)| next))
                .filter(|part| part.kind() != Type::Number)
                .find_map(is_never_true)
        }
        Expression::Filter { base, predicates, steps } if steps.is_empty() => {
            if predicates.is_empty() { is_never_true(base) } else { None }
        }
        Expression::Literal(text) if text.is_empty() => Some("`['']` holds for nothing".to_owned()),
        Expression::Number(number) if number.trunc() < 1.0 => {
            Some(format!("`[{number}]` is no position; the first is 1"))
        }
        Expression::Path(path) => {
            let from = if path.is_absolute { Place::Document } else { Place::Any };
            steps_find_nothing(from, &path.steps)
        }
        _ => None,
    }
}
