//! Reads an XPath 1.0 expression (§2 and §3).

use super::{
    axis::Axis,
    error::XmlError,
    expression::{Expression, Operator, Path, Step, Test},
    function::{Function, Type},
    lexer::{Word, words},
    scope::{XML_URI, XMLNS_URI},
};

/// Brackets may be nested so deep.
const MAX_DEPTH: usize = 32;
/// Bytes that an expression may have.
const MAX_BYTES: usize = 16 << 10;

/// Operators by level, weakest first.
const LEVELS: &[&[(&str, Operator)]] = &[
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("×", Operator::Multiply), ("div", Operator::Divide), ("mod", Operator::Modulo)],
];

/// Reads `text`. Without `namespaces`, a name with a prefix finds nothing.
///
/// # Errors
///
/// The first place that is not XPath 1.0, or that has a prefix which is not in `namespaces`.
pub fn parse(text: &str, namespaces: &[(String, String)]) -> Result<Expression, XmlError> {
    if text.len() > MAX_BYTES {
        return Err(XmlError::at(text, 0, format!("an expression of more than {MAX_BYTES} bytes")));
    }
    let mut parser = Parser { text, words: words(text)?, next: 0, namespaces, depth: 0 };
    let expression = parser.level(0)?;
    if parser.next < parser.words.len() { parser.expected("the end") } else { Ok(expression) }
}

struct Parser<'t> {
    text: &'t str,
    words: Vec<(usize, Word)>,
    next: usize,
    namespaces: &'t [(String, String)],
    depth: usize,
}

impl Parser<'_> {
    fn error<T>(&self, message: impl Into<String>) -> Result<T, XmlError> {
        let at = self.words.get(self.next).map_or(self.text.len(), |&(at, _)| at);
        Err(XmlError::at(self.text, at, message))
    }

    fn expected<T>(&self, what: &str) -> Result<T, XmlError> {
        self.error(format!("expected {what}"))
    }

    fn peek(&self, ahead: usize) -> Option<&Word> {
        self.words.get(self.next + ahead).map(|(_, word)| word)
    }

    fn is_symbol(&self, ahead: usize, symbol: &str) -> bool {
        matches!(self.peek(ahead), Some(Word::Symbol(found)) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let is_next = self.is_symbol(0, symbol);
        self.next += usize::from(is_next);
        is_next
    }

    fn want(&mut self, symbol: &str) -> Result<(), XmlError> {
        if self.take(symbol) { Ok(()) } else { self.expected(&format!("`{symbol}`")) }
    }

    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, XmlError>,
    ) -> Result<T, XmlError> {
        if self.depth >= MAX_DEPTH {
            return self.error(format!("brackets are nested more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn level(&mut self, level: usize) -> Result<Expression, XmlError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let first = self.level(level + 1)?;
        let mut rest = Vec::new();
        while let Some(&(_, operator)) =
            operators.iter().find(|(symbol, _)| self.is_symbol(0, symbol))
        {
            self.next += 1;
            rest.push((operator, self.level(level + 1)?));
        }
        Ok(if rest.is_empty() { first } else { Expression::Chain(Box::new(first), rest) })
    }

    fn unary(&mut self) -> Result<Expression, XmlError> {
        let mut is_negative = false;
        let mut is_negated = false;
        while self.take("-") {
            is_negative = !is_negative;
            is_negated = true;
        }
        let mut parts = vec![self.path()?];
        while self.take("|") {
            parts.push(self.path()?);
        }
        if parts.len() > 1 && parts.iter().any(|part| part.kind() != Type::Nodes) {
            return self.error("`|` joins paths only");
        }
        let inner = match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Expression::Union(parts)
            }
            None => return self.expected("an expression"),
        };
        Ok(match (is_negated, is_negative) {
            (false, _) => inner,
            (true, true) => Expression::Negation(Box::new(inner)),
            (true, false) => Expression::Negation(Box::new(Expression::Negation(Box::new(inner)))),
        })
    }

    fn path(&mut self) -> Result<Expression, XmlError> {
        let base = match self.peek(0) {
            Some(Word::Literal(text)) => Expression::Literal(text.clone()),
            Some(Word::Number(number)) => Expression::Number(*number),
            Some(Word::Symbol("$")) => return self.error("variables have no value here"),
            Some(Word::Symbol("(")) => {
                self.next += 1;
                let inner = self.nested(|parser| parser.level(0))?;
                if !self.is_symbol(0, ")") {
                    return self.expected("`)`");
                }
                Expression::Filter { base: Box::new(inner), predicates: vec![], steps: vec![] }
            }
            Some(Word::Name(name)) if self.is_symbol(1, "(") && !is_node_type(name) => {
                let name = name.clone();
                return self.call(&name).and_then(|call| self.filter(call));
            }
            _ => return self.location(),
        };
        self.next += 1;
        self.filter(base)
    }

    fn call(&mut self, name: &str) -> Result<Expression, XmlError> {
        let at = self.next;
        self.next += 2;
        let mut arguments = Vec::new();
        while !self.is_symbol(0, ")") {
            if !arguments.is_empty() {
                self.want(",")?;
            }
            arguments.push(self.nested(|parser| parser.level(0))?);
        }
        let end = std::mem::replace(&mut self.next, at);
        let function = match Function::named(name, arguments.len()) {
            Ok(function) => function,
            Err(message) => return self.error(message),
        };
        if function.wants_nodes() && arguments.iter().any(|given| given.kind() != Type::Nodes) {
            return self.error(format!("`{name}` takes a path"));
        }
        self.next = end + 1;
        Ok(Expression::Call(function, arguments))
    }

    /// The predicates and steps that follow `base`.
    fn filter(&mut self, base: Expression) -> Result<Expression, XmlError> {
        let goes_on = |parser: &Self| ["[", "/", "//"].iter().any(|s| parser.is_symbol(0, s));
        if !goes_on(self) {
            return Ok(base);
        }
        if base.kind() != Type::Nodes {
            return self.error("only paths have `[...]` and `/`");
        }
        let predicates = self.predicates()?;
        let mut steps = Vec::new();
        self.further_steps(&mut steps)?;
        Ok(Expression::Filter { base: Box::new(base), predicates, steps })
    }

    fn location(&mut self) -> Result<Expression, XmlError> {
        let mut steps = Vec::new();
        let is_absolute = self.is_symbol(0, "/") || self.is_symbol(0, "//");
        if self.is_symbol(0, "//") {
            self.further_steps(&mut steps)?;
        } else {
            self.take("/");
            if !is_absolute || self.begins_step() {
                steps.push(self.step()?);
                self.further_steps(&mut steps)?;
            }
        }
        let mut path = Path { is_absolute, steps, is_exact: false };
        path.is_exact = path.find_exact();
        Ok(Expression::Path(path))
    }

    fn further_steps(&mut self, steps: &mut Vec<Step>) -> Result<(), XmlError> {
        loop {
            if self.take("//") {
                let (axis, test) = (Axis::DescendantOrSelf, Test::Node);
                steps.push(Step { axis, test, predicates: vec![] });
            } else if !self.take("/") {
                return Ok(());
            }
            steps.push(self.step()?);
        }
    }

    fn begins_step(&self) -> bool {
        match self.peek(0) {
            Some(Word::Name(_)) => true,
            Some(Word::Symbol(symbol)) => matches!(*symbol, "." | ".." | "@" | "*"),
            _ => false,
        }
    }

    fn step(&mut self) -> Result<Step, XmlError> {
        if self.take(".") {
            return Ok(Step { axis: Axis::SelfNode, test: Test::Node, predicates: vec![] });
        }
        if self.take("..") {
            return Ok(Step { axis: Axis::Parent, test: Test::Node, predicates: vec![] });
        }
        let mut axis = if self.take("@") { Axis::Attribute } else { Axis::Child };
        if let (Some(Word::Name(name)), true) = (self.peek(0), self.is_symbol(1, "::")) {
            let Some(named) = Axis::named(name) else {
                return self.error(format!("`{name}` is no axis that is known here"));
            };
            axis = named;
            self.next += 2;
        }
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn predicates(&mut self) -> Result<Vec<Expression>, XmlError> {
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.nested(|parser| parser.level(0))?);
            self.want("]")?;
        }
        Ok(predicates)
    }

    fn test(&mut self) -> Result<Test, XmlError> {
        if self.take("*") {
            return Ok(Test::AnyName);
        }
        let Some(Word::Name(name)) = self.peek(0) else {
            return self.expected("a name, `*`, `@`, `.` or `text()`");
        };
        let name = name.clone();
        if self.is_symbol(1, "(") && is_node_type(&name) {
            self.next += 2;
            let target = match self.peek(0) {
                Some(Word::Literal(target)) if name == "processing-instruction" => {
                    Some(target.clone())
                }
                _ => None,
            };
            self.next += usize::from(target.is_some());
            self.want(")")?;
            return Ok(match name.as_str() {
                "comment" => Test::Comment,
                "text" => Test::Text,
                "node" => Test::Node,
                _ => Test::Instruction(target),
            });
        }
        let Some((prefix, local)) = name.split_once(':') else {
            self.next += 1;
            return Ok(Test::Name { uri: String::new(), local: name });
        };
        let test = match self.namespace(prefix)? {
            None => Test::Nothing,
            Some(uri) if local == "*" => Test::Namespace(uri),
            Some(uri) => Test::Name { uri, local: local.to_owned() },
        };
        self.next += 1;
        Ok(test)
    }

    /// What `prefix` stands for; `None` when no prefix stands for anything.
    fn namespace(&self, prefix: &str) -> Result<Option<String>, XmlError> {
        if self.namespaces.is_empty() {
            return Ok(None);
        }
        let standard = match prefix {
            "xml" => Some(XML_URI),
            "xmlns" => Some(XMLNS_URI),
            _ => None,
        };
        let given = self.namespaces.iter().find(|(known, _)| known == prefix);
        match standard.or(given.map(|(_, uri)| uri.as_str())) {
            Some(uri) => Ok(Some(uri.to_owned())),
            None => self.error(format!(
                "the prefix `{prefix}` stands for no namespace; add it to `xPathNamespaces`"
            )),
        }
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "comment" | "text" | "processing-instruction" | "node")
}
