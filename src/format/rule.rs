//! What can be wrong with a stub file, by name: the same in text, JSON, SARIF and the documentation.

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// The stub is served, but hardly as it was meant.
    Warning,
    /// The stub is not served.
    Error,
}

impl Severity {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A kind of mistake.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which never changes.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Why that is a mistake, and what to do.
    pub help: &'static str,
}

macro_rules! rules {
    ($($name:ident $severity:ident $id:literal $summary:literal $help:literal)*) => {
        $(
            #[doc = $summary]
            pub const $name: &Rule = &Rule {
                id: $id,
                severity: Severity::$severity,
                summary: $summary,
                help: $help,
            };
        )*
        /// All of them, the worst first.
        pub const RULES: &[&Rule] = &[$($name),*];
    };
}

rules! {
    SYNTAX Error "syntax"
        "The file is not JSON, or not YAML."
        "Nothing of the file can be used until it can be read."
    UNUSABLE_FILE Error "unusable-file"
        "A file or folder cannot be used as stubs."
        "It cannot be read, or lies where no stubs are looked for."
    UNKNOWN_KEY Error "unknown-key"
        "A key or matcher has no meaning in its place."
        "It is misspelled, or belongs elsewhere; the hint names the nearest one. WireMock refuses it too."
    DUPLICATE_KEY Error "duplicate-key"
        "A key is given twice in one object."
        "Only one of them could count; take the other away."
    INVALID_VALUE Error "invalid-value"
        "A value is not of the kind or form that its key takes."
        "The message says what is expected there."
    INVALID_PATTERN Error "invalid-pattern"
        "An expression or header name cannot be honoured."
        "A regular expression, JSONPath, XPath, schema or document in the request does not compile."
    TEMPLATE Error "template"
        "A text of an answer is no template, or calls a helper that there is not."
        "The message has line and column within the text, where it has several lines."
    BODY_FILE Error "body-file"
        "A body file is missing or lies outside of `__files`."
        "`bodyFileName` is a path below the folder `__files` beside `mappings`."
    SHARED_ID Error "shared-id"
        "Two stubs of one service have the same id."
        "They would be one stub. Leave `id` out to get one made from the file's name, or give another."
    SHADOWED Warning "shadowed"
        "A stub can never answer: another one takes all of its requests."
        "The other has a lower `priority` number, or the same and comes later in name order. Give the narrower stub a lower number."
    URL_NEVER_SENT Warning "url-never-sent"
        "No request has such a URL."
        "A URL begins with `/`, has no fragment (`#…`), and blanks and other letters are percent-encoded in it."
    URL_PATTERN_NEVER_FITS Warning "url-pattern-never-fits"
        "A regular expression over the URL fits no URL."
        "It sees path and query as sent, which begin with `/`: neither scheme nor host."
    PATH_HAS_NO_QUERY Warning "path-has-no-query"
        "A pattern over the path alone asks for a query."
        "Use `url` or `urlPattern`, which see the query, or `queryParameters`."
    METHOD_CASE Warning "method-case"
        "A method in lower case matches no request of that method."
        "Methods are case-sensitive (RFC 9110 §9.1): write it in capitals."
    RESPONSE_HEADER Warning "response-header"
        "A request is asked for a header that only answers have."
        "Clients do not send it; was it meant for the `headers` of the `response`?"
    CONTRADICTION Warning "contradiction"
        "Two conditions that no value meets at once."
        "All conditions of a stub must hold. Take one away, or put them in an `or`."
    QUERY_CONTRADICTS_URL Warning "query-contradicts-url"
        "`queryParameters` asks for what `url` excludes."
        "`url` is path and query exactly. Use `urlPath` beside `queryParameters`."
    STATE_NEVER_REACHED Warning "state-never-reached"
        "A scenario never comes to the state that a stub requires."
        "No stub that can answer has it as `newScenarioState`, and only `Started` is there at first."
    STATE_UNUSED Info "state-unused"
        "A scenario comes to a state that no stub requires."
        "Nothing is wrong with a last state; a misspelled one looks the same."
    PATH_FINDS_NOTHING Warning "path-finds-nothing"
        "A JSONPath or XPath expression finds nothing in any body."
        "The matcher can never match."
    PATH_FINDS_ANYTHING Warning "path-finds-anything"
        "An XPath expression is satisfied by any document."
        "It comes to a text, number or truth value, which count as found even when empty, 0 or false. Put the condition into a predicate: `/*[...]`."
    TEMPLATE_OFF Warning "template-off"
        "A template tag in an answer that is not a template."
        "It is sent as it stands. Add `\"transformers\": [\"response-template\"]` to the response."
    NEVER_STRIKES Warning "never-strikes"
        "A rule of `behavior` befalls no request."
        "What it is selected by excludes everything: a probability of 0, a window of no length, numbers that contradict each other."
    BODY_FILE_UNUSED Info "body-file-unused"
        "No stub names this file in `__files`."
        "It takes room, and may be what a misspelled `bodyFileName` meant."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_the_worst_come_first_of_their_kind() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(RULES[..at].iter().all(|earlier| earlier.id != rule.id), "{}", rule.id);
        }
        let errors = RULES.iter().take_while(|rule| rule.severity == Severity::Error).count();
        assert!(RULES[errors..].iter().all(|rule| rule.severity != Severity::Error));
    }
}
