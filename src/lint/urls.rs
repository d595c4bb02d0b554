//! URLs and methods that no request has.

use super::finding::Finding;
use crate::{
    format::rule,
    matching::covers::url_expression_fits_nothing,
    model::{MethodPattern, Stub, UrlPattern},
};

/// Looks at the URL and the method of a stub.
pub(super) fn look(at: usize, stub: &Stub, found: &mut Vec<Finding>) {
    match &stub.request.url {
        UrlPattern::Any => {}
        UrlPattern::Url(url) => literal(at, "url", url, found),
        UrlPattern::UrlPath(path) => of_path(at, "urlPath", path, found),
        UrlPattern::UrlPathTemplate(template) => of_path(at, "urlPathTemplate", template, found),
        UrlPattern::UrlPattern(source) => expression(at, "urlPattern", source, found),
        UrlPattern::UrlPathPattern(source) => {
            if source.contains(r"\?") {
                found.push(asks_for_query(at, "urlPathPattern", r"\?"));
            } else {
                expression(at, "urlPathPattern", source, found);
            }
        }
    }
    method(at, &stub.request.method, found);
}

fn of_path(at: usize, key: &str, path: &str, found: &mut Vec<Finding>) {
    if path.contains('?') {
        found.push(asks_for_query(at, key, "?"));
    } else {
        literal(at, key, path, found);
    }
}

fn asks_for_query(at: usize, key: &str, mark: &str) -> Finding {
    Finding::new(
        rule::PATH_HAS_NO_QUERY,
        at,
        format!("/request/{key}"),
        format!("`{key}` sees the path alone, which has no `{mark}`"),
    )
    .with_hint(match key {
        "urlPathPattern" => "use `urlPattern`, or put the query into `queryParameters`",
        _ => "use `url`, or put the query into `queryParameters`",
    })
}

fn literal(at: usize, key: &str, url: &str, found: &mut Vec<Finding>) {
    let never = |message: String, hint: String| {
        Finding::new(rule::URL_NEVER_SENT, at, format!("/request/{key}"), message).with_hint(hint)
    };
    let scheme = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    // The variables of a template are no letters of the URL.
    let mut in_braces = false;
    let odd = url.chars().find(|&c| {
        match c {
            '{' => in_braces = true,
            '}' => in_braces = false,
            _ => {}
        }
        !in_braces && (c == ' ' || c.is_control() || !c.is_ascii())
    });
    if let Some(rest) = scheme {
        let path = rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/");
        found.push(never(
            format!("`{key}` is path and query, without scheme and host"),
            format!("write \"{path}\", and the host as `host`"),
        ));
    } else if url.contains('#') {
        let cut = url.split('#').next().unwrap_or_default();
        found.push(never(
            "clients never send a fragment (`#…`)".to_owned(),
            format!("write \"{cut}\", or `%23` for the character itself"),
        ));
    } else if !(url.starts_with('/') || key == "urlPathTemplate" && url.starts_with('{')) {
        found.push(never(
            format!("every URL begins with `/`, and `{key}` does not"),
            format!("write \"/{url}\""),
        ));
    } else if let Some(odd) = odd {
        let mut bytes = [0; 4];
        let encoded: String =
            odd.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect();
        found.push(never(
            format!("a URL has no character {odd:?} in it: clients send it percent-encoded"),
            format!("write `{encoded}`"),
        ));
    }
}

fn expression(at: usize, key: &str, source: &str, found: &mut Vec<Finding>) {
    if !url_expression_fits_nothing(source) {
        return;
    }
    let pointer = format!("/request/{key}");
    let message = format!("`{key}` fits no URL: every URL begins with `/`");
    let hint = if source.contains("://") {
        "it sees neither scheme nor host; give the host as `host`"
    } else {
        "begin it with `/`, or with `.*`"
    };
    found.push(Finding::new(rule::URL_PATTERN_NEVER_FITS, at, pointer, message).with_hint(hint));
}

fn method(at: usize, pattern: &MethodPattern, found: &mut Vec<Finding>) {
    let methods: Vec<(String, &String)> = match pattern {
        MethodPattern::Is(method) => vec![("/request/method".to_owned(), method)],
        MethodPattern::OneOf(methods) => methods
            .iter()
            .enumerate()
            .map(|(n, method)| (format!("/request/method/oneOf/{n}"), method))
            .collect(),
        _ => Vec::new(),
    };
    for (pointer, method) in methods {
        let capitals = method.to_ascii_uppercase();
        let is_known = matches!(
            capitals.as_str(),
            "ANY"
                | "CONNECT"
                | "DELETE"
                | "GET"
                | "HEAD"
                | "OPTIONS"
                | "PATCH"
                | "POST"
                | "PUT"
                | "TRACE"
        );
        if is_known && capitals != *method {
            let message = format!("methods are case-sensitive, and clients send `{capitals}`");
            found.push(
                Finding::new(rule::METHOD_CASE, at, pointer, message)
                    .with_hint(format!("write \"{capitals}\"")),
            );
        }
    }
}
