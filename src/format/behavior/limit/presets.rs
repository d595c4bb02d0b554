//! Limits of providers by name, each a file beside this one that says where its values come from; and
//! such files of the user's own.

use std::borrow::Cow;

use crate::format::suggest;

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

/// The text of the preset of that name, or of the file at that path.
///
/// # Errors
///
/// What is wrong, and what to do about it.
pub(super) fn text_of(
    name: &str,
    own: OwnPresets<'_>,
) -> Result<Cow<'static, str>, (String, Option<String>)> {
    if name.contains(['/', '\\']) || name.ends_with(".toml") {
        let text = own(name).map_err(|error| (format!("preset `{name}`: {error}"), None))?;
        return Ok(text.into());
    }
    if let Some((_, text)) = PRESETS.iter().find(|(known, _)| *known == name) {
        return Ok((*text).into());
    }
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

/// What the limit of a preset is called that does not say.
pub(super) fn stem(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name).trim_end_matches(".toml")
}
