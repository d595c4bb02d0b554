//! Waits of an answer: `delayDistribution` and `chunkedDribbleDelay`.

use std::time::Duration;

use super::recorded::milliseconds;
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, Place, expected, expected_one_of, span_of, text},
        problem::Problems,
    },
    model::{Delay, Dribble, Json},
};

/// The longest wait that can be asked for, in milliseconds: what fits WireMock's type.
const MAX_MILLISECONDS: f64 = i32::MAX as f64;

pub(super) const FIXED: Place =
    Place { noun: "key", name: "a `fixed` distribution", known: &["type", "milliseconds"] };

pub(super) const UNIFORM: Place =
    Place { name: "a `uniform` distribution", known: &["type", "lower", "upper"], ..FIXED };

pub(super) const LOG_NORMAL: Place = Place {
    name: "a `lognormal` distribution",
    known: &["type", "median", "sigma", "maxValue"],
    ..FIXED
};

pub(super) const DRIBBLE: Place =
    Place { name: "`chunkedDribbleDelay`", known: &["numberOfChunks", "totalDuration"], ..FIXED };

/// Every type of distribution.
const TYPES: [&str; 3] = ["fixed", "lognormal", "uniform"];

/// Reads a `delayDistribution`.
pub(super) fn read_delay(node: Node, problems: &mut Problems) -> Option<Delay> {
    let span = span_of(&node);
    let kind = match &node.value {
        NodeValue::Object(members) => {
            members.iter().find(|member| member.name == "type").map(|member| member.value.clone())
        }
        _ => {
            expected(&node, "delayDistribution", "an object", problems);
            return None;
        }
    };
    let Some(kind) = kind else {
        let hint = "one of `fixed`, `lognormal`, `uniform`";
        problems.add_with_hint(span, "`type` is missing in `delayDistribution`", hint);
        return None;
    };
    let kind_span = span_of(&kind);
    let kind = text(kind, "type", problems)?;
    match kind.as_str() {
        "fixed" => {
            let mut fields = Fields::open(node, &FIXED, &[], problems)?;
            Some(Delay::Fixed(whole_milliseconds(&mut fields, "milliseconds", problems)))
        }
        "uniform" => {
            let mut fields = Fields::open(node, &UNIFORM, &[], problems)?;
            let lower = whole_milliseconds(&mut fields, "lower", problems);
            let upper = whole_milliseconds(&mut fields, "upper", problems);
            if lower > upper {
                problems.add(span, "`lower` must not be more than `upper`");
            }
            Some(Delay::Uniform { lower, upper })
        }
        "lognormal" => {
            let mut fields = Fields::open(node, &LOG_NORMAL, &[], problems)?;
            let median = number(&mut fields, "median", problems).unwrap_or_default();
            let sigma = number(&mut fields, "sigma", problems).unwrap_or_default();
            let max = number(&mut fields, "maxValue", problems);
            Some(Delay::LogNormal { median, sigma, max })
        }
        other => {
            expected_one_of(kind_span, "type", other, &TYPES, problems);
            None
        }
    }
}

/// Reads a `chunkedDribbleDelay`.
pub(super) fn read_dribble(node: Node, problems: &mut Problems) -> Option<Dribble> {
    let span = span_of(&node);
    let mut fields = Fields::open(node, &DRIBBLE, &[], problems)?;
    for key in ["numberOfChunks", "totalDuration"] {
        if !fields.has(key) {
            let message = format!("`{key}` is missing in `chunkedDribbleDelay`");
            problems.add_unless_within(span.clone(), &message, "give a whole number");
        }
    }
    let chunks = fields.whole("numberOfChunks", problems)?;
    let total = whole_milliseconds(&mut fields, "totalDuration", problems);
    // More pieces than bytes are not made anyway.
    Some(Dribble { chunks: u32::try_from(chunks).unwrap_or(u32::MAX), total })
}

/// Writes a `delayDistribution`.
pub(super) fn write_delay(delay: Delay) -> Json {
    let members: Vec<(&str, Json)> = match delay {
        Delay::Fixed(wait) => vec![("type", "fixed".into()), ("milliseconds", milliseconds(wait))],
        Delay::LogNormal { median, sigma, max } => {
            let mut members = vec![
                ("type", "lognormal".into()),
                ("median", Json::Number(median.to_string())),
                ("sigma", Json::Number(sigma.to_string())),
            ];
            members.extend(max.map(|max| ("maxValue", Json::Number(max.to_string()))));
            members
        }
        Delay::Uniform { lower, upper } => vec![
            ("type", "uniform".into()),
            ("lower", milliseconds(lower)),
            ("upper", milliseconds(upper)),
        ],
    };
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Writes a `chunkedDribbleDelay`.
pub(super) fn write_dribble(dribble: Dribble) -> Json {
    Json::Object(vec![
        ("numberOfChunks".to_owned(), u64::from(dribble.chunks).into()),
        ("totalDuration".to_owned(), milliseconds(dribble.total)),
    ])
}

/// A number of milliseconds, whose fraction does not count; absent is 0.
fn whole_milliseconds(fields: &mut Fields, name: &str, problems: &mut Problems) -> Duration {
    let number = number(fields, name, problems).unwrap_or_default();
    Duration::try_from_secs_f64(number.trunc() / 1000.0).unwrap_or_default()
}

fn number(fields: &mut Fields, name: &str, problems: &mut Problems) -> Option<f64> {
    let node = fields.take(name)?;
    if let NodeValue::Number(spelled) = &node.value
        && let Ok(number) = spelled.parse::<f64>()
        && (0.0..=MAX_MILLISECONDS).contains(&number)
    {
        return Some(number);
    }
    expected(&node, name, "a number from 0 to 2147483647", problems);
    None
}
