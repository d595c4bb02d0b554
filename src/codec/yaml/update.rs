//! Changes a YAML text to say another value, and leaves alone what says the same: comments, order,
//! quotes and blank lines of all that stays.

use std::ops::Range;

use super::{
    reader::parse_spanned,
    writer::{after_dash, after_key, flow, inline, member, write},
};
use crate::{
    codec::json::{Member, Node, NodeValue},
    model::Json,
};

/// The text `old`, changed to read back as exactly `new`.
///
/// Scalars are replaced in their place, collections that changed in kind or order are written anew
/// where they stand, new members come last, and one that is gone takes the rest of its line with it.
/// Where that does not give `new` (an anchor was lost, say), the whole is written anew below the
/// comment that the text begins with.
pub fn update(old: &str, new: &Json) -> String {
    edited(old, new).filter(|text| reads_as(text, new)).unwrap_or_else(|| {
        let head = leading_comment(old);
        format!("{head}{}", write(new))
    })
}

fn reads_as(text: &str, value: &Json) -> bool {
    let (mut nodes, mistakes) = parse_spanned(text);
    mistakes.is_empty()
        && nodes.len() <= 1
        && nodes.pop().map_or(Json::Null, Node::into_json) == *value
}

/// The lines before the first one that says something.
fn leading_comment(text: &str) -> &str {
    let is_silent = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let length = text.split_inclusive('\n').take_while(is_silent).map(str::len).sum();
    let head = text.get(..length).unwrap_or_default();
    if head.ends_with('\n') { head } else { "" }
}

fn edited(old: &str, new: &Json) -> Option<String> {
    let (nodes, mistakes) = parse_spanned(old);
    let ([root], []) = (nodes.as_slice(), mistakes.as_slice()) else { return None };
    let mut editor = Editor { text: old, edits: Vec::new() };
    editor.change(root, new, Place::Root);
    editor.apply()
}

/// Where a value stands.
#[derive(Clone, Copy)]
enum Place {
    Root,
    /// After a key in this column, whose name ends at this offset.
    Key {
        column: usize,
        name_end: usize,
    },
    /// After a dash in this column.
    Dash {
        column: usize,
    },
    /// Inside of `[]` or `{}`.
    Flow,
}

struct Editor<'t> {
    text: &'t str,
    edits: Vec<(Range<usize>, String)>,
}

impl Editor<'_> {
    /// The text with all edits made; `None` if two of them meet.
    fn apply(mut self) -> Option<String> {
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for (range, with) in &self.edits {
            out.push_str(self.text.get(at..range.start)?);
            out.push_str(with);
            at = range.end;
        }
        out.push_str(self.text.get(at..)?);
        Some(out)
    }

    /// Has the text say `new` where it says `node`. Its depth is that of the text, which is bounded.
    fn change(&mut self, node: &Node, new: &Json, place: Place) {
        if says(node, new) {
            return;
        }
        let is_flow = self.at(node.start, ['[', '{']);
        let changed = match (&node.value, new) {
            // What an alias stands for may be meant for others too.
            _ if self.at(node.start, ['*']) => false,
            (NodeValue::Object(members), Json::Object(new)) => {
                self.change_members(node, members, new, is_flow)
            }
            (NodeValue::Array(items), Json::Array(new)) => self.change_items(items, new, is_flow),
            _ => false,
        };
        if !changed {
            self.replace(node, new, place);
        }
    }

    /// `false`, and no edit made, where the members cannot be changed one by one.
    fn change_members(
        &mut self,
        node: &Node,
        old: &[Member],
        new: &[(String, Json)],
        is_flow: bool,
    ) -> bool {
        let find = |name: &str| new.iter().position(|(other, _)| other == name);
        let kept: Vec<(&Member, usize)> =
            old.iter().filter_map(|member| Some((member, find(&member.name)?))).collect();
        // Merged members stand elsewhere; what is kept must come first and in order.
        let is_own =
            |member: &Member| node.start <= member.name_start && member.name_end <= node.end;
        let in_order = kept.iter().map(|(_, at)| *at).eq(0..kept.len());
        let is_same_set = kept.len() == old.len() && kept.len() == new.len();
        let fits = !kept.is_empty() && in_order && old.iter().all(is_own);
        if !fits || (is_flow && !is_same_set) {
            return false;
        }
        let Some(column) = old.first().map(|first| self.column(first.name_start)) else {
            return false;
        };
        for (at, member) in old.iter().enumerate() {
            if find(&member.name).is_none() {
                let range = self.extent(member, old.get(at + 1));
                self.edits.push((range, String::new()));
            }
        }
        for (member, at) in &kept {
            let place = match is_flow {
                true => Place::Flow,
                false => Place::Key { column, name_end: member.name_end },
            };
            if let Some((_, value)) = new.get(*at) {
                self.change(&member.value, value, place);
            }
        }
        let added = new.get(kept.len()..).unwrap_or_default();
        if let Some((last, _)) = kept.last()
            && !added.is_empty()
        {
            let mut text = String::new();
            for (name, value) in added {
                text.push('\n');
                text.extend(std::iter::repeat_n(' ', column));
                member(&mut text, name, value, column);
            }
            let at = self.line_end(last.value.end.max(last.name_end));
            self.edits.push((at..at, text));
        }
        true
    }

    fn change_items(&mut self, old: &[Node], new: &[Json], is_flow: bool) -> bool {
        if new.is_empty() || old.is_empty() || (is_flow && old.len() != new.len()) {
            return false;
        }
        let dash = |item: &Node| {
            let before = self.text.get(..item.start)?.trim_end_matches(' ');
            before.ends_with('-').then(|| before.len() - 1)
        };
        let dashes: Option<Vec<usize>> = old.iter().map(dash).collect();
        let places: Vec<Place> = match (is_flow, &dashes) {
            (true, _) => vec![Place::Flow; old.len()],
            (false, Some(dashes)) => {
                dashes.iter().map(|&at| Place::Dash { column: self.column(at) }).collect()
            }
            (false, None) => return false,
        };
        for (at, (item, place)) in old.iter().zip(&places).enumerate() {
            match new.get(at) {
                Some(new) => self.change(item, new, *place),
                None => {
                    let start = dashes.as_ref().and_then(|dashes| dashes.get(at)).copied();
                    let start = self.line_start(start.unwrap_or(item.start));
                    let end = (self.line_end(item.end) + 1).min(self.text.len());
                    self.edits.push((start..end, String::new()));
                }
            }
        }
        let added = new.get(old.len()..).unwrap_or_default();
        if let (Some(last), Some(Place::Dash { column })) = (old.last(), places.last())
            && !added.is_empty()
        {
            let mut text = String::new();
            for value in added {
                text.push('\n');
                text.extend(std::iter::repeat_n(' ', *column));
                text.push('-');
                after_dash(&mut text, value, *column);
            }
            let at = self.line_end(last.end);
            self.edits.push((at..at, text));
        }
        true
    }

    /// Writes a value anew where it stands.
    fn replace(&mut self, node: &Node, new: &Json, place: Place) {
        let is_empty = match new {
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => true,
        };
        let is_block = !self.at(node.start, ['[', '{', '*'])
            && matches!(node.value, NodeValue::Array(_) | NodeValue::Object(_));
        let stays_flow = !is_empty && self.at(node.start, ['[', '{']);
        let mut text = String::new();
        let start = match place {
            _ if stays_flow || matches!(place, Place::Flow) => {
                text.push_str(&flow(new));
                node.start
            }
            Place::Flow | Place::Root => {
                text.push_str(write(new).trim_end_matches('\n'));
                node.start
            }
            // A scalar or a flow for another: all else on the line stays.
            Place::Key { .. } | Place::Dash { .. } if is_empty && !is_block => {
                if node.start == node.end {
                    text.push(' ');
                }
                text.push_str(&inline(new));
                node.start
            }
            Place::Key { column, name_end } => {
                let colon = self.text.get(name_end..).and_then(|rest| rest.find(':'));
                let after = name_end + colon.map_or(0, |at| at + 1);
                after_key(&mut text, new, column);
                // A comment beside the key stays, if the value goes on below.
                let line_end = self.line_end(after);
                let rest = self.text.get(after..line_end).unwrap_or_default();
                let goes_below = text.starts_with('\n') && line_end < node.start;
                if goes_below && rest.trim_start().starts_with('#') { line_end } else { after }
            }
            Place::Dash { column } => {
                after_dash(&mut text, new, column);
                let before = self.text.get(..node.start).unwrap_or_default();
                before.trim_end_matches(' ').len()
            }
        };
        self.edits.push((start..node.end.max(start), text));
    }

    /// The text of a member that is to go: its lines, or on the line of a dash up to the next member.
    fn extent(&self, member: &Member, next: Option<&Member>) -> Range<usize> {
        let line_start = self.line_start(member.name_start);
        let before = self.text.get(line_start..member.name_start).unwrap_or_default();
        let is_alone = before.bytes().all(|byte| byte == b' ');
        match next {
            Some(next) if !is_alone => member.name_start..next.name_start,
            _ => {
                let end = self.line_end(member.value.end.max(member.name_end));
                let start = if is_alone { line_start } else { member.name_start };
                start..(end + 1).min(self.text.len())
            }
        }
    }

    fn at(&self, offset: usize, one_of: impl IntoIterator<Item = char>) -> bool {
        let found = self.text.get(offset..).and_then(|rest| rest.chars().next());
        one_of.into_iter().any(|c| Some(c) == found)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
    }

    /// Where the line feed stands, or the text ends.
    fn line_end(&self, offset: usize) -> usize {
        let rest = self.text.get(offset..).unwrap_or_default();
        offset + rest.find('\n').unwrap_or(rest.len())
    }

    fn column(&self, offset: usize) -> usize {
        let line = self.text.get(self.line_start(offset)..offset).unwrap_or_default();
        line.trim_start_matches('\u{feff}').chars().count()
    }
}

fn says(node: &Node, value: &Json) -> bool {
    match (&node.value, value) {
        (NodeValue::Null, Json::Null) => true,
        (NodeValue::Bool(old), Json::Bool(new)) => old == new,
        (NodeValue::Number(old), Json::Number(new))
        | (NodeValue::String(old), Json::String(new)) => old == new,
        (NodeValue::Array(old), Json::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| says(old, new))
        }
        (NodeValue::Object(old), Json::Object(new)) => {
            old.len() == new.len()
                && old
                    .iter()
                    .zip(new)
                    .all(|(old, (name, new))| old.name == *name && says(&old.value, new))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::writer::testing::json, *};
    use crate::codec::json::parse;

    #[track_caller]
    fn check(old: &str, new: &str, expect: &str) {
        assert_eq!(update(old, &parse(new).unwrap()), expect);
    }

    const STUB: &str = "\
# All about books.
name: books   # as people call it
request:
  url: /books # the list
  # which method
  method: GET
response:
  status: 200
  headers:
    A: b
  body: |
    one
    two
# the end
";

    #[test]
    fn what_stays_is_not_touched() {
        let value = parse_spanned(STUB).0.remove(0).into_json();
        assert_eq!(update(STUB, &value), STUB);
    }

    #[test]
    fn a_scalar_is_replaced_in_its_place() {
        let new = r#"{"name":"yes","request":{"url":"/b?x: y","method":"PUT"},"response":{"status":201,"headers":{"A":"b"},"body":"one\ntwo\n"}}"#;
        let expect = STUB
            .replace("books   #", "\"yes\"   #")
            .replace("/books #", "\"/b?x: y\" #")
            .replace("GET", "PUT")
            .replace("200", "201");
        check(STUB, new, &expect);
    }

    #[test]
    fn members_come_last_and_go_with_their_line() {
        let new = r#"{"request":{"url":"/books","method":"GET","headers":{"X":{"absent":true}}},"response":{"status":200,"headers":{"A":"b"},"body":"text"},"priority":1}"#;
        let expect = "\
# All about books.
request:
  url: /books # the list
  # which method
  method: GET
  headers:
    X:
      absent: true
response:
  status: 200
  headers:
    A: b
  body: text
priority: 1
# the end
";
        check(STUB, new, expect);
    }

    #[test]
    fn lists_grow_shrink_and_change() {
        let old = "a:\n- x: 1 # one\n  y: 2\n- z # last\nb: [1, {c: d}] # flow\n";
        check(
            old,
            r#"{"a":[{"y":2},"w","v"],"b":[1,{"c":"e f"}]}"#,
            "a:\n- y: 2\n- w # last\n- v\nb: [1, {c: \"e f\"}] # flow\n",
        );
        check(old, r#"{"a":[{"x":1,"y":2}],"b":[1]}"#, "a:\n- x: 1 # one\n  y: 2\nb: [1] # flow\n");
        check("a: # why\n  b: 1\n", r#"{"a":[1]}"#, "a: # why\n  - 1\n");
        check("a:\nb: 1", r#"{"a":{"x":[]},"b":1,"c":2}"#, "a:\n  x: []\nb: 1\nc: 2");
    }

    #[test]
    fn what_cannot_be_patched_is_written_anew_below_the_first_comment() {
        check("# head\n\na: &x 1\nb: *x\n", r#"{"a":2,"b":1}"#, "# head\n\na: 2\nb: 1\n");
        check("a: 1\n---\nb: 2\n", r#"{"a":1}"#, "a: 1\n");
        check("# head", r#"{"a":1}"#, "a: 1\n");
    }

    /// Takes away, adds or replaces one value somewhere.
    fn mutate(value: &mut Json, at: prop::sample::Index, depth: usize, how: u8, other: Json) {
        let is_here = depth == 0;
        match value {
            Json::Object(members) if !members.is_empty() => {
                let which = at.index(members.len());
                match how {
                    1 if is_here => drop(members.remove(which)),
                    2 if is_here => {
                        members.retain(|(name, _)| name != "new");
                        members.push(("new".to_owned(), other));
                    }
                    _ => mutate(&mut members[which].1, at, depth.saturating_sub(1), how, other),
                }
            }
            Json::Array(items) if !items.is_empty() => {
                let which = at.index(items.len());
                match how {
                    1 if is_here => drop(items.remove(which)),
                    2 if is_here => items.push(other),
                    _ => mutate(&mut items[which], at, depth.saturating_sub(1), how, other),
                }
            }
            scalar => *scalar = other,
        }
    }

    /// A value near to another one.
    fn mutated() -> impl Strategy<Value = (Json, Json)> {
        (json(), json(), any::<prop::sample::Index>(), 0..4u8).prop_map(|(old, other, at, how)| {
            let mut new = old.clone();
            mutate(&mut new, at, at.index(4), how, other);
            (old, new)
        })
    }

    proptest! {
        #[test]
        fn the_result_reads_back_as_the_new_value((old, new) in mutated()) {
            let text = format!("# head\n{}", write(&old));
            let updated = update(&text, &new);
            prop_assert!(reads_as(&updated, &new), "{}\n---\n{}", text, updated);
        }

        #[test]
        fn any_text_becomes_the_new_value(old in "[a-c0 \\-:?#&*!|>'\"\\[\\]{},\n]{0,60}", new in json()) {
            let updated = update(&old, &new);
            prop_assert!(reads_as(&updated, &new), "{}", updated);
        }

        #[test]
        fn comments_stay_where_scalars_change(old in json(), status in 0..999u64) {
            let mut new = Json::Object(vec![("first".to_owned(), status.into()), ("second".to_owned(), old)]);
            let text: String = write(&new).replacen(&format!("first: {status}"), "first: 7 # why\n# above", 1);
            new.set("first", 7u64.into());
            prop_assume!(reads_as(&text, &new));
            new.set("first", status.into());
            prop_assert_eq!(update(&text, &new), text.replacen("first: 7", &format!("first: {status}"), 1));
        }
    }
}
