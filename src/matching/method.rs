//! Which methods a stub answers, in a form that costs little to keep and to ask.

use std::borrow::Cow;

use crate::model::MethodPattern;

/// The methods of HTTP, which nearly all stubs name.
const COMMON: [&str; 9] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"];

/// A [`MethodPattern`], compiled.
#[derive(Clone, Debug)]
pub(super) enum MethodMatcher {
    Any,
    /// This one, in upper case.
    Common(&'static str),
    Other(Box<MethodPattern>),
}

impl MethodMatcher {
    pub(super) fn compile(pattern: &MethodPattern) -> Self {
        let common = match pattern {
            MethodPattern::Any => return Self::Any,
            MethodPattern::Is(method) => COMMON.into_iter().find(|known| known == method),
            _ => None,
        };
        match common {
            Some(method) => Self::Common(method),
            None => Self::Other(Box::new(pattern.clone())),
        }
    }

    /// Whether a method is one of them; [`MethodPattern::accepts`] says how.
    pub(super) fn accepts(&self, method: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Common(expected) => *expected == method || expected.eq_ignore_ascii_case(method),
            Self::Other(pattern) => pattern.accepts(method),
        }
    }

    /// The one method that it is, whatever its case.
    pub(super) fn only(&self) -> Option<&str> {
        match self {
            Self::Any => None,
            Self::Common(method) => Some(method),
            Self::Other(pattern) => match &**pattern {
                MethodPattern::Is(method) => Some(method),
                _ => None,
            },
        }
    }

    /// Which methods, in words; `None` for any.
    pub(super) fn describe(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Any => None,
            Self::Common(method) => Some(Cow::Borrowed(method)),
            Self::Other(pattern) => Some(Cow::Owned(pattern.describe())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_accepts_what_the_pattern_accepts() {
        let is = |method: &str| MethodPattern::Is(method.to_owned());
        let both = || vec!["GET".to_owned(), "put".to_owned()];
        for pattern in [
            MethodPattern::Any,
            MethodPattern::GetOrHead,
            is("GET"),
            is("get"),
            is("Post"),
            is("PURGE"),
            MethodPattern::OneOf(both()),
            MethodPattern::NoneOf(both()),
        ] {
            let matcher = MethodMatcher::compile(&pattern);
            for method in ["GET", "get", "HEAD", "POST", "Post", "PUT", "put", "PURGE", "purge"] {
                assert_eq!(
                    matcher.accepts(method),
                    pattern.accepts(method),
                    "{pattern:?} {method}"
                );
            }
        }
    }
}
