//! `ringer check`: reads what the app would read, and reports every mistake.

use anyhow::Context as _;

use super::{
    args::{CheckArgs, GlobalArgs},
    load::load,
    printer::{self, counted, thousands},
    progress::Progress,
    style::{self, paint},
};
use crate::{
    app::compile_problems,
    config::{ConfigError, Layer},
    library::{Loaded, Reader},
};

/// Exit code when there is a mistake.
const FAILED: u8 = 1;

/// Checks `ringer.toml` and the stub folder.
///
/// # Errors
///
/// When the folder that was named is not there or cannot be listed.
pub fn run(global: &GlobalArgs, args: &CheckArgs) -> anyhow::Result<u8> {
    let flags = Layer { stubs: args.folder.clone(), ..Layer::default() };
    let mut in_file = 0;
    let (loaded, is_quiet) = match load(global, flags.clone()) {
        Ok(loaded) => {
            let is_quiet = loaded.program.quiet;
            (Some(loaded), is_quiet)
        }
        Err(error) => {
            let Some(ConfigError::File { problems }) = error.downcast_ref() else {
                return Err(error);
            };
            in_file = problems.len();
            printer::say(&printer::failure(&error));
            (None, global.quiet)
        }
    };
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
    let stubs = Reader::new(&folder)
        .with_check(compile_problems)
        .with_progress(move |done, all| shown.advance(done, all))
        .read()
        .with_context(|| format!("cannot read the stub folder `{}`", folder.display()))?;
    progress.finish();
    for problem in stubs.problems() {
        printer::say(problem.render(true).trim_end());
    }
    let mistakes = in_file + stubs.problems().count();
    if mistakes > 0 || !is_quiet {
        let file = loaded.and_then(|loaded| loaded.file);
        printer::say(&verdict(mistakes, in_file, &stubs, file.is_some()));
    }
    Ok(if mistakes > 0 { FAILED } else { 0 })
}

fn verdict(mistakes: usize, in_file: usize, stubs: &Loaded, has_file: bool) -> String {
    let files = counted(stubs.files.len() as u64, "stub file");
    if mistakes == 0 {
        let also = if has_file { " and ringer.toml" } else { "" };
        let number = counted(stubs.stubs().count() as u64, "stub");
        return format!("{} {number} in {files}{also}", paint(style::GOOD, "✓ no mistakes:"));
    }
    let wrong = stubs.files.iter().filter(|file| !file.problems.is_empty()).count();
    let errors = paint(style::BAD, counted(mistakes as u64, "error"));
    match in_file {
        0 => format!("{errors} in {} of {files}", thousands(wrong as u64)),
        _ => format!("{errors}, {in_file} of them in the configuration file"),
    }
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
        let stubs = Reader::new(folder.path()).with_check(compile_problems).read().unwrap();
        let mut text: String = stubs.problems().map(|problem| problem.render(false)).collect();
        text.push_str(&verdict(stubs.problems().count(), 0, &stubs, false));
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
    fn a_folder_without_mistakes_is_said_to_be_so() {
        assert_eq!(checked(&[("a.json", GOOD)]), "✓ no mistakes: 1 stub in 1 stub file");
    }
}
