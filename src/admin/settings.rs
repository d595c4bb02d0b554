//! `/settings`: what holds for every stub.

use std::{collections::HashMap, time::Duration};

use super::{
    call::{self, Answer, Call},
    json::object,
    problem::Problem,
};
use crate::{
    model::{Delay, Json},
    store::GlobalSettings,
};

pub(super) fn get(call: &Call<'_>) -> Answer {
    let settings = call.session().settings();
    let mut members: Vec<(String, Json)> = Vec::new();
    if let Some(delay) = settings.fixed_delay {
        members.push(("fixedDelay".to_owned(), milliseconds(delay)));
    }
    if let Some(delay) = settings.delay {
        members.push(("delayDistribution".to_owned(), distribution_shown(delay)));
    }
    if let Some(extended) = &settings.extended {
        members.push(("extended".to_owned(), extended.clone()));
    }
    members.push(("proxyPassThrough".to_owned(), settings.proxy_pass_through.into()));
    Ok(call::json(&object([("settings", Json::Object(members))])))
}

/// Replaces all of them: what is not given is as if it had never been set.
pub(super) fn replace(call: &Call<'_>) -> Answer {
    call.session().replace_settings(read(&call.text())?);
    Ok(call::empty())
}

/// Adds to what extensions keep.
pub(super) fn extend(call: &Call<'_>) -> Answer {
    let value = Problem::or_json(&call.text())?;
    let Json::Object(members) = value else {
        return Err(Problem::at("/", "an object with `extended` is expected"));
    };
    let mut added = Vec::new();
    for (name, value) in members {
        match (name.as_str(), value) {
            ("extended", Json::Object(members)) => added = members,
            ("extended", _) => {
                return Err(Problem::at("/extended", "`extended` must be an object"));
            }
            _ => return Err(Problem::unknown_field("", &name)),
        }
    }
    let mut settings = GlobalSettings::clone(&call.session().settings());
    let mut extended = settings.extended.take().unwrap_or_else(|| Json::Object(Vec::new()));
    if let Json::Object(members) = &mut extended {
        put_all(members, added);
    }
    settings.extended = Some(extended);
    call.session().replace_settings(settings);
    Ok(call::empty_object())
}

/// Sets members of an object; one that is there already keeps its place.
fn put_all(members: &mut Vec<(String, Json)>, added: Vec<(String, Json)>) {
    let places = members.iter().enumerate().map(|(place, (name, _))| (name.clone(), place));
    let mut places: HashMap<String, usize> = places.collect();
    for (name, value) in added {
        match places.get(&name).and_then(|place| members.get_mut(*place)) {
            Some((_, old)) => *old = value,
            None => {
                places.insert(name.clone(), members.len());
                members.push((name, value));
            }
        }
    }
}

/// Reads settings, as they are or as `{"settings": …}`.
fn read(text: &str) -> Result<GlobalSettings, Problem> {
    let mut value = Problem::or_json(text)?;
    if let Some(inner) = value.remove("settings") {
        if let Json::Object(members) = &value
            && let Some((name, _)) = members.first()
        {
            return Err(Problem::unknown_field("", name));
        }
        value = inner;
    }
    let Json::Object(members) = value else {
        return Err(Problem::at("/", "an object of settings is expected"));
    };
    let mut settings = GlobalSettings { proxy_pass_through: false, ..GlobalSettings::default() };
    for (name, value) in members {
        let wrong =
            |what: &str| Problem::at(&format!("/{name}"), format!("`{name}` must be {what}"));
        match (name.as_str(), value) {
            (_, Json::Null) => {}
            ("fixedDelay", value) => {
                let delay = value.as_u64().ok_or_else(|| wrong("a number of milliseconds"))?;
                settings.fixed_delay = Some(Duration::from_millis(delay));
            }
            ("delayDistribution", value) => {
                let delay = distribution(&value).ok_or_else(|| {
                    wrong("a `fixed`, `lognormal` or `uniform` distribution of delays")
                })?;
                settings.delay = Some(delay);
            }
            ("extended", value @ Json::Object(_)) => settings.extended = Some(value),
            ("extended", _) => return Err(wrong("an object")),
            ("proxyPassThrough", Json::Bool(value)) => settings.proxy_pass_through = value,
            ("proxyPassThrough", _) => return Err(wrong("`true` or `false`")),
            _ => return Err(Problem::unknown_field("", &name)),
        }
    }
    Ok(settings)
}

fn distribution(value: &Json) -> Option<Delay> {
    let number = |name: &str| value.member(name).and_then(Json::as_f64);
    let time = |name: &str| {
        let milliseconds = value.member(name).and_then(Json::as_u64);
        milliseconds.map(Duration::from_millis)
    };
    match value.member("type").and_then(Json::as_str)? {
        "fixed" => time("milliseconds").map(Delay::Fixed),
        "lognormal" => Some(Delay::LogNormal {
            median: number("median")?,
            sigma: number("sigma")?,
            max: number("maxValue"),
        }),
        "uniform" => Some(Delay::Uniform { lower: time("lower")?, upper: time("upper")? }),
        _ => None,
    }
}

fn distribution_shown(delay: Delay) -> Json {
    // With its point, as Java writes it.
    let number = |number: f64| Json::Number(format!("{number:?}"));
    match delay {
        Delay::Fixed(time) => {
            object([("type", "fixed".into()), ("milliseconds", milliseconds(time))])
        }
        Delay::LogNormal { median, sigma, max } => {
            let mut value = object([
                ("type", "lognormal".into()),
                ("median", number(median)),
                ("sigma", number(sigma)),
            ]);
            if let Some(max) = max {
                value.set("maxValue", number(max));
            }
            value
        }
        Delay::Uniform { lower, upper } => object([
            ("type", "uniform".into()),
            ("lower", milliseconds(lower)),
            ("upper", milliseconds(upper)),
        ]),
    }
}

fn milliseconds(time: Duration) -> Json {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into()
}
