//! What a client says of a recording that it starts (WireMock's `RecordSpec`).

use uuid::Uuid;

use super::problem::Problem;
use crate::{
    codec::json,
    format::wiremock::parts,
    model::{
        ExtractBodies, Json, JsonStyle, RecordFilters, RecordSpec, RecordedBodyKind,
        RecordedBodyPattern,
    },
};

/// Members of the filters that are no part of the pattern.
const OF_FILTERS: [&str; 2] = ["allowNonProxied", "ids"];

/// Reads a specification.
///
/// # Errors
///
/// 422: it is none.
pub(super) fn read(text: &str) -> Result<RecordSpec, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::at("/", "No content to map due to end-of-input"));
    }
    let value = json::parse(text).map_err(|error| Problem::not_json(&error))?;
    let Json::Object(members) = &value else {
        return Err(Problem::at("/", format!("expected an object, not {}", value.type_name())));
    };
    let mut spec = RecordSpec::default();
    for (name, value) in members {
        let pointer = format!("/{name}");
        let place = pointer.as_str();
        match name.as_str() {
            "targetBaseUrl"
            | "filters"
            | "captureHeaders"
            | "requestBodyPattern"
            | "requestBodyPatternFactory"
            | "extractBodyCriteria"
            | "outputFormat"
            | "persist"
            | "repeatsAsScenarios"
            | "transformers"
            | "transformerParameters"
                if *value == Json::Null => {}
            "targetBaseUrl" => {
                spec.target = Some(text_of(place, value)?).filter(|it| !it.is_empty());
            }
            "filters" => spec.filters = filters(place, value)?,
            "captureHeaders" => spec.headers = headers(place, value)?,
            // WireMock's own client for Java calls it by its getter.
            "requestBodyPattern" | "requestBodyPatternFactory" => {
                spec.body = body_pattern(place, value)?
            }
            "extractBodyCriteria" => spec.extract = Some(extract(place, value)?),
            "outputFormat" => spec.ids_only = is_ids(place, value)?,
            "persist" => spec.persist = flag(place, value)?,
            "repeatsAsScenarios" => spec.repeats_as_scenarios = flag(place, value)?,
            "transformers" => refuse_transformers(place, value)?,
            // Without transformers they are nobody's.
            "transformerParameters" => {
                object(place, value)?;
            }
            _ => return Err(Problem::unknown_field("", name)),
        }
    }
    Ok(spec)
}

/// A text; numbers and truth values are taken for theirs, as Jackson does.
fn text_of(pointer: &str, value: &Json) -> Result<String, Problem> {
    match value {
        Json::String(text) | Json::Number(text) => Ok(text.clone()),
        Json::Bool(is) => Ok(is.to_string()),
        other => Err(expected(pointer, "a text", other)),
    }
}

fn expected(pointer: &str, what: &str, value: &Json) -> Problem {
    Problem::at(pointer, format!("expected {what}, not {}", value.type_name()))
}

/// A truth value, be it written as a text or a number, as Jackson takes it.
fn flag(pointer: &str, value: &Json) -> Result<bool, Problem> {
    match value {
        Json::Bool(is) => Ok(*is),
        Json::Number(_) => Ok(value.as_f64().is_some_and(|number| number != 0.0)),
        Json::String(text) => match text.trim() {
            "true" | "True" | "TRUE" => Ok(true),
            "false" | "False" | "FALSE" => Ok(false),
            _ => {
                let detail = format!("`{text}` is not one of `true` and `false`");
                Err(Problem::at(pointer, detail))
            }
        },
        other => Err(expected(pointer, "`true` or `false`", other)),
    }
}

fn object<'v>(pointer: &str, value: &'v Json) -> Result<&'v [(String, Json)], Problem> {
    match value {
        Json::Object(members) => Ok(members),
        other => Err(expected(pointer, "an object", other)),
    }
}

fn is_ids(pointer: &str, value: &Json) -> Result<bool, Problem> {
    match text_of(pointer, value)?.to_ascii_uppercase().as_str() {
        "FULL" => Ok(false),
        "IDS" => Ok(true),
        other => {
            let detail = format!("Invalid output format `{other}`: it is FULL or IDS");
            Err(Problem::at(pointer, detail))
        }
    }
}

/// Transformers are classes in Java; to leave them out silently would give other stubs than were
/// asked for.
fn refuse_transformers(pointer: &str, value: &Json) -> Result<(), Problem> {
    match value {
        Json::Array(items) if items.is_empty() => return Ok(()),
        Json::Array(_) => {}
        other => return Err(expected(pointer, "a list", other)),
    }
    let detail = "ringer has no stub mapping transformers: they are extensions in Java; \
                  record without them, and change the stubs that the recording gives";
    Err(Problem::at(pointer, detail))
}

/// The filters; what is unknown in them is ignored, as WireMock does.
fn filters(pointer: &str, value: &Json) -> Result<RecordFilters, Problem> {
    let members = object(pointer, value)?;
    let mut filters = RecordFilters::default();
    for (name, value) in members.iter().filter(|(_, value)| *value != Json::Null) {
        let place = format!("{pointer}/{name}");
        match name.as_str() {
            "allowNonProxied" => filters.allow_non_proxied = flag(&place, value)?,
            "ids" => filters.ids = Some(ids(&place, value)?),
            _ => {}
        }
    }
    let pattern = members.iter().filter(|(name, value)| {
        !OF_FILTERS.contains(&name.as_str())
            && parts::is_request_field(name)
            && *value != Json::Null
    });
    let text = json::write(&Json::Object(pattern.cloned().collect()), JsonStyle::default());
    filters.request = parts::read_pattern(&text)
        .map_err(|mistakes| Problem::in_text(&text, &mistakes).below(pointer))?;
    Ok(filters)
}

fn ids(pointer: &str, value: &Json) -> Result<Vec<Uuid>, Problem> {
    let Json::Array(items) = value else { return Err(expected(pointer, "a list", value)) };
    let ids = items.iter().enumerate().map(|(at, id)| {
        let place = format!("{pointer}/{at}");
        let text = text_of(&place, id)?;
        Uuid::try_parse(&text)
            .map_err(|_| Problem::at(&place, format!("`{text}` is not a valid UUID")))
    });
    ids.collect()
}

fn headers(pointer: &str, value: &Json) -> Result<Vec<(String, Option<bool>)>, Problem> {
    let members = object(pointer, value)?;
    let headers = members.iter().map(|(name, how)| {
        let place = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let mut ignores_case = None;
        if *how != Json::Null {
            for (option, value) in object(&place, how)? {
                match option.as_str() {
                    "caseInsensitive" if *value == Json::Null => {}
                    "caseInsensitive" => {
                        ignores_case = Some(flag(&format!("{place}/{option}"), value)?);
                    }
                    _ => return Err(Problem::unknown_field(&place, option)),
                }
            }
        }
        Ok((name.clone(), ignores_case))
    });
    headers.collect()
}

fn body_pattern(pointer: &str, value: &Json) -> Result<RecordedBodyPattern, Problem> {
    let members = object(pointer, value)?;
    let kind = match value.member("matcher").and_then(Json::as_str) {
        Some("equalTo") => RecordedBodyKind::Text,
        Some("equalToJson") => RecordedBodyKind::Json,
        Some("equalToXml") => RecordedBodyKind::Xml,
        // Of a matcher that it does not know, WireMock makes this one too.
        _ => RecordedBodyKind::Auto,
    };
    let mut pattern = match kind {
        RecordedBodyKind::Auto => RecordedBodyPattern::default(),
        kind => RecordedBodyPattern {
            kind,
            ignore_array_order: None,
            ignore_extra_elements: None,
            case_insensitive: None,
        },
    };
    let (is_json, is_text) = match kind {
        RecordedBodyKind::Auto => (true, true),
        RecordedBodyKind::Json => (true, false),
        RecordedBodyKind::Text => (false, true),
        RecordedBodyKind::Xml => (false, false),
    };
    for (name, value) in members {
        let option = match name.as_str() {
            "matcher" => continue,
            "ignoreArrayOrder" if is_json => &mut pattern.ignore_array_order,
            "ignoreExtraElements" if is_json => &mut pattern.ignore_extra_elements,
            "caseInsensitive" if is_text => &mut pattern.case_insensitive,
            _ => return Err(Problem::unknown_field(pointer, name)),
        };
        if *value != Json::Null {
            *option = Some(flag(&format!("{pointer}/{name}"), value)?);
        }
    }
    Ok(pattern)
}

fn extract(pointer: &str, value: &Json) -> Result<ExtractBodies, Problem> {
    let size = |name: &str| match value.member(name) {
        None | Some(Json::Null) => Ok(u64::MAX),
        Some(number @ Json::Number(_)) => Ok(whole(number.as_f64().unwrap_or_default())),
        Some(Json::String(text)) => size(text).map_err(|detail| Problem::at(pointer, detail)),
        Some(other) => Err(expected(pointer, "a size", other)),
    };
    Ok(ExtractBodies { text: size("textSizeThreshold")?, binary: size("binarySizeThreshold")? })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn whole(number: f64) -> u64 {
    number.round().max(0.0) as u64
}

/// A size as people write it: `10,5 KB`, `2 mb`, `300`.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("Invalid size string: \"{text}\"");
    let cleaned = text.trim().replace(',', ".").to_ascii_lowercase();
    let end = cleaned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(cleaned.len());
    let (number, unit) = cleaned.split_at(end);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let unit = unit.trim_start();
    let unit = if unit.len() > 1 { unit.strip_suffix('b').ok_or_else(wrong)? } else { unit };
    let scale = match unit {
        "" | "b" => 1.0,
        "k" => 1024.0,
        "m" => 1024.0 * 1024.0,
        "g" => 1024.0 * 1024.0 * 1024.0,
        other if other.chars().count() == 1 => return Err(format!("Invalid size unit: {other}")),
        _ => return Err(wrong()),
    };
    Ok(whole(number * scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn pointer(text: &str) -> String {
        let problem = read(text).unwrap_err();
        assert_eq!(problem.status, 422, "{text}");
        let body = problem.body.unwrap();
        let Some(Json::Array(errors)) = body.member("errors") else { panic!("{body:?}") };
        let source = errors[0].member("source").unwrap();
        source.member("pointer").and_then(Json::as_str).unwrap_or_default().to_owned()
    }

    #[test]
    fn what_is_not_said_is_as_in_wiremock() {
        let spec = read("{}").unwrap();
        assert!(spec.persist && spec.repeats_as_scenarios && !spec.ids_only);
        assert_eq!(spec, RecordSpec::default());
        assert_eq!(read(r#"{"persist": null, "filters": null}"#).unwrap(), spec);
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in
            [("300", 300), ("2 kb", 2048), ("2k", 2048), ("1,5 KB", 1536), ("1 MB", 1 << 20)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        assert_eq!(size("1 zb"), Err("Invalid size unit: z".to_owned()));
        for text in ["abc", "", "1.2.3", "5 kbb", "-1"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_at_their_place() {
        assert_eq!(pointer(""), "/");
        assert_eq!(pointer("[1]"), "/");
        assert_eq!(pointer(r#"{"foo": 1}"#), "/foo");
        assert_eq!(pointer(r#"{"persist": "x"}"#), "/persist");
        assert_eq!(pointer(r#"{"outputFormat": "X"}"#), "/outputFormat");
        assert_eq!(pointer(r#"{"requestBodyPattern": {"zz": 1}}"#), "/requestBodyPattern/zz");
        let text = r#"{"requestBodyPattern": {"matcher": "equalTo", "ignoreArrayOrder": true}}"#;
        assert_eq!(pointer(text), "/requestBodyPattern/ignoreArrayOrder");
        let text = r#"{"extractBodyCriteria": {"textSizeThreshold": "1 zb"}}"#;
        assert_eq!(pointer(text), "/extractBodyCriteria");
        assert_eq!(pointer(r#"{"captureHeaders": ["X"]}"#), "/captureHeaders");
        assert_eq!(pointer(r#"{"captureHeaders": {"X": {"foo": 1}}}"#), "/captureHeaders/X/foo");
        assert_eq!(pointer(r#"{"filters": {"ids": ["x"]}}"#), "/filters/ids/0");
        let text = r#"{"filters": {"headers": {"A": {"foo": "x"}}}}"#;
        assert_eq!(pointer(text), "/filters/headers/A");
        assert_eq!(pointer(r#"{"transformers": ["x"]}"#), "/transformers");
        assert_eq!(pointer(r#"{"transformerParameters": 1}"#), "/transformerParameters");
        assert!(read(r#"{"transformerParameters": {"a": 1}}"#).is_ok(), "nobody's parameters");
    }

    #[test]
    fn filters_ignore_what_they_do_not_know() {
        let spec = read(r#"{"filters": {"foo": 1, "method": "GET", "allowNonProxied": true}}"#);
        let filters = spec.unwrap().filters;
        assert!(filters.allow_non_proxied && filters.request.method.accepts("GET"));
    }

    #[test]
    fn the_java_client_s_name_of_a_body_pattern_is_the_same() {
        let pattern = r#"{"matcher": "equalToJson", "ignoreArrayOrder": false}"#;
        let java = read(&format!(r#"{{"requestBodyPatternFactory": {pattern}}}"#)).unwrap();
        let usual = read(&format!(r#"{{"requestBodyPattern": {pattern}}}"#)).unwrap();
        assert_eq!(java.body, usual.body);
        assert_ne!(java.body, RecordedBodyPattern::default());
    }

    #[test]
    fn an_unknown_matcher_is_as_none() {
        let spec = read(r#"{"requestBodyPattern": {"matcher": "foo"}}"#).unwrap();
        assert_eq!(spec.body, RecordedBodyPattern::default());
    }
}
