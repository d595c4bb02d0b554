//! What stands inside a tag, cut into tokens: mode `VAR` of the lexer of Handlebars.java. The longest
//! token wins, of equally long ones the first of that grammar.

/// A token and where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'s> {
    /// What it is.
    pub kind: Kind<'s>,
    /// Where it begins, in bytes from the start of the template.
    pub start: usize,
    /// Where the text after it begins.
    pub end: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'s> {
    /// The end of the tag: how many closing braces beyond the plain two, and whether `~` is there.
    Close { extra: usize, trims: bool },
    /// `as`
    As,
    /// `|`
    Pipe,
    /// A text in quotes, without them.
    Quoted(&'s str),
    /// `=`
    Equals,
    /// `12`, `-1.5`
    Number(&'s str),
    /// `true`, `false`
    Boolean(bool),
    /// `else`; whether `~` stands right after it, where it belongs to the tag's end.
    Else { trims: bool },
    /// A path.
    Path(&'s str),
    /// `(`
    Open,
    /// `)`
    Shut,
    /// `*`
    Decorator,
    /// What only the name of a partial may look like (`1-2`, `'a'b`).
    PartialName(&'s str),
    /// Any other character.
    Other,
    /// The end of the template.
    EndOfText,
}

/// The token at or after `from`; `close` is what ends a tag, usually `}}`.
pub(super) fn next<'s>(source: &'s str, from: usize, close: &str) -> Token<'s> {
    let rest = source.get(from..).unwrap_or_default();
    let start = from + (rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len());
    let rest = source.get(start..).unwrap_or_default();
    let (kind, length) = token(rest, close);
    Token { kind, start, end: start + length }
}

fn token<'s>(rest: &'s str, close: &str) -> (Kind<'s>, usize) {
    let Some(first) = rest.chars().next() else { return (Kind::EndOfText, 0) };
    for extra in [2, 1, 0] {
        let braces = rest.get(..extra).filter(|text| text.bytes().all(|byte| byte == b'}'));
        let Some(after) = braces.and_then(|_| rest.get(extra..)) else { continue };
        if after.starts_with(close) {
            return (Kind::Close { extra, trims: false }, extra + close.len());
        }
        if after.strip_prefix('~').is_some_and(|after| after.starts_with(close)) {
            return (Kind::Close { extra, trims: true }, extra + 1 + close.len());
        }
    }
    let name = partial_name(rest);
    let mut best = (Kind::Other, 0);
    let mut offer = |kind: Kind<'s>, length: usize| {
        if length > best.1 {
            best = (kind, length);
        }
    };
    match first {
        '*' => offer(Kind::Decorator, 1),
        '|' => offer(Kind::Pipe, 1),
        '=' => offer(Kind::Equals, 1),
        '(' => offer(Kind::Open, 1),
        ')' => offer(Kind::Shut, 1),
        '"' | '\'' => {
            if let Some(text) = quoted(rest, first) {
                offer(Kind::Quoted(text), text.len() + 2);
            }
        }
        _ => {}
    }
    if rest.starts_with("as") {
        offer(Kind::As, 2);
    }
    let number = number(rest);
    offer(Kind::Number(number), number.len());
    for (word, value) in [("true", true), ("false", false)] {
        if rest.starts_with(word) {
            offer(Kind::Boolean(value), word.len());
        }
    }
    let tilde = usize::from(first == '~');
    if rest.get(tilde..).is_some_and(|word| word.starts_with("else")) {
        let trims = rest.get(tilde + 4..).is_some_and(|after| after.starts_with('~'));
        offer(Kind::Else { trims }, tilde + 4 + usize::from(trims));
    }
    let path = path(rest);
    offer(Kind::Path(path), path.len());
    offer(Kind::PartialName(name), name.len());
    let (kind, length) = best;
    if length == 0 { (Kind::Other, first.len_utf8()) } else { (kind, length) }
}

/// A text in quotes: up to the next quote that has no backslash before it; where all have one, up to
/// the first.
fn quoted(rest: &str, quote: char) -> Option<&str> {
    let inside = rest.get(1..)?;
    let mut from = 0;
    loop {
        let Some(at) = inside.get(from..)?.find(quote).map(|at| from + at) else {
            return inside.get(..inside.find(quote)?);
        };
        if !inside.get(..at)?.ends_with('\\') {
            return inside.get(..at);
        }
        from = at + 1;
    }
}

fn number(rest: &str) -> &str {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(rest.starts_with('-'));
    let whole = digits(rest.get(sign..).unwrap_or_default());
    if whole == 0 {
        return "";
    }
    let end = sign + whole;
    let fraction = rest.get(end..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
    let end = if fraction == 0 { end } else { end + 1 + fraction };
    rest.get(..end).unwrap_or_default()
}

fn partial_name(rest: &str) -> &str {
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && !"_$'/.:-".contains(c))
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// `../`, `./` before names; names begin with a letter or are bracketed, and hold digits, dots,
/// slashes and hyphens, and brackets after a dot.
fn path(rest: &str) -> &str {
    let mut at = 0;
    let left = |at: usize| rest.get(at..).unwrap_or_default();
    loop {
        if left(at).starts_with("../") {
            at += 3;
        } else if left(at).starts_with("./") {
            at += 2;
        } else {
            break;
        }
    }
    if left(at).starts_with("..") {
        return rest.get(..at + 2).unwrap_or_default();
    }
    if left(at).starts_with('.') {
        return rest.get(..at + 1).unwrap_or_default();
    }
    let begin = at;
    if let Some(length) = bracketed(left(at)) {
        at += length;
    } else if !left(at).starts_with(is_name_start) {
        // `./` and `../` alone are no names.
        return "";
    }
    loop {
        let here = left(at);
        if let Some(length) = here.strip_prefix('.').and_then(bracketed) {
            at += 1 + length;
        } else if let Some(length) = here
            .strip_prefix('/')
            .and_then(bracketed)
            .or_else(|| here.strip_prefix('-').and_then(bracketed))
        {
            at += 1 + length;
        } else {
            match here.chars().next() {
                Some(c) if is_name_start(c) || c.is_ascii_digit() || "./-".contains(c) => {
                    at += c.len_utf8();
                }
                _ => break,
            }
        }
    }
    if at == begin { "" } else { rest.get(..at).unwrap_or_default() }
}

fn bracketed(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('[')?;
    let mut from = 0;
    loop {
        let length = from + inside.get(from..)?.find(']')?;
        // A backslash keeps a bracket from being the end.
        if !inside.get(..length)?.ends_with('\\') {
            return (length > 0).then_some(length + 2);
        }
        from = length + 1;
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || "_$@:".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind<'_>> {
        let mut at = 0;
        let mut found = Vec::new();
        loop {
            let token = next(text, at, "}}");
            at = token.end;
            found.push(token.kind);
            if matches!(found.last(), Some(Kind::EndOfText | Kind::Close { .. })) {
                return found;
            }
        }
    }

    #[test]
    fn a_tag_is_cut_as_handlebars_java_cuts_it() {
        assert_eq!(
            kinds("jsonPath request.body '$.a' default=-1.5 ~}}"),
            [
                Kind::Path("jsonPath"),
                Kind::Path("request.body"),
                Kind::Quoted("$.a"),
                Kind::Path("default"),
                Kind::Equals,
                Kind::Number("-1.5"),
                Kind::Close { extra: 0, trims: true }
            ]
        );
        assert_eq!(
            kinds("each a.[x y].0 as |v i|}}")[1..],
            [
                Kind::Path("a.[x y].0"),
                Kind::As,
                Kind::Pipe,
                Kind::Path("v"),
                Kind::Path("i"),
                Kind::Pipe,
                Kind::Close { extra: 0, trims: false }
            ]
        );
        assert_eq!(kinds("x}}}"), [Kind::Path("x"), Kind::Close { extra: 1, trims: false }]);
        assert_eq!(kinds("else~}}")[0], Kind::Else { trims: true });
        assert_eq!(
            kinds("elsewhere truth assign}}")[..3],
            [Kind::Path("elsewhere"), Kind::Path("truth"), Kind::Path("assign")]
        );
    }

    #[test]
    fn what_only_a_partial_may_be_called_is_kept_apart() {
        for text in ["1-2", "1.2.3", "12abc", "'a'b", "'a''b'"] {
            assert_eq!(kinds(text), [Kind::PartialName(text), Kind::EndOfText], "{text}");
        }
    }
}
