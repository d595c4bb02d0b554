//! Which URLs a pattern takes, compiled, and where the index keeps it.

use super::{
    distance::{path_distance, rough_distance, text_distance},
    path::{PathTemplate, PathVariables},
    regex::{WholeRegex, literal_head},
};
use crate::{codec::view::RequestView, model::UrlPattern};

/// A [`UrlPattern`], compiled.
#[derive(Clone, Debug)]
pub(super) enum UrlMatcher {
    Any,
    Path(Box<str>),
    PathPattern(WholeRegex),
    PathTemplate(Box<PathTemplate>),
    /// Path and query; a request's empty query counts as none, so one that ends in `?` fits nothing.
    Url(Box<str>),
    UrlPattern(WholeRegex),
}

/// Where the index keeps a stub.
pub(super) enum UrlKey<'m> {
    /// For every request.
    Any,
    /// By the text that the path begins with; never empty.
    Head(String),
    /// By the path.
    Path(&'m str),
    /// By path and query.
    PathAndQuery(&'m str),
    /// By the path's segments.
    Template(&'m PathTemplate),
}

impl UrlMatcher {
    /// Compiles a pattern; an error names the key of the mapping and what is wrong.
    pub(super) fn compile(pattern: &UrlPattern) -> Result<Self, (String, String)> {
        let regex = |key: &str, source: &str| {
            WholeRegex::compile(source).map_err(|message| (key.to_owned(), message))
        };
        Ok(match pattern {
            UrlPattern::Any => Self::Any,
            UrlPattern::Url(url) => Self::Url(url.as_str().into()),
            UrlPattern::UrlPath(path) => Self::Path(path.as_str().into()),
            UrlPattern::UrlPattern(source) => Self::UrlPattern(regex("/urlPattern", source)?),
            UrlPattern::UrlPathPattern(source) => {
                Self::PathPattern(regex("/urlPathPattern", source)?)
            }
            UrlPattern::UrlPathTemplate(template) => Self::PathTemplate(Box::new(
                PathTemplate::parse(template)
                    .map_err(|message| ("/urlPathTemplate".to_owned(), message))?,
            )),
        })
    }

    /// What finds the values of the variables of a template; `None` for any other kind.
    pub(super) fn variables(&self) -> Result<Option<PathVariables>, (String, String)> {
        match self {
            Self::PathTemplate(template) => template
                .variables()
                .map(Some)
                .map_err(|message| ("/urlPathTemplate".to_owned(), message)),
            _ => Ok(None),
        }
    }

    pub(super) fn is_match(&self, view: &RequestView<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Path(path) => **path == *view.path(),
            Self::PathPattern(regex) => regex.is_match(view.path()),
            Self::PathTemplate(template) => template.is_match(view.path()),
            Self::Url(url) => **url == *view.path_and_query(),
            Self::UrlPattern(regex) => regex.is_match(view.path_and_query()),
        }
    }

    pub(super) fn key(&self) -> UrlKey<'_> {
        let by_head = |regex: &WholeRegex| {
            let head = literal_head(regex.source());
            let head = head.split(['?', '#']).next().unwrap_or_default().to_owned();
            // The last segment may go on, so a head without `/` says nothing.
            if head.contains('/') { UrlKey::Head(head) } else { UrlKey::Any }
        };
        match self {
            Self::Any => UrlKey::Any,
            Self::Path(path) => UrlKey::Path(path),
            Self::PathPattern(regex) | Self::UrlPattern(regex) => by_head(regex),
            Self::PathTemplate(template) => UrlKey::Template(template),
            Self::Url(url) => UrlKey::PathAndQuery(url),
        }
    }

    /// The expression as the linear engine has it, and whether it is about the path alone.
    pub(super) fn expression(&self) -> Option<(&str, bool)> {
        match self {
            Self::PathPattern(regex) => Some((regex.linear()?, true)),
            Self::UrlPattern(regex) => Some((regex.linear()?, false)),
            Self::Any | Self::Path(_) | Self::PathTemplate(_) | Self::Url(_) => None,
        }
    }

    /// The name of the part in explanations.
    pub(super) fn part(&self) -> &'static str {
        match self {
            Self::Any | Self::Url(_) | Self::UrlPattern(_) => "url",
            Self::Path(_) | Self::PathPattern(_) | Self::PathTemplate(_) => "path",
        }
    }

    /// What fits, in words.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Path(path) => path.to_string(),
            Self::PathTemplate(template) => template.source().to_owned(),
            Self::PathPattern(regex) | Self::UrlPattern(regex) => {
                format!("matching {}", regex.source())
            }
            Self::Url(url) => url.to_string(),
        }
    }

    /// How far a request's URL is from fitting.
    pub(super) fn distance(&self, view: &RequestView<'_>) -> f64 {
        if self.is_match(view) {
            return 0.0;
        }
        let actual: Vec<&str> = segments(view.path()).collect();
        match self {
            Self::Any => 0.0,
            Self::Path(path) => text_distance(path, view.path()),
            Self::PathTemplate(template) => {
                let mut expected = template.segments();
                if expected.first() == Some(&Some("")) {
                    expected.remove(0);
                }
                path_distance(&expected, &actual)
            }
            // An empty query of the pattern fits nothing, near as it is.
            Self::Url(url) => text_distance(url, view.path_and_query()).max(0.01),
            Self::PathPattern(regex) | Self::UrlPattern(regex) => {
                let head = literal_head(regex.source());
                let (head, _) = head.split_once('?').unwrap_or((&head, ""));
                let expected: Vec<Option<&str>> = segments(head).map(Some).collect();
                let n_compared = expected.len().min(actual.len());
                let shared = actual.get(..n_compared).unwrap_or_default();
                // What follows the head does not fit either, or the expression would have.
                (0.5 + path_distance(&expected, shared) / 2.0).min(1.0)
            }
        }
    }

    /// A cheap guess at [`distance`](Self::distance), to choose whom to look at closely.
    pub(super) fn rough_distance(&self, view: &RequestView<'_>) -> f64 {
        match self {
            Self::Any => 0.0,
            Self::Path(path) => rough_distance(path, view.path()),
            Self::PathTemplate(template) if template.is_match(view.path()) => 0.0,
            Self::PathTemplate(template) => rough_distance(template.source(), view.path()),
            Self::Url(url) => rough_distance(url, view.path_and_query()),
            Self::PathPattern(regex) | Self::UrlPattern(regex) => {
                let head = literal_head(regex.source());
                let path = view.path();
                match path.get(..head.len()) {
                    Some(start) => rough_distance(&head, start),
                    None => rough_distance(&head, path),
                }
            }
        }
    }
}

/// The segments of a path without the empty one before its first `/`.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}
