//! Values against compiled patterns: one value, or all that a name has.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{
    compiled::{Kind, TextMatcher},
    found::Outcome,
    subject::Subject,
};

/// Comparisons of a pattern with a value that a list of patterns may take on the values of one name;
/// past them it does not fit.
const MAX_COMPARISONS: usize = 200_000;

impl TextMatcher {
    /// Whether a value fits.
    pub fn is_match(&self, value: &Subject<'_>) -> bool {
        match (&self.0, value.text()) {
            (Kind::Anything, _) => true,
            (Kind::Absent, text) => text.is_none(),
            (Kind::And(matchers), _) => matchers.iter().all(|matcher| matcher.is_match(value)),
            (Kind::Not(matcher), _) => !matcher.is_match(value),
            (Kind::Or(matchers), _) => matchers.iter().any(|matcher| matcher.is_match(value)),
            (Kind::DoesNotContain(_) | Kind::DoesNotMatch(_), None) => true,
            (Kind::JsonPath(path), _) => matches!(path.outcome(value), Outcome::Yes),
            (_, None) => false,
            (Kind::Contains(text), Some(value)) => value.contains(text),
            (Kind::Date(date), Some(text)) => date.0.is_match(text, value.now()),
            (Kind::DoesNotContain(text), Some(value)) => !value.contains(text),
            (Kind::DoesNotMatch(regex), Some(value)) => {
                // Where it is not known, neither the one nor the other holds.
                regex.try_match(value).is_ok_and(|fits| !fits)
            }
            (Kind::EqualTo(text), Some(value)) => value == text,
            (Kind::EqualToIgnoringCase(text), Some(value)) => {
                value.eq_ignore_ascii_case(text) || value.to_lowercase() == *text
            }
            (Kind::HasExactly(matchers) | Kind::Includes(matchers), Some(text)) => {
                self.is_list_match(matchers, &[text], value.received())
            }
            (Kind::Json(matcher), Some(_)) => {
                value.json().is_some_and(|json| matcher.is_match(json))
            }
            (Kind::Matches(regex), Some(value)) => regex.is_match(value),
            (Kind::Number(number), Some(value)) => number.is_match(value),
            (Kind::Never(..), Some(_)) => false,
            (Kind::PathTemplate(template), Some(value)) => template.is_match(value),
            (Kind::Schema(schema), Some(text)) => schema.is_match(text, value.json()),
            (Kind::Xml(xml), Some(value)) => xml.0.is_match(value),
            (Kind::XPath(path), Some(_)) => matches!(path.outcome(value), Outcome::Yes),
        }
    }

    /// Whether any of the repeated values fits, or their absence does when there is none;
    /// `hasExactly` and `includes` look at all of them.
    pub fn is_match_any<V: AsRef<str>>(
        &self,
        values: impl Iterator<Item = V>,
        received: Timestamp,
    ) -> bool {
        if let Kind::HasExactly(matchers) | Kind::Includes(matchers) = &self.0 {
            let values: Vec<V> = values.collect();
            let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
            return self.is_list_match(matchers, &values, received);
        }
        let mut any = false;
        for value in values {
            if self.is_match(&Subject::new(Some(value.as_ref()), received)) {
                return true;
            }
            any = true;
        }
        !any && self.is_match(&Subject::new(None, received))
    }

    /// As [`is_match_any`](Self::is_match_any), but as WireMock has it for cookies: where there is
    /// none, only `absent` itself fits.
    pub(super) fn is_match_cookie<'v>(
        &self,
        mut values: impl Iterator<Item = &'v str>,
        received: Timestamp,
    ) -> bool {
        let Some(first) = values.next() else { return matches!(self.0, Kind::Absent) };
        self.is_match_any(std::iter::once(first).chain(values), received)
    }

    /// WireMock's `hasExactly` counts values and patterns, and wants each pattern to fit a value; it
    /// does not give each a value of its own.
    fn is_list_match(&self, matchers: &[Self], values: &[&str], received: Timestamp) -> bool {
        let is_exact = matches!(self.0, Kind::HasExactly(_));
        if values.is_empty() || is_exact && values.len() != matchers.len() {
            return false;
        }
        let mut set: Option<HashSet<&str>> = None;
        let mut n_left = MAX_COMPARISONS;
        matchers.iter().all(|matcher| {
            if let Kind::EqualTo(text) = &matcher.0 {
                return set
                    .get_or_insert_with(|| values.iter().copied().collect())
                    .contains(text.as_str());
            }
            values.iter().any(|value| {
                n_left = n_left.saturating_sub(1);
                n_left > 0 && matcher.is_match(&Subject::new(Some(value), received))
            })
        })
    }
}

#[cfg(test)]
mod tests;
