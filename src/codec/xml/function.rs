//! The function library of XPath 1.0 (§4).

/// What an expression comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as what it is")]
pub enum Type {
    Bool,
    Nodes,
    Number,
    Text,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in the specification")]
pub enum Function {
    Boolean,
    Ceiling,
    Concat,
    Contains,
    Count,
    False,
    Floor,
    Id,
    Lang,
    Last,
    LocalName,
    Name,
    NamespaceUri,
    NormalizeSpace,
    Not,
    Number,
    Position,
    Round,
    StartsWith,
    String,
    StringLength,
    Substring,
    SubstringAfter,
    SubstringBefore,
    Sum,
    Translate,
    True,
}

/// Name, function, fewest and most arguments.
const TABLE: &[(&str, Function, usize, usize)] = &[
    ("boolean", Function::Boolean, 1, 1),
    ("ceiling", Function::Ceiling, 1, 1),
    ("concat", Function::Concat, 2, usize::MAX),
    ("contains", Function::Contains, 2, 2),
    ("count", Function::Count, 1, 1),
    ("false", Function::False, 0, 0),
    ("floor", Function::Floor, 1, 1),
    ("id", Function::Id, 1, 1),
    ("lang", Function::Lang, 1, 1),
    ("last", Function::Last, 0, 0),
    ("local-name", Function::LocalName, 0, 1),
    ("name", Function::Name, 0, 1),
    ("namespace-uri", Function::NamespaceUri, 0, 1),
    ("normalize-space", Function::NormalizeSpace, 0, 1),
    ("not", Function::Not, 1, 1),
    ("number", Function::Number, 0, 1),
    ("position", Function::Position, 0, 0),
    ("round", Function::Round, 1, 1),
    ("starts-with", Function::StartsWith, 2, 2),
    ("string", Function::String, 0, 1),
    ("string-length", Function::StringLength, 0, 1),
    ("substring", Function::Substring, 2, 3),
    ("substring-after", Function::SubstringAfter, 2, 2),
    ("substring-before", Function::SubstringBefore, 2, 2),
    ("sum", Function::Sum, 1, 1),
    ("translate", Function::Translate, 3, 3),
    ("true", Function::True, 0, 0),
];

impl Function {
    /// The function `name`, if it takes `n_arguments`.
    ///
    /// # Errors
    ///
    /// There is no such function, or it takes another number of arguments.
    pub fn named(name: &str, n_arguments: usize) -> Result<Self, String> {
        let Some(&(_, function, least, most)) = TABLE.iter().find(|row| row.0 == name) else {
            return Err(format!("XPath 1.0 has no function `{name}`"));
        };
        if (least..=most).contains(&n_arguments) {
            return Ok(function);
        }
        let expected = match most {
            usize::MAX => format!("{least} or more"),
            _ if least == most => least.to_string(),
            _ => format!("{least} to {most}"),
        };
        Err(format!("`{name}` takes {expected} arguments, not {n_arguments}"))
    }

    /// What it comes to.
    pub const fn result(self) -> Type {
        match self {
            Self::Boolean
            | Self::Contains
            | Self::False
            | Self::Lang
            | Self::Not
            | Self::StartsWith
            | Self::True => Type::Bool,
            Self::Id => Type::Nodes,
            Self::Ceiling
            | Self::Count
            | Self::Floor
            | Self::Last
            | Self::Number
            | Self::Position
            | Self::Round
            | Self::StringLength
            | Self::Sum => Type::Number,
            Self::Concat
            | Self::LocalName
            | Self::Name
            | Self::NamespaceUri
            | Self::NormalizeSpace
            | Self::String
            | Self::Substring
            | Self::SubstringAfter
            | Self::SubstringBefore
            | Self::Translate => Type::Text,
        }
    }

    /// Whether its argument must be nodes.
    pub const fn wants_nodes(self) -> bool {
        matches!(self, Self::Count | Self::LocalName | Self::Name | Self::NamespaceUri | Self::Sum)
    }
}
