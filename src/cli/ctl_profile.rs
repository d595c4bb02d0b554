//! What `ringer ctl` is given that may lie in files here: profiles, and presets of rate limits.

use std::{cell::Cell, path::Path};

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    codec::json,
    config::ConfigError,
    format::behavior::{self, Language},
    library::Located,
    model::Json,
};

/// A name as it is, a file as the document in it.
///
/// # Errors
///
/// When the file cannot be read or has mistakes.
pub fn profile_of(text: &str) -> anyhow::Result<Value> {
    let path = Path::new(text);
    let ending = path.extension().and_then(|ending| ending.to_str());
    if ending.is_none() && path.components().count() == 1 && !path.is_file() {
        return Ok(text.into());
    }
    let content =
        std::fs::read_to_string(path).with_context(|| format!("cannot read profile `{text}`"))?;
    let language = Language::of_ending(ending.unwrap_or_default());
    // What it names lies beside it.
    let read_beside = |name: &str| {
        let path = path.parent().unwrap_or(Path::new("")).join(name);
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    };
    let behaviors = behavior::read(&content, language, &read_beside).map_err(|problems| {
        let located = problems.into_iter();
        let problems = located.map(|problem| Located::in_text(path, &content, problem)).collect();
        ConfigError::File { problems }
    })?;
    json::to_serde(&behavior::write(&behaviors)).context("the profile is nested too deeply")
}

/// A rate limit as it is; one with a preset in a file here as the document that it comes to.
///
/// # Errors
///
/// When the file cannot be read or has mistakes.
pub fn limit_of(text: &str) -> anyhow::Result<Value> {
    let names_file = Cell::new(false);
    let read_here = |path: &str| {
        names_file.set(true);
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    };
    let read = behavior::read_entry("rate_limit", text, &read_here);
    if !names_file.get() {
        return Ok(text.into());
    }
    let limits = read.map_err(|problems| {
        let told: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
        anyhow::anyhow!("{}", told.join("; "))
    })?;
    let limits = limits.limits.iter().map(behavior::limit::write).collect();
    json::to_serde(&Json::Array(limits)).context("the limit is nested too deeply")
}
