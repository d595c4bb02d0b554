//! What differs between a request and the stub that came closest, in the two columns that WireMock's
//! users know (`PlainTextDiffRenderer` of WireMock 3.13.2).

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    pattern_text::{self, Layout},
    request::CompiledRequest,
};
use crate::{
    codec::view::RequestView,
    model::{BodyPattern, MethodPattern, PatternExtras, RequestPattern, UrlPattern, ValuePattern},
};

/// The whole width, in characters.
const WIDTH: usize = 119;
const MIDDLE: usize = WIDTH / 2 - 1;
const COLUMN: usize = WIDTH / 2 - 2;
/// So much of a request's body is shown, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// A stub that a request did not match.
#[derive(Clone, Copy, Debug)]
pub struct Closest<'a> {
    /// What people call it.
    pub name: Option<&'a str>,
    /// What it wants.
    pub pattern: &'a RequestPattern,
    /// Its scenario's name, the state that it wants, and the state that is.
    pub scenario: Option<(&'a str, &'a str, &'a str)>,
}

/// The report.
pub fn render(closest: Closest<'_>, view: &RequestView<'_>) -> String {
    let mut report = Report { text: String::new() };
    report.header();
    if let Some(name) = closest.name {
        report.row(name, "", "");
        report.blank();
    }
    let mut parts = Parts { pattern: closest.pattern, view, report: &mut report };
    parts.address();
    parts.named();
    if let Some((name, wanted, state)) = closest.scenario
        && wanted != state
    {
        report.row(
            &format!("[Scenario '{name}' state: {wanted}]"),
            &format!("[Scenario '{name}' state: {state}]"),
            "Scenario does not match",
        );
    }
    let mut parts = Parts { pattern: closest.pattern, view, report: &mut report };
    parts.bodies();
    report.blank();
    report.rule();
    report.text
}

struct Parts<'a, 'v, 'q, 'r> {
    pattern: &'a RequestPattern,
    view: &'v RequestView<'q>,
    report: &'r mut Report,
}

impl Parts<'_, '_, '_, '_> {
    /// Whether the request has what a pattern of one part wants.
    fn fits(&self, part: &RequestPattern) -> bool {
        CompiledRequest::compile(part).is_ok_and(|compiled| compiled.matches(self.view))
    }

    fn told(fits: bool, message: &str) -> &str {
        if fits { "" } else { message }
    }

    fn address(&mut self) {
        let pattern = self.pattern;
        let request = self.view.request();
        let (host, port) = host_and_port(&request.authority);
        let port = port.unwrap_or_else(|| request.scheme.default_port());
        if let Some(expected) = &pattern.extras.host {
            let text = match pattern_text::operator(expected) {
                ("equalTo", value) => value,
                (operator, value) => format!("[{operator}] {value}"),
            };
            let fits = self.fits(&RequestPattern {
                extras: PatternExtras { host: Some(expected.clone()), ..PatternExtras::default() }
                    .into(),
                ..RequestPattern::default()
            });
            self.report.row(&text, host, Self::told(fits, "Host does not match"));
        }
        if let Some(expected) = pattern.extras.port {
            let message = Self::told(expected == port, "Port does not match");
            self.report.row(&expected.to_string(), &port.to_string(), message);
        }
        if let Some(expected) = &pattern.extras.client_ip {
            let fits = self.fits(&RequestPattern {
                extras: PatternExtras {
                    client_ip: Some(expected.clone()),
                    ..PatternExtras::default()
                }
                .into(),
                ..RequestPattern::default()
            });
            let actual = self.view.client_address().unwrap_or_default();
            let text = pattern_text::phrase(expected);
            self.report.row(&text, &actual, Self::told(fits, "ClientIp does not match"));
        }
        if let Some(expected) = pattern.scheme {
            let message = Self::told(expected == request.scheme, "Scheme does not match");
            self.report.row(expected.as_str(), request.scheme.as_str(), message);
        }
        let method = match &pattern.method {
            MethodPattern::Any => "ANY".to_owned(),
            MethodPattern::GetOrHead => "GET_OR_HEAD".to_owned(),
            other => other.describe(),
        };
        let fits = pattern.method.accepts(self.view.method());
        let message = Self::told(fits, "HTTP method does not match");
        self.report.row(&method, self.view.method(), message);
        let part = RequestPattern { url: pattern.url.clone(), ..RequestPattern::default() };
        let message = Self::told(self.fits(&part), "URL does not match");
        self.report.row(&pattern_text::url(&pattern.url), self.view.path_and_query(), message);
        self.report.blank();
    }

    fn named(&mut self) {
        let (pattern, view) = (self.pattern, self.view);
        let of_url = RequestPattern { url: pattern.url.clone(), ..RequestPattern::default() };
        if let UrlPattern::UrlPathTemplate(template) = &pattern.url
            && self.fits(&of_url)
        {
            for (name, expected) in &pattern.extras.path_parameters {
                let fits = self.fits(&RequestPattern {
                    extras: PatternExtras {
                        path_parameters: vec![(name.clone(), expected.clone())],
                        ..PatternExtras::default()
                    }
                    .into(),
                    url: pattern.url.clone(),
                    ..RequestPattern::default()
                });
                let text = pattern_text::parameter("Path parameter", name, expected);
                let actual = variable(template, view.path(), name).unwrap_or_default();
                let message = Self::told(fits, "Path parameter does not match");
                self.report.row(&text, actual, message);
            }
            self.blank_after(pattern.extras.path_parameters.len());
        }
        for (name, expected) in &pattern.headers {
            let values: Vec<String> = view.header(name).map(|value| value.into_owned()).collect();
            let fits = self.fits(&RequestPattern {
                headers: vec![(name.clone(), expected.clone())],
                ..RequestPattern::default()
            });
            let text = pattern_text::header(name, expected);
            self.one("Header", &text, &shown(name, &values), values.is_empty(), fits);
        }
        let mut n_headers = pattern.headers.len();
        if let Some((user, password)) = &pattern.extras.basic_auth {
            n_headers += 1;
            let token = BASE64_STANDARD.encode(format!("{user}:{password}"));
            let values: Vec<String> =
                view.header("authorization").map(|value| value.into_owned()).collect();
            let fits = self.fits(&RequestPattern {
                extras: PatternExtras {
                    basic_auth: pattern.extras.basic_auth.clone(),
                    ..PatternExtras::default()
                }
                .into(),
                ..RequestPattern::default()
            });
            let text = format!("Authorization [prefix] : Basic {token}");
            let actual = shown("Authorization", &values);
            self.one("Header", &text, &actual, values.is_empty(), fits);
        }
        self.blank_after(n_headers);
        for (name, expected) in &pattern.query {
            let values = values_of(view.query_pairs(), name);
            let fits = self.fits(&RequestPattern {
                query: vec![(name.clone(), expected.clone())],
                ..RequestPattern::default()
            });
            let text = pattern_text::parameter("Query", name, expected);
            self.one("Query", &text, &shown(name, &values), values.is_empty(), fits);
        }
        self.blank_after(pattern.query.len());
        for (name, expected) in &pattern.extras.cookies {
            let values = values_of(view.cookies(), name);
            let fits = self.fits(&RequestPattern {
                extras: PatternExtras {
                    cookies: vec![(name.clone(), expected.clone())],
                    ..PatternExtras::default()
                }
                .into(),
                ..RequestPattern::default()
            });
            let text = match pattern_text::operator(expected) {
                ("equalTo" | "equalToJson" | "equalToXml", value) => {
                    format!("Cookie: {name}={value}")
                }
                (operator, value) => format!("Cookie: {name} [{operator}] {value}"),
            };
            // Of several cookies of one name, WireMock shows the first; an empty one is none to it.
            let actual = values.first().map_or("", String::as_str);
            self.one("Cookie", &text, actual, actual.is_empty(), fits);
        }
        self.blank_after(pattern.extras.cookies.len());
        for (name, expected) in &pattern.extras.form {
            let values = values_of(view.form(), name);
            let fits = self.fits(&RequestPattern {
                extras: PatternExtras {
                    form: vec![(name.clone(), expected.clone())],
                    ..PatternExtras::default()
                }
                .into(),
                ..RequestPattern::default()
            });
            let text = pattern_text::parameter("Form", name, expected);
            self.one("Form data", &text, &shown(name, &values), values.is_empty(), fits);
        }
        self.blank_after(pattern.extras.form.len());
    }

    fn one(&mut self, kind: &str, text: &str, actual: &str, is_missing: bool, fits: bool) {
        let message = match (fits, is_missing) {
            (true, _) => String::new(),
            (false, true) => format!("{kind} is not present"),
            (false, false) => format!("{kind} does not match"),
        };
        self.report.row(text, actual, &message);
    }

    fn blank_after(&mut self, n_rows: usize) {
        if n_rows > 0 {
            self.report.blank();
        }
    }

    /// Bodies that fit are not shown.
    fn bodies(&mut self) {
        for expected in &self.pattern.body {
            let part = RequestPattern { body: vec![expected.clone()], ..Default::default() };
            if !self.fits(&part) {
                let (text, layout) = pattern_text::body(expected);
                let actual = self.body(expected, layout);
                // Paths have nothing to look at then.
                let is_missing = layout == Layout::Inline && actual.is_empty();
                let message =
                    if is_missing { "Body is not present" } else { "Body does not match" };
                self.report.row(&text, &actual, message);
            }
        }
        for expected in &self.pattern.extras.multipart {
            let part = RequestPattern {
                extras: PatternExtras {
                    multipart: vec![expected.clone()],
                    ..PatternExtras::default()
                }
                .into(),
                ..Default::default()
            };
            if !self.fits(&part) {
                let name = expected.name.as_deref().unwrap_or("any part");
                let n_parts = self.view.parts().map_or(0, <[_]>::len);
                let actual = match n_parts {
                    0 => String::new(),
                    n => format!("[{n} parts]"),
                };
                let text = format!("[Multipart: {name}]");
                self.report.row(&text, &actual, "Multipart does not match");
            }
        }
    }

    fn body(&self, expected: &BodyPattern, layout: Layout) -> String {
        let is_path = matches!(expected, BodyPattern::Text(ValuePattern::MatchesJsonPath(_)));
        let text = self.view.body_text_lossy().unwrap_or_default();
        let text: &str = text.get(..floor(&text, MAX_BODY)).unwrap_or_default();
        match (layout, self.view.json()) {
            (Layout::Json, Some(json)) if text.len() < MAX_BODY => {
                format!("\n{}", pattern_text::laid_out(json))
            }
            (Layout::Binary, _) => {
                let bytes = self.view.decoded_body().unwrap_or_default();
                let bytes = bytes.get(..bytes.len().min(MAX_BODY)).unwrap_or_default();
                BASE64_STANDARD.encode(bytes)
            }
            (Layout::Inline, _) if is_path || !text.is_empty() => text.to_owned(),
            (Layout::Inline, _) => String::new(),
            _ => format!("\n{text}"),
        }
    }
}

/// `name: value`, each on a line of its own.
fn shown(name: &str, values: &[String]) -> String {
    let lines: Vec<String> = values.iter().map(|value| format!("{name}: {value}")).collect();
    lines.join("\n")
}

fn values_of(pairs: &[(String, String)], name: &str) -> Vec<String> {
    pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
}

/// The segment that stands for a variable.
fn variable<'p>(template: &str, path: &'p str, name: &str) -> Option<&'p str> {
    let at = template.split('/').position(|segment| segment == format!("{{{name}}}"))?;
    path.split('/').nth(at)
}

fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        _ => (authority, None),
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

struct Report {
    text: String,
}

impl Report {
    fn header(&mut self) {
        let title = "Request was not matched";
        let margin = " ".repeat(MIDDLE - title.len() / 2);
        self.text = format!("\n{margin}{title}\n{margin}{}\n\n", "=".repeat(title.len()));
        self.rule();
        let columns = format!("|{:<MIDDLE$}|{:<MIDDLE$}|\n", " Closest stub", " Request");
        self.text.push_str(&columns);
        self.rule();
        self.blank();
    }

    fn rule(&mut self) {
        self.text.push_str(&"-".repeat(WIDTH));
        self.text.push('\n');
    }

    fn blank(&mut self) {
        self.line("", "", "");
    }

    fn row(&mut self, left: &str, right: &str, message: &str) {
        let (left, right) = (wrapped(left), wrapped(right));
        for at in 0..left.len().max(right.len()).max(1) {
            let side = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
            self.line(&side(&left), &side(&right), if at == 0 { message } else { "" });
        }
    }

    fn line(&mut self, left: &str, right: &str, message: &str) {
        let left_width = MIDDLE + 1;
        self.text.push_str(&format!("{left:<left_width$}|"));
        if !right.is_empty() {
            self.text.push(' ');
        }
        if message.is_empty() {
            self.text.push_str(right);
        } else {
            let width = if right.is_empty() { MIDDLE - 5 } else { MIDDLE - 6 };
            self.text.push_str(&format!("{right:<width$}<<<<< {message}"));
        }
        self.text.push('\n');
    }
}

/// Lines no longer than a column; words are kept whole where they fit.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut left: Vec<char> = line.chars().collect();
        while left.len() > COLUMN {
            let blank = left.iter().take(COLUMN + 1).rposition(|c| *c == ' ').filter(|at| *at > 0);
            let rest = left.split_off(blank.unwrap_or(COLUMN));
            lines.push(left.into_iter().collect());
            left = rest.into_iter().skip(usize::from(blank.is_some())).collect();
        }
        lines.push(left.into_iter().collect());
    }
    lines
}

#[cfg(test)]
mod tests;
