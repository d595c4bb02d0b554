//! The one matcher that an object holds, and the options beside it: each goes with certain matchers.

use crate::{
    codec::json::{Member, Node, NodeValue},
    format::{
        fields::{Fields, expected, span_of, text},
        problem::Problems,
    },
};

const DATES: &[&str] = &["before", "after", "equalToDateTime"];
const XML: &[&str] = &["equalToXml"];

/// Option → matchers that it goes with.
const OPTIONS: &[(&str, &[&str])] = &[
    ("actualFormat", DATES),
    ("applyTruncationLast", DATES),
    ("caseInsensitive", &["equalTo"]),
    ("enablePlaceholders", XML),
    ("exemptedComparisons", XML),
    ("expectedOffset", DATES),
    ("expectedOffsetUnit", DATES),
    ("ignoreArrayOrder", &["equalToJson"]),
    ("ignoreExtraElements", &["equalToJson"]),
    ("ignoreOrderOfSameNode", XML),
    ("length", &["equalToDigest"]),
    ("namespaceAwareness", XML),
    ("placeholderClosingDelimiterRegex", XML),
    ("placeholderOpeningDelimiterRegex", XML),
    ("schemaVersion", &["matchesJsonSchema"]),
    ("truncateActual", DATES),
    ("truncateExpected", DATES),
    ("xPathNamespaces", &["matchesXPath"]),
];

/// The options that stand beside a matcher; taken out one by one.
pub(super) struct Options(Vec<Member>);

impl Options {
    /// Takes an option; `null` is as good as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.0.iter().position(|member| member.name == name)?;
        Some(self.0.remove(at).value).filter(|node| node.value != NodeValue::Null)
    }

    /// Takes `true` or `false`; absent is `false`. Like WireMock, takes both as text too.
    pub(super) fn flag(&mut self, name: &str, problems: &mut Problems) -> bool {
        self.said_flag(name, problems).unwrap_or_default()
    }

    /// Takes `true` or `false` as [`Options::flag`] does; `None` where nothing is said.
    pub(super) fn said_flag(&mut self, name: &str, problems: &mut Problems) -> Option<bool> {
        let node = self.take(name)?;
        match &node.value {
            NodeValue::Bool(value) => Some(*value),
            NodeValue::String(text) if text == "true" => Some(true),
            NodeValue::String(text) if text == "false" => Some(false),
            _ => {
                expected(&node, name, "`true` or `false`", problems);
                None
            }
        }
    }

    /// Takes a text.
    pub(super) fn text(&mut self, name: &str, problems: &mut Problems) -> Option<String> {
        let node = self.take(name)?;
        text(node, name, problems)
    }
}

/// The one matcher of an object, and its options.
pub(super) fn the_matcher(fields: Fields, problems: &mut Problems) -> Option<(Member, Options)> {
    let span = fields.span.clone();
    let (options, mut matchers): (Vec<Member>, Vec<Member>) =
        fields.rest().into_iter().partition(|member| goes_with(&member.name).is_some());
    if let Some(second) = matchers.get(1) {
        problems.add_with_hint(
            second.name_start..second.name_end,
            format!("a second matcher, `{}`, in one object", second.name),
            "combine them with `and`",
        );
    }
    if matchers.is_empty() {
        if let Some(option) = options.first() {
            problems.add(
                option.name_start..option.name_end,
                format!("`{}` is not a matcher by itself", option.name),
            );
        } else {
            // Where the matcher is a misspelled one, that has been reported inside this span.
            let hint = "for example {\"equalTo\": \"…\"}";
            problems.add_unless_within(span, "no matcher here", hint);
        }
        return None;
    }
    let matcher = matchers.swap_remove(0);
    let (own, others): (Vec<Member>, Vec<Member>) = options.into_iter().partition(|option| {
        goes_with(&option.name).is_some_and(|with| with.contains(&matcher.name.as_str()))
    });
    for option in others {
        misplaced(&option, &matcher.name, problems);
    }
    Some((matcher, Options(own)))
}

pub(super) fn goes_with(option: &str) -> Option<&'static [&'static str]> {
    OPTIONS.iter().find(|(name, _)| *name == option).map(|(_, matchers)| *matchers)
}

/// One that asks for nothing does no harm: tools write them.
fn misplaced(option: &Member, matcher: &str, problems: &mut Problems) {
    let asks_for_nothing = match &option.value.value {
        NodeValue::Null | NodeValue::Bool(false) => true,
        NodeValue::Array(items) => items.is_empty(),
        NodeValue::Object(members) => members.is_empty(),
        _ => false,
    };
    if asks_for_nothing {
        return;
    }
    let name = option.name.as_str();
    let with: Vec<String> =
        goes_with(name).unwrap_or_default().iter().map(|name| format!("`{name}`")).collect();
    let hint = match name {
        "caseInsensitive" => {
            "it belongs to `equalTo`; in a regular expression write `(?i)`".to_owned()
        }
        _ => format!("it belongs to {}", with.join(", ")),
    };
    problems.add_with_hint(
        option.name_start..option.name_end,
        format!("`{name}` does not go with `{matcher}`"),
        hint,
    );
}

/// Where an option's value stands, and its text.
pub(super) fn spanned_text(
    options: &mut Options,
    name: &str,
    problems: &mut Problems,
) -> Option<(std::ops::Range<usize>, String)> {
    let node = options.take(name)?;
    let span = span_of(&node);
    Some((span, text(node, name, problems)?))
}
