//! Names that one recording gave to things, read as the names that an earlier one gave them.
//!
//! An upload id, a session, a generated customer number are new on each run. Where an answer is the
//! recorded one but for such a value, the new value is the old thing: from then on it is replaced
//! wherever it occurs, so that later requests find the stubs of the earlier recording.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::dates;
use crate::model::Json;

/// Shorter values occur by chance.
const MIN_LENGTH: usize = 6;

/// More than this are not learned: each costs memory, and a run that needs more repeats nothing.
const MAX_ALIASES: usize = 50_000;

/// What `application/x-www-form-urlencoded` and most URL writers leave as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// New value → recorded value.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    values: HashMap<String, String>,
    /// The recorded values among them: those name other things already.
    recorded: HashSet<String>,
    /// The first bytes of the new values → those values, longest first.
    by_head: HashMap<[u8; MIN_LENGTH], Vec<String>>,
    /// The first two bytes of the new values, so that most places of a text cost no lookup.
    starts: HashSet<[u8; 2], BuildHasherDefault<PairHasher>>,
}

/// Two bytes are their own hash.
#[derive(Debug, Default)]
struct PairHasher(u64);

impl Hasher for PairHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 << 8) | u64::from(byte);
        }
    }

    fn finish(&self) -> u64 {
        // Spread over all bits: the table looks at the highest and the lowest.
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl Aliases {
    /// Whether nothing was learned.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Learns that `now` is what was called `recorded`. The first lesson about a value holds.
    pub(super) fn learn(&mut self, now: &str, recorded: &str) {
        if now == recorded
            || now.len() < MIN_LENGTH
            || recorded.len() < MIN_LENGTH
            || dates::is_date(now)
            || self.values.len() >= MAX_ALIASES
        {
            return;
        }
        self.insert(now.to_owned(), recorded.to_owned());
        let encode = |value| utf8_percent_encode(value, UNRESERVED).to_string();
        let encoded = encode(now);
        if encoded != now {
            self.insert(encoded, encode(recorded));
        }
    }

    fn insert(&mut self, now: String, recorded: String) {
        let Some(head) = now.as_bytes().first_chunk::<MIN_LENGTH>() else {
            return;
        };
        if self.values.contains_key(&now) || self.recorded.contains(&now) {
            return;
        }
        self.recorded.insert(recorded.clone());
        let [first, second, ..] = *head;
        self.starts.insert([first, second]);
        let heads = self.by_head.entry(*head).or_default();
        heads.push(now.clone());
        heads.sort_by_key(|value| std::cmp::Reverse(value.len()));
        self.values.insert(now, recorded);
    }

    /// A text with every new value replaced by the recorded one.
    pub(super) fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_empty() || text.len() < MIN_LENGTH {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        let mut copied = 0;
        let mut at = 0;
        while let Some(head) =
            text.as_bytes().get(at..).and_then(|rest| rest.first_chunk::<MIN_LENGTH>())
        {
            let [first, second, ..] = *head;
            if !self.starts.contains(&[first, second]) {
                at += 1;
                continue;
            }
            let found = self.by_head.get(head).and_then(|values| {
                let is_here = |value: &&String| {
                    text.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(value.as_bytes()))
                };
                values.iter().find(is_here)
            });
            match found.and_then(|value| Some((value, self.values.get(value)?))) {
                Some((now, recorded)) => {
                    out.push_str(text.get(copied..at).unwrap_or_default());
                    out.push_str(recorded);
                    at += now.len();
                    copied = at;
                }
                None => at += 1,
            }
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Replaces in a text; says whether anything was.
    pub(super) fn apply_to(&self, text: &mut String) -> bool {
        match self.apply(text) {
            Cow::Borrowed(_) => false,
            Cow::Owned(replaced) => {
                *text = replaced;
                true
            }
        }
    }

    /// Replaces in all strings of a JSON value, and numbers that are a new value as a whole.
    pub(super) fn apply_to_json(&self, value: &mut Json) {
        match value {
            Json::Null | Json::Bool(_) => {}
            Json::Number(number) => {
                if let Some(recorded) = self.values.get(number)
                    && recorded.bytes().all(|byte| byte.is_ascii_digit())
                {
                    number.clone_from(recorded);
                }
            }
            Json::String(text) => {
                self.apply_to(text);
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.apply_to_json(item)),
            Json::Object(members) => {
                for (name, value) in members {
                    self.apply_to(name);
                    self.apply_to_json(value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn aliases(pairs: &[(&str, &str)]) -> Aliases {
        let mut aliases = Aliases::default();
        for (now, recorded) in pairs {
            aliases.learn(now, recorded);
        }
        aliases
    }

    #[test]
    fn a_new_name_is_replaced_wherever_it_occurs() {
        let aliases = aliases(&[("up-NEW-1", "up-OLD-1"), ("up-NEW-12", "up-OLD-2")]);
        assert_eq!(aliases.apply("/b?id=up-NEW-1&x=up-NEW-12é"), "/b?id=up-OLD-1&x=up-OLD-2é");
        assert_eq!(aliases.apply("nothing new here"), "nothing new here");
        assert_eq!(aliases.apply(""), "");
    }

    #[test]
    fn a_name_is_found_percent_encoded_too() {
        let aliases = aliases(&[("a/b+c=12", "d/e+f=34")]);
        assert_eq!(aliases.apply("?id=a%2Fb%2Bc%3D12"), "?id=d%2Fe%2Bf%3D34");
    }

    #[test]
    fn short_values_and_dates_are_not_learned() {
        let aliases = aliases(&[
            ("12345", "54321"),
            ("2026-11-23T06:40:12Z", "2026-11-22T06:40:12Z"),
            ("Mon, 23 Nov 2026 06:40:12 GMT", "Sun, 22 Nov 2026 06:40:12 GMT"),
        ]);
        assert!(aliases.is_empty());
    }

    #[test]
    fn the_first_lesson_holds_and_recorded_values_stay() {
        let aliases =
            aliases(&[("new-one", "old-one"), ("new-one", "old-two"), ("old-one", "x-other")]);
        assert_eq!(aliases.apply("new-one old-one"), "old-one old-one");
    }

    #[test]
    fn json_is_replaced_in_strings_and_whole_numbers() {
        let aliases = aliases(&[("abcdefg", "tuvwxyz"), ("1234567", "7654321")]);
        let mut value = json::parse(r#"{"abcdefg":["x/abcdefg",1234567,12345678]}"#).unwrap();
        aliases.apply_to_json(&mut value);
        assert_eq!(
            json::write(&value, Default::default()),
            r#"{"tuvwxyz":["x/tuvwxyz",7654321,12345678]}"#
        );
    }
}
