//! The profiles that ship: bad days by name, each a document in `profiles/`.

/// A profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What it is asked for by.
    pub name: &'static str,
    /// The document, as TOML.
    pub text: &'static str,
}

impl Profile {
    /// What it is, in one line: its `description`.
    pub fn says(self) -> &'static str {
        let line = self.text.lines().find_map(|line| line.strip_prefix("description = \""));
        line.and_then(|line| line.strip_suffix('"')).unwrap_or_default()
    }
}

macro_rules! profiles {
    ($($name:literal)*) => {
        /// Every profile.
        pub const PROFILES: &[Profile] = &[
            $(Profile { name: $name, text: include_str!(concat!("profiles/", $name, ".toml")) }),*
        ];
    };
}

profiles! {
    "flaky"
    "slow"
    "brown-out"
    "outage"
    "recovering"
    "rate-limited"
    "mobile-3g"
    "mobile-edge"
    "satellite"
}
