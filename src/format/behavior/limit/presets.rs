//! Limits of providers by name, each a file beside this one that says where its values come from; and
//! such files of the user's own.

use super::read;
use crate::{
    format::{
        behavior::tree::{self, Language},
        problem::Problems,
        suggest,
    },
    model::RateLimit,
};

/// Reads a preset file of the user's own by its path as written; the error says why it cannot be read.
pub type OwnPresets<'a> = &'a dyn Fn(&str) -> Result<String, String>;

macro_rules! presets {
    ($($name:literal)*) => {
        /// Name and text of each preset.
        pub const PRESETS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../presets/", $name, ".toml")))),*];
    };
}

presets! {
    "anthropic" "atlassian" "auth0" "aws-json" "aws-s3" "discord" "generic" "github"
    "github-secondary" "google" "ietf-draft" "okta" "openai" "shopify-graphql" "shopify-rest"
    "slack" "stripe" "x"
}

/// The limit of that name, or of the file at that path.
///
/// # Errors
///
/// What is wrong, and what to do about it.
pub(super) fn load(name: &str, own: OwnPresets<'_>) -> Result<RateLimit, (String, Option<String>)> {
    let is_path = name.contains(['/', '\\']) || name.ends_with(".toml");
    if is_path {
        let text = own(name).map_err(|error| (format!("preset `{name}`: {error}"), None))?;
        return parse(name, &text);
    }
    match PRESETS.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => parse(name, text),
        None => {
            let names = PRESETS.iter().map(|(name, _)| *name);
            let hint = match suggest::nearest(name, names.clone()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
                    format!("one of {}, or a file: `./mine.toml`", names.join(", "))
                }
            };
            Err((format!("there is no preset `{name}`"), Some(hint)))
        }
    }
}

/// A preset's text; its mistakes are told in one line, as they stand in another file.
fn parse(name: &str, text: &str) -> Result<RateLimit, (String, Option<String>)> {
    let mut problems = Problems::default();
    // A preset is no preset of a preset.
    let own = |_: &str| Err("a preset cannot name another file".to_owned());
    let limit = tree::parse(text, Language::Toml, &mut problems)
        .and_then(|node| read::read_one(node, &own, &mut problems));
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name).trim_end_matches(".toml");
    match (limit, problems.into_sorted().into_iter().next()) {
        (Some(limit), None) => Ok(RateLimit {
            name: if limit.name == "rate-limit" { stem.to_owned() } else { limit.name.clone() },
            preset: Some(name.to_owned()),
            ..limit
        }),
        (_, Some(problem)) => {
            let before = text.get(..problem.span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            Err((format!("preset `{name}`, line {line}: {}", problem.message), problem.hint))
        }
        (None, None) => Err((format!("preset `{name}` cannot be read"), None)),
    }
}
