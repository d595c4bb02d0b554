//! A compiled expression as data: steps from the root, filters, operands.

use super::pattern::Pattern;
use crate::model::Json;

/// A path: `$.a[0]..b`, or `@.a` inside a filter.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// Whether it starts at the document (`$`) and not at the item that is being tested (`@`).
    pub(super) is_rooted: bool,
    pub(super) steps: Vec<Step>,
}

impl Path {
    /// Whether it leads to at most one value.
    pub(super) fn is_definite(&self) -> bool {
        self.is_upstream_definite(self.steps.len())
    }

    /// Whether everything before step `at` leads to at most one value.
    pub(super) fn is_upstream_definite(&self, at: usize) -> bool {
        (0..at.min(self.steps.len())).all(|before| self.is_step_definite(before))
    }

    /// Whether one step leads from one value to at most one.
    pub(super) fn is_step_definite(&self, at: usize) -> bool {
        match self.steps.get(at) {
            // At the end, several names make one merged object.
            Some(Step::Members(names)) => names.len() == 1 || at + 1 == self.steps.len(),
            Some(Step::Index(indices)) => indices.len() == 1,
            Some(Step::Function { .. }) | None => true,
            Some(_) => false,
        }
    }

    pub(super) fn is_function(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Function { .. }))
    }
}

/// One step of a path.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// `.a`, `['a']`, `['a','b']`
    Members(Vec<String>),
    /// `[0]`, `[-1]`, `[0,2]`
    Index(Vec<i64>),
    /// `[1:3]`, `[:-1]`, `[-2:]`; one side at least is there.
    Slice { from: Option<i64>, to: Option<i64> },
    /// `*`, `[*]`
    Wildcard,
    /// `..`: the next step, tried on every value below.
    Scan,
    /// `[?(…)]`
    Filter(Filter),
    /// `.length()`
    Function { function: Function, parameters: Vec<Parameter> },
}

/// An argument of a function.
#[derive(Clone, Debug)]
pub(super) enum Parameter {
    Path(Path),
    Json(Json),
}

/// What a filter asks of an item.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    /// `@.a` (`true`) or `!@.a` (`false`).
    Exists(Path, bool),
    Compare(Operand, Operator, Operand),
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Path(Path),
    Null,
    Bool(bool),
    /// As spelled.
    Number(String),
    String(String),
    /// An array or object literal.
    Json(Json),
    Pattern(Box<Pattern>),
}

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    /// `===`: of the same type too.
    SameEqual,
    SameNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Regex,
    In,
    NotIn,
    Contains,
    Size,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
    /// `all`, `type`, `matches`: words of Jayway that no literal can follow usefully; they match
    /// nothing.
    Never,
}

/// A function by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Sum,
    Min,
    Max,
    Avg,
    StdDev,
    Keys,
    First,
    Last,
    Index,
    Concat,
    Append,
    /// No function of Jayway: an error when it is evaluated.
    Unknown(String),
}

/// The names of all functions.
pub(super) const NAMES: [(&str, Function); 13] = [
    ("length", Function::Length),
    ("size", Function::Length),
    ("sum", Function::Sum),
    ("min", Function::Min),
    ("max", Function::Max),
    ("avg", Function::Avg),
    ("stddev", Function::StdDev),
    ("keys", Function::Keys),
    ("first", Function::First),
    ("last", Function::Last),
    ("index", Function::Index),
    ("concat", Function::Concat),
    ("append", Function::Append),
];

impl Function {
    pub(super) fn named(name: &str) -> Self {
        NAMES
            .into_iter()
            .find(|(known, _)| *known == name)
            .map_or_else(|| Self::Unknown(name.to_owned()), |(_, function)| function)
    }
}
