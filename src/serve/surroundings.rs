//! What templates see of the world around them: the time, this machine's name, its variables.

use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;

use super::settings::Answers;
use crate::{
    matching::regex::WholeRegex,
    render::{
        FileTemplates,
        template::{Env, SystemValues},
    },
    runtime::Clock,
};

/// What templates see of the world around them.
pub(super) struct Surroundings {
    hostname: String,
    permitted: PermittedKeys,
    /// Templates of body files.
    pub(super) files: FileTemplates,
}

impl Surroundings {
    pub(super) fn new(answers: &Answers) -> Self {
        // The name of the machine; where there is no such file, a name that every machine has.
        let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let hostname = match hostname.trim() {
            "" => "localhost".to_owned(),
            name => name.to_owned(),
        };
        let patterns = answers.permitted_system_keys.iter();
        let permitted = PermittedKeys(
            // Case does not count, as in WireMock.
            patterns
                .filter_map(|pattern| WholeRegex::compile(&format!("(?i){pattern}")).ok())
                .collect(),
        );
        Self { hostname, permitted, files: FileTemplates::default() }
    }

    /// The surroundings of one rendering.
    pub(super) fn env<'e>(&'e self, clock: Clock, random: &'e mut ChaCha8Rng) -> Env<'e> {
        Env {
            now: Timestamp::try_from(clock.now()).unwrap_or_default(),
            random,
            hostname: &self.hostname,
            system: Some(&self.permitted),
            state: None,
            keys: None,
        }
    }
}

/// Which environment variables templates may read.
struct PermittedKeys(Vec<WholeRegex>);

impl SystemValues for PermittedKeys {
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
