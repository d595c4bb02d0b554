//! How answers behave, as settings say it: entries of the document of behaviours, and profiles.

use std::{ops::Range, path::Path};

use toml::{Spanned, de::DeValue};

use crate::{
    format::{
        Problem,
        behavior::{self, Language, profiles},
        suggest,
    },
    library::Located,
    model::{Behaviors, LatencySource},
};

/// Reads one entry of the document (`fault`, `delay`, …) in its short form, as flags and variables have
/// it. Files of presets are looked for in the current folder.
///
/// # Errors
///
/// Every mistake, in one text.
pub fn entry(key: &str, text: &str) -> Result<Behaviors, String> {
    behavior::read_entry(key, text, &|path| preset(Path::new(""), path)).map_err(|it| told(&it))
}

/// Reads where latency comes from.
///
/// # Errors
///
/// Every mistake, in one text.
pub fn latency(text: &str) -> Result<LatencySource, String> {
    let behaviors = entry("latency", text)?;
    behaviors.latency.ok_or_else(|| "the latency is empty".to_owned())
}

/// Reads entries of a TOML text. Files of presets are looked for in `folder`.
///
/// # Errors
///
/// Every mistake with its place in the text.
pub(super) fn of_toml(
    entries: &[(&str, Range<usize>, &Spanned<DeValue<'_>>)],
    folder: &Path,
) -> Result<Behaviors, Vec<Problem>> {
    behavior::read_entries(entries, &|path| preset(folder, path))
}

/// A profile, and what it was asked for by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedProfile {
    /// Its name, or the path of its file.
    pub name: String,
    /// What it says.
    pub behaviors: Behaviors,
}

/// Reads a profile: one that ships, by its name, or a file in `folder`.
///
/// # Errors
///
/// There is none of this name, or it cannot be read, or has mistakes.
pub fn profile(name: &str, folder: &Path) -> Result<NamedProfile, String> {
    let behaviors = document(name, folder)?;
    Ok(NamedProfile { name: name.to_owned(), behaviors })
}

fn document(name: &str, folder: &Path) -> Result<Behaviors, String> {
    let shipped = profiles::PROFILES.iter().find(|profile| profile.name == name);
    if let Some(profile) = shipped {
        return behavior::read(profile.text, Language::Toml, &behavior::no_files)
            .map_err(|problems| told(&problems));
    }
    let ending = Path::new(name).extension().and_then(|it| it.to_str()).unwrap_or_default();
    let is_file = name.contains(['/', '\\'])
        || ["toml", "json", "yaml", "yml"].iter().any(|it| ending.eq_ignore_ascii_case(it));
    if !is_file {
        return Err(unknown(name));
    }
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("profile `{}` cannot be read: {error}", path.display()))?;
    let beside = path.parent().unwrap_or(folder);
    behavior::read(&text, Language::of_ending(ending), &|preset_name| preset(beside, preset_name))
        .map_err(|problems| {
            let lines = problems.into_iter().map(|it| Located::in_text(&path, &text, it));
            lines.map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
        })
}

fn unknown(name: &str) -> String {
    let names = || profiles::PROFILES.iter().map(|profile| profile.name);
    match suggest::nearest(name, names()) {
        Some(meant) => format!("there is no profile `{name}` (did you mean `{meant}`?)"),
        None => {
            let list: Vec<String> = profiles::PROFILES
                .iter()
                .map(|profile| format!("\n  {:<16} {}", profile.name, profile.says()))
                .collect();
            let list = list.concat();
            format!(
                "there is no profile `{name}`; there are, besides files such as `bad-day.toml`:{list}"
            )
        }
    }
}

fn preset(folder: &Path, path: &str) -> Result<String, String> {
    std::fs::read_to_string(folder.join(path)).map_err(|error| error.to_string())
}

fn told(problems: &[Problem]) -> String {
    let each = problems.iter().map(|problem| match &problem.hint {
        Some(hint) => format!("{} ({hint})", problem.message),
        None => problem.message.clone(),
    });
    each.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_that_ships_can_be_used() {
        for shipped in profiles::PROFILES {
            let profile = profile(shipped.name, Path::new("")).unwrap();
            assert!(!profile.behaviors.is_empty(), "{}", shipped.name);
            assert!(!shipped.says().is_empty(), "{}", shipped.name);
        }
    }

    #[test]
    fn profiles_are_files_too() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bad.toml"), "[[fault]]\nstatus = 503\n").unwrap();
        std::fs::write(folder.path().join("bad.json"), r#"{"fault": [503]}"#).unwrap();
        std::fs::write(folder.path().join("wrong.toml"), "\n[[fault]]\nstatos = 503\n").unwrap();
        let read = |name| profile(name, folder.path()).unwrap().behaviors;
        assert_eq!(read("bad.toml"), read("bad.json"));
        let error = profile("wrong.toml", folder.path()).unwrap_err();
        assert!(error.contains("wrong.toml:3:1: unknown key `statos`"), "{error}");
        let error = profile("none.toml", folder.path()).unwrap_err();
        assert!(error.contains("none.toml` cannot be read"), "{error}");
    }

    #[test]
    fn a_profile_that_is_not_there_names_those_that_are() {
        let error = profile("flakey", Path::new("")).unwrap_err();
        assert_eq!(error, "there is no profile `flakey` (did you mean `flaky`?)");
        let error = profile("list", Path::new("")).unwrap_err();
        assert!(error.contains("\n  mobile-3g "), "{error}");
    }

    #[test]
    fn mistakes_of_a_short_form_are_told_in_one_text() {
        insta::assert_snapshot!(entry("fault", "status=20; p=2").unwrap_err(), @r#"`status` must be a whole number from 200 to 999, found the string "20"; `p` must be a share from 0 to 1, or of 100: `0.05` or `"5%"`, found the string "2""#);
    }
}
