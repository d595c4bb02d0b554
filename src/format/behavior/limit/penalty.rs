//! What becomes of a client that tries again too early, as people write it.

use std::time::Duration;

use super::value::{is_off, word};
use crate::{
    behavior::duration,
    codec::json::{Member, Node, NodeValue},
    format::{
        behavior::{scalar, tree::open},
        fields::{Place, span_of},
        problem::Problems,
    },
    model::{Json, Penalty},
};

const PENALTY: Place =
    Place { noun: "key", name: "`penalty`", known: &["escalate", "max", "ban", "after"] };

/// The longest wait of an escalating penalty, where none is said.
const LONGEST: Duration = Duration::from_secs(3600);

/// Early tries that lead to a ban, where it is not said how many.
const TRIES: u32 = 10;

/// Reads a penalty: `restart`, `escalate:2`, `ban:10m`, a table, or that there is none.
pub(super) fn read(node: Node, problems: &mut Problems) -> Option<Penalty> {
    const HINT: &str =
        "write \"restart\", `{ escalate = 2, max = \"5m\" }` or `{ ban = \"10m\", after = 10 }`";
    if is_off(&node) {
        return None;
    }
    let span = span_of(&node);
    if let Some(text) = word(&node) {
        let text = text.to_owned();
        let Some((kind, value)) = text.split_once(':') else {
            if text == "restart" {
                return Some(Penalty::Restart);
            }
            problems.add_with_hint(span, format!("`penalty` cannot be `{text}`"), HINT);
            return None;
        };
        // `escalate:2` and `ban:10m` are the tables with one key.
        let value = NodeValue::String(value.trim().to_owned());
        let value = Node { start: span.start, end: span.end, value };
        let (name_start, name_end) = (span.start, span.end);
        let member = Member { name: kind.trim().to_owned(), name_start, name_end, value };
        let value = NodeValue::Object(vec![member]);
        return read(Node { start: span.start, end: span.end, value }, problems);
    }
    let mut fields = open(node, &PENALTY, &[], problems)?;
    if let Some(time) = scalar::duration(&mut fields, "ban", problems) {
        let after = scalar::whole(&mut fields, "after", (1, u32::MAX.into()), problems);
        let after = after.and_then(|after| after.try_into().ok()).unwrap_or(TRIES);
        return Some(Penalty::Ban { after, time });
    }
    let factor = scalar::number(&mut fields, "escalate", 1.0, problems);
    let max = scalar::duration(&mut fields, "max", problems).unwrap_or(LONGEST);
    if factor.is_none() {
        problems.add_unless_within(span, "`penalty` says neither `escalate` nor `ban`", HINT);
    }
    factor.map(|factor| Penalty::Escalate { factor, max })
}

/// Writes a penalty as [`read`] reads it.
pub(super) fn write(penalty: Penalty) -> Json {
    let time = |time| duration::print(time).as_str().into();
    let object = |members: [(&str, Json); 2]| {
        Json::Object(members.into_iter().map(|(name, json)| (name.to_owned(), json)).collect())
    };
    match penalty {
        Penalty::Restart => "restart".into(),
        Penalty::Escalate { factor, max } => {
            object([("escalate", Json::Number(factor.to_string())), ("max", time(max))])
        }
        Penalty::Ban { after, time: length } => {
            object([("ban", time(length)), ("after", u64::from(after).into())])
        }
    }
}
