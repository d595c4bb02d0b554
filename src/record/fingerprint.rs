//! What a recorded request is recognised by: method, URL and body. Headers come in only where two
//! answers differ (`conditions`), since signatures, dates and invocation ids change on each run.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, uri::PathAndQuery};

use super::{conditions::Condition, pacing, request_body, tree::Demand};
use crate::{
    codec::{RequestView, form},
    model::{
        Exchange, MethodPattern, PatternExtras, RecordedBody, Request, RequestBody, RequestPattern,
        Scheme, UrlPattern, ValuePattern,
    },
};

/// A recorded request as the tables see it.
#[derive(Clone, Debug)]
pub(super) struct Fingerprint {
    /// What it is recognised by, without headers.
    pub(super) pattern: RequestPattern,
    /// Headers that stand for a body which never came.
    pub(super) demands: Vec<Demand>,
    /// Lower-case name → values of its header fields.
    pub(super) headers: BTreeMap<String, Vec<String>>,
    /// The request, for the matchers that allow for noise.
    pub(super) request: Request,
}

/// Makes the fingerprint of a sanitised exchange.
///
/// # Errors
///
/// Why no request could look like it.
pub(super) fn fingerprint(exchange: &Exchange, two_way: bool) -> Result<Fingerprint, String> {
    let request = request_of(exchange)?;
    let view = RequestView::new(&request);
    let (url, query) = url_of(&request.target);
    let is_cut_short = pacing::is_cut_short(exchange, two_way);
    let (body, multipart) = match is_cut_short {
        true => Default::default(),
        false => request_body::patterns(&view, two_way),
    };
    let pattern = RequestPattern {
        extras: PatternExtras { multipart, ..PatternExtras::default() }.into(),
        method: MethodPattern::Is(exchange.request.method.clone()),
        url,
        query,
        body,
        ..RequestPattern::default()
    };
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in exchange.request.headers.iter() {
        headers.entry(name.to_ascii_lowercase()).or_default().push(value.to_owned());
    }
    let demands = match is_cut_short {
        true => unsent_body(&headers, exchange),
        false => Vec::new(),
    };
    Ok(Fingerprint { pattern, demands, headers, request })
}

/// What tells a request whose body never came: how long that was to be, and that it came without the
/// credentials which the next attempt brings.
fn unsent_body(headers: &BTreeMap<String, Vec<String>>, exchange: &Exchange) -> Vec<Demand> {
    let mut demands = Vec::new();
    for name in ["content-length", "transfer-encoding"] {
        if let Some([value]) = headers.get(name).map(Vec::as_slice) {
            demands.push((name.to_owned(), Condition::Equal(value.clone())));
        }
    }
    let status = exchange.response.as_ref().map_or(0, |response| response.status);
    if status == 401 && !headers.contains_key("authorization") {
        demands.push(("authorization".to_owned(), Condition::Absent));
    }
    demands
}

/// The path of a target, without query; for names of files.
pub(super) fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or(target)
}

fn request_of(exchange: &Exchange) -> Result<Request, String> {
    let recorded = &exchange.request;
    let method = Method::from_bytes(recorded.method.as_bytes())
        .map_err(|_| format!("`{}` is not a method", recorded.method))?;
    let target = target_of(&recorded.target)
        .ok_or_else(|| format!("`{}` is not a request target", recorded.target))?;
    let mut headers = HeaderMap::with_capacity(recorded.headers.len());
    for (name, value) in recorded.headers.iter() {
        // What hyper let through is a header; anything else could not be matched on anyway.
        if let (Ok(name), Ok(value)) =
            (name.parse::<HeaderName>(), HeaderValue::from_bytes(value.as_bytes()))
        {
            headers.append(name, value);
        }
    }
    let (scheme, authority) = match exchange.address.split_once("://") {
        Some(("https", authority)) => (Scheme::Https, authority),
        Some((_, authority)) => (Scheme::Http, authority),
        None => (Scheme::Http, exchange.address.as_str()),
    };
    let body = match &recorded.body {
        RecordedBody::Bytes(bytes) => RequestBody::Whole(bytes.clone()),
        RecordedBody::File { length, sha256, .. } => {
            RequestBody::Hashed { length: *length, sha256: *sha256 }
        }
    };
    Ok(Request {
        method,
        scheme,
        authority: authority.to_owned(),
        target,
        headers,
        body,
        client: None,
        received: std::time::UNIX_EPOCH,
    })
}

fn target_of(target: &str) -> Option<PathAndQuery> {
    if target.starts_with('/') || target == "*" {
        return target.parse().ok();
    }
    // Absolute form, of a client that takes ringer for a proxy.
    let uri: Uri = target.parse().ok()?;
    Some(uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")))
}

/// The URL exactly; or, where the query carries a signature, the path and all other parameters.
///
/// A path without query is no `UrlPath`: that would also answer for the same path with any query.
fn url_of(target: &PathAndQuery) -> (UrlPattern, Vec<(String, ValuePattern)>) {
    let path = target.path();
    let query = target.query().unwrap_or_default();
    if query.is_empty() {
        return (UrlPattern::Url(path.to_owned()), Vec::new());
    }
    let pairs = form::pairs(query.as_bytes());
    let Some(signature) = signature_of(&pairs) else {
        return (UrlPattern::Url(target.as_str().to_owned()), Vec::new());
    };
    let kept = pairs
        .iter()
        .filter(|(name, _)| !signature.covers(name))
        .map(|(name, value)| (name.clone(), ValuePattern::equal_to(value.clone())))
        // That it is signed still tells it from a request that is not.
        .chain([(signature.name.clone(), ValuePattern::Contains(String::new()))])
        .collect();
    (UrlPattern::UrlPath(path.to_owned()), kept)
}

/// A request signature in a query.
struct QuerySignature {
    /// The parameter that holds it, as spelled.
    name: String,
    scheme: SignatureScheme,
}

enum SignatureScheme {
    /// AWS Signature Version 4 and its Google likeness: all names with this prefix.
    Prefixed(&'static str),
    /// AWS Signature Version 2, CloudFront, Google's old one.
    Keyed,
    /// Azure's shared access signature.
    Sas,
}

impl QuerySignature {
    /// Whether a parameter is part of the signature and changes with each run.
    fn covers(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        match self.scheme {
            SignatureScheme::Prefixed(prefix) => name.starts_with(prefix),
            SignatureScheme::Keyed => matches!(
                name.as_str(),
                "awsaccesskeyid"
                    | "expires"
                    | "googleaccessid"
                    | "key-pair-id"
                    | "policy"
                    | "signature"
            ),
            SignatureScheme::Sas => matches!(
                name.as_str(),
                "se" | "sig"
                    | "ske"
                    | "skoid"
                    | "sks"
                    | "skt"
                    | "sktid"
                    | "skv"
                    | "sp"
                    | "st"
                    | "sv"
            ),
        }
    }
}

fn signature_of(pairs: &[form::Pair]) -> Option<QuerySignature> {
    let named = |wanted: &str| {
        pairs.iter().map(|(name, _)| name).find(|name| name.eq_ignore_ascii_case(wanted)).cloned()
    };
    let signature = |name, scheme| Some(QuerySignature { name, scheme });
    if let Some(name) = named("x-amz-signature") {
        return signature(name, SignatureScheme::Prefixed("x-amz-"));
    }
    if let Some(name) = named("x-goog-signature") {
        return signature(name, SignatureScheme::Prefixed("x-goog-"));
    }
    let is_keyed =
        ["awsaccesskeyid", "googleaccessid", "key-pair-id"].iter().any(|key| named(key).is_some());
    if is_keyed && let Some(name) = named("signature") {
        return signature(name, SignatureScheme::Keyed);
    }
    if (named("se").is_some() || named("sp").is_some())
        && named("sv").is_some()
        && let Some(name) = named("sig")
    {
        return signature(name, SignatureScheme::Sas);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample::exchange;

    #[track_caller]
    fn check_url(target: &str, url: UrlPattern, query: &[(&str, &str)]) {
        let found = fingerprint(&exchange("GET", target).build(), false).unwrap().pattern;
        let query: Vec<_> = query
            .iter()
            .map(|&(name, value)| {
                let value = match value {
                    "*" => ValuePattern::Contains(String::new()),
                    value => ValuePattern::equal_to(value),
                };
                (name.to_owned(), value)
            })
            .collect();
        assert_eq!((found.url, found.query), (url, query));
        assert_eq!(found.method, MethodPattern::Is("GET".to_owned()));
        assert!(found.headers.is_empty() && found.body.is_empty());
    }

    #[test]
    fn urls_are_kept_as_sent() {
        for target in ["/a/b?b=2&a=3&a=1", "/e?a=%2F&b=a+b&c=%20&d&e=", "/a//b/%7Euser/;p=1", "/"] {
            check_url(target, UrlPattern::Url(target.to_owned()), &[]);
        }
        check_url("/a?", UrlPattern::Url("/a".to_owned()), &[]);
        check_url("*", UrlPattern::Url("*".to_owned()), &[]);
        check_url("http://h:1/p?q", UrlPattern::Url("/p?q".to_owned()), &[]);
    }

    #[test]
    fn signatures_in_the_query_are_left_out() {
        let path = || UrlPattern::UrlPath("/b/k".to_owned());
        check_url(
            "/b/k?X-Amz-Algorithm=a&X-Amz-Date=d&partNumber=1&X-Amz-Signature=s&uploadId=a%2Fb",
            path(),
            &[("partNumber", "1"), ("uploadId", "a/b"), ("X-Amz-Signature", "*")],
        );
        check_url("/b/k?X-Goog-Signature=s&X-Goog-Date=d", path(), &[("X-Goog-Signature", "*")]);
        check_url(
            "/b/k?AWSAccessKeyId=a&Signature=s&Expires=1&v=2",
            path(),
            &[("v", "2"), ("Signature", "*")],
        );
        check_url("/b/k?sv=1&se=2&sr=b&sp=r&sig=x", path(), &[("sr", "b"), ("sig", "*")]);
        let plain = "/b/k?signature=s&expires=1";
        check_url(plain, UrlPattern::Url(plain.to_owned()), &[]);
    }

    #[test]
    fn any_method_token_is_fine() {
        let found = fingerprint(&exchange("BREW", "/").build(), false).unwrap();
        assert_eq!(found.pattern.method, MethodPattern::Is("BREW".to_owned()));
    }
}
