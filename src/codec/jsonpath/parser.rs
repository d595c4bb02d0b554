//! Reads a path: `$.a['b'][0]..c[?(…)].length()`.
//!
//! Follows Jayway's `PathCompiler` closely, for what it tolerates is in stubs that exist.

use super::{
    ast::{Function, Parameter, Path, Step},
    budget::Budget,
    cursor::Cursor,
    error::JsonPathError,
    filter_parser,
    literal::unescape,
    parameters,
};

/// Longest expression, in bytes.
const MAX_LENGTH: usize = 8 * 1024;
/// Reads a whole expression.
pub(super) fn parse(expression: &str) -> Result<Path, JsonPathError> {
    let whole = Cursor::new(expression, 0);
    if expression.trim().is_empty() {
        return Err(whole.error("expected a path such as `$.name`, the expression is empty"));
    }
    if expression.len() > MAX_LENGTH {
        return Err(whole.error(format!("longer than {MAX_LENGTH} bytes")));
    }
    let mut budget = Budget::new();
    let trimmed = expression.trim_end_matches(' ');
    if trimmed.ends_with('.') {
        let last = trimmed.len() - 1;
        return Err(whole.error_at(last, "expected a name after the last `.`; remove the `.`"));
    }
    if trimmed.starts_with(['$', '@']) {
        return budget.path(Cursor::new(trimmed, 0));
    }
    let rooted = format!("$.{trimmed}");
    budget.path(Cursor::new(&rooted, -2))
}

impl Budget {
    /// Reads a path that starts with `$` or `@` and ends with its text.
    pub(super) fn path(&mut self, mut cursor: Cursor<'_>) -> Result<Path, JsonPathError> {
        let mut path = Path { is_rooted: cursor.current() == Some(b'$'), steps: Vec::new() };
        if !matches!(cursor.current(), Some(b'$' | b'@')) {
            return Err(cursor.expected(0, "`$` or `@`"));
        }
        if cursor.len() == 1 {
            return Ok(path);
        }
        cursor.at = 1;
        if !matches!(cursor.current(), Some(b'.' | b'[')) {
            return Err(cursor.expected(1, "`.` or `[` after the root"));
        }
        loop {
            step(&mut cursor, &mut path.steps, self)?;
            if cursor.is_tail() {
                return Ok(function_first(path));
            }
        }
    }
}

/// Turns `$..a.sum()` into `$.sum($..a)`: a function behind a scan takes all its results.
fn function_first(mut path: Path) -> Path {
    let first = path.steps.iter().position(|step| matches!(step, Step::Function { .. }));
    let is_scan = matches!(path.steps.first(), Some(Step::Scan)) && path.is_function();
    let Some(at) = first.filter(|_| is_scan) else { return path };
    let mut rest = path.steps.split_off(at);
    let scanned = Path { is_rooted: true, steps: std::mem::take(&mut path.steps) };
    if let Some(Step::Function { parameters, .. }) = rest.first_mut() {
        *parameters = vec![Parameter::Path(scanned)];
    }
    Path { steps: rest, ..path }
}

fn step(
    cursor: &mut Cursor<'_>,
    steps: &mut Vec<Step>,
    budget: &mut Budget,
) -> Result<(), JsonPathError> {
    if cursor.current() == Some(b'.') {
        cursor.at += 1;
        if cursor.current() == Some(b'.') {
            cursor.at += 1;
            push(cursor, steps, Step::Scan, budget)?;
        }
        if matches!(cursor.current(), None | Some(b'.')) {
            return Err(cursor.expected(cursor.at, "a name, `*` or `[`"));
        }
    }
    let read = match cursor.current() {
        Some(b'[') => bracket(cursor, budget)?,
        Some(b'*') => {
            cursor.at += 1;
            Step::Wildcard
        }
        _ => name_or_function(cursor, budget)?,
    };
    push(cursor, steps, read, budget)
}

fn push(
    cursor: &Cursor<'_>,
    steps: &mut Vec<Step>,
    step: Step,
    budget: &mut Budget,
) -> Result<(), JsonPathError> {
    budget.step(cursor)?;
    steps.push(step);
    Ok(())
}

fn name_or_function(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Step, JsonPathError> {
    let start = cursor.at;
    let rest = cursor.rest();
    let length = rest.find([' ', '.', '[', '(']).unwrap_or(rest.len());
    let end = start + length;
    let name = cursor.slice(start, end);
    match cursor.byte(end) {
        Some(b' ') => Err(cursor.error_at(
            end,
            "found a blank; write a name that has one as `['my name']`, and no blank elsewhere",
        )),
        _ if name.is_empty() => Err(cursor.expected(start, "a name, `*` or `[`")),
        Some(b'(') => {
            cursor.at = end + 1;
            let parameters = if cursor.current() == Some(b')') {
                // Jayway goes on at the `)`: what follows a call without arguments is read as a
                // name that starts with it.
                Vec::new()
            } else {
                budget.deeper(cursor, |budget, cursor| parameters::parse(cursor, name, budget))?
            };
            Ok(Step::Function { function: Function::named(name), parameters })
        }
        _ => {
            cursor.at = end;
            Ok(Step::Members(vec![name.to_owned()]))
        }
    }
}

fn bracket(cursor: &mut Cursor<'_>, budget: &mut Budget) -> Result<Step, JsonPathError> {
    let inside = cursor.next_significant(cursor.at);
    match cursor.byte(inside) {
        Some(quote @ (b'\'' | b'"')) => names(cursor, quote),
        Some(b'0'..=b'9' | b'-' | b':') => indices(cursor),
        Some(b'*') => {
            let close = cursor.next_significant(inside);
            if cursor.byte(close) != Some(b']') {
                return Err(cursor.expected(close, "`]`"));
            }
            cursor.at = close + 1;
            Ok(Step::Wildcard)
        }
        Some(b'?') => {
            let open = cursor.next_significant(inside);
            if cursor.byte(open) != Some(b'(') {
                let error = cursor.expected(open, "`(`");
                let message = format!("{}; write the filter as `[?(…)]`", error.message);
                return Err(JsonPathError { message, ..error });
            }
            cursor.at = open;
            let filter =
                budget.deeper(cursor, |budget, cursor| filter_parser::parse(cursor, budget))?;
            cursor.skip_blanks();
            if cursor.current() != Some(b']') {
                return Err(cursor.expected(cursor.at, "`]` after the filter"));
            }
            cursor.at += 1;
            Ok(Step::Filter(filter))
        }
        Some(c) if c.is_ascii_alphabetic() => Err(cursor.error_at(
            inside,
            "expected a name in quotes, a number, `*` or `?(`; write `['name']`",
        )),
        _ => Err(cursor.expected(inside, "a name in quotes, a number, `*` or `?(`")),
    }
}

/// `['a']`, `["a", "b"]`
fn names(cursor: &mut Cursor<'_>, quote: u8) -> Result<Step, JsonPathError> {
    let mut names = Vec::new();
    let mut at = cursor.next_significant(cursor.at);
    loop {
        if cursor.byte(at) != Some(quote) {
            let what = format!("a name in {}", char::from(quote));
            return Err(cursor.expected(at, &what));
        }
        let end = cursor.find_unescaped(at + 1, quote).ok_or_else(|| {
            cursor.error_at(at, format!("this {} is not closed", char::from(quote)))
        })?;
        names.push(unescape(cursor.slice(at + 1, end)));
        let next = cursor.next_significant(end);
        match cursor.byte(next) {
            Some(b']') => {
                cursor.at = next + 1;
                return Ok(Step::Members(names));
            }
            Some(b',') => at = cursor.next_significant(next),
            _ => return Err(cursor.expected(next, "`,` or `]`")),
        }
    }
}

/// `[0]`, `[0,2]`, `[1:3]`
fn indices(cursor: &mut Cursor<'_>) -> Result<Step, JsonPathError> {
    let start = cursor.at + 1;
    let end = cursor.find(start, b']').ok_or_else(|| cursor.error("this `[` is not closed"))?;
    let text = cursor.slice(start, end);
    let bad = |message: &str| cursor.error_at(start, message);
    let number = |digits: &str| {
        digits
            .parse::<i32>()
            .map(i64::from)
            .map_err(|_| bad(&format!("expected a whole number of 32 bits, found `{digits}`")))
    };
    let step = if text.contains(':') {
        let mut sides = text.trim().split(':').map(|side| match side {
            "" => Ok(None),
            digits => number(digits).map(Some),
        });
        let from = sides.next().transpose()?.flatten();
        let to = sides.next().transpose()?.flatten();
        if from.is_none() && to.is_none() {
            return Err(bad("a slice needs a start or an end; write `[*]` for all items"));
        }
        Step::Slice { from, to }
    } else {
        Step::Index(text.split(',').map(str::trim).map(number).collect::<Result<_, _>>()?)
    };
    cursor.at = end + 1;
    Ok(step)
}
