//! What few requests are asked for: where they go and come from, variables of a path, cookies, forms,
//! credentials, parts.

use jiff::Timestamp;

use super::{
    compiled::TextMatcher,
    explained::{exact, explain_values},
    multipart::MultipartMatcher,
    path::PathVariables,
    subject::Subject,
    verdict::PartVerdict,
};
use crate::{
    codec::{form::Pair, view::RequestView},
    model::Scheme,
};

/// What few stubs ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Rare {
    pub(super) scheme: Option<Scheme>,
    pub(super) host: Option<TextMatcher>,
    pub(super) port: Option<u16>,
    pub(super) client: Option<TextMatcher>,
    /// What finds the values of variables, and what these must be. Without a template, patterns of
    /// path parameters say nothing, as in WireMock.
    pub(super) variables: Option<(PathVariables, Vec<(String, TextMatcher)>)>,
    pub(super) cookies: Vec<(String, TextMatcher)>,
    pub(super) form: Vec<(String, TextMatcher)>,
    /// `user:password` in base64.
    pub(super) basic_auth: Option<String>,
    pub(super) multipart: Vec<MultipartMatcher>,
}

impl Rare {
    /// Nothing asked for.
    pub(super) fn is_empty(&self) -> bool {
        let is_origin_free = self.scheme.is_none()
            && self.host.is_none()
            && self.port.is_none()
            && self.client.is_none();
        is_origin_free
            && self.variables.is_none()
            && self.cookies.is_empty()
            && self.form.is_empty()
            && self.basic_auth.is_none()
            && self.multipart.is_empty()
    }
}

impl Rare {
    /// Whether all of it fits but, perhaps, the body.
    pub(super) fn matches_head(&self, view: &RequestView<'_>, received: Timestamp) -> bool {
        self.is_origin_match(view, received)
            && self.variables.as_ref().is_none_or(|(found, matchers)| {
                let values = found.values(view.path());
                matchers.iter().all(|(name, matcher)| {
                    matcher.is_match(&Subject::new(variable(&values, name), received))
                })
            })
            && self.basic_auth.as_ref().is_none_or(|expected| has_basic_auth(view, expected))
            && self.cookies.iter().all(|(name, matcher)| {
                matcher.is_match_cookie(values_of(view.cookies(), name), received)
            })
    }

    /// Whether scheme, host, port and the client's address fit.
    fn is_origin_match(&self, view: &RequestView<'_>, received: Timestamp) -> bool {
        let fits = |matcher: &Option<TextMatcher>, value: &dyn Fn() -> Option<String>| {
            matcher
                .as_ref()
                .is_none_or(|it| it.is_match(&Subject::new(value().as_deref(), received)))
        };
        self.scheme.is_none_or(|scheme| scheme == view.request().scheme)
            && self.port.is_none_or(|port| port == view.port())
            && fits(&self.host, &|| view.host())
            && fits(&self.client, &|| address(view))
    }

    /// The verdicts on scheme, host, port and the client's address.
    pub(super) fn explain_origin(&self, view: &RequestView<'_>) -> Vec<PartVerdict> {
        let received = view.received();
        let mut verdicts = Vec::new();
        if let Some(scheme) = self.scheme {
            let actual = view.request().scheme;
            verdicts.push(exact("scheme", scheme.as_str(), actual.as_str()));
        }
        if let Some(host) = &self.host {
            let actual: Vec<String> = view.host().into_iter().collect();
            verdicts.push(explain_values("host", host, &actual, received));
        }
        if let Some(port) = self.port {
            verdicts.push(exact("port", &port.to_string(), &view.port().to_string()));
        }
        if let Some(client) = &self.client {
            let actual: Vec<String> = address(view).into_iter().collect();
            verdicts.push(explain_values("client address", client, &actual, received));
        }
        verdicts
    }
}

/// The values of a name.
pub(super) fn values_of<'p>(pairs: &'p [Pair], name: &'p str) -> impl Iterator<Item = &'p str> {
    pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Whether these are the credentials that it brings.
pub(super) fn has_basic_auth(view: &RequestView<'_>, expected: &str) -> bool {
    view.header("authorization").any(|value| {
        value.split_once(' ').is_some_and(|(scheme, credentials)| {
            scheme.eq_ignore_ascii_case("basic") && credentials.trim() == expected
        })
    })
}

/// The last value of a variable.
pub(super) fn variable<'p>(values: &[(&str, &'p str)], name: &str) -> Option<&'p str> {
    values.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn address(view: &RequestView<'_>) -> Option<String> {
    view.client_address()
}
