//! Java regular expressions, as mappings have them, on Rust engines.
//!
//! The linear-time engine goes first; look-around, back-references and possessive quantifiers need the
//! backtracking one, whose work is bounded.

use std::sync::{Arc, LazyLock};

use super::{java_regex::translate, regex_mistake::Mistake};
use crate::codec::backtracking::{Backtracking, GaveUp};

/// Compiled patterns that are remembered: stub files repeat the same few (`.*`, `Bearer .+`), and each
/// is compiled when it is checked and again when it is put in service.
const MAX_REMEMBERED: usize = 512;
/// Longer patterns are not remembered; they are seldom repeated, and may be large.
const MAX_REMEMBERED_LENGTH: usize = 256;
static REMEMBERED: LazyLock<quick_cache::sync::Cache<String, WholeRegex>> =
    LazyLock::new(|| quick_cache::sync::Cache::new(MAX_REMEMBERED));
/// What makes a pattern fit the whole of a text.
const WHOLE_START: &str = r"\A(?s:";
const WHOLE_END: &str = r")\z";

/// A pattern that fits the whole of a text; `.` fits line ends too, as in WireMock.
#[derive(Clone, Debug)]
pub struct WholeRegex(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    engine: Engine,
    source: String,
}

#[derive(Debug)]
enum Engine {
    Backtracking(Backtracking),
    Linear(regex::Regex),
}

impl WholeRegex {
    /// Compiles a pattern in Java's syntax.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for a person.
    pub fn compile(pattern: &str) -> Result<Self, String> {
        if pattern.len() > MAX_REMEMBERED_LENGTH {
            return Self::compile_anew(pattern);
        }
        if let Some(known) = REMEMBERED.get(pattern) {
            return Ok(known);
        }
        let compiled = Self::compile_anew(pattern)?;
        REMEMBERED.insert(pattern.to_owned(), compiled.clone());
        Ok(compiled)
    }

    fn of(engine: Engine, source: String) -> Self {
        Self(Arc::new(Compiled { engine, source }))
    }

    fn compile_anew(pattern: &str) -> Result<Self, String> {
        let java = translate(pattern)?;
        let whole = format!("{WHOLE_START}{}{WHOLE_END}", java.pattern);
        let source = pattern.to_owned();
        let linear_error = if java.needs_backtracking {
            None
        } else {
            match regex::Regex::new(&whole) {
                Ok(engine) => return Ok(Self::of(Engine::Linear(engine), source)),
                Err(error) => Some(error),
            }
        };
        match Backtracking::compile(&whole, None) {
            Ok(engine) => Ok(Self::of(Engine::Backtracking(engine), source)),
            Err(error) => Err(Mistake {
                linear_error: linear_error.as_ref(),
                error: &error,
                places: &java.places,
                wrapper: WHOLE_START.len(),
            }
            .to_string()),
        }
    }

    /// Whether it fits the whole of `text`; it does not where the engine gave up.
    pub fn is_match(&self, text: &str) -> bool {
        self.try_match(text).unwrap_or(false)
    }

    /// Whether it fits the whole of `text`.
    ///
    /// # Errors
    ///
    /// The engine gave up before it knew.
    pub fn try_match(&self, text: &str) -> Result<bool, GaveUp> {
        match &self.0.engine {
            Engine::Backtracking(engine) => engine.is_match(text).inspect_err(|error| {
                tracing::debug!(pattern = %self.0.source, %error, "a regular expression is hard");
            }),
            Engine::Linear(engine) => Ok(engine.is_match(text)),
        }
    }

    /// The pattern of the linear engine, which fits the whole of a text; `None` where it is hard.
    pub(super) fn linear(&self) -> Option<&str> {
        match &self.0.engine {
            Engine::Backtracking(_) => None,
            Engine::Linear(engine) => Some(engine.as_str()),
        }
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.0.source
    }
}

/// The text that everything which fits `pattern` begins with; empty when there is none.
pub(super) fn literal_head(pattern: &str) -> String {
    let mut head = String::new();
    let mut chars = pattern.strip_prefix('^').unwrap_or(pattern).chars().peekable();
    // An alternative outside of any group makes the head that of the first alternative only.
    if has_top_level_alternative(pattern) {
        return head;
    }
    while let Some(c) = chars.next() {
        let literal = match c {
            '\\' => match chars.next() {
                Some(escaped) if !escaped.is_alphanumeric() => escaped,
                Some('Q') => {
                    let rest: String = chars.collect();
                    // A quantifier after `\E` belongs to the last quoted character.
                    let (quoted, _) = rest.split_once("\\E").unwrap_or((&rest, ""));
                    head.push_str(quoted);
                    head.pop();
                    return head;
                }
                _ => return head,
            },
            '.' | '[' | '(' | ')' | '|' | '^' | '$' => return head,
            '*' | '?' | '{' => {
                // The quantifier allows none of the character before it.
                head.pop();
                return head;
            }
            '+' => return head,
            other => other,
        };
        head.push(literal);
    }
    head
}

fn has_top_level_alternative(pattern: &str) -> bool {
    let mut depth = 0_usize;
    let mut class_depth = 0_usize;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('Q') => {
                    let rest = chars.as_str();
                    let after = rest.split_once("\\E").map_or("", |(_, after)| after);
                    chars = after.chars();
                }
                _ => continue,
            },
            '[' => {
                class_depth += 1;
                let rest = chars.as_str();
                let rest = rest.strip_prefix('^').unwrap_or(rest);
                chars = rest.strip_prefix(']').unwrap_or(rest).chars();
            }
            ']' => class_depth = class_depth.saturating_sub(1),
            _ if class_depth > 0 => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::backtracking::BACKTRACK_LIMIT;

    #[track_caller]
    fn check(pattern: &str, fits: &[&str], fits_not: &[&str]) {
        let regex = WholeRegex::compile(pattern).unwrap();
        for text in fits {
            assert!(regex.is_match(text), "`{pattern}` should fit `{text}`");
            let head = literal_head(pattern);
            assert!(text.starts_with(&head), "head `{head}` of `{pattern}` is not in `{text}`");
        }
        for text in fits_not {
            assert!(!regex.is_match(text), "`{pattern}` should not fit `{text}`");
        }
    }

    #[test]
    fn a_pattern_fits_the_whole() {
        check("/things/[0-9]+", &["/things/1"], &["/things/12a", "/x/things/1", "/things/1\n"]);
        check("/one|/two", &["/one", "/two"], &["/one/two"]);
        check("^/a$", &["/a"], &["/a/"]);
    }

    #[test]
    fn dot_fits_line_ends() {
        check("a.*b", &["ab", "a\n\nb"], &["a\n"]);
    }

    #[test]
    fn java_quoting_is_literal() {
        check(r"\Qa.b<\E.*", &["a.b<", "a.b<c"], &["axb<"]);
        check(r"\Qa+b", &["a+b"], &["aab"]);
        check(r"[\Q]^\E]+", &["]^"], &["a"]);
    }

    #[test]
    fn look_around_and_back_references_work() {
        check(r"(\w+)-\1", &["ab-ab"], &["ab-cd"]);
        check("(?!.*secret).*", &["public"], &["a secret"]);
        check("a++b", &["aab"], &["b"]);
        check("a++a", &[], &["aaa"]);
        check("(?<id>[a-z])(?<=b)", &["b"], &["a"]);
    }

    #[test]
    fn java_classes_are_ascii() {
        check(r"\d+", &["12"], &["١٢"]);
        check(r"[\w.-]+", &["a-b.c_1"], &["é"]);
        check(r"\p{Alpha}+\P{Digit}", &["ab-"], &["é-", "a1"]);
        check(r"\p{L}+", &["é"], &["1"]);
        check(r"\p{javaLowerCase}\p{IsAlphabetic}", &["ab"], &["Ab"]);
        check(r"[\p{Upper}\d]+", &["A1"], &["a"]);
    }

    #[test]
    fn java_classes_unite_and_intersect() {
        check("[a-z&&[^b]]", &["a", "c"], &["b", "1"]);
        check("[a-z&&[def]]", &["d"], &["a"]);
        check("[a-d[m-p]]", &["a", "m"], &["e"]);
        check("[^a-d[m-p]]", &["e"], &["a", "m"]);
        check("[a-z&&]", &["a"], &["&"]);
        check("[&&a]", &["a"], &["&"]);
        check("[\\w&&[^\\d]]", &["a"], &["1"]);
        check("[]a]", &["]", "a"], &["b"]);
        check("[+--]", &["+", ",", "-"], &["."]);
        check("[a~~b]", &["a", "b", "~"], &["c"]);
        check("[[:alpha:]]", &["a", ":", "l"], &["b"]);
        check("[\\p{L}&&[^\\p{Lu}]]", &["a", "é"], &["A"]);
    }

    #[test]
    fn characters_by_number_and_rarer_escapes() {
        check("\\x61\\x{62}\\u0063\\0144", &["abcd"], &["abc"]);
        check("\\uD83D\\uDE00", &["\u{1F600}"], &[]);
        check("\\h\\H\\v\\V", &["\ta\u{85}b"], &["aa\nb"]);
        check("a\\Rb\\Z", &["a\r\nb", "a\nb\n"], &["ab"]);
        check("\\07\\e\\cA", &["\u{7}\u{1b}\u{1}"], &["7"]);
        check("\\1|(a)\\2|b", &["b"], &["a", "1", "aa"]);
        check("(?x) a b # and\n c", &["abc"], &["a b"]);
        check("(?U)\\w+(?i:B)", &["éb", "éB"], &["é"]);
        check("(?i:a)b(?-i)c(?d:d)", &["Abcd"], &["aBcd"]);
        check("\\p{InGreek}\\p{javaLetterOrDigit}\\p{L1}", &["αßé"], &["aaa"]);
        check("(?>a|ab)c", &["ac"], &["abc"]);
        check("(?<year>\\d{4})-\\k<year>", &["2021-2021"], &["2021-2022"]);
        check("a{2}{3}", &["aa"], &["aaaaaa"]);
    }

    #[test]
    fn a_pattern_that_gives_up_says_so() {
        let regex = WholeRegex::compile("(?:a|aa)+(?=c)b").unwrap();
        assert_eq!(
            regex.try_match(&("a".repeat(900) + "cb")),
            Err(GaveUp { n_steps: BACKTRACK_LIMIT })
        );
        assert!(!WholeRegex::compile("(a+)+$").unwrap().is_match(&("a".repeat(3000) + "b")));
    }

    #[test]
    fn escapes_that_rust_reads_otherwise_are_plain() {
        check(r"\<a\>\/\-\:", &["<a>/-:"], &["a/-:"]);
        check(r"\e\cA", &["\u{1b}\u{1}"], &["e"]);
    }

    #[test]
    fn mistakes_stand_where_the_author_sees_them_and_have_a_way_out() {
        for (pattern, expect) in [
            (
                "a)|(b",
                "the `)` at character 2 closes no group; write `\\)` for the character itself",
            ),
            (
                "/é\\d(a",
                "the group that opens at character 5 is never closed; add `)`, or write `\\(` for the character itself",
            ),
            (
                "\\Qa.b\\E(?=a",
                "the group that opens at character 8 is never closed; add `)`, or write `\\(` for the character itself",
            ),
            (
                "/a[b",
                "the class that opens at character 3 is never closed; add `]`, or write `\\[` for the character itself",
            ),
            (
                "a\\",
                "the `\\` at character 2 escapes nothing; write `\\\\` for the character itself",
            ),
            (
                "\\d(+a)",
                "there is nothing to repeat before character 4; write `\\+` for the character itself",
            ),
            ("a(?z)b", "unknown flag `z` at character 4; the flags are `i`, `m`, `s` and `x`"),
            ("\\d(?<n", "a name is missing or not closed at character 3; write `(?<name>…)`"),
            (
                "a\\k<x>",
                "a back reference at character 2 names no group; name one that stands before it",
            ),
            ("\\d[z-a]", "the range `z-a` at character 4 runs backwards; swap its ends"),
            (
                "\\p{Foo}x",
                "unknown property `Foo` at character 1; correct its name, as in `\\p{Alpha}`",
            ),
            (
                "x*{2",
                "the `{` at character 3 begins no repetition, as `{2}` or `{2,5}`; write `\\{` for the character itself",
            ),
            ("a{3,2}", "the repetition `{3,2}` at character 2 runs backwards; swap its ends"),
            (
                "a**",
                "there is nothing to repeat before character 3; write `\\*` for the character itself",
            ),
            (
                "{\"a\":.*}",
                "the `{` at character 1 begins no repetition, as `{2}` or `{2,5}`; write `\\{` for the character itself",
            ),
            (
                "\\y",
                "`\\y` at character 1 means nothing; write `\\\\y` for a backslash and a letter, or leave the backslash out",
            ),
            (
                "\\p{IsFoo}",
                "Unicode property not found, at character 1; correct its name, as in `\\p{Alpha}`",
            ),
        ] {
            assert_eq!(WholeRegex::compile(pattern).unwrap_err(), expect, "{pattern}");
        }
        let too_large = WholeRegex::compile("(a{1000}){1000}").unwrap_err();
        assert!(too_large.ends_with("; lower its repetition counts"), "{too_large}");
    }

    #[test]
    fn runaway_patterns_give_up() {
        let regex = WholeRegex::compile(r"(?=(a+)+\1b)a*").unwrap();
        assert!(!regex.is_match(&"a".repeat(3000)));
    }

    #[test]
    fn literal_heads_are_found() {
        let check = |pattern, head| assert_eq!(literal_head(pattern), head, "{pattern}");
        check("/v1/users/[0-9]+", "/v1/users/");
        check("^/v1/a?b", "/v1/");
        check("/v1/ab+", "/v1/ab");
        check("/a|/b", "");
        check("/a(b|c)", "/a");
        check(r"/a\.json\?x=.*", "/a.json?x=");
        check(r"/v\d", "/v");
        check(r"\Q/a.b\E*", "/a.");
        check(r"\Q/a|b", "/a|");
        check("(?i)/a", "");
        check("/a[|]b", "/a");
        check("/a[](]|b", "");
        check("/a{2}", "/");
    }

    proptest! {
        #[test]
        fn every_fit_begins_with_the_head(
            pattern in r"[/ab.*?|()\[\]{}+1\\QEd^&<:x-]{0,12}", text in "[/ab1.]{0,6}",
        ) {
            if let Ok(regex) = WholeRegex::compile(&pattern)
                && regex.is_match(&text)
            {
                prop_assert!(text.starts_with(&literal_head(&pattern)));
            }
        }
    }
}
