//! A verdict as JUnit XML, which CI servers show: a test case an expectation.
//!
//! The elements and attributes are those that Jenkins, GitLab and the Surefire schema agree on.

use std::fmt::Write as _;

use super::{
    text::of_finding,
    verdict::{Finding, Judged, Outcome, Verdict},
};

/// The document, ending in a line feed.
pub fn to_junit(verdict: &Verdict) -> String {
    let tests = verdict.judged.len();
    let (failures, errors) = (verdict.n_with(Outcome::Failed), verdict.n_with(Outcome::Unjudged));
    let session = if verdict.session.is_empty() { "default" } else { &verdict.session };
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"ringer\" {counts} time=\"0\">\n  \
         <testsuite name=\"expectations, session {}\" {counts} skipped=\"0\" time=\"0\">\n",
        escaped(session)
    );
    for judged in &verdict.judged {
        case(&mut xml, judged);
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, judged: &Judged) {
    let name = escaped(&judged.name);
    let head =
        format!("    <testcase classname=\"ringer.expectations\" name=\"{name}\" time=\"0\"");
    let outcome = judged.outcome();
    let element = match outcome {
        Outcome::Passed => {
            // Writing to a String cannot fail.
            let _ = writeln!(xml, "{head}/>");
            return;
        }
        Outcome::Unjudged => "error",
        Outcome::Failed => "failure",
    };
    // A test case has one of them: the first that is as bad as the whole says it in short.
    let worst = judged.findings.iter().find(|finding| finding.outcome == outcome);
    let message = worst.map(|it| format!("{}: {}", it.expected, it.got)).unwrap_or_default();
    let kind = worst.map(|finding| escaped(&finding.about)).unwrap_or_default();
    let body: Vec<String> =
        judged.findings.iter().map(|finding: &Finding| of_finding(finding, "")).collect();
    let _ = writeln!(
        xml,
        "{head}>\n      <{element} message=\"{}\" type=\"{kind}\">{}</{element}>\n    </testcase>",
        escaped(&message),
        escaped_text(&body.join("\n"))
    );
}

/// A text as it can stand in an attribute.
fn escaped(text: &str) -> String {
    text.chars().map(|c| character(if matches!(c, '\n' | '\t') { ' ' } else { c })).collect()
}

/// A text as it can stand between tags.
fn escaped_text(text: &str) -> String {
    text.chars().map(character).collect()
}

/// What XML 1.0 cannot say (§2.2) becomes U+FFFD.
fn character(c: char) -> String {
    match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\n' | '\t' => c.to_string(),
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}'.to_string(),
        c if u32::from(c) < 0x20 => '\u{fffd}'.to_string(),
        c => c.to_string(),
    }
}
