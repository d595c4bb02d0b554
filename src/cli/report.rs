//! The result of a check for programs: JSON of a documented shape, and SARIF 2.1.0.

use std::{collections::BTreeSet, path::Path};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use crate::{
    format::{Severity, rule::RULES},
    library::{Loaded, Located},
};

/// The version of the shape of [`json`]. Members may be added without a new one.
const VERSION: u32 = 1;

/// Where the rules are explained.
const HELP: &str = "https://github.com/ringer-proxy/ringer/blob/main/docs/check.md";

/// What a path in a URI cannot have (RFC 3986 §3.3).
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// How much was found, and in how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// What keeps a stub from being served.
    pub errors: usize,
    /// What is hardly meant.
    pub warnings: usize,
    /// What is worth knowing.
    pub infos: usize,
    /// Stubs that are right.
    pub stubs: usize,
    /// Stub files.
    pub files: usize,
    /// Stub files with an error or a warning.
    pub wrong_files: usize,
}

impl Counts {
    /// Counts what was found in a folder.
    pub fn of(problems: &[Located], stubs: &Loaded) -> Self {
        let count = |severity| problems.iter().filter(|it| it.rule.severity == severity).count();
        let wrong: BTreeSet<&Path> = problems
            .iter()
            .filter(|it| it.rule.severity > Severity::Info)
            .map(|it| it.path.as_path())
            .collect();
        let is_wrong = |path: &Path| wrong.contains(path);
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            stubs: stubs.stubs().count(),
            files: stubs.files.len(),
            wrong_files: stubs.files.iter().filter(|file| is_wrong(&file.path)).count(),
        }
    }
}

/// As JSON.
pub fn json(problems: &[Located], counts: &Counts) -> String {
    let problems: Vec<Value> = problems
        .iter()
        .map(|problem| {
            let place = problem.place.as_ref();
            json!({
                "rule": problem.rule.id,
                "severity": problem.rule.severity.word(),
                "message": problem.message,
                "hint": problem.hint,
                "file": slashed(&problem.path),
                "line": place.map(|place| place.line),
                "column": place.map(|place| place.column),
                "endColumn": place.map(|place| place.end_column),
                "pointer": problem.pointer,
            })
        })
        .collect();
    pretty(&json!({
        "version": VERSION,
        "problems": problems,
        "summary": {
            "errors": counts.errors,
            "warnings": counts.warnings,
            "infos": counts.infos,
            "stubs": counts.stubs,
            "files": counts.files,
        },
    }))
}

/// As a SARIF log of one run, as code scanning takes it.
pub fn sarif(problems: &[Located]) -> String {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.summary },
                "fullDescription": { "text": format!("{} {}", rule.summary, rule.help) },
                "help": { "text": rule.help },
                "helpUri": format!("{HELP}#{}", rule.id),
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results: Vec<Value> = problems.iter().map(result).collect();
    pretty(&json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ringer",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/ringer-proxy/ringer",
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn result(problem: &Located) -> Value {
    let text = match &problem.hint {
        Some(hint) => format!("{} ({hint})", problem.message),
        None => problem.message.clone(),
    };
    let uri = utf8_percent_encode(&slashed(&problem.path), IN_PATH).to_string();
    let uri = if problem.path.is_absolute() { format!("file://{uri}") } else { uri };
    let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri } } });
    if let Some(place) = &problem.place
        && let Some(physical) = location.get_mut("physicalLocation").and_then(Value::as_object_mut)
    {
        let region = json!({
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.end_column.max(place.column + 1),
        });
        physical.insert("region".to_owned(), region);
    }
    if let (Some(pointer), Some(location)) = (&problem.pointer, location.as_object_mut()) {
        let logical = json!([{ "fullyQualifiedName": pointer }]);
        location.insert("logicalLocations".to_owned(), logical);
    }
    json!({
        "ruleId": problem.rule.id,
        "ruleIndex": RULES.iter().position(|rule| rule.id == problem.rule.id),
        "level": level(problem.rule.severity),
        "message": { "text": text },
        "locations": [location],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path with `/`, relative to where ringer runs if it lies below.
fn slashed(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.display().to_string().replace(std::path::MAIN_SEPARATOR, "/")
}

fn pretty(value: &Value) -> String {
    // A tree of texts and numbers can always be written.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
