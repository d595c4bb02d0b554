//! What the functions of XPath 1.0 (§4) do.

use super::{
    axis::text,
    document::Document,
    evaluate::{Context, Evaluator, Exhausted, name},
    expression::Expression,
    function::Function,
    number,
    scan::is_space,
    value::Value,
};

impl Evaluator<'_> {
    /// What `function` comes to.
    ///
    /// # Errors
    ///
    /// Its arguments take too much work.
    pub(super) fn call(
        &mut self,
        function: Function,
        arguments: &[Expression],
        context: Context,
    ) -> Result<Value, Exhausted> {
        let document = self.document;
        Ok(match function {
            Function::True => Value::Bool(true),
            Function::False => Value::Bool(false),
            Function::Last => Value::Number(context.size as f64),
            Function::Position => Value::Number(context.position as f64),
            // Without a document type no attribute is an identifier.
            Function::Id => Value::Nodes(Vec::new()),
            Function::Boolean | Function::Not => {
                let mut is_true = function == Function::Not;
                for argument in arguments {
                    is_true ^= self.value(argument, context)?.to_bool();
                }
                Value::Bool(is_true)
            }
            Function::Lang => {
                let wanted = self.argument(arguments, 0, context)?;
                Value::Bool(self.is_aware && speaks(document, context, &wanted))
            }
            Function::Count | Function::Sum => {
                let mut result = 0.0;
                for argument in arguments {
                    let Value::Nodes(items) = self.value(argument, context)? else { continue };
                    if function == Function::Count {
                        result = items.len() as f64;
                        continue;
                    }
                    for item in items {
                        self.spend(text(document, item).len())?;
                        result += number::parse(text(document, item));
                    }
                }
                Value::Number(result)
            }
            Function::LocalName | Function::Name | Function::NamespaceUri => {
                let item = match arguments.first() {
                    None => Some(context.item),
                    Some(argument) => match self.value(argument, context)? {
                        Value::Nodes(items) => items.first().copied(),
                        _ => None,
                    },
                };
                let named = item.map_or("", |item| match function {
                    Function::LocalName => name(document, item).local(),
                    Function::Name => name(document, item).written(),
                    _ => self.namespace(item),
                });
                Value::Text(named.to_owned())
            }
            Function::Number | Function::Floor | Function::Ceiling | Function::Round => {
                let number = match arguments.first() {
                    Some(argument) => self.number(argument, context)?,
                    None => number::parse(text(document, context.item)),
                };
                Value::Number(match function {
                    Function::Floor => number.floor(),
                    Function::Ceiling => number.ceil(),
                    Function::Round => number::round(number),
                    _ => number,
                })
            }
            Function::Concat => {
                let mut all = String::new();
                for argument in arguments {
                    all.push_str(&self.text(argument, context)?);
                }
                Value::Text(all)
            }
            Function::String
            | Function::StringLength
            | Function::NormalizeSpace
            | Function::StartsWith
            | Function::Contains
            | Function::SubstringBefore
            | Function::SubstringAfter
            | Function::Substring
            | Function::Translate => self.text_function(function, arguments, context)?,
        })
    }

    fn argument(
        &mut self,
        arguments: &[Expression],
        at: usize,
        context: Context,
    ) -> Result<String, Exhausted> {
        match arguments.get(at) {
            Some(argument) => self.text(argument, context),
            None if at == 0 => {
                let text = text(self.document, context.item);
                self.spend(text.len())?;
                Ok(text.to_owned())
            }
            None => Ok(String::new()),
        }
    }

    fn text_function(
        &mut self,
        function: Function,
        arguments: &[Expression],
        context: Context,
    ) -> Result<Value, Exhausted> {
        let subject = self.argument(arguments, 0, context)?;
        if function == Function::Substring {
            let mut numbers = [f64::NAN; 2];
            for (number, argument) in numbers.iter_mut().zip(arguments.iter().skip(1)) {
                *number = self.number(argument, context)?;
            }
            let length = (arguments.len() > 2).then_some(numbers[1]);
            return Ok(Value::Text(substring(&subject, numbers[0], length)));
        }
        let other = self.argument(arguments, 1, context)?;
        self.spend(subject.len() + other.len())?;
        Ok(match function {
            // Java counts in UTF-16.
            Function::StringLength => Value::Number(subject.encode_utf16().count() as f64),
            Function::NormalizeSpace => {
                let words: Vec<&str> =
                    subject.split(is_space).filter(|word| !word.is_empty()).collect();
                Value::Text(words.join(" "))
            }
            Function::StartsWith => Value::Bool(subject.starts_with(&other)),
            Function::Contains => Value::Bool(subject.contains(&other)),
            Function::SubstringBefore => {
                Value::Text(subject.split_once(&other).map_or("", |parts| parts.0).to_owned())
            }
            Function::SubstringAfter => {
                Value::Text(subject.split_once(&other).map_or("", |parts| parts.1).to_owned())
            }
            Function::Translate => {
                let to = self.argument(arguments, 2, context)?;
                self.spend(other.len() + to.len())?;
                Value::Text(translate(&subject, &other, &to))
            }
            _ => Value::Text(subject),
        })
    }
}

/// From the character `start`, counted from 1, on. A start that is no number is the beginning, as
/// in the JDK.
fn substring(text: &str, start: f64, length: Option<f64>) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let start = if start.is_nan() { -1_000_000.0 } else { (start + 0.5).floor() };
    let from = (start - 1.0).max(0.0);
    let to = length.map_or(f64::INFINITY, |length| {
        if length.is_nan() { start - 1.0 } else { (length + 0.5).floor() + start - 1.0 }
    });
    let clamp = |at: f64| at.clamp(0.0, units.len() as f64) as usize;
    let (from, to) = (clamp(from), if to.is_nan() { 0 } else { clamp(to) });
    String::from_utf16_lossy(units.get(from..to).unwrap_or_default())
}

fn translate(text: &str, from: &str, to: &str) -> String {
    let mut map = std::collections::HashMap::new();
    let mut targets = to.chars();
    for c in from.chars() {
        let target = targets.next();
        map.entry(c).or_insert(target);
    }
    text.chars().filter_map(|c| map.get(&c).copied().unwrap_or(Some(c))).collect()
}

/// Whether the language of the context is `wanted` or a kind of it (§4.3, `lang`).
fn speaks(document: &Document, context: Context, wanted: &str) -> bool {
    let language = std::iter::successors(Some(context.item.node), |&at| document.parent(at))
        .find_map(|at| document.attribute(at, "xml:lang"));
    language.is_some_and(|language| {
        let (language, wanted) = (language.to_lowercase(), wanted.to_lowercase());
        language.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}
