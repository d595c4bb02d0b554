//! Texts with placeholders: what headers and bodies of a rate limit say of how it stands.
//!
//! ```text
//! {remaining}            of the tightest policy; of a refused request, of the one that refused it
//! {tokens.remaining}     of the policy `tokens`
//! {remaining:1000}       rounded down to a multiple of 1000
//! {reset:rfc3339}        a time in a format of its own
//! {{remaining}}          no placeholder: the text `{remaining}`
//! ```
//!
//! | field | what | after `:` |
//! | --- | --- | --- |
//! | `limit` | how much passes in a window | a number to round down to multiples of |
//! | `burst` | how much passes at once | the same |
//! | `remaining` | how much is left, whole and at least 0 | the same |
//! | `used` | `burst` without `remaining` | the same |
//! | `cost` | what this request counts | the same |
//! | `reserved` | what it counted until its answer was known | the same |
//! | `reset` | when all of it is there again | a format of times; `epoch` without |
//! | `window` | how long the window is | `delta` (without), `delta-ms`, `delta-float`, `go` |
//! | `name` | what answers call the policy | |
//! | `retry_after` | when a refused request may try again | a format of times; `delta` without |
//! | `now` | the time, as the provider's clock shows it | a format of times; `epoch` without |
//! | `key` | by what the client is known, secrets replaced | `hash`: 32 hexadecimal digits of it |
//! | `violated` | the policies that refused, each in quotes, with commas | |
//! | `uuid` | a UUID, the same in the whole answer | |
//! | `hex`, `alnum` | random digits, the same in the whole answer | how many, 1 to 64; 16 without |
//!
//! The first nine can be those of a named policy. Formats of times are those of [`MomentFormat`].
//!
//! A brace that no letter follows is just a brace, so that JSON need not be escaped.

use std::{fmt::Write as _, time::Duration};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub use super::standing::{Facts, Standing};
use super::{
    chance::{ALNUM, HEX, digits, uuid},
    moments::MomentFormat,
};

/// Random digits that a text can ask for at a time.
const MOST_DIGITS: u64 = 64;
const DIGITS: u64 = 16;

/// Why a text cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlaceholderError {
    /// A brace opens and nothing closes it.
    #[error("`{0}` has no `}}`; a text that begins so is written `{{{{…}}}}`")]
    Open(String),
    /// There is no such field.
    #[error(
        "unknown placeholder `{{{0}}}`, known are {1}; write `{{{{{0}}}}}` for the text itself"
    )]
    Field(String, String),
    /// The limit has no such policy.
    #[error(
        "placeholder `{{{text}}}` names the policy `{policy}`, which the limit does not have; it has {known}"
    )]
    Policy {
        /// What stands between the braces.
        text: String,
        /// The name.
        policy: String,
        /// Those that it has.
        known: String,
    },
    /// It cannot be written so.
    #[error(
        "placeholder `{{{text}}}`: `{field}` cannot be written as `{format}`, expected {expected}"
    )]
    Format {
        /// What stands between the braces.
        text: String,
        /// The field.
        field: String,
        /// What is behind the colon.
        format: String,
        /// What may be.
        expected: String,
    },
}

/// A text, its placeholders understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Plain(String),
    /// A number of a policy, rounded down to multiples.
    Number(Option<usize>, Number, u64),
    /// When a policy is as new.
    Reset(Option<usize>, MomentFormat),
    Window(Option<usize>, MomentFormat),
    Name(Option<usize>),
    RetryAfter(MomentFormat),
    Now(MomentFormat),
    Key,
    KeyHash,
    Violated,
    Uuid,
    Hex(usize),
    Alnum(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Limit,
    Burst,
    Remaining,
    Used,
    Cost,
    Reserved,
}

const FIELDS: [&str; 16] = [
    "limit",
    "burst",
    "remaining",
    "used",
    "cost",
    "reserved",
    "reset",
    "window",
    "name",
    "retry_after",
    "now",
    "key",
    "violated",
    "uuid",
    "hex",
    "alnum",
];

impl Text {
    /// Reads a text of a limit that has policies of these names.
    ///
    /// # Errors
    ///
    /// [`PlaceholderError`], for the first placeholder that cannot be honoured.
    pub fn parse(text: &str, policies: &[&str]) -> Result<Self, PlaceholderError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            let is_doubled = after.strip_prefix('{').is_some_and(starts_field);
            let inner = if is_doubled { after.get(1..).unwrap_or_default() } else { after };
            if !starts_field(inner) {
                plain.push('{');
                rest = after;
                continue;
            }
            let closing = if is_doubled { "}}" } else { "}" };
            let Some((name, behind)) = inner.split_once(closing) else {
                return Err(PlaceholderError::Open(format!("{{{}", beginning(after))));
            };
            if is_doubled {
                let _ = write!(plain, "{{{name}}}");
            } else {
                if !plain.is_empty() {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                }
                pieces.push(piece(name, policies)?);
            }
            rest = behind;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain));
        }
        Ok(Self { pieces })
    }

    /// Whether it is the same whatever it tells of.
    pub fn is_plain(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Plain(_)))
    }

    /// Whether it says when to come again.
    pub fn tells_when(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Reset(..) | Piece::RetryAfter(_)))
    }

    /// The text for an answer.
    pub fn render(&self, facts: &Facts<'_>) -> String {
        let mut text = String::new();
        let policy = |at: &Option<usize>| facts.policies.get(at.unwrap_or(facts.tightest));
        for piece in &self.pieces {
            match piece {
                Piece::Plain(plain) => text.push_str(plain),
                Piece::Number(at, number, multiple) => {
                    let value = policy(at).map_or(0, |policy| number.of(policy));
                    let _ = write!(text, "{}", value - value % multiple);
                }
                Piece::Reset(at, format) => {
                    let after = policy(at).map_or(Duration::ZERO, |policy| policy.reset_after);
                    text.push_str(&format.write(facts.now, after));
                }
                Piece::Window(at, format) => {
                    let window = policy(at).map_or(Duration::ZERO, |policy| policy.window);
                    text.push_str(&format.write(facts.now, window));
                }
                Piece::Name(at) => text.push_str(policy(at).map_or("", |policy| policy.name)),
                Piece::RetryAfter(format) => {
                    text.push_str(&format.write(facts.now, facts.retry_after));
                }
                Piece::Now(format) => text.push_str(&format.write(facts.now, Duration::ZERO)),
                Piece::Key => text.push_str(facts.key),
                Piece::KeyHash => {
                    let digest = Sha256::digest(facts.key.as_bytes());
                    digest.iter().take(16).for_each(|byte| {
                        let _ = write!(text, "{byte:02x}");
                    });
                }
                Piece::Violated => violated(&mut text, facts),
                Piece::Uuid => uuid(&mut text, facts.random),
                Piece::Hex(count) => text.extend(digits(facts.random, HEX).take(*count)),
                Piece::Alnum(count) => text.extend(digits(facts.random, ALNUM).take(*count)),
            }
        }
        text
    }
}

fn starts_field(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// As much of a text as an error shows.
fn beginning(text: &str) -> String {
    text.chars().take(24).collect()
}

impl Number {
    fn of(self, policy: &Standing<'_>) -> u64 {
        match self {
            Self::Limit => policy.limit,
            Self::Burst => policy.burst,
            Self::Remaining => policy.remaining,
            Self::Used => policy.burst.saturating_sub(policy.remaining),
            Self::Cost => policy.cost,
            Self::Reserved => policy.reserved,
        }
    }
}

/// What stands between two braces.
fn piece(text: &str, policies: &[&str]) -> Result<Piece, PlaceholderError> {
    let (path, format) = match text.split_once(':') {
        Some((path, format)) => (path, Some(format)),
        None => (text, None),
    };
    let (policy, field) = match path.rsplit_once('.') {
        Some((policy, field)) => (Some(policy), field),
        None => (None, path),
    };
    let at = match policy {
        None => None,
        Some(policy) => match policies.iter().position(|known| *known == policy) {
            Some(at) => Some(at),
            None => {
                return Err(PlaceholderError::Policy {
                    text: text.to_owned(),
                    policy: policy.to_owned(),
                    known: listed(policies.iter().copied()),
                });
            }
        },
    };
    let wrong = |expected: String| PlaceholderError::Format {
        text: text.to_owned(),
        field: field.to_owned(),
        format: format.unwrap_or_default().to_owned(),
        expected,
    };
    let number = |number| {
        let multiple = match format {
            None => Some(1),
            Some(format) => format.parse().ok().filter(|multiple| *multiple > 0),
        };
        multiple
            .map(|multiple| Piece::Number(at, number, multiple))
            .ok_or_else(|| wrong("a number to round down to multiples of".to_owned()))
    };
    let moment = |default| match format {
        None => Ok(default),
        Some(format) => MomentFormat::named(format)
            .ok_or_else(|| wrong(listed(MomentFormat::ALL.iter().map(|(name, _)| *name)))),
    };
    let span = || match format.map(MomentFormat::named) {
        None => Ok(MomentFormat::Delta),
        Some(Some(format)) if format.is_span() => Ok(format),
        Some(_) => {
            let spans = MomentFormat::ALL.iter().filter(|(_, format)| format.is_span());
            Err(wrong(listed(spans.map(|(name, _)| *name))))
        }
    };
    let count = || {
        let count = match format {
            None => Some(DIGITS),
            Some(format) => format.parse().ok().filter(|count| (1..=MOST_DIGITS).contains(count)),
        };
        count
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| wrong(format!("a number of digits from 1 to {MOST_DIGITS}")))
    };
    let bare = |piece| match format {
        None => Ok(piece),
        Some(_) => Err(wrong("nothing".to_owned())),
    };
    let unknown = || {
        let known = if at.is_some() { FIELDS.get(..9).unwrap_or_default() } else { &FIELDS };
        PlaceholderError::Field(text.to_owned(), listed(known.iter().copied()))
    };
    match (field, at) {
        ("limit", _) => number(Number::Limit),
        ("burst", _) => number(Number::Burst),
        ("remaining", _) => number(Number::Remaining),
        ("used", _) => number(Number::Used),
        ("cost", _) => number(Number::Cost),
        ("reserved", _) => number(Number::Reserved),
        ("reset", _) => Ok(Piece::Reset(at, moment(MomentFormat::Epoch)?)),
        ("window", _) => Ok(Piece::Window(at, span()?)),
        ("name", _) => bare(Piece::Name(at)),
        ("retry_after", None) => Ok(Piece::RetryAfter(moment(MomentFormat::Delta)?)),
        ("now", None) => Ok(Piece::Now(moment(MomentFormat::Epoch)?)),
        ("key", None) => match format {
            None => Ok(Piece::Key),
            Some("hash") => Ok(Piece::KeyHash),
            Some(_) => Err(wrong("`hash`".to_owned())),
        },
        ("violated", None) => bare(Piece::Violated),
        ("uuid", None) => bare(Piece::Uuid),
        ("hex", None) => Ok(Piece::Hex(count()?)),
        ("alnum", None) => Ok(Piece::Alnum(count()?)),
        _ => Err(unknown()),
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn violated(text: &mut String, facts: &Facts<'_>) {
    let named = facts.violated.iter().filter_map(|at| facts.policies.get(*at));
    for (at, policy) in named.enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(text, "{comma}\"{}\"", policy.name);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use jiff::Timestamp;

    use super::*;

    const POLICIES: [&str; 2] = ["requests", "tokens"];

    fn rendered(text: &str) -> Result<String, PlaceholderError> {
        let policies = [
            Standing {
                name: "requests",
                limit: 60,
                burst: 60,
                window: Duration::from_secs(60),
                remaining: 12,
                reset_after: Duration::from_millis(1500),
                cost: 1,
                reserved: 1,
            },
            Standing {
                name: "tokens",
                limit: 30_000,
                burst: 40_000,
                window: Duration::from_secs(60),
                remaining: 29_999,
                reset_after: Duration::from_secs(360),
                cost: 2000,
                reserved: 10,
            },
        ];
        let facts = Facts {
            policies: &policies,
            tightest: 0,
            violated: &[0, 1],
            retry_after: Duration::from_millis(2500),
            key: "sk_r1ng_…",
            now: Timestamp::from_second(1_700_000_000).unwrap(),
            random: [0xab; 32],
        };
        Text::parse(text, &POLICIES).map(|text| text.render(&facts))
    }

    #[test]
    fn a_field_without_a_policy_is_that_of_the_tightest() {
        for (text, expected) in [
            ("{limit} {remaining} {used} {cost}", "60 12 48 1"),
            ("{tokens.limit}/{tokens.burst}", "30000/40000"),
            ("{tokens.remaining:1000} {tokens.used}", "29000 10001"),
            ("{reset} {reset:delta} {tokens.reset:go}", "1700000002 2 6m0s"),
            ("{retry_after} {retry_after:delta-float}", "3 2.5"),
            ("{retry_after:http-date}", "Tue, 14 Nov 2023 22:13:23 GMT"),
            ("{window} {window:go} {name} {tokens.name}", "60 1m0s requests tokens"),
            ("{key} [{violated}]", "sk_r1ng_… [\"requests\",\"tokens\"]"),
            ("{key:hash} {tokens.reserved}", "553c804d468a4dd99eb1e7049fe96822 10"),
            ("{now:rfc3339}", "2023-11-14T22:13:20Z"),
            ("{uuid} {hex:4} {hex}", "abababab-abab-4bab-abab-abababababab abab abababababababab"),
        ] {
            assert_eq!(rendered(text).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(rendered("{alnum:64}").unwrap().len(), 64);
    }

    #[test]
    fn json_needs_no_escapes_and_names_can_have_them() {
        for (text, expected) in [
            (r#"{"a":{"b":{remaining}}}"#, r#"{"a":{"b":12}}"#),
            ("{} { } }} {{}} {\n}", "{} { } }} {{}} {\n}"),
            ("{{limit}} is {limit}", "{limit} is 60"),
            (r#"{"a":"{{x}}"}"#, r#"{"a":"{x}"}"#),
        ] {
            assert_eq!(rendered(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_mistake_says_what_is_known() {
        for (text, expected) in [
            (
                "{remaning}",
                "unknown placeholder `{remaning}`, known are `limit`, `burst`, `remaining`, `used`, `cost`, `reserved`, `reset`, `window`, `name`, `retry_after`, `now`, `key`, `violated`, `uuid`, `hex`, `alnum`; write `{{remaning}}` for the text itself",
            ),
            (
                "{tokens.key}",
                "unknown placeholder `{tokens.key}`, known are `limit`, `burst`, `remaining`, `used`, `cost`, `reserved`, `reset`, `window`, `name`; write `{{tokens.key}}` for the text itself",
            ),
            (
                "{days.limit}",
                "placeholder `{days.limit}` names the policy `days`, which the limit does not have; it has `requests`, `tokens`",
            ),
            (
                "{limit:0}",
                "placeholder `{limit:0}`: `limit` cannot be written as `0`, expected a number to round down to multiples of",
            ),
            (
                "{window:epoch}",
                "placeholder `{window:epoch}`: `window` cannot be written as `epoch`, expected `delta`, `delta-ms`, `delta-float`, `go`",
            ),
            (
                "{hex:65}",
                "placeholder `{hex:65}`: `hex` cannot be written as `65`, expected a number of digits from 1 to 64",
            ),
            (
                "{key:go}",
                "placeholder `{key:go}`: `key` cannot be written as `go`, expected `hash`",
            ),
            ("a {limit", "`{limit` has no `}`; a text that begins so is written `{{…}}`"),
        ] {
            assert_eq!(rendered(text).unwrap_err().to_string(), expected, "{text}");
        }
        assert!(rendered("{reset:iso}").unwrap_err().to_string().contains("`iso8601`"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[{}a-z:._0-9 ]{0,40}") {
            let _ = rendered(&text);
        }

        #[test]
        fn a_text_without_names_is_itself(text in "[{} 0-9\":,\\[\\]]{0,60}") {
            prop_assert_eq!(rendered(&text), Ok(text));
        }
    }
}
