//! How fast bytes go: `rate = "64kB/s"`, and how bodies are sliced.

use super::{
    scalar::{duration, flag, word},
    tree::camel_case,
    wait::time_of,
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, expected},
        problem::Problems,
    },
    model::{Bandwidth, Direction, Json, Slices},
};

const DIRECTIONS: [(&str, Direction); 5] = [
    ("downstream", Direction::Downstream),
    ("upstream", Direction::Upstream),
    ("both", Direction::Both),
    ("down", Direction::Downstream),
    ("up", Direction::Upstream),
];

/// Units of sizes, and how many bytes or bits they are.
const UNITS: [(&str, f64); 8] = [
    ("", 1.0),
    ("k", 1e3),
    ("K", 1e3),
    ("Ki", 1024.0),
    ("M", 1e6),
    ("Mi", 1_048_576.0),
    ("G", 1e9),
    ("Gi", 1_073_741_824.0),
];

/// Bytes that may be asked for: more than any body or wire has.
const MOST: f64 = 1e15;

/// Takes the keys of a bandwidth out of an entry.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<Bandwidth> {
    let span = fields.span.clone();
    let before = problems.count();
    let rate = fields.take("rate").and_then(|node| rate(&node, problems));
    let direction = word(fields, "direction", &DIRECTIONS, problems).unwrap_or_default();
    let is_shared = flag(fields, "shared", problems).unwrap_or_default();
    let average = fields.take("slice").and_then(|node| size(&node, "slice", problems));
    let variation = fields.take("jitter").map(|node| size(&node, "jitter", problems));
    let delay = fields.has("slice_delay").then(|| duration(fields, "slice_delay", problems));
    let slow_start = duration(fields, "slow_start", problems);
    if problems.count() > before {
        return None;
    }
    let slices = match average {
        Some(0) => {
            problems.add(span, "`slice` must be at least 1 byte");
            return None;
        }
        Some(average) => Some(Slices {
            average,
            variation: variation.flatten().unwrap_or_default(),
            delay: delay.flatten().unwrap_or_default(),
        }),
        None => {
            if variation.is_some() || delay.is_some() {
                problems.add(span, "`jitter` and `slice_delay` go with `slice`");
                return None;
            }
            None
        }
    };
    if slices.is_some_and(|it| it.variation >= it.average) {
        problems.add(span, "`jitter` must be less than `slice`");
    } else if rate.is_none() && slow_start.is_some() {
        problems.add(span, "`slow_start` goes with `rate`");
    } else if rate.is_none() && slices.is_none() {
        problems.add_with_hint(span, "no bandwidth is given", "`rate` = \"64kB/s\"");
    } else {
        return Some(Bandwidth { rate, direction, is_shared, slices, slow_start });
    }
    None
}

/// Writes a bandwidth.
pub(super) fn write(bandwidth: &Bandwidth) -> Vec<(String, Json)> {
    let Bandwidth { rate, direction, is_shared, slices, slow_start } = bandwidth;
    let mut members: Vec<(&str, Json)> = Vec::new();
    members.extend(rate.map(|rate| ("rate", write_rate(rate).into())));
    if *direction != Direction::default() {
        let name = DIRECTIONS.iter().find(|(_, it)| it == direction).map_or("", |(name, _)| *name);
        members.push(("direction", name.into()));
    }
    if *is_shared {
        members.push(("shared", true.into()));
    }
    if let Some(Slices { average, variation, delay }) = slices {
        members.push(("slice", (*average).into()));
        if *variation > 0 {
            members.push(("jitter", (*variation).into()));
        }
        if !delay.is_zero() {
            members.push(("slice_delay", time_of(*delay)));
        }
    }
    members.extend(slow_start.map(|time| ("slow_start", time_of(time))));
    members.into_iter().map(|(name, value)| (camel_case(name), value)).collect()
}

fn write_rate(rate: u64) -> String {
    match rate {
        _ if rate.is_multiple_of(1_000_000) => format!("{}MB/s", rate / 1_000_000),
        _ if rate.is_multiple_of(1000) => format!("{}kB/s", rate / 1000),
        _ => format!("{rate}B/s"),
    }
}

fn rate(node: &Node, problems: &mut Problems) -> Option<u64> {
    let rate = match &node.value {
        NodeValue::String(text) => parse_rate(text.trim()),
        NodeValue::Number(text) => parse_rate(text),
        _ => None,
    };
    if rate.is_none() {
        let what = "a rate such as \"64kB/s\" or \"512kbit/s\", more than 0";
        expected(node, "rate", what, problems);
    }
    rate
}

/// `64kB/s`, `512kbit/s`, `1.5Mbps`, `1MiB/s`; a number alone is bytes.
fn parse_rate(text: &str) -> Option<u64> {
    let (text, is_bits) = match text.strip_suffix("/s") {
        Some(text) => match text.strip_suffix("bit") {
            Some(text) => (text, true),
            None => (text.strip_suffix('B').unwrap_or(text), false),
        },
        None => match text.strip_suffix("bps") {
            Some(text) => (text, true),
            None if text.bytes().all(|byte| byte.is_ascii_digit()) => (text, false),
            None => return None,
        },
    };
    let number = amount(text)?;
    bytes(if is_bits { number / 8.0 } else { number }).filter(|rate| *rate > 0)
}

/// A number of bytes: `1460`, `"16kB"`, `"4KiB"`.
pub(super) fn size(node: &Node, name: &str, problems: &mut Problems) -> Option<u64> {
    let size = match &node.value {
        NodeValue::Number(text) => text.parse().ok(),
        NodeValue::String(text) => parse_size(text.trim()),
        _ => None,
    };
    if size.is_none() {
        expected(node, name, "a number of bytes such as 1460 or \"16kB\"", problems);
    }
    size
}

/// `1460`, `16kB`, `4KiB`
pub(super) fn parse_size(text: &str) -> Option<u64> {
    match text.parse() {
        Ok(size) => Some(size),
        Err(_) => bytes(amount(text.strip_suffix('B')?)?),
    }
}

/// A number and the prefix of a unit.
fn amount(text: &str) -> Option<f64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    Some(number.parse::<f64>().ok()? * factor)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1e15")]
fn bytes(number: f64) -> Option<u64> {
    (0.0..=MOST).contains(&number).then_some(number.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_in_bytes_or_bits() {
        for (text, expected) in [
            ("64kB/s", Some(64_000)),
            ("64KiB/s", Some(65_536)),
            ("512kbit/s", Some(64_000)),
            ("1.5 Mbit/s", Some(187_500)),
            ("56kbps", Some(7000)),
            ("100B/s", Some(100)),
            ("100", Some(100)),
            ("0kB/s", None),
            ("64kB", None),
            ("fast", None),
            ("9999999999GB/s", None),
        ] {
            assert_eq!(parse_rate(text), expected, "{text}");
        }
    }
}
