//! An XPath 1.0 expression as a tree. Operators of one level lie in one list, so that a long sum is
//! no deep tree.

use super::{
    axis::Axis,
    function::{Function, Type},
};

/// An expression.
#[derive(Clone, Debug)]
pub enum Expression {
    /// `f(a, b)`
    Call(Function, Vec<Self>),
    /// `a + b - c`: operators of one level, from left to right.
    Chain(Box<Self>, Vec<(Operator, Self)>),
    /// `(a)[1]/b`
    Filter {
        /// What is filtered.
        base: Box<Self>,
        /// Each is counted in document order.
        predicates: Vec<Self>,
        /// The way on from there.
        steps: Vec<Step>,
    },
    /// `'text'`
    Literal(String),
    /// `-a`
    Negation(Box<Self>),
    /// `12.5`
    Number(f64),
    /// `/a//b`
    Path(Path),
    /// `a | b`
    Union(Vec<Self>),
}

/// A location path.
#[derive(Clone, Debug)]
pub struct Path {
    /// It begins at the document.
    pub is_absolute: bool,
    /// The way.
    pub steps: Vec<Step>,
    /// The last step takes a node for what it is as written, see [`Path::find_exact`].
    pub is_exact: bool,
}

/// One step of a path.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where to look.
    pub axis: Axis,
    /// What is wanted there.
    pub test: Test,
    /// Which of those.
    pub predicates: Vec<Expression>,
}

/// What a step wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `*`
    AnyName,
    /// `comment()`
    Comment,
    /// `processing-instruction()`, perhaps with a target.
    Instruction(Option<String>),
    /// `name` or, with a namespace, `p:name`.
    Name {
        /// What the prefix stands for; empty without one.
        uri: String,
        /// The name after the prefix.
        local: String,
    },
    /// `p:*`
    Namespace(String),
    /// `node()`
    Node,
    /// A name whose prefix is declared nowhere: nothing.
    Nothing,
    /// `text()`
    Text,
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as what it does")]
pub enum Operator {
    Add,
    And,
    Divide,
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Modulo,
    Multiply,
    NotEqual,
    Or,
    Subtract,
}

impl Expression {
    /// What it comes to.
    pub fn kind(&self) -> Type {
        match self {
            Self::Call(function, _) => function.result(),
            Self::Chain(_, rest) => match rest.first() {
                Some((
                    Operator::Add
                    | Operator::Divide
                    | Operator::Modulo
                    | Operator::Multiply
                    | Operator::Subtract,
                    _,
                )) => Type::Number,
                _ => Type::Bool,
            },
            Self::Filter { base, predicates, steps } => {
                if predicates.is_empty() && steps.is_empty() { base.kind() } else { Type::Nodes }
            }
            Self::Literal(_) => Type::Text,
            Self::Negation(_) | Self::Number(_) => Type::Number,
            Self::Path(_) | Self::Union(_) => Type::Nodes,
        }
    }

    /// Whether, as a predicate, it goes by the position among the candidates.
    pub fn is_positional(&self) -> bool {
        self.kind() == Type::Number || self.asks_position()
    }

    fn asks_position(&self) -> bool {
        match self {
            Self::Call(function, arguments) => {
                matches!(function, Function::Position | Function::Last)
                    || arguments.iter().any(Self::asks_position)
            }
            Self::Chain(first, rest) => {
                first.asks_position() || rest.iter().any(|(_, next)| next.asks_position())
            }
            Self::Filter { base, .. } => base.asks_position(),
            Self::Negation(inner) => inner.asks_position(),
            Self::Union(parts) => parts.iter().any(Self::asks_position),
            Self::Literal(_) | Self::Number(_) | Self::Path(_) => false,
        }
    }

    /// Whether the JDK takes a step with this predicate to depend on positions.
    fn is_proximate(&self) -> bool {
        match self {
            Self::Path(_) => false,
            Self::Call(..) => self.is_proximate_inside(),
            Self::Chain(..) if self.is_plain_comparison() => self.is_proximate_inside(),
            _ => true,
        }
    }

    fn is_proximate_inside(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Number(_) | Self::Path(_) => false,
            Self::Call(function, arguments) => {
                matches!(function, Function::Position | Function::Last)
                    || arguments.iter().any(Self::is_proximate_inside)
            }
            Self::Chain(first, rest) if self.is_plain_comparison() => {
                first.is_proximate_inside()
                    || rest.iter().any(|(_, next)| next.is_proximate_inside())
            }
            _ => true,
        }
    }

    fn is_plain_comparison(&self) -> bool {
        matches!(self, Self::Chain(_, rest) if rest.iter().all(|(operator, _)| matches!(
            operator,
            Operator::Equal | Operator::Less | Operator::LessOrEqual
                | Operator::Greater | Operator::GreaterOrEqual
        )))
    }
}

impl Path {
    /// Without declared namespaces the JDK's XPath reads documents by names as written, and a name
    /// test compares what follows the prefix. Not so in the paths that it walks at once, as `//b`
    /// and `.//b[@k]`: there the prefix counts as part of the name, so that `//b` does not find
    /// `<p:b/>` though `/a/b` does, and `//text()` finds no CDATA section. (`WalkerFactory.isOptimizableForDescendantIterator`.)
    pub fn find_exact(&self) -> bool {
        let n_steps = self.steps.len() + usize::from(self.is_absolute);
        let Some((last, before)) = self.steps.split_last() else { return false };
        let is_descent =
            |step: &Step| matches!(step.axis, Axis::DescendantOrSelf) && step.test == Test::Node;
        let is_plain =
            !self.steps.iter().any(|step| step.predicates.iter().any(Expression::is_proximate));
        let begins_at_self = |step: &Step| step.axis == Axis::SelfNode && step.test == Test::Node;
        let is_short = match (self.is_absolute, before) {
            (true, []) => matches!(last.axis, Axis::Descendant | Axis::DescendantOrSelf),
            (_, [one]) if is_descent(one) => last.axis == Axis::Child,
            (false, [one]) if begins_at_self(one) => {
                matches!(last.axis, Axis::Descendant | Axis::DescendantOrSelf)
            }
            (false, [one, two]) => {
                begins_at_self(one) && is_descent(two) && last.axis == Axis::Child
            }
            _ => false,
        };
        (2..=3).contains(&n_steps) && is_plain && is_short
    }
}
