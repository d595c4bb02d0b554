//! JSONPath and XPath expressions that say less, or more, than they seem to.

use crate::{
    codec::{jsonpath::JsonPath, xml::XPath},
    model::PathPattern,
};

/// What an XPath expression comes to, whatever the document.
pub(super) enum XPathSense {
    /// It depends on the document, as it should.
    Sense,
    /// It finds nothing, and why.
    Never(String),
    /// It is satisfied by anything, and why.
    Always(String),
}

/// Why a JSONPath expression finds nothing in any document.
pub(super) fn json_path_never(path: &PathPattern) -> Option<String> {
    // One that does not compile is a mistake of another kind.
    JsonPath::compile(&path.expression).ok()?.never_matches()
}

/// What an XPath expression comes to.
pub(super) fn x_path(path: &PathPattern, namespaces: &[(String, String)]) -> XPathSense {
    match XPath::compile(&path.expression, namespaces) {
        // To WireMock it is no mistake in the mapping, only a matcher that nothing fits.
        Err(error) => XPathSense::Never(error.to_string()),
        Ok(expression) => {
            if let Some(why) = expression.never_matches() {
                XPathSense::Never(why)
            } else if path.value.is_none()
                && let Some(why) = expression.always_matches()
            {
                XPathSense::Always(why)
            } else {
                XPathSense::Sense
            }
        }
    }
}
