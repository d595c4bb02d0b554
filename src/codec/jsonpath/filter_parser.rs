//! Reads a filter: `(@.a == 1 && !(@.b || $.c =~ /x/i))`, as Jayway's `FilterCompiler` does.

use super::{
    ast::{Filter, Operand, Operator},
    budget::Budget,
    cursor::Cursor,
    error::JsonPathError,
    literal,
    pattern::Pattern,
};
use crate::codec::number::NumberValue;

type Result<T> = std::result::Result<T, JsonPathError>;

/// Reads from the `(` to behind its `)`.
pub(super) fn parse(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Filter> {
    if !cursor.takes("(") {
        return Err(cursor.expected(cursor.at, "`(`"));
    }
    let filter = any(cursor, budget)?;
    if !cursor.takes(")") {
        return Err(not_closed(cursor));
    }
    Ok(filter)
}

fn not_closed(cursor: &mut Cursor<'_>) -> JsonPathError {
    cursor.skip_blanks();
    let at = cursor.at;
    let rest = cursor.rest();
    let hint = match rest.as_bytes() {
        [b'=', b'=' | b'~', ..] => "; an operator takes one value on each side",
        [b'=', ..] => "; use `==`",
        [b'<', b'>', ..] => "; use `!=`",
        [b'&', ..] => "; use `&&`, with a blank before it",
        [b'|', ..] => "; use `||`, with a blank before it",
        _ if rest.starts_with("and ") => "; use `&&`",
        _ if rest.starts_with("or ") => "; use `||`",
        _ => "",
    };
    let error = cursor.expected(at, "an operator, `&&`, `||` or `)`");
    JsonPathError { message: error.message + hint, ..error }
}

fn any(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Filter> {
    let first = all(cursor, budget)?;
    let mut filters = vec![first];
    while cursor.takes("||") {
        filters.push(all(cursor, budget)?);
    }
    Ok(single(filters, Filter::Any))
}

fn all(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Filter> {
    let first = one(cursor, budget)?;
    let mut filters = vec![first];
    while cursor.takes("&&") {
        filters.push(one(cursor, budget)?);
    }
    Ok(single(filters, Filter::All))
}

fn single(mut filters: Vec<Filter>, several: impl FnOnce(Vec<Filter>) -> Filter) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        Some(last) => {
            filters.push(last);
            several(filters)
        }
        None => several(filters),
    }
}

fn one(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Filter> {
    cursor.skip_blanks();
    let before = cursor.at;
    if cursor.takes("!") {
        cursor.skip_blanks();
        if matches!(cursor.current(), Some(b'$' | b'@')) {
            cursor.at = before;
        } else {
            let negated = budget.deeper(cursor, |budget, cursor| one(cursor, budget))?;
            return Ok(Filter::Not(Box::new(negated)));
        }
    }
    if cursor.current() == Some(b'(') {
        return budget.deeper(cursor, |budget, cursor| parse(cursor, budget));
    }
    expression(cursor, budget)
}

fn expression(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Filter> {
    cursor.skip_blanks();
    let start = cursor.at;
    let should_exist = cursor.current() != Some(b'!');
    let left = operand(cursor, budget)?;
    let after_left = cursor.at;
    if let Some(operator) = operator(cursor) {
        let right = operand(cursor, budget)?;
        return Ok(Filter::Compare(left, operator, right));
    }
    cursor.at = after_left;
    match left {
        Operand::Path(path) => Ok(Filter::Exists(path, should_exist)),
        _ => {
            cursor.skip_blanks();
            if cursor.current() == Some(b')') {
                let message =
                    "a value alone is no condition; compare it, as in `?(@.name == 'value')`";
                return Err(cursor.error_at(start, message));
            }
            Err(not_closed(cursor))
        }
    }
}

fn operator(cursor: &mut Cursor<'_>) -> Option<Operator> {
    cursor.skip_blanks();
    let start = cursor.at;
    let is_symbol = |byte: u8| matches!(byte, b'<' | b'>' | b'=' | b'~' | b'!');
    let symbolic = cursor.current().is_some_and(is_symbol);
    while cursor.current().is_some_and(|b| if symbolic { is_symbol(b) } else { b != b' ' }) {
        cursor.at += 1;
    }
    Some(match cursor.slice(start, cursor.at).to_ascii_uppercase().as_str() {
        "==" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "===" => Operator::SameEqual,
        "!==" => Operator::SameNotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "=~" => Operator::Regex,
        "IN" => Operator::In,
        "NIN" => Operator::NotIn,
        "CONTAINS" => Operator::Contains,
        "SIZE" => Operator::Size,
        "EMPTY" => Operator::Empty,
        "SUBSETOF" => Operator::SubsetOf,
        "ANYOF" => Operator::AnyOf,
        "NONEOF" => Operator::NoneOf,
        "ALL" | "TYPE" | "MATCHES" | "EXISTS" => Operator::Never,
        _ => return None,
    })
}

fn operand(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Operand> {
    cursor.skip_blanks();
    if cursor.current() == Some(b'!') {
        cursor.at += 1;
        cursor.skip_blanks();
        if !matches!(cursor.current(), Some(b'$' | b'@')) {
            return Err(cursor.expected(cursor.at, "a path after `!`"));
        }
    }
    let start = cursor.at;
    match cursor.current() {
        Some(b'$' | b'@') => path(cursor, budget),
        Some(quote @ (b'\'' | b'"')) => {
            let end = cursor
                .find_unescaped(start + 1, quote)
                .ok_or_else(|| cursor.error("this quote is not closed"))?;
            cursor.at = end + 1;
            Ok(Operand::String(literal::unescape(cursor.slice(start + 1, end))))
        }
        Some(open @ (b'[' | b'{')) => {
            let close = if open == b'[' { b']' } else { b'}' };
            let end = cursor.closing(start, open, close).ok_or_else(|| {
                cursor.error(format!("this `{}` is not closed", char::from(open)))
            })?;
            cursor.at = end + 1;
            let value = literal::parse(cursor.slice(start, end + 1))
                .map_err(|message| cursor.error_at(start, message))?;
            Ok(Operand::Json(value))
        }
        Some(b'/') => {
            let end = cursor
                .find_unescaped(start + 1, b'/')
                .ok_or_else(|| cursor.error("this `/` is not closed"))?;
            let flags = cursor.slice(end + 1, cursor.len());
            let n_flags = flags.bytes().take_while(|flag| b"dixmsuU".contains(flag)).count();
            cursor.at = end + 1 + n_flags;
            Pattern::compile(cursor.slice(start + 1, end), cursor.slice(end + 1, cursor.at))
                .map(|pattern| Operand::Pattern(Box::new(pattern)))
                .map_err(|message| cursor.error_at(start, message))
        }
        _ => word(cursor),
    }
}

fn word(cursor: &mut Cursor<'_>) -> Result<Operand> {
    let start = cursor.at;
    for (word, operand) in
        [("true", Operand::Bool(true)), ("false", Operand::Bool(false)), ("null", Operand::Null)]
    {
        if cursor.rest().starts_with(word) {
            cursor.at += word.len();
            return Ok(operand);
        }
    }
    let is_number = |b: u8| b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'e' | b'E');
    while cursor.current().is_some_and(is_number) {
        cursor.at += 1;
    }
    let text = cursor.slice(start, cursor.at);
    if NumberValue::of_big_decimal(text).is_some() {
        return Ok(Operand::Number(text.to_owned()));
    }
    let error = cursor.expected(start, "a path (`@.a`), text in quotes, a number or a list");
    let is_word = cursor.byte(start).is_some_and(|b| b.is_ascii_alphabetic());
    let hint = if is_word { "; put text in quotes" } else { "" };
    Err(JsonPathError { message: error.message + hint, ..error })
}

/// A path ends before an operator that is a symbol, a blank, or a `)` that closes no call.
fn path(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Operand> {
    let start = cursor.at;
    cursor.at += 1;
    loop {
        if cursor.current() == Some(b'[') {
            let end = cursor
                .closing(cursor.at, b'[', b']')
                .ok_or_else(|| cursor.error("this `[` is not closed"))?;
            cursor.at = end + 1;
        }
        match cursor.current() {
            None | Some(b'<' | b'>' | b'=' | b'~' | b'!' | b' ') => break,
            Some(b')') if !closes_call(cursor, start) => break,
            _ => cursor.at += 1,
        }
    }
    let part = cursor.part(start, cursor.at);
    budget.deeper(cursor, |budget, _| budget.path(part)).map(Operand::Path)
}

/// Whether the `)` here ends a call without arguments, as in `@.a.length()`.
fn closes_call(cursor: &Cursor<'_>, start: usize) -> bool {
    match cursor.previous_significant(cursor.at) {
        Some((open, b'(')) => cursor.slice(start + 1, open).contains('.'),
        _ => false,
    }
}
