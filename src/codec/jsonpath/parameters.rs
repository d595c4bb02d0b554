//! Reads the arguments of a function: paths and JSON values.

use super::{ast::Parameter, budget::Budget, cursor::Cursor, error::JsonPathError, literal};

/// Reads arguments from behind the `(` to behind the `)`.
pub(super) fn parse(
    cursor: &mut Cursor<'_>,
    function: &str,
    budget: &mut Budget,
) -> Result<Vec<Parameter>, JsonPathError> {
    let open = cursor.at;
    let mut parameters = Vec::new();
    loop {
        while matches!(cursor.current(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            cursor.at += 1;
        }
        let start = cursor.at;
        let end = end_of_argument(cursor, start).ok_or_else(|| {
            cursor.error_at(open, format!("the arguments of `{function}` are not closed by `)`"))
        })?;
        match cursor.byte(start) {
            Some(b'$' | b'@') => {
                let text_end = start + cursor.slice(start, end).trim_end().len();
                parameters.push(Parameter::Path(budget.path(cursor.part(start, text_end))?));
            }
            Some(b'{' | b'0'..=b'9' | b'"' | b'-') => {
                let text = cursor.slice(start, end).trim();
                let value =
                    literal::parse(text).map_err(|message| cursor.error_at(start, message))?;
                parameters.push(Parameter::Json(value));
            }
            // Anything else, strings in single quotes too, Jayway leaves out without a word.
            _ => {}
        }
        cursor.at = end + 1;
        if cursor.byte(end) == Some(b')') {
            return Ok(parameters);
        }
    }
}

/// The `,` or `)` that ends the argument which starts at `start`.
fn end_of_argument(cursor: &Cursor<'_>, start: usize) -> Option<usize> {
    let mut opened = 0_usize;
    let mut at = start;
    loop {
        match cursor.byte(at)? {
            b'"' => at = cursor.find_unescaped(at + 1, b'"')?,
            b'(' | b'[' | b'{' => opened += 1,
            b',' | b')' if opened == 0 => return Some(at),
            b')' | b']' | b'}' => opened = opened.checked_sub(1)?,
            _ => {}
        }
        at += 1;
    }
}
