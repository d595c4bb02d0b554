//! What is kept between runs and is nobody else's business: the key of the pseudonyms, the keys of
//! tokens.

use std::path::{Path, PathBuf};

use super::AppError;
use crate::{
    config::Redaction,
    engine::{LazyKeys, TokenKeys},
    library::{LibraryError, key_file, token_key_file},
    redaction::Redactor,
    runtime::Seed,
};

/// What sanitises, and its key where that is new: it is to be kept as soon as something is recorded.
pub(super) fn redactor(
    settings: &Redaction,
    stubs: &Path,
) -> Result<(Redactor, Option<String>), AppError> {
    if settings.off {
        return Ok((Redactor::off(), None));
    }
    if let Some(key) = &settings.key {
        return Ok((Redactor::new(key.as_bytes()), None));
    }
    if let Some(key) = key_file::read(stubs)? {
        return Ok((Redactor::new(key.as_bytes()), None));
    }
    let key = Seed::secret();
    Ok((Redactor::new(key.as_bytes()), Some(key)))
}

/// The keys of tokens in a folder, made there when they are first needed.
pub(super) fn token_keys(folder: PathBuf) -> LazyKeys {
    LazyKeys::new(move || {
        let kept = match token_key_file::read(&folder) {
            Ok(Some(text)) => return read(&folder, &text),
            Ok(None) => new(&folder),
            Err(error) => Err(error),
        };
        kept.unwrap_or_else(|error| {
            // They are good for this run all the same.
            tracing::warn!(%error, "the keys of tokens are not kept for the next run");
            TokenKeys::generate(&Seed::secret()).ok()
        })
    })
}

fn read(folder: &Path, text: &str) -> Option<TokenKeys> {
    let keys = TokenKeys::from_text(text);
    if keys.is_none() {
        let file = folder.join(token_key_file::TOKEN_KEY_FILE);
        tracing::error!(
            "`{}` holds no keys that ringer wrote; without it, new ones are made",
            file.display()
        );
    }
    keys
}

fn new(folder: &Path) -> Result<Option<TokenKeys>, LibraryError> {
    let made = TokenKeys::generate(&Seed::secret()).ok();
    let Some(text) = made.as_ref().and_then(|keys| keys.to_text().ok()) else { return Ok(made) };
    let there = token_key_file::write(folder, &text)?;
    Ok(if there == text { made } else { read(folder, &there) })
}
