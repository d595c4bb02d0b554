//! An object whose keys are known: unknown and repeated ones are reported.

use std::{collections::HashSet, ops::Range};

use super::{
    problem::{Problem, Problems},
    rule,
};
use crate::codec::{
    json::{Member, Node, NodeValue},
    suggest,
};

/// What may stand in one kind of object.
pub(super) struct Place {
    /// What its keys are called: `key` or `matcher`.
    pub(super) noun: &'static str,
    /// What the object is called in messages.
    pub(super) name: &'static str,
    /// The keys that are honoured.
    pub(super) known: &'static [&'static str],
}

/// The members of such an object that were found right; taken out one by one.
pub(super) struct Fields {
    /// Where the object stands.
    pub(super) span: Range<usize>,
    members: Vec<Member>,
}

impl Fields {
    /// Opens an object; what cannot stay is reported and left out.
    ///
    /// `homes` are other places of the format, to which a misplaced key may belong.
    pub(super) fn open(
        node: Node,
        place: &Place,
        homes: &[&Place],
        problems: &mut Problems,
    ) -> Option<Self> {
        let span = span_of(&node);
        let NodeValue::Object(members) = node.value else {
            problems.add(
                span,
                format!("{} must be an object, found {}", place.name, describe(&node.value)),
            );
            return None;
        };
        let mut kept: Vec<Member> = Vec::with_capacity(members.len());
        for member in members {
            let name = member.name.as_str();
            let name_span = member.name_start..member.name_end;
            if place.known.contains(&name) {
                if kept.iter().any(|earlier| earlier.name == name) {
                    problems.push(Problem::new(
                        rule::DUPLICATE_KEY,
                        name_span,
                        format!("`{name}` is given twice"),
                    ));
                } else {
                    kept.push(member);
                }
            } else {
                report_unknown(name, name_span, place, homes, problems);
            }
        }
        Some(Self { span, members: kept })
    }

    /// Whether there is such a member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    /// Takes a member's value; `null` is as good as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Node> {
        self.take_any(name).filter(|node| node.value != NodeValue::Null)
    }

    /// Takes a member's value, `null` included.
    pub(super) fn take_any(&mut self, name: &str) -> Option<Node> {
        let at = self.members.iter().position(|member| member.name == name)?;
        Some(self.members.remove(at).value)
    }

    /// Takes a text.
    pub(super) fn text(&mut self, name: &str, problems: &mut Problems) -> Option<String> {
        let node = self.take(name)?;
        text(node, name, problems)
    }

    /// Takes `true` or `false`; absent is `false`.
    pub(super) fn flag(&mut self, name: &str, problems: &mut Problems) -> bool {
        self.flag_if_given(name, problems).unwrap_or_default()
    }

    /// Takes `true` or `false`.
    pub(super) fn flag_if_given(&mut self, name: &str, problems: &mut Problems) -> Option<bool> {
        match self.take(name)? {
            Node { value: NodeValue::Bool(value), .. } => Some(value),
            node => {
                expected(&node, name, "`true` or `false`", problems);
                None
            }
        }
    }

    /// Takes a whole number that is not negative.
    pub(super) fn whole(&mut self, name: &str, problems: &mut Problems) -> Option<u64> {
        let node = self.take(name)?;
        whole(&node, name, problems)
    }

    /// Takes the items of an array; absent is none.
    pub(super) fn items(&mut self, name: &str, problems: &mut Problems) -> Vec<Node> {
        self.take(name).map(|node| items(node, name, problems)).unwrap_or_default()
    }

    /// Takes the members of an object whose names are free; a name may stand once.
    pub(super) fn free_members(&mut self, name: &str, problems: &mut Problems) -> Vec<Member> {
        self.take(name).map(|node| free_members(node, name, problems)).unwrap_or_default()
    }

    /// The members not yet taken.
    pub(super) fn rest(self) -> Vec<Member> {
        self.members
    }
}

/// Where a value stands.
pub(super) fn span_of(node: &Node) -> Range<usize> {
    node.start..node.end
}

/// A text.
pub(super) fn text(node: Node, name: &str, problems: &mut Problems) -> Option<String> {
    match node.value {
        NodeValue::String(text) => Some(text),
        NodeValue::Number(ref spelled) => {
            problems.add_with_hint(
                span_of(&node),
                format!("`{name}` must be a string, found a number"),
                format!("write \"{spelled}\""),
            );
            None
        }
        _ => {
            expected(&node, name, "a string", problems);
            None
        }
    }
}

/// A whole number that is not negative.
pub(super) fn whole(node: &Node, name: &str, problems: &mut Problems) -> Option<u64> {
    if let NodeValue::Number(spelled) = &node.value
        && let Ok(number) = spelled.parse()
    {
        return Some(number);
    }
    expected(node, name, "a whole number, 0 or more", problems);
    None
}

/// The items of an array.
pub(super) fn items(node: Node, name: &str, problems: &mut Problems) -> Vec<Node> {
    match node.value {
        NodeValue::Array(items) => items,
        _ => {
            expected(&node, name, "an array", problems);
            Vec::new()
        }
    }
}

/// The members of an object whose names are free; a name may stand once.
pub(super) fn free_members(node: Node, name: &str, problems: &mut Problems) -> Vec<Member> {
    let NodeValue::Object(members) = node.value else {
        expected(&node, name, "an object", problems);
        return Vec::new();
    };
    let mut seen = HashSet::with_capacity(members.len());
    for member in &members {
        if !seen.insert(member.name.as_str()) {
            problems.push(Problem::new(
                rule::DUPLICATE_KEY,
                member.name_start..member.name_end,
                format!("`{}` is given twice in `{name}`", member.name),
            ));
        }
    }
    members
}

/// Reports a value of the wrong type.
pub(super) fn expected(node: &Node, name: &str, what: &str, problems: &mut Problems) {
    problems
        .add(span_of(node), format!("`{name}` must be {what}, found {}", describe(&node.value)));
}

/// Reports a text that is none of the right ones.
pub(super) fn expected_one_of(
    span: Range<usize>,
    name: &str,
    found: &str,
    right: &[&'static str],
    problems: &mut Problems,
) {
    let message = format!("`{name}` cannot be `{found}`");
    let hint = match suggest::nearest(found, right.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("one of {}", quoted(right)),
    };
    problems.add_with_hint(span, message, hint);
}

/// What a value is, for messages.
fn describe(value: &NodeValue) -> String {
    match value {
        NodeValue::Null => "`null`".to_owned(),
        NodeValue::Bool(value) => format!("`{value}`"),
        NodeValue::Number(text) if text.len() <= 20 => format!("`{text}`"),
        NodeValue::Number(_) => "a number".to_owned(),
        NodeValue::String(text) if text.len() <= 20 => format!("the string \"{text}\""),
        NodeValue::String(_) => "a string".to_owned(),
        NodeValue::Array(_) => "an array".to_owned(),
        NodeValue::Object(_) => "an object".to_owned(),
    }
}

fn report_unknown(
    name: &str,
    span: Range<usize>,
    place: &Place,
    homes: &[&Place],
    problems: &mut Problems,
) {
    if problems.is_full() {
        // To guess what was meant takes a while.
        problems.push(Problem::new(rule::UNKNOWN_KEY, span, String::new()));
        return;
    }
    let message = match place.noun {
        "key" => format!("unknown key `{name}` in {}", place.name),
        noun => format!("unknown {noun} `{name}`"),
    };
    let hint = if let Some(meant) = suggest::nearest(name, place.known.iter().copied()) {
        format!("did you mean `{meant}`?")
    } else if let Some(home) = homes.iter().find(|home| home.known.contains(&name)) {
        format!("it belongs in {}", home.name)
    } else {
        format!("{}s here: {}", place.noun, quoted(place.known))
    };
    problems.push(Problem::new(rule::UNKNOWN_KEY, span, message).with_hint(hint));
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
