//! Credentials in JSON: members by name at any depth, strings by form. Edits the text in place, so
//! that everything else in it stays byte for byte.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    card,
    class::Class,
    json_scan,
    name_tables::{HeaderRule, Weight},
    names::{self, Named},
    opaque,
    pass::{Pass, Reach, Side, applies},
};
use crate::{
    codec::json::{self, Member, Node, NodeValue},
    model::{Json, JsonStyle},
};

/// JSON texts within strings of JSON texts are followed this deep.
const NESTED: usize = 3;

/// What is known of a value from where it stands.
#[derive(Clone, Copy)]
struct Naming<'n> {
    /// The name of the innermost member around it.
    name: &'n str,
    named: Option<Named>,
    header: Option<HeaderRule>,
}

impl<'n> Naming<'n> {
    const NONE: Self = Self { name: "", named: None, header: None };

    fn of(name: &'n str) -> Self {
        // Servers that echo a request have header names as member names.
        let header = names::header(name).filter(|rule| {
            !matches!(rule, HeaderRule::Challenge | HeaderRule::Whole(Class::Signature))
        });
        Self { name, named: names::parameter(name), header }
    }
}

/// A walk through one JSON text.
struct Walk<'t> {
    text: &'t str,
    depth: usize,
    edits: Vec<(Range<usize>, String)>,
}

impl Pass<'_> {
    /// A JSON text with its credentials replaced. The outer `None` says that it is not JSON, the
    /// inner one that nothing had to be replaced.
    pub(super) fn json(&mut self, text: &str) -> Option<Option<String>> {
        let is_known = || self.login.is_some() || self.knows_any(text.as_bytes());
        if json_scan::is_ordinary(text) && !is_known() {
            return Some(None);
        }
        self.json_at(text, 0)
    }

    pub(super) fn json_at(&mut self, text: &str, depth: usize) -> Option<Option<String>> {
        let root = json::parse_spanned(text).ok()?;
        let mut walk = Walk { text, depth, edits: Vec::new() };
        self.at(|| ".$".to_owned(), |pass| pass.node(&mut walk, &root, Naming::NONE));
        if walk.edits.is_empty() {
            return Some(None);
        }
        walk.edits.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(text.len() + 16);
        let mut done = 0;
        for (range, replacement) in &walk.edits {
            out.push_str(text.get(done..range.start).unwrap_or_default());
            out.push_str(replacement);
            done = range.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Some(Some(out))
    }

    fn node(&mut self, walk: &mut Walk<'_>, node: &Node, naming: Naming<'_>) {
        match &node.value {
            NodeValue::Null | NodeValue::Bool(_) => {}
            NodeValue::Number(number) => {
                if let Some(replaced) = self.number(number, naming) {
                    walk.edits.push((node.start..node.end, replaced));
                }
            }
            NodeValue::String(value) => {
                if let Some(replaced) = self.leaf(value, naming, walk.depth) {
                    walk.replace(node.start..node.end, replaced);
                }
            }
            NodeValue::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.at(|| format!("[{at}]"), |pass| pass.node(walk, item, naming));
                }
            }
            NodeValue::Object(members) => self.object(walk, members),
        }
    }

    fn object(&mut self, walk: &mut Walk<'_>, members: &[Member]) {
        let query = members.iter().find_map(|member| match &member.value.value {
            NodeValue::String(query) if member.name == "query" && query.contains('{') => {
                Some(query.as_str())
            }
            _ => None,
        });
        for member in members {
            let step = || step(&member.name);
            if let Some(replaced) = self.at(step, |pass| pass.string(&member.name)) {
                walk.replace(member.name_start..member.name_end, replaced);
            }
            self.at(step, |pass| match (&member.value.value, query) {
                (NodeValue::String(text), Some(_)) if member.name == "query" => {
                    if let Some(replaced) = pass.graphql(text) {
                        walk.replace(member.value.start..member.value.end, replaced);
                    }
                }
                (NodeValue::Object(variables), Some(query)) if member.name == "variables" => {
                    pass.variables(walk, variables, &named_variables(query));
                }
                _ => pass.node(walk, &member.value, Naming::of(&member.name)),
            });
        }
    }

    fn variables(
        &mut self,
        walk: &mut Walk<'_>,
        variables: &[Member],
        named: &HashMap<&str, Named>,
    ) {
        for variable in variables {
            let own = Naming::of(&variable.name);
            let naming =
                Naming { named: named.get(variable.name.as_str()).copied().or(own.named), ..own };
            self.at(|| step(&variable.name), |pass| pass.node(walk, &variable.value, naming));
        }
    }

    fn leaf(&mut self, value: &str, naming: Naming<'_>, depth: usize) -> Option<String> {
        if value.is_empty() {
            return None;
        }
        if let Some(named) = naming.named
            && let Some(replaced) = self.named(named, value)
        {
            return Some(replaced);
        }
        if let Some(rule) = naming.header
            && naming.named.is_none()
            && (rule != HeaderRule::Authorization
                || value.contains(' ')
                || opaque::looks_opaque(value))
            && let Some(replaced) = self.header(naming.name, value)
        {
            return Some(replaced);
        }
        if let Some(sent) = self.login
            && opaque::looks_opaque(value)
            && !names::is_label(naming.name)
            && !sent.contains(value)
            && let Some(replaced) = self.secret(Class::Token, value, Reach::Recording)
        {
            return Some(replaced);
        }
        if depth < NESTED
            && value.trim_start().starts_with(['{', '['])
            && let Some(nested) = self.json_at(value, depth + 1)
        {
            return nested;
        }
        self.string(value)
    }

    /// Numbers stay numbers: a card number becomes another one, other secrets become nines.
    fn number(&mut self, number: &str, naming: Naming<'_>) -> Option<String> {
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if card::find(number.as_bytes(), 0).is_some()
            && (naming.name == "number"
                || naming.named.is_some_and(|named| named.class == Class::CardNumber))
        {
            return self.secret(Class::CardNumber, number, Reach::Recording);
        }
        let named = naming.named?;
        let nines = "9".repeat(number.len());
        let is_secret = match named.class {
            Class::Password => named.weight == Weight::Strong && self.side == Side::Request,
            Class::CardCode => applies(self.side, named, number),
            _ => false,
        };
        if !is_secret || number == nines {
            return None;
        }
        self.note(named.class, number, &nines, Reach::Here);
        Some(nines)
    }

    /// The text of a GraphQL query: arguments with a name of a credential and a literal value.
    pub(super) fn graphql(&mut self, query: &str) -> Option<String> {
        let mut out = String::new();
        let mut done = 0;
        for argument in LITERAL.captures_iter(query) {
            let (Some(name), Some(value)) = (argument.get(1), argument.get(2)) else {
                continue;
            };
            let replaced =
                names::parameter(name.as_str()).and_then(|named| self.named(named, value.as_str()));
            if let Some(replaced) = replaced {
                out.push_str(query.get(done..value.start()).unwrap_or_default());
                out.push_str(&replaced);
                done = value.end();
            }
        }
        out.push_str(query.get(done..).unwrap_or_default());
        self.string(&out).or_else(|| (done > 0).then_some(out))
    }

    /// The `variables` of a GraphQL request on their own, as a `GET` has them.
    pub(super) fn graphql_variables(&mut self, text: &str, query: &str) -> Option<Option<String>> {
        let root = json::parse_spanned(text).ok()?;
        let NodeValue::Object(variables) = &root.value else {
            return self.json(text);
        };
        let mut walk = Walk { text, depth: 1, edits: Vec::new() };
        self.variables(&mut walk, variables, &named_variables(query));
        let mut out = text.to_owned();
        walk.edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        for (range, replacement) in &walk.edits {
            out.replace_range(range.clone(), replacement);
        }
        Some((!walk.edits.is_empty()).then_some(out))
    }
}

impl Walk<'_> {
    /// Replaces a string, written as it was: with `\/` and `\u` escapes if it had them.
    fn replace(&mut self, range: Range<usize>, value: String) {
        let raw = self.text.get(range.clone()).unwrap_or_default();
        let style = JsonStyle {
            ascii: raw.contains("\\u"),
            escaped_slash: raw.contains("\\/"),
            ..JsonStyle::default()
        };
        self.edits.push((range, json::write(&Json::String(value), style)));
    }
}

/// `.name`, or `['any name']`.
fn step(name: &str) -> String {
    let is_plain = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_plain { format!(".{name}") } else { format!("['{name}']") }
}

/// The variables that a query gives to arguments which are credentials by name.
fn named_variables(query: &str) -> HashMap<&str, Named> {
    VARIABLE
        .captures_iter(query)
        .filter_map(|argument| {
            let named = names::parameter(argument.get(1)?.as_str())?;
            let weight = match named.weight {
                Weight::Weak => Weight::Weak,
                Weight::Strong | Weight::Sent => Weight::Strong,
            };
            Some((argument.get(2)?.as_str(), Named { weight, ..named }))
        })
        .collect()
}

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles them")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("constant pattern")
}

/// `password: $p`
static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"([A-Za-z_][A-Za-z0-9_]*)\s*:\s*\$([A-Za-z_][A-Za-z0-9_]*)"));

/// `password: "literal"`
static LITERAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"([A-Za-z_][A-Za-z0-9_]*)\s*:\s*"((?:[^"\\]|\\.)*)""#));
