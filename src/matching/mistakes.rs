//! Everything about a request pattern that cannot be honoured, not just the first of it.

use super::request::{CompileError, CompiledRequest};
use crate::model::{PatternExtras, RequestPattern};

/// What is wrong with a pattern, part by part, in the order in which the parts are compiled.
pub fn mistakes(pattern: &RequestPattern) -> Vec<CompileError> {
    if CompiledRequest::compile(pattern).is_ok() {
        return Vec::new();
    }
    let nothing = RequestPattern::default;
    let mut parts = vec![RequestPattern { url: pattern.url.clone(), ..nothing() }];
    parts.extend(pattern.extras.host.iter().map(|it| RequestPattern {
        extras: PatternExtras { host: Some(it.clone()), ..PatternExtras::default() }.into(),
        ..nothing()
    }));
    parts.extend(pattern.extras.client_ip.iter().map(|it| RequestPattern {
        extras: PatternExtras { client_ip: Some(it.clone()), ..PatternExtras::default() }.into(),
        ..nothing()
    }));
    parts.extend(pattern.extras.path_parameters.iter().map(|it| RequestPattern {
        extras:
            PatternExtras { path_parameters: vec![it.clone()], ..PatternExtras::default() }.into(),
        url: pattern.url.clone(),
        ..nothing()
    }));
    parts.extend(
        pattern.headers.iter().map(|it| RequestPattern { headers: vec![it.clone()], ..nothing() }),
    );
    parts.extend(
        pattern.query.iter().map(|it| RequestPattern { query: vec![it.clone()], ..nothing() }),
    );
    parts.extend(pattern.extras.cookies.iter().map(|it| RequestPattern {
        extras: PatternExtras { cookies: vec![it.clone()], ..PatternExtras::default() }.into(),
        ..nothing()
    }));
    parts.extend(pattern.extras.form.iter().map(|it| RequestPattern {
        extras: PatternExtras { form: vec![it.clone()], ..PatternExtras::default() }.into(),
        ..nothing()
    }));
    let mut found: Vec<CompileError> = Vec::new();
    let mut note = |error: CompileError| {
        if !found.contains(&error) {
            found.push(error);
        }
    };
    for part in parts {
        if let Err(error) = CompiledRequest::compile(&part) {
            note(error);
        }
    }
    for (at, body) in pattern.body.iter().enumerate() {
        let part = RequestPattern { body: vec![body.clone()], ..nothing() };
        if let Err(error) = CompiledRequest::compile(&part) {
            note(placed(error, "/request/bodyPatterns", at));
        }
    }
    for (at, multipart) in pattern.extras.multipart.iter().enumerate() {
        let part = RequestPattern {
            extras: PatternExtras {
                multipart: vec![multipart.clone()],
                ..PatternExtras::default()
            }
            .into(),
            ..nothing()
        };
        if let Err(error) = CompiledRequest::compile(&part) {
            note(placed(error, "/request/multipartPatterns", at));
        }
    }
    found
}

/// A mistake of the only item of a list, which is the item at `at`.
fn placed(error: CompileError, list: &str, at: usize) -> CompileError {
    match error.pointer.strip_prefix(list).and_then(|rest| rest.strip_prefix("/0")) {
        Some(below) => {
            CompileError { pointer: format!("{list}/{at}{below}"), message: error.message }
        }
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BodyPattern, UrlPattern, ValuePattern};

    #[test]
    fn every_part_that_cannot_be_honoured_is_reported() {
        let broken = || ValuePattern::Matches("(".into());
        let fine = || ValuePattern::Matches("a".into());
        let pattern = RequestPattern {
            url: UrlPattern::UrlPattern("/[".into()),
            headers: vec![("A".into(), broken()), ("B".into(), fine()), ("no name".into(), fine())],
            query: vec![("q".into(), broken())],
            body: vec![BodyPattern::Text(fine()), BodyPattern::Text(broken())],
            ..RequestPattern::default()
        };
        let pointers: Vec<_> = mistakes(&pattern).into_iter().map(|it| it.pointer).collect();
        assert_eq!(
            pointers,
            [
                "/request/urlPattern",
                "/request/headers/A/matches",
                "/request/headers/no name",
                "/request/queryParameters/q/matches",
                "/request/bodyPatterns/1/matches"
            ]
        );
        assert_eq!(mistakes(&RequestPattern::default()), []);
    }
}
