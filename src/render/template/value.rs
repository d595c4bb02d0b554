//! What a template computes with, and how it prints: as WireMock 3.13.2 and Handlebars.java do.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};

use super::number::Number;
use crate::model::Json;

/// A value may not nest deeper than this.
pub const MAX_DEPTH: u32 = 256;

/// Nor may its nodes and text, shared parts counted as often as they occur, come to more.
pub const MAX_WEIGHT: u64 = 64 << 20;

/// A value of a template. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// A name that means nothing here; prints as nothing.
    #[default]
    Absent,
    /// `null`; prints as nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Arc<str>),
    /// What prints as a text and equals none (`RequestMethod`).
    Word(Arc<str>),
    /// A list.
    List(Arc<List>),
    /// A map, in order.
    Map(Arc<Map>),
    /// Values of a repeated name of the request (`ListOrSingle`): prints as the first, is a list
    /// else; `.first`, `.last` and an index pick one.
    Multi(Arc<Vec<Arc<str>>>),
    /// The path of a request (`TemplatedUrlPath`): prints as it was sent, is a list of its segments,
    /// and a map of the variables of the stub's path template.
    Path(Arc<PathValue>),
    /// A point in time (`RenderableDate`).
    Date(Arc<DateValue>),
    /// What an XPath found (`RenderableNode`).
    Node(Arc<NodeValue>),
}

/// How a list or map prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Print {
    /// As Java's collections: `[1, two]`, `{a=1}`.
    #[default]
    Java,
    /// As JSON without white space: lists that came out of `jsonPath`.
    Compact,
    /// As JSON over several lines (Jackson's default): the object that `jsonPath` returns.
    Pretty,
    /// A list as its first item (`ListOrSingle`): what `xPath` returns.
    First,
}

/// A list and how it prints.
#[derive(Clone, Debug)]
pub struct List {
    items: Vec<Value>,
    print: Print,
    depth: u32,
    weight: u64,
}

impl List {
    /// The items.
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// How it prints.
    pub fn print(&self) -> Print {
        self.print
    }
}

/// A map and how it prints.
#[derive(Clone, Debug)]
pub struct Map {
    entries: Vec<(String, Value)>,
    print: Print,
    ignores_case: bool,
    depth: u32,
    weight: u64,
}

impl Map {
    /// The entries in order.
    pub fn entries(&self) -> &[(String, Value)] {
        &self.entries
    }

    /// How it prints.
    pub fn print(&self) -> Print {
        self.print
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let is_it = |name: &str| {
            if self.ignores_case { name.eq_ignore_ascii_case(key) } else { name == key }
        };
        self.entries.iter().find(|(name, _)| is_it(name)).map(|(_, value)| value)
    }
}

/// The path of a request.
#[derive(Clone, Debug)]
pub struct PathValue {
    /// As it prints: decoded, or as it was sent where the stub has a path template.
    pub text: Arc<str>,
    /// What is between its slashes: what an index counts.
    pub segments: Vec<Arc<str>>,
    /// Variables of the stub's path template.
    pub variables: Vec<(String, Arc<str>)>,
    /// The stub has a path template (`TemplatedUrlPath`): as a list the path then begins with the
    /// empty text before its first slash.
    pub is_templated: bool,
}

impl PathValue {
    /// Its items as a list.
    pub fn items(&self) -> impl Iterator<Item = Arc<str>> {
        let before = self.is_templated.then(|| Arc::from(""));
        before.into_iter().chain(self.segments.iter().map(Arc::clone))
    }
}

/// A point in time and the text that it prints as.
#[derive(Clone, Debug)]
pub struct DateValue {
    /// When.
    pub at: Timestamp,
    /// What it prints as; who makes the value has applied format and zone.
    pub text: Arc<str>,
    /// The zone that it was given or parsed with; what is made of it keeps it.
    pub zone: Option<TimeZone>,
}

/// A node of an XML document.
#[derive(Clone, Debug)]
pub struct NodeValue {
    /// Its name as written, `#text` and the like.
    pub name: Arc<str>,
    /// Its text, that of its descendants in it.
    pub text: Arc<str>,
    /// Names and values of its attributes.
    pub attributes: Vec<(String, Arc<str>)>,
    /// What it prints as: XML of an element, else text.
    pub shown: Arc<str>,
}

impl NodeValue {
    /// Its attributes as a map.
    pub fn attributes(&self) -> Value {
        let attributes = self.attributes.iter();
        Value::map(attributes.map(|(k, v)| (k.clone(), Value::Text(Arc::clone(v)))).collect())
    }
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn int(number: i64) -> Self {
        Self::Number(Number::int(number))
    }

    /// A list that prints as Java's do.
    pub fn list(items: Vec<Self>) -> Self {
        Self::list_printed(items, Print::Java)
    }

    /// A list that prints so.
    pub fn list_printed(items: Vec<Self>, print: Print) -> Self {
        let depth = 1 + items.iter().map(Self::depth).max().unwrap_or(0);
        let weight = items.iter().fold(1_u64, |sum, item| sum.saturating_add(item.weight()));
        Self::List(Arc::new(List { items, print, depth, weight }))
    }

    /// A map that prints as Java's do.
    pub fn map(entries: Vec<(String, Self)>) -> Self {
        Self::map_printed(entries, Print::Java)
    }

    /// A map that prints so.
    pub fn map_printed(entries: Vec<(String, Self)>, print: Print) -> Self {
        Self::new_map(entries, print, false)
    }

    /// A map whose keys are found whatever their case, as names of header fields are.
    pub fn map_ignoring_case(entries: Vec<(String, Self)>) -> Self {
        Self::new_map(entries, Print::Java, true)
    }

    fn new_map(entries: Vec<(String, Self)>, print: Print, ignores_case: bool) -> Self {
        let depth = 1 + entries.iter().map(|(_, value)| value.depth()).max().unwrap_or(0);
        let weight = entries.iter().fold(1_u64, |sum, (key, value)| {
            sum.saturating_add(key.len() as u64).saturating_add(value.weight())
        });
        Self::Map(Arc::new(Map { entries, print, ignores_case, depth, weight }))
    }

    fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.depth,
            Self::Map(map) => map.depth,
            _ => 0,
        }
    }

    fn weight(&self) -> u64 {
        match self {
            Self::List(list) => list.weight,
            Self::Map(map) => map.weight,
            Self::Text(text) | Self::Word(text) => text.len() as u64 + 1,
            Self::Multi(values) => values.iter().map(|value| value.len() as u64 + 1).sum(),
            Self::Path(path) => path.text.len() as u64 * 2,
            Self::Node(node) => node
                .attributes
                .iter()
                .fold((node.text.len() + node.shown.len()) as u64 + 1, |sum, (key, value)| {
                    sum + (key.len() + value.len()) as u64
                }),
            _ => 1,
        }
    }

    /// Whether it exceeds [`MAX_DEPTH`] or [`MAX_WEIGHT`]; no helper may return such a value.
    pub fn is_too_large(&self) -> bool {
        self.depth() > MAX_DEPTH || self.weight() > MAX_WEIGHT
    }

    /// JSON as Jackson reads it into Java's collections (`parseJson`, `parameters`): prints as those
    /// do.
    pub fn from_json(json: &Json) -> Self {
        Self::of_json(json, Print::Java)
    }

    /// JSON as `jsonPath` returns it: lists at any depth print as JSON without white space, the
    /// outermost object over several lines, objects within as Java's maps.
    pub fn from_json_path(json: &Json) -> Self {
        match Self::of_json(json, Print::Compact) {
            Self::Map(map) => Self::map_printed(map.entries.clone(), Print::Pretty),
            other => other,
        }
    }

    fn of_json(json: &Json, lists: Print) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(text) => Self::Number(Number::from_json(text)),
            Json::String(text) => Self::text(text.as_str()),
            Json::Array(items) => {
                let items = items.iter().map(|item| Self::of_json(item, lists)).collect();
                Self::list_printed(items, lists)
            }
            Json::Object(members) => Self::map(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), Self::of_json(value, lists)))
                    .collect(),
            ),
        }
    }

    /// As JSON: a repeated value of the request is an array if there are several, a date its text.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Absent | Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(number) => Json::Number(number.to_string()),
            Self::Text(text) | Self::Word(text) => Json::from(&**text),
            Self::List(list) if list.print == Print::First && list.items.len() == 1 => {
                list.items.first().map_or(Json::Null, Self::to_json)
            }
            Self::List(list) => Json::Array(list.items.iter().map(Self::to_json).collect()),
            Self::Map(map) => Json::Object(
                map.entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(),
            ),
            Self::Multi(values) if values.len() == 1 => {
                values.first().map_or(Json::Null, |value| Json::from(&**value))
            }
            Self::Multi(values) => {
                Json::Array(values.iter().map(|value| Json::from(&**value)).collect())
            }
            Self::Path(path) if path.is_templated => {
                let indexed = path.segments.iter().enumerate();
                let indexed = indexed.map(|(at, segment)| (at.to_string(), Json::from(&**segment)));
                let named = path.variables.iter();
                let named = named.map(|(name, value)| (name.clone(), Json::from(&**value)));
                Json::Object(indexed.chain(named).collect())
            }
            Self::Path(path) => {
                Json::Array(path.segments.iter().map(|segment| Json::from(&**segment)).collect())
            }
            Self::Date(date) => Json::from(&*date.text),
            Self::Node(node) => Json::Object(vec![
                ("attributes".to_owned(), node.attributes().to_json()),
                ("name".to_owned(), Json::from(&*node.name)),
                ("text".to_owned(), Json::from(&*node.text)),
            ]),
        }
    }

    /// Whether it is the very same value, not only an equal one.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => Arc::ptr_eq(left, right),
            (Self::List(left), Self::List(right)) => Arc::ptr_eq(left, right),
            (Self::Map(left), Self::Map(right)) => Arc::ptr_eq(left, right),
            (Self::Multi(left), Self::Multi(right)) => Arc::ptr_eq(left, right),
            (Self::Path(left), Self::Path(right)) => Arc::ptr_eq(left, right),
            (Self::Date(left), Self::Date(right)) => Arc::ptr_eq(left, right),
            _ => false,
        }
    }

    /// Whether it is absent or null.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// Whether `if` takes it as true (`Handlebars.Utils.isEmpty`): not nothing, not false, not an
    /// empty text or list, not 0. A map is always true.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Absent | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(number) => !number.is_zero(),
            Self::Text(text) => !text.is_empty(),
            Self::List(list) => !list.items.is_empty(),
            Self::Multi(values) => !values.is_empty(),
            Self::Path(path) => path.items().next().is_some(),
            Self::Map(_) | Self::Word(_) | Self::Date(_) | Self::Node(_) => true,
        }
    }

    /// Its text where it is one or prints as one without being written out: a text, a repeated
    /// value's first, a path, a date, a node.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Word(text) => Some(text),
            Self::Multi(values) => values.first().map(|value| &**value),
            Self::Path(path) => Some(&path.text),
            Self::Date(date) => Some(&date.text),
            Self::Node(node) => Some(&node.shown),
            _ => None,
        }
    }

    /// As many values as a list, a repeated value or a path has; `None` for anything else.
    pub fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(list) => Some(list.items.clone()),
            Self::Multi(values) => Some(values.iter().map(|v| Self::Text(Arc::clone(v))).collect()),
            Self::Path(path) => Some(path.items().map(Self::Text).collect()),
            _ => None,
        }
    }
}
