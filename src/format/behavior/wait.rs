//! Waits: `"80ms"`, `"100ms..300ms"`, or a table with a distribution.

use std::{sync::Arc, time::Duration};

use super::{
    scalar::{duration, duration_of, number, word},
    short,
    tree::open,
};
use crate::{
    behavior::duration,
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, Place, expected, free_members, span_of},
        problem::Problems,
    },
    model::{Distribution, Json, Quantile, Wait},
};

/// The 99th percentile of the standard normal distribution.
const Z_99: f64 = 2.326_347_874_040_841;
/// Quantiles that a distribution may have.
const MAX_QUANTILES: usize = 64;

/// The keys of a wait, and what else is known beside them.
macro_rules! wait_keys {
    ($($more:literal),* $(,)?) => {
        &[
            "distribution", "time", "min", "max", "lower", "upper", "mean", "deviation", "median",
            "sigma", "p99", "shape", "scale", "alpha", "quantiles", $($more),*
        ]
    };
}
pub(super) use wait_keys;

pub(in crate::format) const WAIT: Place =
    Place { noun: "key", name: "a wait", known: wait_keys!() };

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Fixed,
    Uniform,
    Normal,
    LogNormal,
    Gamma,
    Pareto,
    Quantiles,
}

const KINDS: [(&str, Kind); 7] = [
    ("fixed", Kind::Fixed),
    ("uniform", Kind::Uniform),
    ("normal", Kind::Normal),
    ("lognormal", Kind::LogNormal),
    ("gamma", Kind::Gamma),
    ("pareto", Kind::Pareto),
    ("quantiles", Kind::Quantiles),
];

/// Reads a wait in either form.
pub(super) fn read(node: Node, name: &str, problems: &mut Problems) -> Option<Wait> {
    match &node.value {
        NodeValue::String(text) if text.contains('=') => {
            let tree = short::parse_within(&node, text, None, problems);
            open(tree, &WAIT, &[], problems).and_then(|mut it| read_fields(&mut it, problems))
        }
        NodeValue::String(text) if text.contains("..") => {
            let (least, most) = text.split_once("..").unwrap_or_default();
            match (duration::parse(least.trim()), duration::parse(most.trim())) {
                (Ok(lower), Ok(upper)) if lower <= upper => {
                    Some(Wait { distribution: Distribution::Uniform { lower, upper }, max: None })
                }
                _ => {
                    expected(&node, name, "two durations such as \"100ms..300ms\"", problems);
                    None
                }
            }
        }
        NodeValue::String(_) | NodeValue::Number(_) => {
            duration_of(&node, name, problems).map(Wait::fixed)
        }
        NodeValue::Object(_) => {
            open(node, &WAIT, &[], problems).and_then(|mut it| read_fields(&mut it, problems))
        }
        _ => {
            let what = "a duration such as \"80ms\", or a table with `distribution`";
            expected(&node, name, what, problems);
            None
        }
    }
}

/// Takes a wait out of an object that has other keys too. `None` when there is none, or a mistake.
pub(super) fn read_fields(fields: &mut Fields, problems: &mut Problems) -> Option<Wait> {
    let before = problems.count();
    let Some(kind) = kind(fields, problems) else {
        if problems.count() == before {
            problems.add_with_hint(
                fields.span.clone(),
                "no wait is given",
                "`time` = \"80ms\", or `distribution` with its parameters",
            );
        }
        return None;
    };
    let wait = of_kind(kind, fields, problems);
    for (name, _) in KINDS_OF_KEYS {
        if let Some(node) = fields.take(name) {
            let kind = KINDS.iter().find(|(_, it)| *it == kind).map_or("", |(word, _)| *word);
            problems.add(span_of(&node), format!("`{name}` means nothing to `{kind}`"));
        }
    }
    (problems.count() == before).then_some(wait).flatten()
}

/// Whether an object has a wait among its keys.
pub(super) fn is_in(fields: &Fields) -> bool {
    fields.has("distribution") || KINDS_OF_KEYS.iter().any(|(name, _)| fields.has(name))
}

/// Which distribution each key alone tells of, in the order in which they are looked for.
const KINDS_OF_KEYS: [(&str, Option<Kind>); 14] = [
    ("time", Some(Kind::Fixed)),
    ("quantiles", Some(Kind::Quantiles)),
    ("median", Some(Kind::LogNormal)),
    ("deviation", Some(Kind::Normal)),
    ("alpha", Some(Kind::Pareto)),
    ("shape", Some(Kind::Gamma)),
    ("min", Some(Kind::Uniform)),
    ("lower", Some(Kind::Uniform)),
    ("sigma", Some(Kind::LogNormal)),
    ("p99", Some(Kind::LogNormal)),
    ("upper", Some(Kind::Uniform)),
    ("mean", None),
    ("scale", None),
    ("max", None),
];

fn kind(fields: &mut Fields, problems: &mut Problems) -> Option<Kind> {
    if fields.has("distribution") {
        return word(fields, "distribution", &KINDS, problems);
    }
    KINDS_OF_KEYS.iter().find(|(name, _)| fields.has(name)).and_then(|(_, kind)| *kind)
}

fn of_kind(kind: Kind, fields: &mut Fields, problems: &mut Problems) -> Option<Wait> {
    let distribution = match kind {
        Kind::Fixed => Distribution::Fixed(needed_time(fields, "time", problems)?),
        Kind::Uniform => {
            // With `lower` and `upper`, as WireMock names them, `max` is free to cut.
            let names = if fields.has("lower") || fields.has("upper") {
                ("lower", "upper")
            } else {
                ("min", "max")
            };
            let lower = duration(fields, names.0, problems).unwrap_or_default();
            let upper = needed_time(fields, names.1, problems)?;
            if lower > upper {
                let message = format!("`{}` must not be more than `{}`", names.0, names.1);
                problems.add(fields.span.clone(), message);
            }
            Distribution::Uniform { lower, upper }
        }
        Kind::Normal => Distribution::Normal {
            mean: needed_time(fields, "mean", problems)?,
            deviation: needed_time(fields, "deviation", problems)?,
        },
        Kind::LogNormal => log_normal(fields, problems)?,
        Kind::Gamma => {
            let shape = above_zero(fields, "shape", problems)?;
            let scale = if fields.has("scale") {
                needed_time(fields, "scale", problems)?
            } else {
                let mean = needed_time(fields, "mean", problems)?;
                Duration::try_from_secs_f64(mean.as_secs_f64() / shape).unwrap_or(Duration::MAX)
            };
            Distribution::Gamma { shape, scale }
        }
        Kind::Pareto => Distribution::Pareto {
            minimum: needed_time(fields, "min", problems)?,
            alpha: above_zero(fields, "alpha", problems)?,
        },
        Kind::Quantiles => Distribution::Quantiles(quantiles(fields, problems)?),
    };
    Some(Wait { distribution, max: duration(fields, "max", problems) })
}

fn log_normal(fields: &mut Fields, problems: &mut Problems) -> Option<Distribution> {
    let median = needed_time(fields, "median", problems)?;
    if !fields.has("p99") {
        if !fields.has("sigma") {
            let span = fields.span.clone();
            problems.add(span, "`median` needs `sigma` or `p99` beside it");
        }
        let sigma = number(fields, "sigma", 0.0, problems)?;
        return Some(Distribution::LogNormal { median, sigma });
    }
    let p99 = needed_time(fields, "p99", problems)?;
    if p99 < median || median.is_zero() {
        let message = "`p99` must be at least `median`, which must be more than 0";
        problems.add(fields.span.clone(), message);
        return None;
    }
    let sigma = (p99.as_secs_f64() / median.as_secs_f64()).ln() / Z_99;
    Some(Distribution::LogNormal { median, sigma })
}

fn quantiles(fields: &mut Fields, problems: &mut Problems) -> Option<Arc<[Quantile]>> {
    let span = fields.span.clone();
    let Some(node) = fields.take("quantiles") else {
        problems.add(span, "`quantiles` is missing: `quantiles = {p50 = \"80ms\", p99 = \"1s\"}`");
        return None;
    };
    let span = span_of(&node);
    let before = problems.count();
    let mut found = Vec::new();
    for member in free_members(node, "quantiles", problems) {
        let share = match member.name.strip_prefix('p') {
            Some(percent) => percent.parse::<f64>().map(|percent| percent / 100.0),
            None => member.name.parse(),
        };
        let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
        let time = duration_of(&member.value, &member.name, problems);
        match (share, time) {
            (Some(share), Some(time)) => found.push(Quantile { share, time }),
            (None, _) => problems.add_with_hint(
                member.name_start..member.name_end,
                format!("`{}` is no quantile", member.name),
                "`p50`, `p99`, `\"p99.9\"`",
            ),
            (_, None) => {}
        }
    }
    found.sort_by(|a, b| a.share.total_cmp(&b.share));
    if found.is_empty() || found.len() > MAX_QUANTILES {
        let message = format!("`quantiles` must have from 1 to {MAX_QUANTILES} members");
        problems.add_unless_within(span, &message, "`p50` = \"80ms\"");
    } else if found.windows(2).any(|pair| matches!(pair, [a, b] if a.time > b.time)) {
        problems.add(span, "a higher quantile must not be a shorter time");
    }
    (problems.count() == before).then(|| found.into())
}

fn needed_time(fields: &mut Fields, name: &str, problems: &mut Problems) -> Option<Duration> {
    if !fields.has(name) {
        problems.add(fields.span.clone(), format!("`{name}` is missing"));
    }
    duration(fields, name, problems)
}

fn above_zero(fields: &mut Fields, name: &str, problems: &mut Problems) -> Option<f64> {
    if !fields.has(name) {
        problems.add(fields.span.clone(), format!("`{name}` is missing"));
    }
    let span = fields.span.clone();
    let number = number(fields, name, 0.0, problems)?;
    if number == 0.0 {
        problems.add(span, format!("`{name}` must be more than 0"));
        return None;
    }
    Some(number)
}

/// Writes a wait: a text where one says it all.
pub(super) fn write(wait: &Wait) -> Json {
    match wait {
        Wait { distribution: Distribution::Fixed(time), max: None } => time_of(*time),
        _ => Json::Object(write_members(wait)),
    }
}

/// Writes the members of a wait.
pub(super) fn write_members(wait: &Wait) -> Vec<(String, Json)> {
    let number = |number: f64| Json::Number(number.to_string());
    let mut members = match &wait.distribution {
        Distribution::Fixed(time) => vec![("time", time_of(*time))],
        Distribution::Uniform { lower, upper } => vec![
            ("distribution", "uniform".into()),
            ("lower", time_of(*lower)),
            ("upper", time_of(*upper)),
        ],
        Distribution::Normal { mean, deviation } => vec![
            ("distribution", "normal".into()),
            ("mean", time_of(*mean)),
            ("deviation", time_of(*deviation)),
        ],
        Distribution::LogNormal { median, sigma } => vec![
            ("distribution", "lognormal".into()),
            ("median", time_of(*median)),
            ("sigma", number(*sigma)),
        ],
        Distribution::Gamma { shape, scale } => vec![
            ("distribution", "gamma".into()),
            ("shape", number(*shape)),
            ("scale", time_of(*scale)),
        ],
        Distribution::Pareto { minimum, alpha } => vec![
            ("distribution", "pareto".into()),
            ("min", time_of(*minimum)),
            ("alpha", number(*alpha)),
        ],
        Distribution::Quantiles(quantiles) => {
            let each =
                quantiles.iter().map(|it| (quantile_name(it.share), time_of(it.time))).collect();
            vec![("distribution", "quantiles".into()), ("quantiles", Json::Object(each))]
        }
    };
    members.extend(wait.max.map(|max| ("max", time_of(max))));
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `p99.9` where that reads back as the same share, else the share.
fn quantile_name(share: f64) -> String {
    let percent = (share * 1e8).round() / 1e6;
    if percent / 100.0 == share { format!("p{percent}") } else { share.to_string() }
}

/// Writes a duration.
pub(super) fn time_of(time: Duration) -> Json {
    duration::print(time).into()
}
