//! Files of expectations, and reports of how they were met.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{
    printer,
    style::{self, paint},
    verify_args::ReportArgs,
};
use crate::{
    codec::json,
    config::ConfigError,
    format::{
        Problem,
        behavior::Language,
        expectations::{self, locate},
        rule,
    },
    library::{Located, expectations_in},
    model::Expectations,
    verify::{Compiled, Verdict, to_json, to_junit, to_text},
};

/// The file of a stub folder, where there is one.
///
/// # Errors
///
/// There are several.
pub fn file_in(stubs: &Path) -> anyhow::Result<Option<PathBuf>> {
    let mut found = expectations_in(stubs);
    let first = found.pop();
    if let (Some(first), Some(second)) = (&first, found.pop()) {
        let (first, second) = (first.display(), second.display());
        anyhow::bail!("both `{first}` and `{second}` are there; which one counts?");
    }
    Ok(first)
}

/// Reads a file.
///
/// # Errors
///
/// It cannot be read, or has mistakes.
pub fn read(path: &Path) -> anyhow::Result<Expectations> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the expectations `{}`", path.display()))?;
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let language = if is_json { Language::Json } else { Language::Yaml };
    let located = |problems: Vec<Problem>| {
        let located = problems.into_iter().map(|it| Located::in_text(path, &text, it));
        ConfigError::File { problems: located.collect() }
    };
    let expectations = expectations::read(&text, language).map_err(located)?;
    if let Err(wrong) = Compiled::new(&expectations) {
        let problems = wrong.into_iter().map(|wrong| {
            let span = locate(&text, language, &wrong.pointer);
            Problem::new(rule::INVALID_VALUE, span, wrong.message)
        });
        return Err(located(problems.collect()).into());
    }
    Ok(expectations)
}

/// Writes the reports that were asked for.
///
/// # Errors
///
/// A file cannot be written.
pub fn write_reports(reports: &ReportArgs, verdict: &Verdict) -> anyhow::Result<()> {
    let write = |path: &Path, text: &str| {
        if path == Path::new("-") {
            return printer::data(text).context("cannot write to standard output");
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // What is wrong with it is said when the file is written.
            let _ = std::fs::create_dir_all(folder);
        }
        std::fs::write(path, text)
            .with_context(|| format!("cannot write the report `{}`", path.display()))
    };
    if let Some(path) = &reports.junit {
        write(path, &to_junit(verdict))?;
    }
    if let Some(path) = &reports.report {
        write(path, &(json::java::pretty(&to_json(verdict), &str::to_owned) + "\n"))?;
    }
    Ok(())
}

/// A verdict as people see it, without the last line feed.
pub fn text(verdict: &Verdict) -> String {
    let text = to_text(verdict);
    let lines = text.trim_end().lines().map(|line| {
        let mark = [("✓", style::GOOD), ("✗", style::BAD), ("?", style::WARN)]
            .into_iter()
            .find_map(|(mark, style)| Some((mark, style, line.strip_prefix(mark)?)));
        match mark {
            Some((mark, style, rest)) => format!("{}{rest}", paint(style, mark)),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
