//! Regular expressions of templates, compiled once while they are in use.

use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;

use crate::matching::regex_find::FindRegex;

/// How many compiled patterns are kept.
const KEPT: usize = 256;

/// Groups that one call may find.
const MOST_GROUPS: usize = 10_000;

type Compiled = Result<Arc<FindRegex>, String>;

static PATTERNS: LazyLock<Cache<(String, bool), Compiled>> = LazyLock::new(|| Cache::new(KEPT));

fn compiled(pattern: &str, whole: bool) -> Compiled {
    let key = (pattern.to_owned(), whole);
    if let Some(known) = PATTERNS.get(&key) {
        return known;
    }
    let result = FindRegex::compile(pattern, whole).map(Arc::new);
    PATTERNS.insert(key, result.clone());
    result
}

/// Whether a pattern of Java's fits the whole of a text, or what is wrong with it.
pub(super) fn is_whole_match(pattern: &str, text: &str) -> Result<bool, String> {
    Ok(!compiled(pattern, true)?.groups(text, 1).is_empty())
}

/// The first match of a pattern of Java's, or with `all` the groups of all matches one after another.
pub(super) fn found_groups(pattern: &str, text: &str, all: bool) -> Result<Vec<String>, String> {
    let regex = compiled(pattern, false)?;
    if all {
        let matches = regex.groups(text, MOST_GROUPS);
        return Ok(matches.into_iter().flat_map(|found| found.into_iter().skip(1)).collect());
    }
    let first = regex.groups(text, 1).into_iter().next();
    Ok(first.and_then(|found| found.into_iter().next()).into_iter().collect())
}
