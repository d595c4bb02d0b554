//! One tree for JSON, YAML and TOML: what reads a document asks in which syntax it is written no more.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    codec::{
        json::{self, MAX_DEPTH, Member, Node, NodeValue},
        yaml,
    },
    format::{
        fields::{Fields, Place},
        problem::{Problem, Problems},
        rule,
    },
};

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// JSON.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

impl Language {
    /// That of a file by its ending (`.json`, `.yaml`, `.yml`); TOML else.
    pub fn of_ending(ending: &str) -> Self {
        match ending.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "yaml" | "yml" => Self::Yaml,
            _ => Self::Toml,
        }
    }
}

/// Reads a text into its tree; an empty one is an empty object. `None` when it cannot be read, which is
/// noted.
pub(in crate::format) fn parse(
    text: &str,
    language: Language,
    problems: &mut Problems,
) -> Option<Node> {
    match language {
        Language::Json => match json::parse_spanned(text) {
            Ok(node) => Some(node),
            Err(error) => {
                let span = error.offset..error.offset;
                problems.push(Problem::new(rule::SYNTAX, span, error.message));
                None
            }
        },
        Language::Toml => {
            let (document, mistakes) = DeTable::parse_recoverable(text);
            for mistake in &mistakes {
                let span = mistake.span().unwrap_or(0..0);
                problems.push(Problem::new(rule::SYNTAX, span, mistake.message()));
            }
            mistakes.is_empty().then(|| of_table(document.get_ref(), 0..text.len()))
        }
        Language::Yaml => {
            let (mut nodes, mistakes) = yaml::parse_spanned(text);
            for mistake in &mistakes {
                let message = mistake.message.clone();
                problems.push(Problem {
                    hint: mistake.hint.clone(),
                    ..Problem::new(rule::SYNTAX, mistake.span.clone(), message)
                });
            }
            if nodes.len() > 1 {
                problems.add(0..0, "one document is expected, found several");
            }
            let is_readable = mistakes.is_empty() && nodes.len() <= 1;
            is_readable.then(|| nodes.pop().unwrap_or_else(|| empty(0..text.len())))
        }
    }
}

/// An object without members.
pub(in crate::format) fn empty(span: Range<usize>) -> Node {
    Node { start: span.start, end: span.end, value: NodeValue::Object(Vec::new()) }
}

/// A value of a TOML text as a tree.
pub fn of_toml(value: &Spanned<DeValue<'_>>) -> Node {
    toml_value(value, 0)
}

/// The entries of a TOML table as a tree.
pub fn of_table(table: &DeTable<'_>, span: Range<usize>) -> Node {
    Node { start: span.start, end: span.end, value: toml_members(table.iter(), 0) }
}

fn toml_value(value: &Spanned<DeValue<'_>>, depth: usize) -> Node {
    let span = value.span();
    let value = match value.get_ref() {
        // The parser of TOML has a bound of its own, which is lower.
        _ if depth > MAX_DEPTH => NodeValue::Null,
        DeValue::String(text) => NodeValue::String(text.to_string()),
        DeValue::Integer(integer) => NodeValue::Number(
            i128::from_str_radix(integer.as_str(), integer.radix())
                .map_or_else(|_| integer.to_string(), |number| number.to_string()),
        ),
        DeValue::Float(float) => NodeValue::Number(float.as_str().to_owned()),
        DeValue::Boolean(value) => NodeValue::Bool(*value),
        DeValue::Datetime(date) => NodeValue::String(date.to_string()),
        DeValue::Array(items) => {
            NodeValue::Array(items.iter().map(|item| toml_value(item, depth + 1)).collect())
        }
        DeValue::Table(table) => toml_members(table.iter(), depth + 1),
    };
    Node { start: span.start, end: span.end, value }
}

fn toml_members<'t, 'v: 't>(
    entries: impl Iterator<Item = (&'t Spanned<toml::de::DeString<'v>>, &'t Spanned<DeValue<'v>>)>,
    depth: usize,
) -> NodeValue {
    let mut members: Vec<_> = entries
        .map(|(name, value)| Member {
            name: name.get_ref().to_string(),
            name_start: name.span().start,
            name_end: name.span().end,
            value: toml_value(value, depth),
        })
        .collect();
    // The parser sorts by name; the order of the text is what a person chose.
    members.sort_by_key(|member| member.name_start);
    NodeValue::Object(members)
}

/// Opens an object of known keys, which are written `snake_case` in `place` and may be written
/// `camelCase` too.
pub(in crate::format) fn open(
    mut node: Node,
    place: &Place,
    homes: &[&Place],
    problems: &mut Problems,
) -> Option<Fields> {
    if let NodeValue::Object(members) = &mut node.value {
        for member in members {
            let snake = snake_case(&member.name);
            if place.known.contains(&snake.as_str()) {
                member.name = snake;
            }
        }
    }
    Fields::open(node, place, homes, problems)
}

/// `rateLimit` → `rate_limit`; a text that has `_` or `-` already: `rate-limit` → `rate_limit`.
pub(in crate::format) fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        match c {
            'A'..='Z' => {
                if !out.is_empty() && !out.ends_with('_') {
                    out.push('_');
                }
                out.push(c.to_ascii_lowercase());
            }
            '-' => out.push('_'),
            _ => out.push(c),
        }
    }
    out
}

/// `rate_limit` → `rateLimit`
pub(in crate::format) fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_start = false;
    for c in name.chars() {
        match c {
            '_' => is_start = true,
            _ if is_start => {
                out.push(c.to_ascii_uppercase());
                is_start = false;
            }
            _ => out.push(c),
        }
    }
    out
}

/// The items of an array, or the one value that stands in place of it.
pub(in crate::format) fn one_or_more(node: Node) -> Vec<Node> {
    match node.value {
        NodeValue::Array(items) => items,
        NodeValue::Null => Vec::new(),
        _ => vec![node],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, language: Language) -> Node {
        let mut problems = Problems::default();
        let node = parse(text, language, &mut problems);
        assert_eq!(problems.into_sorted(), []);
        node.unwrap()
    }

    #[test]
    fn toml_json_and_yaml_give_the_same_tree() {
        let toml = read("b = 0x10\na = [{x = 1.5, y = true}, 'z']\n", Language::Toml);
        let json = read(r#"{"b": 16, "a": [{"x": 1.5, "y": true}, "z"]}"#, Language::Json);
        let yaml = read("b: 16\na:\n- x: 1.5\n  y: true\n- z\n", Language::Yaml);
        let json = json.into_json();
        assert_eq!(toml.into_json(), json);
        assert_eq!(yaml.into_json(), json);
        assert_eq!(read("", Language::Toml).into_json(), read("{}", Language::Json).into_json());
        assert_eq!(read("", Language::Yaml).into_json(), read("{}", Language::Json).into_json());
    }

    #[test]
    fn toml_values_know_their_places() {
        let text = "[[fault]]\nstatus = 503\n";
        let Node { value: NodeValue::Object(members), .. } = read(text, Language::Toml) else {
            panic!()
        };
        assert_eq!(&text[members[0].name_start..members[0].name_end], "fault");
        let NodeValue::Array(faults) = &members[0].value.value else { panic!() };
        let NodeValue::Object(keys) = &faults[0].value else { panic!() };
        assert_eq!(&text[keys[0].value.start..keys[0].value.end], "503");
    }

    #[test]
    fn keys_are_the_same_in_snake_and_camel_case() {
        assert_eq!(snake_case("rateLimit"), "rate_limit");
        assert_eq!(snake_case("rate-limit"), "rate_limit");
        assert_eq!(snake_case("p99"), "p99");
        assert_eq!(camel_case("repeat_every"), "repeatEvery");
    }
}
