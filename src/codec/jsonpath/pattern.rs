//! Regular expressions of filters: `/…/flags` in Java's syntax, on the whole of a text.

use std::fmt::Write as _;

use crate::codec::backtracking::Backtracking;

/// Bytes that a compiled pattern may take.
const SIZE_LIMIT: usize = 1024 * 1024;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Linear(regex::Regex),
    Backtracking(Backtracking),
}

impl Pattern {
    /// Compiles a pattern with Java's flags, of which `i`, `m`, `s` and `x` count.
    pub(super) fn compile(source: &str, flags: &str) -> Result<Self, String> {
        let known: String = flags.chars().filter(|flag| "imsx".contains(*flag)).collect();
        let group = if known.is_empty() { "(?:".to_owned() } else { format!("(?{known}:") };
        // The line feed ends a comment that `x` allows.
        let close = if known.contains('x') { "\n)" } else { ")" };
        let whole = format!("\\A{group}{}{close}\\z", translate(source));
        let linear = regex::RegexBuilder::new(&whole).size_limit(SIZE_LIMIT).build();
        if let (Ok(engine), false) = (linear, has_possessive(source)) {
            return Ok(Self { engine: Engine::Linear(engine) });
        }
        Backtracking::compile(&whole, Some(SIZE_LIMIT))
            .map(|engine| Self { engine: Engine::Backtracking(engine) })
            .map_err(|error| format!("`/{source}/` is not a regular expression: {error}"))
    }

    /// Whether it fits the whole of `text`.
    pub(super) fn is_match(&self, text: &str) -> bool {
        match &self.engine {
            Engine::Linear(engine) => engine.is_match(text),
            Engine::Backtracking(engine) => engine.is_match(text).unwrap_or(false),
        }
    }

    /// How much work one text may be, in steps of the evaluation.
    pub(super) fn cost(&self, text: &str) -> usize {
        match &self.engine {
            Engine::Linear(_) => 1 + text.len() / 16,
            Engine::Backtracking(_) => 100 + text.len(),
        }
    }
}

/// `a++`, `a*+`, `a?+`: to the linear engine these are repetitions of repetitions.
fn has_possessive(source: &str) -> bool {
    ["++", "*+", "?+", "}+"].iter().any(|quantifier| source.contains(quantifier))
}

/// Java's syntax in Rust's: `\Q…\E`, and classes that are ASCII there.
fn translate(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars();
    let mut class_depth = 0_usize;
    while let Some(c) = chars.next() {
        match c {
            '[' => class_depth += 1,
            ']' => class_depth = class_depth.saturating_sub(1),
            '\\' => {
                match (chars.next(), class_depth > 0) {
                    (Some('Q'), _) => {
                        let rest = chars.as_str();
                        let (quoted, after) = rest.split_once("\\E").unwrap_or((rest, ""));
                        out.push_str(&regex::escape(quoted));
                        chars = after.chars();
                    }
                    (Some('d'), _) => out.push_str("[0-9]"),
                    (Some('w'), _) => out.push_str("[a-zA-Z0-9_]"),
                    (Some('s'), _) => out.push_str("[ \\t\\n\\x0B\\f\\r]"),
                    (Some('D'), _) => out.push_str("[^0-9]"),
                    (Some('W'), _) => out.push_str("[^a-zA-Z0-9_]"),
                    (Some('S'), _) => out.push_str("[^ \\t\\n\\x0B\\f\\r]"),
                    (Some('h'), _) => out.push_str("[ \\t\\u{A0}]"),
                    (Some('Z'), false) => out.push_str("(?:\\n?\\z)"),
                    (Some('e'), _) => out.push_str("\\x1B"),
                    (Some('/'), _) => out.push('/'),
                    // Java lets any character that is no letter be escaped.
                    (Some(escaped), _) if !escaped.is_ascii() && !escaped.is_alphabetic() => {
                        let _ = write!(out, "\\u{{{:x}}}", u32::from(escaped));
                    }
                    (Some(escaped), _) => {
                        out.push('\\');
                        out.push(escaped);
                    }
                    (None, _) => out.push('\\'),
                }
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}
