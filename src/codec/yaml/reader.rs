//! Reads YAML text into trees of values that know their places.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use thiserror::Error;

use super::{
    alias::{Anchors, objects_in, with_merged},
    scalar,
};
use crate::codec::json::{MAX_DEPTH, Member, Node, NodeValue};

/// Where the tags stand that are written `!!`.
const TAGS: &str = "tag:yaml.org,2002:";

/// A mistake in a YAML text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct YamlError {
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Reads the documents of a YAML text; one that holds nothing is left out.
///
/// A value that has a place of its own is found there. One that an alias stands for is at the alias,
/// what is inside it where it was written. All mistakes are returned; one of the syntax ends the
/// reading, others leave out the member or give `null`.
pub fn parse_spanned(text: &str) -> (Vec<Node>, Vec<YamlError>) {
    let options = granit_parser::options! { simple_key_max_lookahead: 16_384 };
    let mut builder = Builder { text, ..Builder::default() };
    for event in Parser::new_from_str_with_options(text, options) {
        let result = match event {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => {
                let offset = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                let found = text.get(offset..).and_then(|rest| rest.chars().next());
                let span = offset..offset + found.map_or(0, char::len_utf8);
                let hint = (text.get(..offset).unwrap_or_default().ends_with('\t')
                    || found == Some('\t'))
                .then(|| "indent with spaces".to_owned());
                Err(YamlError { span, message: error.info(), hint })
            }
        };
        if let Err(error) = result {
            builder.mistakes.push(error);
            break;
        }
    }
    (builder.documents, builder.mistakes)
}

/// A list or an object that is being read.
enum Frame {
    List {
        start: usize,
        anchor: usize,
        items: Vec<Node>,
    },
    Object {
        start: usize,
        anchor: usize,
        members: Vec<Member>,
        key: Option<Key>,
        merged: Vec<Node>,
    },
}

/// A name whose value is awaited.
struct Key {
    /// `None` for one that was reported.
    name: Option<String>,
    start: usize,
    end: usize,
    /// `<<`: the members of the value belong to this object.
    is_merge: bool,
}

#[derive(Default)]
struct Builder<'t> {
    text: &'t str,
    frames: Vec<Frame>,
    documents: Vec<Node>,
    mistakes: Vec<YamlError>,
    anchors: Anchors,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::DocumentStart(..) => self.anchors.end_document(),
            Event::Scalar(value, style, anchor, tag) => {
                if self.awaits_key() {
                    self.key_of_scalar(&value, style, range);
                } else {
                    let node = self.scalar(&value, style, tag.as_deref(), range);
                    self.anchors.keep(anchor, &node);
                    self.put(node)?;
                }
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.known_tag(tag.as_deref(), "seq", &range);
                self.open(Frame::List { start: range.start, anchor, items: Vec::new() }, &range)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.known_tag(tag.as_deref(), "map", &range);
                let frame = Frame::Object {
                    start: range.start,
                    anchor,
                    members: Vec::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.open(frame, &range)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&range)?,
            Event::Alias(id) => self.alias(id, range)?,
            _ => {}
        }
        Ok(())
    }

    fn mistake(&mut self, span: Range<usize>, message: impl Into<String>, hint: Option<String>) {
        self.mistakes.push(YamlError { span, message: message.into(), hint });
    }

    fn awaits_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame::Object { key: None, .. }))
    }

    fn key_of_scalar(&mut self, value: &str, style: ScalarStyle, range: Range<usize>) {
        let is_plain = style == ScalarStyle::Plain;
        let is_merge = is_plain && value == "<<";
        let is_null = is_plain && matches!(scalar::resolve(value), Ok(NodeValue::Null));
        let name = if is_null {
            self.mistake(range.clone(), "a key must be a text, found nothing", None);
            None
        } else {
            Some(value.to_owned())
        };
        self.set_key(Key { name, start: range.start, end: range.end, is_merge });
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Frame::Object { key, .. }) = self.frames.last_mut() {
            *key = Some(new);
        }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        range: Range<usize>,
    ) -> Node {
        let is_empty = range.is_empty() && style == ScalarStyle::Plain;
        let value = if is_empty { "" } else { value };
        let span = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_scalar(range),
            _ if is_empty => self.after_indicator(range.start),
            _ => range,
        };
        let suffix = tag.map(|tag| tag.suffix_in_namespace(TAGS).unwrap_or_default());
        let resolved = match suffix.as_deref() {
            None if style == ScalarStyle::Plain => scalar::resolve(value),
            // `!` alone says that it is not to be resolved (§6.9.1).
            None | Some("str") => Ok(NodeValue::String(value.to_owned())),
            Some("") if tag.is_some_and(|tag| tag.original() == "!") => {
                Ok(NodeValue::String(value.to_owned()))
            }
            Some("binary") => binary(value),
            Some(suffix @ ("int" | "float" | "bool" | "null")) => {
                let resolved = scalar::resolve(value);
                let fits = matches!(
                    (&resolved, suffix),
                    (Ok(NodeValue::Number(_)), "int" | "float")
                        | (Ok(NodeValue::Bool(_)), "bool")
                        | (Ok(NodeValue::Null), "null")
                        | (Err(_), _)
                );
                let wrong =
                    || (format!("`{value}` is no `!!{suffix}`"), "leave the tag out".to_owned());
                if fits { resolved } else { Err(wrong()) }
            }
            Some(_) => {
                self.known_tag(tag, "str", &span);
                Ok(NodeValue::Null)
            }
        };
        let value = resolved.unwrap_or_else(|(message, hint)| {
            self.mistake(span.clone(), message, Some(hint));
            NodeValue::Null
        });
        Node { start: span.start, end: span.end, value }
    }

    fn known_tag(&mut self, tag: Option<&Tag>, right: &str, range: &Range<usize>) {
        let Some(tag) = tag else { return };
        if tag.suffix_in_namespace(TAGS).as_deref() != Some(right) {
            let message = format!("the tag `{}` has no meaning here", tag.original());
            self.mistake(range.clone(), message, Some("leave it out".to_owned()));
        }
    }

    fn open(&mut self, frame: Frame, range: &Range<usize>) -> Result<(), YamlError> {
        if self.frames.len() == MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH}");
            return Err(YamlError { span: range.clone(), message, hint: None });
        }
        if self.awaits_key() {
            let message = "a key must be a text, found a list or an object";
            let hint = "a JSON object has no such member";
            return Err(YamlError {
                span: range.clone(),
                message: message.to_owned(),
                hint: Some(hint.to_owned()),
            });
        }
        self.frames.push(frame);
        Ok(())
    }

    fn close(&mut self, range: &Range<usize>) -> Result<(), YamlError> {
        let (anchor, node) = match self.frames.pop() {
            Some(Frame::List { start, anchor, items }) => {
                let inside =
                    items.iter().map(|item| item.end).filter(|&end| end <= range.end).max();
                let end = self.end_of(range, start, inside);
                (anchor, Node { start, end, value: NodeValue::Array(items) })
            }
            Some(Frame::Object { start, anchor, members, merged, .. }) => {
                let inside = members.iter().map(|member| member.value.end.max(member.name_end));
                let inside = inside.filter(|&end| end <= range.end).max();
                let end = self.end_of(range, start, inside);
                let members = with_merged(members, merged);
                (anchor, Node { start, end, value: NodeValue::Object(members) })
            }
            None => return Ok(()),
        };
        self.anchors.keep(anchor, &node);
        self.put(node)
    }

    /// A block collection ends with its last value, not with the blanks and comments after it.
    fn end_of(&self, range: &Range<usize>, start: usize, inside: Option<usize>) -> usize {
        if range.is_empty() { inside.unwrap_or(start).max(start) } else { range.end }
    }

    /// Puts a value where one is awaited.
    fn put(&mut self, node: Node) -> Result<(), YamlError> {
        let mistake = match self.frames.last_mut() {
            None => {
                self.documents.push(node);
                None
            }
            Some(Frame::List { items, .. }) => {
                items.push(node);
                None
            }
            Some(Frame::Object { members, key, merged, .. }) => match key.take() {
                Some(Key { is_merge: true, start, end, .. }) => {
                    if let Some(more) = objects_in(node) {
                        merged.extend(more);
                        None
                    } else {
                        let hint = "an alias of an object, or a list of them";
                        Some((start..end, "`<<` takes in objects".to_owned(), Some(hint)))
                    }
                }
                Some(Key { name: None, .. }) => None,
                Some(Key { name: Some(name), start, end, .. }) => {
                    if members.iter().any(|earlier| earlier.name == name) {
                        Some((start..end, format!("`{name}` is given twice"), None))
                    } else {
                        members.push(Member {
                            name,
                            name_start: start,
                            name_end: end,
                            value: node,
                        });
                        None
                    }
                }
                // A value where a name is awaited: an alias of one.
                None => match node.value {
                    NodeValue::String(name) => {
                        *key = Some(Key {
                            name: Some(name),
                            start: node.start,
                            end: node.end,
                            is_merge: false,
                        });
                        None
                    }
                    _ => {
                        *key = Some(Key {
                            name: None,
                            start: node.start,
                            end: node.end,
                            is_merge: false,
                        });
                        Some((node.start..node.end, "a key must be a text".to_owned(), None))
                    }
                },
            },
        };
        if let Some((span, message, hint)) = mistake {
            self.mistake(span, message, hint.map(str::to_owned));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Range<usize>) -> Result<(), YamlError> {
        match self.anchors.value(id, self.frames.len()) {
            Ok(value) => self.put(Node { start: span.start, end: span.end, value }),
            Err(message) => Err(YamlError { span, message, hint: None }),
        }
    }

    /// From the indicator of a block scalar to the last character that is not blank.
    fn block_scalar(&self, content: Range<usize>) -> Range<usize> {
        let before = self.text.get(..content.start).unwrap_or_default();
        let above = before.rfind('\n').map_or("", |at| before.get(..at).unwrap_or_default());
        let header = above.trim_end();
        let line_start = header.rfind('\n').map_or(0, |at| at + 1);
        let known = match self.frames.last() {
            Some(Frame::Object { key: Some(key), .. }) => key.end,
            _ => 0,
        };
        let from = line_start.max(known);
        let line = header.get(from..).unwrap_or_default();
        let is_indicator = |rest: &str| {
            let rest = rest.trim_start_matches(['|', '>']);
            let rest =
                rest.trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
            let rest = rest.trim_start();
            rest.is_empty() || rest.starts_with('#')
        };
        let start = line
            .match_indices(['|', '>'])
            .find(|(at, _)| line.get(*at..).is_some_and(is_indicator))
            .map_or(content.start, |(at, _)| from + at);
        let text = self.text.get(content.clone()).unwrap_or_default();
        let end = content.start + text.trim_end().len();
        start..end.max(start + 1).min(self.text.len())
    }

    /// A value that is not there stands after the `:` or `-` that announced it.
    fn after_indicator(&self, at: usize) -> Range<usize> {
        let from = match self.frames.last() {
            Some(Frame::Object { key: Some(key), .. }) => key.end,
            _ => return at..at,
        };
        let rest = self.text.get(from..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        let end = if rest.trim_start().starts_with(':') { from + blank + 1 } else { at };
        end..end
    }
}

/// `!!binary` is base64, which is a text in JSON; line breaks in it mean nothing
/// (<https://yaml.org/type/binary.html>).
fn binary(value: &str) -> Result<NodeValue, (String, String)> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let encoded: String = value.split_whitespace().collect();
    match BASE64_STANDARD.decode(&encoded) {
        Ok(_) => Ok(NodeValue::String(encoded)),
        Err(_) => Err((
            "what follows `!!binary` is not base64".to_owned(),
            "leave the tag out for a text".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests;
