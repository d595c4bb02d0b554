//! What the file of a stub is called, as WireMock names it: `my-stub-UUID.json`,
//! `get-v1orders-UUID.json`.

use std::{path::Path, str::FromStr};

use crate::model::{MethodPattern, Stub, UrlPattern};

/// Longer names are cut, so that they are good on every file system.
const MAX_LENGTH: usize = 150;

/// How files of stubs are named: a text in which `{{{name}}}`, `{{{method}}}`, `{{{url}}}` and
/// `{{{id}}}` stand for those of the stub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileNames(String);

impl FromStr for FileNames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut left = text.to_owned();
        for (name, _) in parts(&Stub::default()) {
            left = left.replace(&format!("{{{{{{{name}}}}}}}"), "x");
            left = left.replace(&format!("{{{{{name}}}}}"), "x");
        }
        if left.contains(['{', '}', '/', '\\']) {
            return Err(format!(
                "`{text}` cannot name files, expected a text with {{{{{{name}}}}}}, \
                 {{{{{{method}}}}}}, {{{{{{url}}}}}} or {{{{{{id}}}}}}"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FileNames {
    fn name(&self, stub: &Stub) -> String {
        let mut name = self.0.clone();
        for (part, value) in parts(stub) {
            name = name.replace(&format!("{{{{{{{part}}}}}}}"), &value);
            name = name.replace(&format!("{{{{{part}}}}}"), &value);
        }
        let name: String = name.chars().take(MAX_LENGTH).collect();
        let name = name.trim_matches(['-', '.']);
        let has_extension = Path::new(name).extension().is_some_and(|it| it == "json");
        if has_extension { name.to_owned() } else { format!("{name}.json") }
    }
}

fn parts(stub: &Stub) -> [(&'static str, String); 4] {
    [
        ("name", readable(stub.name.as_deref().unwrap_or_default())),
        ("method", method(&stub.request.method)),
        ("url", readable(url(&stub.request.url))),
        ("id", stub.id.to_string()),
    ]
}

/// The file name of a stub that is made while ringer runs.
pub(super) fn of(stub: &Stub, names: Option<&FileNames>) -> String {
    if let Some(names) = names {
        return names.name(stub);
    }
    let readable = match &stub.name {
        Some(name) => readable(name),
        None => format!("{}-{}", method(&stub.request.method), readable(url(&stub.request.url))),
    };
    let readable: String = readable.chars().take(MAX_LENGTH).collect();
    format!("{}-{}.json", readable.trim_matches(['-', '.']), stub.id)
        .trim_start_matches('-')
        .to_owned()
}

fn method(pattern: &MethodPattern) -> String {
    match pattern {
        // Any text can be a method, a path too.
        MethodPattern::Is(method) => readable(method),
        MethodPattern::GetOrHead => "get_or_head".to_owned(),
        MethodPattern::Any | MethodPattern::OneOf(_) | MethodPattern::NoneOf(_) => "any".to_owned(),
    }
}

fn url(pattern: &UrlPattern) -> &str {
    match pattern {
        UrlPattern::Any => "",
        UrlPattern::Url(url)
        | UrlPattern::UrlPath(url)
        | UrlPattern::UrlPattern(url)
        | UrlPattern::UrlPathPattern(url)
        | UrlPattern::UrlPathTemplate(url) => url,
    }
}

/// Lower case, with `-` for blanks and without what is no word character.
fn readable(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_whitespace() || c == '-' {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') {
            out.push(c.to_ascii_lowercase());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RequestPattern;

    #[test]
    fn a_name_is_made_readable_and_safe() {
        let id = "00000000-0000-0000-0000-000000000000";
        let named = |name: &str| of(&Stub { name: Some(name.to_owned()), ..Stub::default() }, None);
        assert_eq!(named("My Stub! x"), format!("my-stub-x-{id}.json"));
        assert_eq!(named("../../etc/passwd"), format!("etcpasswd-{id}.json"));
        assert_eq!(named("…"), format!("{id}.json"));
        assert!(named(&"x".repeat(1000)).len() < 200);
    }

    #[test]
    fn a_method_that_is_a_path_leads_nowhere() {
        let request = RequestPattern {
            method: MethodPattern::Is("../../GET/..\\x\0".to_owned()),
            ..RequestPattern::default()
        };
        let stub = Stub { request, ..Stub::default() };
        let names: FileNames = "{{{method}}}".parse().unwrap();
        for name in [of(&stub, None), of(&stub, Some(&names))] {
            assert!(!name.contains(['/', '\\', '\0']) && !name.starts_with('.'), "{name}");
        }
    }

    #[test]
    fn without_a_name_method_and_url_tell() {
        let request = RequestPattern {
            method: MethodPattern::Is("GET".to_owned()),
            url: UrlPattern::Url("/some/path?x=1".to_owned()),
            ..RequestPattern::default()
        };
        let stub = Stub { request, ..Stub::default() };
        let names: FileNames = "{{{method}}}_{{{url}}}".parse().unwrap();
        assert_eq!(of(&stub, Some(&names)), "get_somepathx1.json");
        assert!("{{#if x}}".parse::<FileNames>().is_err() && "../x".parse::<FileNames>().is_err());
        assert_eq!(of(&stub, None), "get-somepathx1-00000000-0000-0000-0000-000000000000.json");
    }
}
