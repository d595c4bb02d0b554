//! Events as people read them: a line for each exchange, as ringer itself shows them.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;

use super::{
    console, printer,
    style::{self, paint},
};

/// The text of an event, with its line feeds; empty where there is nothing to show. `width` is that of
/// the terminal.
pub fn of(kind: &str, data: &Value, width: usize) -> String {
    match kind {
        "exchange" => exchange(data, width),
        "webhook" => webhook(data),
        "change" => {
            let (what, by) = (text(data, "what"), text(data, "path"));
            let line = match text(data, "method") {
                "WRITE" => format!("  stub file changed: {by}"),
                "REMOVE" => format!("  stub file removed: {by}"),
                method => format!("  {what} changed: {method} /__admin{by}"),
            };
            format!("{}{}\n", paint(style::FAINT, line), of_session(data))
        }
        "lost" => {
            let n = printer::counted(data["events"].as_u64().unwrap_or_default(), "event");
            format!("  {}\n", paint(style::WARN, format!("{n} lost: ringer was faster")))
        }
        _ => String::new(),
    }
}

fn exchange(data: &Value, width: usize) -> String {
    let request = &data["request"];
    let status = data["response"]["status"].as_u64().and_then(|it| u16::try_from(it).ok());
    let micros = data["timing"]["totalMicros"].as_u64().unwrap_or_default();
    let row = console::Row {
        method: text(request, "method"),
        target: text(request, "url"),
        status,
        latency: Duration::from_micros(micros),
    };
    let mut lines = row.line(outcome(data), width);
    lines.push_str(&of_session(data));
    lines.push('\n');
    for (side, mark) in [(request, '>'), (&data["response"], '<')] {
        lines.push_str(&message(side, mark));
    }
    if let Some(cut) = data.get("cut").and_then(Value::as_object) {
        for (side, cut) in cut {
            let length = cut["length"].as_u64().unwrap_or_default();
            let length = printer::thousands(length);
            let line =
                format!("    body of the {side}: {length} bytes, SHA-256 {}", text(cut, "sha256"));
            let _ = writeln!(lines, "{}", paint(style::FAINT, line));
        }
    }
    lines
}

/// The session, where it is not that of all who name none.
fn of_session(data: &Value) -> String {
    match text(data, "session") {
        "" | "default" => String::new(),
        name => format!("  {}", paint(style::FAINT, format!("session {name}"))),
    }
}

/// What became of it, in a word or a few.
fn outcome(data: &Value) -> (anstyle::Style, String) {
    let stub = &data["stub"];
    match text(data, "outcome") {
        "stub" => (style::PLAIN, named(data, stub)),
        "nearest" => (style::PLAIN, format!("{}, nearest", named(data, stub))),
        "missed" => (style::BAD, "no stub matches".to_owned()),
        "passed" => (style::FAINT, "passed on, not recorded".to_owned()),
        "recorded" => (style::GOOD, "recorded".to_owned()),
        "limited" => match text(&data["limited"], "limit") {
            "" => (style::WARN, "rate limited".to_owned()),
            limit => (style::WARN, format!("rate limited by {limit}")),
        },
        "injected" => {
            let applied = data["applied"].as_array().into_iter().flatten();
            let fault = applied.filter_map(|it| it["fault"].as_str()).next_back();
            let fault = fault.map(|fault| format!(": {fault}")).unwrap_or_default();
            (style::WARN, format!("error injected{fault}"))
        }
        "failed" => (style::BAD, format!("upstream failed: {}", clean(text(data, "failure")))),
        "abandoned" => (style::WARN, "the client left".to_owned()),
        other => (style::PLAIN, other.to_owned()),
    }
}

fn named(data: &Value, stub: &Value) -> String {
    let (method, url) = (text(&data["request"], "method"), text(&data["request"], "url"));
    let path = url.split('?').next().unwrap_or_default();
    let mut words = match text(stub, "name") {
        "" => "stub".to_owned(),
        // The recorder names a stub after its request, which the line says already.
        name if name == format!("{method} {path}") || name == format!("{method} {url}") => {
            "stub".to_owned()
        }
        name => format!("stub {}", clean(name)),
    };
    if let Some(answer) = stub["answer"].as_u64() {
        let _ = write!(words, ", answer {answer}");
    }
    words
}

/// Header fields and body, where they are told.
fn message(message: &Value, mark: char) -> String {
    let mut lines = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(lines, "    {} {}", paint(style::FAINT, mark), clean(text));
    };
    for (name, value) in message["headers"].as_object().into_iter().flatten() {
        let values = match value {
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
            value => vec![value.as_str().unwrap_or_default()],
        };
        values.iter().for_each(|value| line(&format!("{name}: {value}")));
    }
    let body = text(message, "body");
    if !body.is_empty() {
        line("");
        body.lines().for_each(line);
    }
    lines
}

fn webhook(data: &Value) -> String {
    let told = &data["data"];
    let (style, line) = match text(data, "type") {
        "WEBHOOK_REQUEST" => {
            let (method, url) = (text(told, "method"), text(told, "absoluteUrl"));
            (style::NOTE, format!("  webhook {method} {}", clean(url)))
        }
        "WEBHOOK_RESPONSE" => (style::NOTE, format!("  webhook answered {}", told["status"])),
        _ => (style::BAD, format!("  webhook failed: {}", clean(text(told, "message")))),
    };
    format!("{}{}\n", paint(style, line), of_session(data))
}

/// Without what would control the terminal: a client or a server sent it.
fn clean(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_lines() {
        let exchange = |outcome: &str, more: Value| {
            let mut data = json!({
                "session": "default", "outcome": outcome,
                "request": {"method": "GET", "url": "/v1/orders?x=1"},
                "response": {"status": 200}, "timing": {"totalMicros": 1500, "delayMicros": 0},
            });
            let members = data.as_object_mut().unwrap();
            members.extend(more.as_object().unwrap().clone());
            ("exchange", data)
        };
        let events = [
            exchange("stub", json!({"stub": {"name": "GET /v1/orders", "id": "x"}})),
            exchange("nearest", json!({"stub": {"name": "orders", "answer": 2}, "session": "a"})),
            exchange("missed", json!({"response": {"status": 404}})),
            exchange("limited", json!({"response": {"status": 429}, "limited": {"limit": "api"}})),
            exchange("injected", json!({"response": null, "applied": [{"fault": "reset"}]})),
            exchange("failed", json!({"response": {"status": 502}, "failure": "refused"})),
            exchange("abandoned", json!({"response": null})),
            exchange(
                "recorded",
                json!({
                    "request": {
                        "method": "POST", "url": "/", "headers": {"A": ["1", "2"]}, "body": "hi\nyou",
                    },
                    "cut": {"response": {"length": 123_456, "sha256": "ab"}},
                }),
            ),
            (
                "webhook",
                json!({
                    "type": "WEBHOOK_REQUEST", "data": {"method": "POST", "absoluteUrl": "http://h/"},
                }),
            ),
            ("webhook", json!({"type": "ERROR", "data": {"message": "no"}})),
            ("change", json!({"what": "behaviors", "method": "PUT", "path": "/ringer/behaviors"})),
            ("lost", json!({"events": 1200})),
        ];
        let lines: String = events.iter().map(|(kind, data)| of(kind, data, 90)).collect();
        insta::assert_snapshot!(strip_str(&lines).to_string(), @"
        GET     /v1/orders?x=1                            200   1.5 ms  stub
        GET     /v1/orders?x=1                            200   1.5 ms  stub orders, answer 2, nearest  session a
        GET     /v1/orders?x=1                            404   1.5 ms  no stub matches
        GET     /v1/orders?x=1                            429   1.5 ms  rate limited by api
        GET     /v1/orders?x=1                            ···   1.5 ms  error injected: reset
        GET     /v1/orders?x=1                            502   1.5 ms  upstream failed: refused
        GET     /v1/orders?x=1                            ···   1.5 ms  the client left
        POST    /                                         200   1.5 ms  recorded
          > A: 1
          > A: 2
          > 
          > hi
          > you
          body of the response: 123,456 bytes, SHA-256 ab
        webhook POST http://h/
        webhook failed: no
        behaviors changed: PUT /__admin/ringer/behaviors
        1,200 events lost: ringer was faster
        ");
    }
}
