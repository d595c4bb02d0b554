//! A template as it was understood.

use std::sync::Arc;

use super::path::Step;
use crate::render::template::{Helper, Value};

/// A piece of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Text as it stands.
    Text(Box<str>),
    /// The value of a path.
    Value(Box<[Step]>),
    /// A helper called inline.
    Call(Box<CallExpr>),
    /// A block.
    Block(Box<Block>),
}

/// A parameter.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// A literal.
    Literal(Value),
    /// The value of a path.
    Path(Box<[Step]>),
    /// A helper called in parentheses.
    Call(Box<CallExpr>),
}

/// What a helper is called with.
#[derive(Clone, Debug)]
pub(super) struct CallExpr {
    /// The name that it is called by.
    pub name: Box<str>,
    /// What it does.
    pub callee: Callee,
    /// Its parameters.
    pub params: Vec<Expr>,
    /// Its named options.
    pub hash: Vec<(Arc<str>, Expr)>,
    /// Where its name stands, in bytes from the start of the template.
    pub at: usize,
}

/// What a call does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    /// `each`
    Each,
    /// `if`
    If,
    /// `lookup`
    Lookup,
    /// `unless`
    Unless,
    /// `with`
    With,
    /// Any other helper.
    Helper(Helper),
}

impl Callee {
    /// Those that are parts of the language.
    pub(super) const BUILT_IN: [(&'static str, Self); 5] = [
        ("each", Self::Each),
        ("if", Self::If),
        ("lookup", Self::Lookup),
        ("unless", Self::Unless),
        ("with", Self::With),
    ];
}

/// A block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// What stands before `{{else}}`, and after each `{{else if …}}`; never empty.
    pub arms: Vec<Arm>,
    /// What stands after the `{{else}}` of the last arm.
    pub otherwise: Vec<Node>,
}

/// A part of a block and what decides over it.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    /// What decides.
    pub head: Head,
    /// The names that it gives to values (`as |x i|`).
    pub names: Vec<Arc<str>>,
    /// What it renders.
    pub body: Vec<Node>,
}

/// What decides over an arm.
#[derive(Clone, Debug)]
pub(super) enum Head {
    /// A helper.
    Call(CallExpr),
    /// A value: a list repeats the block, anything else true renders it.
    Section {
        /// Where the value is.
        path: Box<[Step]>,
        /// Whether the block is rendered when it is false (`{{^x}}`).
        is_inverted: bool,
    },
}

/// The arms of a block that are left, and what follows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arms<'b> {
    /// The arms.
    pub arms: &'b [Arm],
    /// What follows the last.
    pub otherwise: &'b [Node],
}

impl<'b> Arms<'b> {
    /// The first arm and those after it.
    pub(super) fn next(self) -> Option<(&'b Arm, Self)> {
        let (first, arms) = self.arms.split_first()?;
        Some((first, Self { arms, ..self }))
    }
}
