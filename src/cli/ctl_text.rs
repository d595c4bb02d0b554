//! What `ringer ctl` shows people of the admin API's answers.

use std::fmt::Write as _;

use anstream::adapter::strip_str;
use serde_json::{Map, Value};

use super::style::{self, paint};

/// Keys of a rule that say which requests it befalls; all others say what.
const SELECTION: [&str; 19] = [
    "method",
    "url",
    "header",
    "requestBody",
    "request",
    "session",
    "probability",
    "nth",
    "every",
    "first",
    "after",
    "count",
    "from",
    "until",
    "for",
    "repeatEvery",
    "ramp",
    "windows",
    "stage",
];
/// The lists of a document that hold rules, and the words for them.
const KINDS: [(&str, &str); 3] =
    [("delay", "delay"), ("bandwidth", "bandwidth"), ("fault", "fault")];
/// A value that is longer is cut.
const WIDEST: usize = 48;
/// What a limit is about takes more.
const WIDEST_LIMIT: usize = 80;
/// What the policy of a limit is called that has just one.
const UNNAMED_POLICY: &str = "requests";

/// Rules of one kind, or of all.
pub fn rules(behaviors: &Value, kind: Option<&str>) -> String {
    let mut rows = Vec::new();
    for (place, document) in places(behaviors) {
        for (list, word) in KINDS.iter().filter(|(_, word)| kind.is_none_or(|kind| kind == *word)) {
            for entry in document.get(*list).and_then(Value::as_array).into_iter().flatten() {
                let Value::Object(entry) = entry else { continue };
                let name = entry.get("name").map(short).unwrap_or_default();
                let (which, what): (Vec<_>, Vec<_>) = entry
                    .iter()
                    .filter(|(key, _)| *key != "name")
                    .partition(|(key, _)| SELECTION.contains(&key.as_str()));
                let which = if which.is_empty() { "all".to_owned() } else { pairs(&which) };
                let what = pairs(&what);
                rows.push(match kind {
                    Some(_) => vec![name, what, which, place.clone()],
                    None => vec![name, (*word).to_owned(), what, which, place.clone()],
                });
            }
        }
    }
    if rows.is_empty() {
        return match kind {
            Some("bandwidth") => "no bandwidth is limited\n".to_owned(),
            Some(kind) => format!("there are no {kind}s\n"),
            None => String::new(),
        };
    }
    match kind {
        Some(_) => table(&["NAME", "WHAT", "REQUESTS", "WHERE"], &rows),
        None => table(&["NAME", "KIND", "WHAT", "REQUESTS", "WHERE"], &rows),
    }
}

/// All that is in effect.
pub fn everything(behaviors: &Value, chaos: &Value, clock: &Value) -> String {
    let mut out = String::new();
    if let Some(profile) = chaos.get("profile").and_then(Value::as_str) {
        let _ = writeln!(out, "profile  {}", paint(style::STRONG, profile));
    }
    for (place, document) in places(behaviors) {
        if let Some(latency) = document.get("latency") {
            let text = match latency {
                Value::Object(keys) => pairs(&keys.iter().collect::<Vec<_>>()),
                text => short(text),
            };
            let _ = writeln!(out, "latency  {text} ({place})");
        }
    }
    let _ = writeln!(out, "clock    {}", clock_line(clock));
    let rules = rules(behaviors, None);
    if !rules.is_empty() {
        let _ = write!(out, "\n{rules}");
    }
    let limits = limits(behaviors);
    if !limits.is_empty() {
        let _ = write!(out, "\n{limits}");
    }
    if rules.is_empty() && limits.is_empty() {
        out.push_str("\nno delays, bandwidths, faults or limits\n");
    }
    out
}

fn limits(behaviors: &Value) -> String {
    let mut rows = Vec::new();
    for (place, document) in places(behaviors) {
        for limit in document.get("rateLimit").and_then(Value::as_array).into_iter().flatten() {
            let Value::Object(entry) = limit else {
                rows.push(vec![String::new(), short(limit), place.clone()]);
                continue;
            };
            let name = entry.get("name").map(short).unwrap_or_default();
            rows.push(vec![name, what_of_limit(entry), place.clone()]);
        }
    }
    if rows.is_empty() { String::new() } else { table(&["LIMIT", "WHAT", "WHERE"], &rows) }
}

/// How much of what a limit lets through, by whom and of which preset; all else is told by `--json`.
fn what_of_limit(limit: &Map<String, Value>) -> String {
    let mut parts: Vec<String> = ["preset", "limit", "key", "url"]
        .iter()
        .map(|key| (key, limit.get(*key).map(short).unwrap_or_default()))
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let policies = limit.get("policies").and_then(Value::as_array).into_iter().flatten();
    parts.extend(policies.map(|policy| {
        let text = |key: &str| policy.get(key).map(short).unwrap_or_default();
        match text("name").as_str() {
            "" | UNNAMED_POLICY => format!("limit={}", text("limit")),
            name => format!("{name}={}", text("limit")),
        }
    }));
    cut_at(&parts.join(" "), WIDEST_LIMIT)
}

/// The profiles that there are, and the one that is in effect.
pub fn profiles(chaos: &Value) -> String {
    let current = chaos.get("profile").and_then(Value::as_str);
    let mut rows = Vec::new();
    for profile in chaos.get("profiles").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| profile.get(name).map(short).unwrap_or_default();
        let name = text("name");
        let mark = if current == Some(name.as_str()) { "in effect" } else { "" };
        rows.push(vec![name, mark.to_owned(), text("description")]);
    }
    if let Some(current) = current.filter(|it| rows.iter().all(|row| row[0] != **it)) {
        rows.push(vec![current.to_owned(), "in effect".to_owned(), String::new()]);
    }
    table(&["PROFILE", "", ""], &rows)
}

/// The clock, in a line.
pub fn clock_line(clock: &Value) -> String {
    let now = clock.get("now").map(short).unwrap_or_default();
    let mut text = paint(style::STRONG, now);
    if clock.get("frozen") == Some(&Value::Bool(true)) {
        text.push_str(", frozen");
    }
    match clock.get("speed").and_then(Value::as_f64) {
        Some(speed) if (speed - 1.0).abs() > f64::EPSILON => {
            let _ = write!(text, ", {speed} times as fast as real time");
        }
        _ => {}
    }
    if clock.get("delays").and_then(Value::as_str) == Some("virtual") {
        text.push_str(", delays follow it");
    }
    text
}

/// What is left of each limit.
pub fn buckets(answer: &Value) -> String {
    let columns = [
        ("LIMIT", "name"),
        ("POLICY", "policy"),
        ("KEY", "key"),
        ("OF", "limit"),
        ("LEFT", "remaining"),
        ("FULL AGAIN", "reset"),
    ];
    rows_of(answer.get("rateLimits"), &columns, "no request has come under a limit yet\n")
}

/// How clients took limits.
pub fn report(answer: &Value) -> String {
    let columns = [
        ("LIMIT", "name"),
        ("KEY", "key"),
        ("REQUESTS", "requests"),
        ("LIMITED", "limited"),
        ("EARLY", "earlyRetries"),
        ("SHORTEST WAIT", "shortestGap"),
        ("MEDIAN", "medianGap"),
        ("JITTER", "jitter"),
        ("AT ONCE", "burstAfterReset"),
        ("NEW KEYS", "newIdempotencyKey"),
        ("GAVE UP", "gaveUp"),
    ];
    rows_of(answer.get("keys"), &columns, "no request has come under a limit yet\n")
}

fn rows_of(list: Option<&Value>, columns: &[(&str, &str)], none: &str) -> String {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let cell = |value: &Value| cut(&wait(value).unwrap_or_else(|| short(value)));
    let rows: Vec<Vec<String>> = list
        .map(|item| {
            let cells =
                columns.iter().map(|(_, key)| item.get(*key).map_or_else(String::new, cell));
            cells.collect()
        })
        .collect();
    if rows.is_empty() {
        return none.to_owned();
    }
    let heads: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
    table(&heads, &rows)
}

/// A wait before another try, and how long it was to be.
fn wait(value: &Value) -> Option<String> {
    let waited = value.get("waitedMillis")?.as_u64()?;
    Some(match value.get("advertisedMillis").and_then(Value::as_u64) {
        Some(advertised) => format!("{} of {}", time(waited), time(advertised)),
        None => time(waited),
    })
}

/// Milliseconds as people write them: `40 ms`, `1.5 s`, `2 min`, `1 h`.
fn time(ms: u64) -> String {
    let (unit, name) = match ms {
        0..1_000 => return format!("{ms} ms"),
        1_000..60_000 => (1_000, "s"),
        60_000..3_600_000 => (60_000, "min"),
        _ => (3_600_000, "h"),
    };
    let tenths = ms.saturating_mul(10) / unit;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}

/// Each place of an answer of `/ringer/behaviors`, by its name, with what holds there.
fn places(behaviors: &Value) -> impl Iterator<Item = (String, &Map<String, Value>)> {
    let list = behaviors.get("behaviors").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_object).map(|document| {
        let place = match document.get("place") {
            Some(Value::Object(place)) => {
                let parts: Vec<_> =
                    place.iter().map(|(kind, name)| format!("{kind} {}", short(name))).collect();
                parts.join(" ")
            }
            Some(place) => short(place),
            None => String::new(),
        };
        (place, document)
    })
}

fn pairs(members: &[(&String, &Value)]) -> String {
    let each = members.iter().map(|(key, value)| format!("{key}={}", cut(&short(value))));
    each.collect::<Vec<_>>().join(" ")
}

/// A value as a person would type it.
fn short(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(","),
        Value::Number(number) if number.is_f64() => {
            let rounded = format!("{:.5}", number.as_f64().unwrap_or_default());
            rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        value => value.to_string(),
    }
}

fn cut(text: &str) -> String {
    cut_at(text, WIDEST)
}

fn cut_at(text: &str, widest: usize) -> String {
    let text = text.replace(char::is_control, " ");
    if text.chars().count() <= widest {
        return text;
    }
    text.chars().take(widest - 1).chain(['…']).collect()
}

/// Columns that are as wide as what is in them.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |text: &str| strip_str(text).to_string().chars().count();
    let mut widths: Vec<usize> = heads.iter().map(|head| width(head)).collect();
    for row in rows {
        for (most, cell) in widths.iter_mut().zip(row) {
            *most = (*most).max(width(cell));
        }
    }
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>, style| {
        let mut text = String::new();
        for (cell, most) in cells.zip(&widths) {
            let _ = write!(text, "{cell:most$}  ");
        }
        out.push_str(&paint(style, text.trim_end()));
        out.push('\n');
    };
    if heads.iter().any(|head| !head.is_empty()) {
        line(&mut heads.iter().copied(), style::FAINT);
    }
    for row in rows {
        line(&mut row.iter().map(String::as_str), style::PLAIN);
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(text: &str) -> String {
        strip_str(text).to_string()
    }

    fn behaviors() -> Value {
        json!({"behaviors": [
            {
                "place": "all",
                "latency": "recorded*0.5",
                "fault": [
                    {"name": "status-503", "status": 503, "url": "/v1/charges", "until": "30s"},
                    {"name": "reset", "fault": "connection-reset", "probability": 0.05},
                ],
                "rateLimit": [{"name": "github", "preset": "github", "limit": "20/min"}],
            },
            {"place": {"service": "mail"}, "delay": [{"name": "late", "delay": "200ms"}]},
        ]})
    }

    #[test]
    fn all_that_is_in_effect_is_shown_in_tables() {
        let clock = json!({"now": "2026-11-23T12:00:00.000Z", "frozen": true, "speed": 60, "delays": "virtual"});
        let text = everything(&behaviors(), &json!({"profile": "flaky"}), &clock);
        insta::assert_snapshot!(plain(&text), @r"
        profile  flaky
        latency  recorded*0.5 (all)
        clock    2026-11-23T12:00:00.000Z, frozen, 60 times as fast as real time, delays follow it

        NAME        KIND   WHAT                    REQUESTS                   WHERE
        status-503  fault  status=503              url=/v1/charges until=30s  all
        reset       fault  fault=connection-reset  probability=0.05           all
        late        delay  delay=200ms             all                        service mail

        LIMIT   WHAT                        WHERE
        github  preset=github limit=20/min  all
        ");
    }

    #[test]
    fn rules_of_one_kind_are_listed_alone() {
        insta::assert_snapshot!(plain(&rules(&behaviors(), Some("delay"))), @r"
        NAME  WHAT         REQUESTS  WHERE
        late  delay=200ms  all       service mail
        ");
        insta::assert_snapshot!(rules(&behaviors(), Some("bandwidth")), @"no bandwidth is limited");
    }

    #[test]
    fn limits_are_shown_with_what_is_left_and_how_they_were_taken() {
        let left = json!({"rateLimits": [{"name": "github", "policy": "requests", "key": "key_1",
            "limit": 60, "remaining": 0, "reset": "2026-11-23T13:00:00Z"}]});
        insta::assert_snapshot!(plain(&buckets(&left)), @r"
        LIMIT   POLICY    KEY    OF  LEFT  FULL AGAIN
        github  requests  key_1  60  0     2026-11-23T13:00:00Z
        ");
        let taken = json!({"keys": [{"name": "github", "key": "key_1", "requests": 70, "limited": 10,
            "earlyRetries": 9, "shortestGap": {"waitedMillis": 40, "advertisedMillis": 1000},
            "medianGap": {"waitedMillis": 50, "advertisedMillis": null}, "jitter": 0.0301,
            "burstAfterReset": 4, "newIdempotencyKey": 0, "gaveUp": 1}]});
        insta::assert_snapshot!(plain(&report(&taken)), @r"
        LIMIT   KEY    REQUESTS  LIMITED  EARLY  SHORTEST WAIT  MEDIAN  JITTER  AT ONCE  NEW KEYS  GAVE UP
        github  key_1  70        10       9      40 ms of 1 s   50 ms   0.0301  4        0         1
        ");
        assert!(report(&json!({"keys": []})).starts_with("no request"));
    }

    #[test]
    fn profiles_are_listed_with_the_one_in_effect() {
        let chaos = json!({"profile": "slow", "profiles": [
            {"name": "flaky", "description": "some requests fail"},
            {"name": "slow", "description": "all is late"},
        ]});
        insta::assert_snapshot!(plain(&profiles(&chaos)), @r"
        PROFILE
        flaky               some requests fail
        slow     in effect  all is late
        ");
    }
}
