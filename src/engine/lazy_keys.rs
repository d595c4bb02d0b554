//! Keys that are read or made when a template first needs them: to make them takes a while, and few
//! runs need any.

use std::{fmt, sync::OnceLock};

use super::token_keys::TokenKeys;
use crate::{
    model::Json,
    render::template::{SigningAlgorithm, SigningKeys},
};

type Make = Box<dyn Fn() -> Option<TokenKeys> + Send + Sync>;

/// The keys of a process.
pub struct LazyKeys {
    make: Make,
    made: OnceLock<Option<TokenKeys>>,
}

impl LazyKeys {
    /// Keys that `make` reads or makes; it is called once at most, and says why where there are none.
    pub fn new(make: impl Fn() -> Option<TokenKeys> + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), made: OnceLock::new() }
    }

    /// The public keys as a JSON Web Key Set (RFC 7517 section 5).
    pub fn published(&self) -> Json {
        self.key_set()
    }

    fn get(&self) -> Option<&TokenKeys> {
        self.made.get_or_init(|| (self.make)()).as_ref()
    }
}

impl fmt::Debug for LazyKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyKeys").field("made", &self.made.get()).finish_non_exhaustive()
    }
}

impl SigningKeys for LazyKeys {
    fn key_id(&self, algorithm: SigningAlgorithm) -> Option<&str> {
        self.get()?.key_id(algorithm)
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        self.get()?.sign(algorithm, message)
    }

    fn key_set(&self) -> Json {
        let none = || Json::Object(vec![("keys".to_owned(), Json::Array(Vec::new()))]);
        self.get().map_or_else(none, SigningKeys::key_set)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[test]
    fn keys_are_made_at_most_once_and_not_before_they_are_needed() {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let keys = LazyKeys::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            None
        });
        assert_eq!(made.load(Ordering::Relaxed), 0);
        assert_eq!(keys.sign(SigningAlgorithm::Hs256, b"m"), None);
        assert_eq!(keys.key_set().member("keys"), Some(&Json::Array(Vec::new())));
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}
