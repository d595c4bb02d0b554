//! The mappings of a stub file, unread, whether it is written in JSON or in YAML.

use std::{ops::Range, path::Path};

use crate::{
    codec::{
        json::{self, Node, NodeValue},
        yaml::{self, YamlError},
    },
    format::{
        fields::{Fields, Place, span_of, text},
        problem::{Problem, Problems},
        rule,
    },
};

/// How a stub file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// JSON.
    #[default]
    Json,
    /// YAML: the same keys; several documents, or a list at the top, are several mappings.
    Yaml,
}

impl Syntax {
    /// That of a file, by its ending; `None` for one that is no stub file.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        if ending.eq_ignore_ascii_case("json") {
            Some(Self::Json)
        } else if ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml") {
            Some(Self::Yaml)
        } else {
            None
        }
    }
}

/// The keys of a file of several mappings; `meta` is what WireMock's admin API adds.
pub(super) const FILE: Place = Place {
    noun: "key",
    name: "a file of `mappings`",
    known: &["importOptions", "mappings", "meta"],
};

/// Tells editors what may stand in the file.
pub(super) const SCHEMA_KEY: &str = "$schema";

/// The mappings of a text, unread.
pub(super) fn mapping_nodes(
    text: &str,
    syntax: Syntax,
    homes: &[&Place],
    problems: &mut Problems,
) -> Vec<Node> {
    let roots = roots(text, syntax, problems);
    roots.into_iter().flat_map(|root| in_root(root, syntax, homes, problems)).collect()
}

/// The JSON texts or YAML documents of a file.
fn roots(text: &str, syntax: Syntax, problems: &mut Problems) -> Vec<Node> {
    match (syntax, text.strip_prefix('\u{feff}')) {
        // Some editors begin a file with a byte order mark; blanks in its place keep all offsets true.
        (Syntax::Json, Some(rest)) => json_roots(&format!("   {rest}"), problems),
        (Syntax::Json, None) => json_roots(text, problems),
        (Syntax::Yaml, _) => yaml_roots(text, problems),
    }
}

/// JSON pointers (RFC 6901) into the file, or into its YAML document, to what stands at each of these
/// spans: a value, or a key. `None` in a text that cannot be read.
pub fn pointers(text: &str, syntax: Syntax, spans: &[Range<usize>]) -> Vec<Option<String>> {
    let roots = roots(text, syntax, &mut Problems::default());
    spans.iter().map(|span| roots.iter().find_map(|root| pointer_to(root, span))).collect()
}

fn pointer_to(root: &Node, span: &Range<usize>) -> Option<String> {
    let holds = |range: Range<usize>| range.start <= span.start && span.end <= range.end;
    if !holds(span_of(root)) {
        return None;
    }
    let mut pointer = String::new();
    let mut node = root;
    loop {
        if span_of(node) == *span {
            return Some(pointer);
        }
        let next = match &node.value {
            NodeValue::Object(members) => members.iter().find_map(|member| {
                let is_name = holds(member.name_start..member.name_end);
                (is_name || holds(span_of(&member.value))).then(|| {
                    let token = member.name.replace('~', "~0").replace('/', "~1");
                    (token, &member.value, is_name)
                })
            }),
            NodeValue::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(at, item)| holds(span_of(item)).then(|| (at.to_string(), item, false))),
            _ => None,
        };
        let Some((token, child, is_name)) = next else { return Some(pointer) };
        pointer.push('/');
        pointer.push_str(&token);
        if is_name {
            return Some(pointer);
        }
        node = child;
    }
}

/// Where the value at a JSON pointer (RFC 6901) stands, within the mapping that stands at `mapping`.
/// A part of the pointer that is not there is where its nearest ancestor is; `/responses/0` also
/// finds a single `response`.
pub fn locate(text: &str, syntax: Syntax, mapping: &Range<usize>, pointer: &str) -> Range<usize> {
    let nodes = mapping_nodes(text, syntax, &[], &mut Problems::default());
    let Some(mut node) = nodes.iter().find(|node| node.start == mapping.start) else {
        return mapping.clone();
    };
    let mut tokens = pointer.split('/').skip(1);
    while let Some(token) = tokens.next() {
        let token = token.replace("~1", "/").replace("~0", "~");
        let child = match &node.value {
            NodeValue::Array(items) => token.parse().ok().and_then(|at: usize| items.get(at)),
            NodeValue::Object(members) => {
                let member = |name: &str| members.iter().find(|member| member.name == name);
                let found = member(&token).or_else(|| {
                    let single = member("response").filter(|_| token == "responses")?;
                    tokens.next();
                    Some(single)
                });
                found.map(|member| &member.value)
            }
            _ => None,
        };
        match child {
            Some(child) => node = child,
            None => break,
        }
    }
    span_of(node)
}

fn json_roots(text: &str, problems: &mut Problems) -> Vec<Node> {
    match json::parse_spanned(text) {
        Ok(node) => vec![node],
        Err(error) => {
            let found = text.get(error.offset..).and_then(|rest| rest.chars().next());
            let span = error.offset..error.offset + found.map_or(0, char::len_utf8);
            let hint = json_hint(text, error.offset).map(str::to_owned);
            let message = error.message;
            problems.push(Problem { rule: rule::SYNTAX, message, span, hint });
            Vec::new()
        }
    }
}

fn yaml_roots(text: &str, problems: &mut Problems) -> Vec<Node> {
    let (nodes, mistakes) = yaml::parse_spanned(text);
    if nodes.is_empty() && mistakes.is_empty() {
        problems.push(Problem::new(rule::SYNTAX, 0..0, "the file holds no mapping"));
    }
    for mistake in mistakes {
        let YamlError { span, message, hint } = mistake;
        problems.push(Problem { rule: rule::SYNTAX, message, span, hint });
    }
    nodes
}

/// The mappings of one JSON text or YAML document.
fn in_root(mut root: Node, syntax: Syntax, homes: &[&Place], problems: &mut Problems) -> Vec<Node> {
    if let NodeValue::Object(members) = &mut root.value
        && let Some(at) = members.iter().position(|member| member.name == SCHEMA_KEY)
    {
        text(members.remove(at).value, SCHEMA_KEY, problems);
    }
    match root.value {
        NodeValue::Object(ref members) if members.iter().any(|it| it.name == "mappings") => {
            let Some(mut file) = Fields::open(root, &FILE, homes, problems) else {
                return Vec::new();
            };
            file.items("mappings", problems)
        }
        NodeValue::Array(items) if syntax == Syntax::Yaml => items,
        NodeValue::Array(_) => {
            problems.add_with_hint(
                root.start..root.start + 1,
                "a stub file holds one mapping, found an array",
                "several mappings are written {\"mappings\": […]}",
            );
            Vec::new()
        }
        _ => vec![root],
    }
}

/// What helps with the mistakes that people make in JSON.
fn json_hint(text: &str, offset: usize) -> Option<&'static str> {
    let (before, after) = text.split_at_checked(offset)?;
    match after.chars().next() {
        Some('}' | ']') if before.trim_end().ends_with(',') => {
            Some("take away the comma before it")
        }
        Some('\'') => Some("JSON strings stand in double quotes"),
        Some('/' | '#') => Some("JSON has no comments"),
        Some('"') => Some("is a comma missing before it?"),
        _ => None,
    }
}
