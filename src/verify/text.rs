//! A verdict as people read it.

use std::fmt::Write as _;

use super::{
    verdict::{Cited, Finding, Judged, Outcome, Verdict},
    words::{counted, time},
};

/// The whole of it, ending in a line feed: each expectation, and why it was not met.
pub fn to_text(verdict: &Verdict) -> String {
    let mut text = String::new();
    for judged in &verdict.judged {
        expectation(&mut text, judged);
    }
    let all = counted(verdict.judged.len() as u64, "expectation");
    let count = |outcome| verdict.n_with(outcome);
    let mut parts = Vec::new();
    match (count(Outcome::Failed), count(Outcome::Unjudged)) {
        (0, 0) => parts.push(format!("{all} met")),
        (failed, unjudged) => {
            parts.push(format!("{all}: {} met", count(Outcome::Passed)));
            if failed > 0 {
                parts.push(format!("{failed} failed"));
            }
            if unjudged > 0 {
                parts.push(format!("{unjudged} not judged"));
            }
        }
    }
    parts.push(counted(verdict.requests, "request"));
    if verdict.dropped > 0 {
        parts.push(format!("{} gone from the journal", verdict.dropped));
    }
    if !verdict.session.is_empty() {
        parts.push(format!("session {}", verdict.session));
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", parts.join(" · "));
    text
}

fn expectation(text: &mut String, judged: &Judged) {
    let mark = match judged.outcome() {
        Outcome::Passed => "✓",
        Outcome::Unjudged => "?",
        Outcome::Failed => "✗",
    };
    let basis = match judged.basis.as_str() {
        "" => String::new(),
        basis => format!("  ({basis})"),
    };
    let _ = writeln!(text, "{mark} {}{basis}", one_line(&judged.name));
    for finding in &judged.findings {
        let _ = write!(text, "{}", of_finding(finding, "    "));
    }
}

/// One finding, each line behind `indent`.
pub(super) fn of_finding(finding: &Finding, indent: &str) -> String {
    let mut text = format!(
        "{indent}expected  {}\n{indent}got       {}\n",
        one_line(&finding.expected),
        one_line(&finding.got)
    );
    let lines: Vec<[String; 4]> = finding.requests.iter().map(columns).collect();
    let width = |at: usize| {
        lines.iter().filter_map(|line| line.get(at)).map(|it| it.chars().count()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2).min(60)];
    for [number, at, request, rest] in &lines {
        let [first, second, third] = widths;
        let line = format!("{number:>first$}  {at:>second$}  {request:<third$}  {rest}");
        let _ = writeln!(text, "{indent}  {}", line.trim_end());
    }
    if finding.n_more > 0 {
        let _ = writeln!(text, "{indent}  … and {} more", finding.n_more);
    }
    text
}

fn columns(cited: &Cited) -> [String; 4] {
    let status = cited.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let stub = cited.stub.as_ref().map(|name| format!(" by `{name}`")).unwrap_or_default();
    let note = cited.note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
    [
        format!("#{}", cited.number),
        format!("+{}", time(cited.at)),
        one_line(&format!("{} {}", cited.method, cited.url)),
        one_line(&format!("{status}{stub}{note}")),
    ]
}

/// Names and values are the client's; none begins a line of its own.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
