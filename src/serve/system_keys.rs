//! Which environment variables templates may read (`systemValue`).

use std::{str::FromStr, sync::OnceLock};

use crate::{matching::regex::WholeRegex, render::template::SystemValues};

/// What is permitted where nothing is said, as in WireMock.
const DEFAULT: &str = "wiremock.*";

/// A regular expression for whole names; case does not count, as in WireMock.
#[derive(Clone, Debug)]
pub struct SystemKeyPattern {
    source: String,
    /// Made when it is first asked.
    regex: OnceLock<Option<WholeRegex>>,
}

impl SystemKeyPattern {
    fn compile(text: &str) -> Result<WholeRegex, String> {
        WholeRegex::compile(&format!("(?i){text}"))
            .map_err(|error| format!("`{text}` is no regular expression: {error}"))
    }

    fn is_match(&self, key: &str) -> bool {
        let regex = self.regex.get_or_init(|| Self::compile(&self.source).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(key))
    }
}

impl PartialEq for SystemKeyPattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl FromStr for SystemKeyPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let regex = Self::compile(text)?;
        Ok(Self { source: text.to_owned(), regex: Some(regex).into() })
    }
}

/// The environment variables that templates may read: those that one of the patterns fits.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemKeys(pub Vec<SystemKeyPattern>);

impl Default for SystemKeys {
    fn default() -> Self {
        Self(vec![SystemKeyPattern { source: DEFAULT.to_owned(), regex: OnceLock::new() }])
    }
}

impl SystemValues for SystemKeys {
    fn is_permitted(&self, key: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(key))
    }

    fn environment(&self, key: &str) -> Option<String> {
        std::env::var(key).ok()
    }

    /// Properties are of a Java VM.
    fn property(&self, _: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_permitted_by_its_whole_name_in_any_case() {
        let keys = SystemKeys::default();
        assert!(keys.is_permitted("WIREMOCK_X") && keys.is_permitted("wiremock"));
        assert!(!keys.is_permitted("MY_WIREMOCK") && !keys.is_permitted("HOME"));
        let keys = SystemKeys(vec!["foo|bar".parse().unwrap()]);
        assert!(keys.is_permitted("FOO") && keys.is_permitted("Bar"));
        assert!(!keys.is_permitted("FOOD") && !keys.is_permitted("WIREMOCK_X"));
        assert!("(".parse::<SystemKeyPattern>().is_err());
    }
}
