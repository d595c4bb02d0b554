//! `ringer check`: reads what the app would read, and reports every mistake.

use anyhow::Context as _;

use super::{
    global_args::GlobalArgs,
    load::load,
    printer::{self, counted, thousands},
    progress::Progress,
    report::{self, Counts},
    stub_args::{CheckArgs, CheckFormat},
    style::{self, paint},
};
use crate::{
    app::compile_problems,
    config::{ConfigError, Layer},
    format::wiremock::schema::schema_text,
    library::{Loaded, Located, Reader},
};

/// Exit code when there is a mistake.
const FAILED: u8 = 1;

/// Checks `ringer.toml` and the stub folder.
///
/// # Errors
///
/// When the folder that was named is not there or cannot be listed.
pub fn run(global: &GlobalArgs, args: &CheckArgs) -> anyhow::Result<u8> {
    if args.schema {
        printer::data(&schema_text())?;
        return Ok(0);
    }
    let flags = Layer { stubs: args.folder.clone(), ..Layer::default() };
    let mut problems: Vec<Located> = Vec::new();
    let (loaded, is_quiet) = match load(global, flags.clone()) {
        Ok(loaded) => {
            let is_quiet = loaded.program.quiet;
            (Some(loaded), is_quiet)
        }
        Err(error) => {
            let Some(ConfigError::File { problems: in_file }) = error.downcast_ref() else {
                return Err(error);
            };
            problems.extend(in_file.iter().cloned());
            (None, global.quiet)
        }
    };
    let n_in_file = problems.len();
    // A file with mistakes does not say where the stubs lie; the flags may.
    let folder = match &loaded {
        Some(loaded) => loaded.config.stubs.clone(),
        None => flags.over(global.layer()).stubs.unwrap_or_else(|| "stubs".into()),
    };
    let is_named = args.folder.is_some() || global.stubs.is_some();
    if is_named && !folder.is_dir() {
        anyhow::bail!("there is no stub folder `{}`", folder.display());
    }
    let progress = Progress::start(is_quiet);
    let shown = progress.clone();
    let reader = Reader::new(&folder)
        .with_check(compile_problems)
        .with_progress(move |done, all| shown.advance(done, all));
    let stubs = reader
        .read()
        .with_context(|| format!("cannot read the stub folder `{}`", folder.display()))?;
    problems.extend(all_of(&reader, &stubs));
    progress.finish();
    let counts = Counts::of(&problems, &stubs);
    match args.format {
        CheckFormat::Json => printer::data(&report::json(&problems, &counts))?,
        CheckFormat::Sarif => printer::data(&report::sarif(&problems))?,
        CheckFormat::Text => {
            for problem in &problems {
                printer::say(problem.render(true).trim_end());
            }
            if counts.errors + counts.warnings > 0 || !is_quiet {
                let file = loaded.and_then(|loaded| loaded.file);
                printer::say(&verdict(&counts, n_in_file, file.is_some()));
            }
        }
    }
    let failed = counts.errors > 0 || (args.strict && counts.warnings > 0);
    Ok(if failed { FAILED } else { 0 })
}

/// Mistakes and findings, file by file.
fn all_of(reader: &Reader, stubs: &Loaded) -> Vec<Located> {
    let mut problems: Vec<Located> = stubs.problems().cloned().collect();
    problems.extend(reader.review(stubs));
    let line = |problem: &Located| problem.place.as_ref().map(|place| (place.line, place.column));
    problems.sort_by(|a, b| a.path.cmp(&b.path).then(line(a).cmp(&line(b))));
    problems
}

fn verdict(counts: &Counts, in_file: usize, has_file: bool) -> String {
    let files = counted(counts.files as u64, "stub file");
    let number = counted(counts.stubs as u64, "stub");
    let also = if has_file { " and ringer.toml" } else { "" };
    let mut parts = Vec::new();
    if counts.errors > 0 {
        let errors = paint(style::BAD, counted(counts.errors as u64, "error"));
        parts.push(match in_file {
            0 => errors,
            n if n == counts.errors => format!("{errors} in the configuration file"),
            n => format!("{errors} ({n} in the configuration file)"),
        });
    }
    if counts.warnings > 0 {
        parts.push(paint(style::WARN, counted(counts.warnings as u64, "warning")));
    }
    if counts.infos > 0 {
        parts.push(counted(counts.infos as u64, "note"));
    }
    if counts.errors + counts.warnings == 0 {
        let notes =
            if parts.is_empty() { String::new() } else { format!(", {}", parts.join(", ")) };
        let good = paint(style::GOOD, "✓ no mistakes:");
        return format!("{good} {number} in {files}{also}{notes}");
    }
    let wrong = match counts.wrong_files {
        0 => String::new(),
        n => format!(" in {} of {files}", thousands(n as u64)),
    };
    format!("{}{wrong}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use anstream::adapter::strip_str;

    use super::*;

    const GOOD: &str = r#"{"request":{"urlPath":"/a"},"response":{"status":200}}"#;

    fn checked(files: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join("mappings").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let reader = Reader::new(folder.path()).with_check(compile_problems);
        let stubs = reader.read().unwrap();
        let problems = all_of(&reader, &stubs);
        let mut text: String = problems.iter().map(|problem| problem.render(false)).collect();
        text.push_str(&verdict(&Counts::of(&problems, &stubs), 0, false));
        strip_str(&text).to_string().replace(&folder.path().display().to_string(), "stubs")
    }

    #[test]
    fn mistakes_are_shown_with_their_place_and_counted() {
        insta::assert_snapshot!(checked(&[
            ("good.json", GOOD),
            (
                "matcher.json",
                "{\n  \"request\": {\n    \"headers\": { \"A\": { \"equalsTo\": \"b\" } }\n  },\n  \"response\": { \"status\": 200 }\n}\n",
            ),
        ]), @r#"
        error: unknown matcher `equalsTo`
          ┌ stubs/mappings/matcher.json:3:25
          │
        3 │     "headers": { "A": { "equalsTo": "b" } }
          │                         ^^^^^^^^^^ did you mean `equalTo`?
          └
        1 error in 1 of 2 stub files
        "#);
    }

    #[test]
    fn a_pattern_that_does_not_compile_is_a_mistake_at_its_place() {
        let text = "{\n  \"request\": { \"urlPattern\": \"/c/(\" },\n  \"response\": {}\n}\n";
        let said = checked(&[("regex.json", text)]);
        assert!(said.contains("stubs/mappings/regex.json:2:30"), "{said}");
    }

    #[test]
    fn what_is_hardly_meant_is_a_warning() {
        insta::assert_snapshot!(checked(&[
            ("a.json", "{\n  \"request\": { \"method\": \"GET\", \"urlPath\": \"/a\" }\n}\n"),
            ("b.yaml", "name: wide\nrequest:\n  urlPathPattern: /.*\n"),
        ]), @r#"
        warning: this stub can never answer: `wide` in mappings/b.yaml takes all of its requests and is newer at the same priority
          ┌ stubs/mappings/a.json:2:44
          │
        2 │   "request": { "method": "GET", "urlPath": "/a" }
          │                                            ^^^^ give this one `priority` 4
          └
        1 warning in 1 of 2 stub files
        "#);
    }

    #[test]
    fn a_folder_without_mistakes_is_said_to_be_so() {
        assert_eq!(checked(&[("a.json", GOOD)]), "✓ no mistakes: 1 stub in 1 stub file");
    }
}
