//! The words of an XPath 1.0 expression (§3.7).

use super::{
    error::XmlError,
    scan::{Scanner, is_name, is_name_start},
};

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// `'text'`
    Literal(String),
    /// `name`, `p:name` or `p:*`
    Name(String),
    /// `12.5`
    Number(f64),
    /// `/`, `//`, `::`, `!=` and the like; also `and`, `or`, `div`, `mod`, and `*` that multiplies
    /// as `×`.
    Symbol(&'static str),
}

const SYMBOLS: &[&str] = &[
    "::", "//", "..", "!=", "<=", ">=", "(", ")", "[", "]", "@", ",", "/", "|", "+", "-", "=", "<",
    ">", ".", "*", "$",
];

/// The words of `text`, each with its place in bytes.
///
/// # Errors
///
/// The first place where no word begins.
pub fn words(text: &str) -> Result<Vec<(usize, Word)>, XmlError> {
    let mut scan = Scanner::new(text);
    let mut words: Vec<(usize, Word)> = Vec::new();
    loop {
        scan.spaces();
        let at = scan.at;
        let Some(next) = scan.peek() else { return Ok(words) };
        let follows_operand = words.last().is_some_and(|(_, word)| match word {
            Word::Symbol(symbol) => matches!(*symbol, ")" | "]" | "." | ".."),
            Word::Literal(_) | Word::Name(_) | Word::Number(_) => true,
        }) || matches!(words.last(), Some((_, Word::Symbol("*"))));
        let is_fraction =
            next == '.' && scan.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        let word = if next.is_ascii_digit() || is_fraction {
            number(&mut scan, text)?
        } else if matches!(next, '"' | '\'') {
            let Some(literal) = scan.quoted() else {
                return Err(XmlError::at(text, at, "the quoted text does not end"));
            };
            Word::Literal(literal.to_owned())
        } else if is_name_start(next) && next != ':' {
            let name = name(&mut scan);
            match operator(&name).filter(|_| follows_operand) {
                Some(symbol) => Word::Symbol(symbol),
                None => Word::Name(name),
            }
        } else if let Some(&symbol) =
            SYMBOLS.iter().find(|&&symbol| scan.rest().starts_with(symbol))
        {
            scan.at += symbol.len();
            Word::Symbol(if symbol == "*" && follows_operand { "×" } else { symbol })
        } else {
            return Err(XmlError::at(text, at, format!("`{next}` begins nothing in XPath")));
        };
        words.push((at, word));
    }
}

fn operator(name: &str) -> Option<&'static str> {
    ["and", "or", "div", "mod"].into_iter().find(|&known| known == name)
}

/// Takes `name`, `p:name` or `p:*`.
fn name(scan: &mut Scanner<'_>) -> String {
    let part = |scan: &mut Scanner<'_>| scan.take_while(|c| is_name(c) && c != ':').to_owned();
    let mut name = part(scan);
    let mut after = scan.rest().chars();
    if after.next() == Some(':') {
        match after.next() {
            Some('*') => {
                scan.at += 2;
                name.push_str(":*");
            }
            Some(c) if is_name_start(c) && c != ':' => {
                scan.at += 1;
                name.push(':');
                name.push_str(&part(scan));
            }
            _ => {}
        }
    }
    name
}

fn number(scan: &mut Scanner<'_>, text: &str) -> Result<Word, XmlError> {
    let at = scan.at;
    let mut digits = scan.take_while(|c| c.is_ascii_digit()).to_owned();
    if scan.take(".") {
        digits.push('.');
        digits.push_str(scan.take_while(|c| c.is_ascii_digit()));
    }
    match digits.parse() {
        Ok(number) if !scan.peek().is_some_and(is_name_start) => Ok(Word::Number(number)),
        _ => Err(XmlError::at(text, at, "this is no number")),
    }
}
