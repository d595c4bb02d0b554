//! A whole request against a pattern: cheap parts first, the body last.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderName;
use jiff::Timestamp;
use thiserror::Error;

use super::{
    body::BodyMatcher,
    compiled::TextMatcher,
    explained::explain_values,
    method::MethodMatcher,
    multipart::MultipartMatcher,
    path::PathVariables,
    rare::{Rare, has_basic_auth, values_of, variable},
    url::{UrlKey, UrlMatcher},
    verdict::PartVerdict,
};
use crate::{
    codec::{backtracking, form::Pair, view::RequestView},
    model::{RequestPattern, ValuePattern},
};

/// A pattern that cannot be honoured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{pointer}: {message}")]
pub struct CompileError {
    /// JSON pointer into the mapping: `/request/urlPattern`.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

/// A [`RequestPattern`], compiled: no expression is compiled and no text decoded per request. What few
/// stubs ask for is kept apart, since there may be very many stubs.
#[derive(Clone, Debug)]
pub struct CompiledRequest {
    url: UrlMatcher,
    pub(super) method: MethodMatcher,
    pub(super) headers: Box<[(HeaderName, String, TextMatcher)]>,
    pub(super) query: Box<[(String, TextMatcher)]>,
    pub(super) body: Box<[BodyMatcher]>,
    pub(super) rare: Option<Box<Rare>>,
}

impl CompiledRequest {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// The first part that cannot be honoured: an expression that does not compile, a header name
    /// that is none.
    pub fn compile(pattern: &RequestPattern) -> Result<Self, CompileError> {
        let error = |pointer: String, message: String| CompileError { pointer, message };
        let headers = values("headers", &pattern.headers)?.into_iter().map(|(name, matcher)| {
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                error(
                    format!("/request/headers/{}", escaped(&name)),
                    format!("`{name}` cannot be a header name"),
                )
            })?;
            Ok((parsed, name, matcher))
        });
        let body = pattern.body.iter().enumerate().map(|(at, pattern)| {
            BodyMatcher::compile(pattern).map_err(|(below, message)| {
                error(format!("/request/bodyPatterns/{at}{below}"), message)
            })
        });
        let multipart = pattern.extras.multipart.iter().enumerate().map(|(at, pattern)| {
            MultipartMatcher::compile(pattern).map_err(|(below, message)| {
                error(format!("/request/multipartPatterns/{at}{below}"), message)
            })
        });
        let one = |key: &str, pattern: Option<&ValuePattern>| {
            let compiled = pattern.map(TextMatcher::compile).transpose();
            compiled.map_err(|(below, message)| error(format!("/request/{key}{below}"), message))
        };
        let in_request = |(key, message)| error(format!("/request{key}"), message);
        let url = UrlMatcher::compile(&pattern.url).map_err(in_request)?;
        let parameters = values("pathParameters", &pattern.extras.path_parameters)?;
        let variables = match parameters.is_empty() {
            true => None,
            false => url.variables().map_err(in_request)?.map(|found| (found, parameters)),
        };
        let host = one("host", pattern.extras.host.as_deref())?;
        let client = one("clientIp", pattern.extras.client_ip.as_deref())?;
        let headers = headers.collect::<Result<_, _>>()?;
        let query = values("queryParameters", &pattern.query)?.into();
        let cookies = values("cookies", &pattern.extras.cookies)?;
        let form = values("formParameters", &pattern.extras.form)?;
        let body = body.collect::<Result<_, _>>()?;
        let credentials = pattern.extras.basic_auth.as_ref();
        let rare = Rare {
            scheme: pattern.scheme,
            host,
            port: pattern.extras.port,
            client,
            variables,
            cookies,
            form,
            basic_auth: credentials
                .map(|(user, password)| STANDARD.encode(format!("{user}:{password}"))),
            multipart: multipart.collect::<Result<_, _>>()?,
        };
        Ok(Self {
            url,
            method: MethodMatcher::compile(&pattern.method),
            headers,
            query,
            body,
            rare: (!rare.is_empty()).then(|| Box::new(rare)),
        })
    }

    /// How many patterns the body must fit.
    pub(super) fn n_bodies(&self) -> usize {
        self.body.len()
    }

    /// Whether a request's body takes part.
    pub fn needs_body(&self) -> bool {
        let is_rare = |rare: &Rare| !(rare.form.is_empty() && rare.multipart.is_empty());
        !self.body.is_empty() || self.rare.as_deref().is_some_and(is_rare)
    }

    /// What finds the values of the variables of its path template; `None` where it has none.
    pub fn path_variables(&self) -> Option<PathVariables> {
        match self.rare.as_ref().and_then(|rare| rare.variables.as_ref()) {
            Some((found, _)) => Some(found.clone()),
            None => self.url.variables().ok().flatten(),
        }
    }

    /// Whether the URL fits.
    pub(super) fn matches_url(&self, view: &RequestView<'_>) -> bool {
        self.url.is_match(view)
    }

    /// Whether all fits but, perhaps, the body.
    pub fn matches_head(&self, view: &RequestView<'_>) -> bool {
        if !(self.method.accepts(view.method()) && self.url.is_match(view)) {
            return false;
        }
        if self.headers.is_empty() && self.query.is_empty() && self.rare.is_none() {
            return true;
        }
        let received = view.received();
        self.rare.as_deref().is_none_or(|rare| rare.matches_head(view, received))
            && self
                .headers
                .iter()
                .all(|(name, _, matcher)| matcher.is_match_any(view.header_named(name), received))
            && are_pairs_match(&self.query, || view.query_pairs(), received)
    }

    /// Whether all fits.
    pub fn matches(&self, view: &RequestView<'_>) -> bool {
        backtracking::bounded(|| {
            self.matches_head(view)
                && self
                    .rare
                    .as_deref()
                    .is_none_or(|rare| are_pairs_match(&rare.form, || view.form(), view.received()))
                && self.body.iter().all(|matcher| matcher.is_match(view))
                && self
                    .rare
                    .as_deref()
                    .is_none_or(|rare| rare.multipart.iter().all(|matcher| matcher.is_match(view)))
        })
    }

    /// What fits and what does not, part by part; parts that any request satisfies are left out.
    pub fn explain(&self, view: &RequestView<'_>) -> Vec<PartVerdict> {
        let mut verdicts = Vec::new();
        let rare = self.rare.as_deref();
        if let Some(expected) = self.method.describe() {
            let matched = self.method.accepts(view.method());
            verdicts.push(PartVerdict {
                part: "method".to_owned(),
                expected: expected.into_owned(),
                actual: view.method().to_owned(),
                matched,
                distance: if matched { 0.0 } else { 1.0 },
            });
        }
        if !matches!(self.url, UrlMatcher::Any) {
            let distance = self.url.distance(view);
            verdicts.push(PartVerdict {
                part: self.url.part().to_owned(),
                expected: self.url.describe(),
                actual: match self.url.part() {
                    "path" => view.path().to_owned(),
                    _ => view.path_and_query().to_owned(),
                },
                matched: self.url.is_match(view),
                distance,
            });
        }
        verdicts.extend(rare.into_iter().flat_map(|rare| rare.explain_origin(view)));
        let received = view.received();
        if let Some((found, matchers)) = rare.and_then(|rare| rare.variables.as_ref()) {
            let values = found.values(view.path());
            for (name, matcher) in matchers {
                let actual: Vec<&str> = variable(&values, name).into_iter().collect();
                let part = format!("variable {name}");
                verdicts.push(explain_values(&part, matcher, &actual, received));
            }
        }
        if let Some(expected) = rare.and_then(|rare| rare.basic_auth.as_ref()) {
            let matched = has_basic_auth(view, expected);
            let is_there = view.header("authorization").next().is_some();
            verdicts.push(PartVerdict {
                part: "basic auth".to_owned(),
                expected: "the stub's user and password".to_owned(),
                actual: if is_there { "other credentials" } else { "nothing" }.to_owned(),
                matched,
                distance: if matched { 0.0 } else { 1.0 },
            });
        }
        for (parsed, name, matcher) in &*self.headers {
            let actual: Vec<_> = view.header_named(parsed).collect();
            verdicts.push(explain_values(&format!("header {name}"), matcher, &actual, received));
        }
        let form = rare.map_or(&[][..], |rare| &rare.form);
        for (kind, matchers, pairs) in [
            ("query", &*self.query, view.query_pairs()),
            ("form", form, if form.is_empty() { &[] } else { view.form() }),
        ] {
            for (name, matcher) in matchers {
                let actual: Vec<_> = values_of(pairs, name).collect();
                let part = format!("{kind} {name}");
                verdicts.push(explain_values(&part, matcher, &actual, received));
            }
        }
        for (name, matcher) in rare.map_or(&[][..], |rare| &rare.cookies) {
            let values = || values_of(view.cookies(), name);
            let actual: Vec<_> = values().collect();
            let mut verdict = explain_values(&format!("cookie {name}"), matcher, &actual, received);
            verdict.matched = matcher.is_match_cookie(values(), received);
            verdict.distance = if verdict.matched { 0.0 } else { verdict.distance.max(0.1) };
            verdicts.push(verdict);
        }
        verdicts.extend(self.body.iter().flat_map(|matcher| matcher.explain(view)));
        let multipart = rare.map_or(&[][..], |rare| &rare.multipart);
        verdicts.extend(multipart.iter().map(|matcher| matcher.explain(view)));
        verdicts
    }

    /// Where the index keeps it.
    pub(super) fn url_key(&self) -> UrlKey<'_> {
        self.url.key()
    }

    /// Where the URL is an expression without look-around and the like, this as the linear engine
    /// has it, and whether it is about the path alone.
    pub(super) fn url_expression(&self) -> Option<(&str, bool)> {
        self.url.expression()
    }

    /// A cheap guess at how far a request is, to choose whom to look at closely.
    pub(super) fn rough_distance(&self, view: &RequestView<'_>) -> f64 {
        let of_method = if self.method.accepts(view.method()) { 0.0 } else { 0.1 };
        self.url.rough_distance(view) + of_method
    }
}

fn values(
    key: &str,
    patterns: &[(String, ValuePattern)],
) -> Result<Vec<(String, TextMatcher)>, CompileError> {
    let compiled = patterns.iter().map(|(name, pattern)| {
        TextMatcher::compile(pattern).map(|matcher| (name.clone(), matcher)).map_err(
            |(below, message)| CompileError {
                pointer: format!("/request/{key}/{}{below}", escaped(name)),
                message,
            },
        )
    });
    compiled.collect()
}

/// A name as a token of a JSON pointer (RFC 6901 §3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Pairs are asked for only when a pattern looks at them.
fn are_pairs_match<'p>(
    matchers: &[(String, TextMatcher)],
    pairs: impl FnOnce() -> &'p [Pair],
    received: Timestamp,
) -> bool {
    if matchers.is_empty() {
        return true;
    }
    let pairs = pairs();
    matchers.iter().all(|(name, matcher)| matcher.is_match_any(values_of(pairs, name), received))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use sha2::{Digest, Sha256};

    use super::{
        super::testing::{check_match, request},
        *,
    };
    use crate::{
        codec::{encoding::encode, json},
        model::{
            BodyPattern, Coding, DateComparison, DatePattern, JsonPattern, MethodPattern,
            MultipartPattern, NumberComparison, NumberPattern, PatternExtras, Request, RequestBody,
            Scheme, UrlPattern,
        },
    };

    const FORM: &str = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";
    const MULTIPART: &str = "Content-Type: multipart/form-data; boundary=XX";

    fn equal(name: &str, value: &str) -> Vec<(String, ValuePattern)> {
        vec![(name.to_owned(), ValuePattern::equal_to(value))]
    }

    fn absent(name: &str) -> Vec<(String, ValuePattern)> {
        vec![(name.to_owned(), ValuePattern::Absent)]
    }

    fn body(pattern: BodyPattern) -> RequestPattern {
        RequestPattern { body: vec![pattern], ..RequestPattern::default() }
    }

    fn get(target: &str) -> Request {
        request(&format!("GET {target}"), &[], b"")
    }

    #[track_caller]
    fn check_url(url: UrlPattern, fits: &[&str], fits_not: &[&str]) {
        let pattern = RequestPattern { url, ..RequestPattern::default() };
        fits.iter().for_each(|target| check_match(&pattern, &get(target), true));
        fits_not.iter().for_each(|target| check_match(&pattern, &get(target), false));
    }

    #[test]
    fn an_empty_pattern_fits_any_request() {
        check_match(&RequestPattern::default(), &request("BREW /zz?a", &["X: y"], b"z"), true);
    }

    #[test]
    fn methods_are_case_sensitive_and_head_is_not_get() {
        let is = |method: &str| RequestPattern {
            method: MethodPattern::Is(method.to_owned()),
            ..RequestPattern::default()
        };
        check_match(&is("GET"), &get("/"), true);
        check_match(&is("get"), &get("/"), false);
        check_match(&is("GET"), &request("HEAD /", &[], b""), false);
        check_match(&is("GET"), &request("get /", &[], b""), true);
        check_match(&is("M-SEARCH"), &request("M-SEARCH /", &[], b""), true);
        let either =
            RequestPattern { method: MethodPattern::GetOrHead, ..RequestPattern::default() };
        check_match(&either, &request("HEAD /", &[], b""), true);
        check_match(&either, &request("POST /", &[], b""), false);
    }

    #[test]
    fn url_is_path_and_query_as_sent() {
        check_url(
            UrlPattern::Url("/s?q=1&r=2".into()),
            &["/s?q=1&r=2"],
            &["/s", "/s?r=2&q=1", "/s?q=1", "/s?q=1&r=2&z=3", "/S?q=1&r=2"],
        );
        check_url(UrlPattern::Url("/p".into()), &["/p", "/p?"], &["/p?a", "/p/"]);
        check_url(UrlPattern::Url("/p?".into()), &[], &["/p", "/p?", "/p??"]);
        check_url(UrlPattern::Url("/a%20b".into()), &["/a%20b"], &["/a+b"]);
        check_url(UrlPattern::Url("/p?a=".into()), &["/p?a="], &["/p?a", "/p"]);
    }

    #[test]
    fn url_path_ignores_the_query() {
        check_url(UrlPattern::UrlPath("//a//b".into()), &["//a//b", "//a//b?x"], &["/a/b"]);
    }

    #[test]
    fn expressions_fit_the_whole_url_or_path() {
        check_url(
            UrlPattern::UrlPattern("/things/[0-9]+".into()),
            &["/things/123"],
            &["/things/12a", "/x/things/1", "/things/1?y=1"],
        );
        check_url(
            UrlPattern::UrlPathPattern("/api/v[0-9]+/x".into()),
            &["/api/v1/x", "/api/v22/x?z=1"],
            &["/api/v/x", "/api/v1/x/y"],
        );
    }

    #[test]
    fn templates_fit_by_segment() {
        check_url(
            UrlPattern::UrlPathTemplate("/a/{x}".into()),
            &["/a/1", "/a/1?b"],
            &["/a", "/a/", "/a/1/2"],
        );
    }

    #[test]
    fn header_names_are_case_insensitive_and_values_are_not_split() {
        let pattern = RequestPattern { headers: equal("x-a", "one"), ..RequestPattern::default() };
        check_match(&pattern, &request("GET /", &["X-A: two", "x-A: one"], b""), true);
        check_match(&pattern, &request("GET /", &["X-A: one,two"], b""), false);
        check_match(&pattern, &get("/"), false);
        let pattern = RequestPattern { headers: absent("X-A"), ..RequestPattern::default() };
        check_match(&pattern, &get("/"), true);
        check_match(&pattern, &request("GET /", &["X-A: "], b""), false);
    }

    #[test]
    fn query_values_are_decoded_and_names_case_sensitive() {
        let query = |query| RequestPattern { query, ..RequestPattern::default() };
        for target in ["/?q=a+b", "/?q=a%20b", "/?q=x&q=a+b"] {
            check_match(&query(equal("q", "a b")), &get(target), true);
        }
        check_match(&query(equal("q", "a b")), &get("/?Q=a+b"), false);
        check_match(&query(equal("ids[]", "7")), &get("/?ids%5B%5D=7"), true);
        for target in ["/?a", "/?a="] {
            check_match(&query(equal("a", "")), &get(target), true);
            check_match(&query(absent("a")), &get(target), false);
        }
        check_match(&query(absent("a")), &get("/?b"), true);
    }

    #[test]
    fn any_of_repeated_cookies_suffices() {
        let pattern = RequestPattern {
            extras: PatternExtras { cookies: equal("s", "1"), ..PatternExtras::default() }.into(),
            ..RequestPattern::default()
        };
        check_match(&pattern, &request("GET /", &["Cookie: a=b; s=0; s=1"], b""), true);
        check_match(&pattern, &request("GET /", &["Cookie: S=1"], b""), false);
        let pattern = RequestPattern {
            extras: PatternExtras { cookies: absent("s"), ..PatternExtras::default() }.into(),
            ..RequestPattern::default()
        };
        check_match(&pattern, &get("/"), true);
    }

    #[test]
    fn form_fields_need_a_form() {
        let pattern = RequestPattern {
            extras: PatternExtras { form: equal("a", "1"), ..PatternExtras::default() }.into(),
            ..RequestPattern::default()
        };
        check_match(&pattern, &request("POST /", &[FORM], b"b=2&a=1"), true);
        check_match(&pattern, &request("POST /", &[FORM], b"a=2"), false);
        check_match(&pattern, &request("POST /", &["Content-Type: text/plain"], b"a=1"), false);
    }

    #[test]
    fn basic_auth_is_user_and_password_whatever_the_case_of_basic() {
        let pattern = RequestPattern {
            extras: PatternExtras {
                basic_auth: Some(("bob".to_owned(), "it: works".to_owned())),
                ..PatternExtras::default()
            }
            .into(),
            ..RequestPattern::default()
        };
        let with = |user: &str, scheme: &str| {
            let credentials = STANDARD.encode(format!("{user}:it: works"));
            request("GET /", &[&format!("Authorization: {scheme} {credentials}")], b"")
        };
        check_match(&pattern, &with("bob", "Basic"), true);
        check_match(&pattern, &with("bob", "basic"), true);
        check_match(&pattern, &with("eve", "Basic"), false);
        check_match(&pattern, &with("bob", "Bearer"), false);
        check_match(&pattern, &get("/"), false);
    }

    #[test]
    fn body_text_is_that_of_the_decoded_body() {
        let pattern = body(BodyPattern::Text(ValuePattern::equal_to("text")));
        let gzip = encode(Coding::Gzip, b"text").unwrap();
        check_match(&pattern, &request("POST /", &[], b"text"), true);
        check_match(&pattern, &request("POST /", &["Content-Encoding: gzip"], &gzip), true);
        check_match(&pattern, &request("POST /", &[], b"texts"), false);
        check_match(&pattern, &request("POST /", &[], b""), false);
    }

    #[test]
    fn text_is_found_in_a_body_with_binary_parts() {
        let pattern = body(BodyPattern::Text(ValuePattern::Contains("name=\"f\"".into())));
        check_match(&pattern, &request("POST /", &[], b"\xff\xfe name=\"f\" \x00"), true);
    }

    #[test]
    fn an_empty_body_is_absent() {
        let text = |pattern| body(BodyPattern::Text(pattern));
        check_match(&text(ValuePattern::Absent), &get("/"), true);
        check_match(&text(ValuePattern::Absent), &request("POST /", &[], b"x"), false);
        check_match(&text(ValuePattern::equal_to("")), &get("/"), false);
        check_match(&text(ValuePattern::DoesNotContain("a".into())), &get("/"), true);
        check_match(&body(BodyPattern::BinaryEqualTo(Bytes::new())), &get("/"), true);
    }

    #[test]
    fn where_a_request_goes_and_comes_from_is_compared() {
        let to = |host: &str, authority: &str| {
            let mut request = get("/");
            request.authority = authority.to_owned();
            let host = Some(ValuePattern::equal_to(host));
            check_match(
                &RequestPattern {
                    extras: PatternExtras { host: host.map(Box::new), ..PatternExtras::default() }
                        .into(),
                    ..RequestPattern::default()
                },
                &request,
                authority.to_ascii_lowercase().starts_with("api.test"),
            );
            request
        };
        to("api.test", "api.test");
        to("api.test", "other.test");
        let plain = to("api.test", "API.test:8080");
        let with_port = |port| RequestPattern {
            extras: PatternExtras { port: Some(port), ..PatternExtras::default() }.into(),
            ..RequestPattern::default()
        };
        check_match(&with_port(8080), &plain, true);
        check_match(&with_port(80), &plain, false);
        let mut tls = get("/");
        tls.scheme = Scheme::Https;
        check_match(&with_port(443), &tls, true);
        check_match(&with_port(80), &get("/"), true);
        let https = RequestPattern { scheme: Some(Scheme::Https), ..RequestPattern::default() };
        check_match(&https, &tls, true);
        check_match(&https, &plain, false);
        let from = |pattern| RequestPattern {
            extras: PatternExtras {
                client_ip: Some(Box::new(pattern)),
                ..PatternExtras::default()
            }
            .into(),
            ..<_>::default()
        };
        check_match(&from(ValuePattern::Matches("127\\..*".into())), &plain, true);
        check_match(&from(ValuePattern::equal_to("10.1.2.3")), &plain, false);
    }

    #[test]
    fn path_parameters_are_compared_as_sent() {
        let with = |name: &str, pattern: ValuePattern| RequestPattern {
            extras: PatternExtras {
                path_parameters: vec![(name.to_owned(), pattern)],
                ..PatternExtras::default()
            }
            .into(),
            url: UrlPattern::UrlPathTemplate("/a/{x}".into()),
            ..RequestPattern::default()
        };
        check_match(&with("x", ValuePattern::equal_to("b%20c")), &get("/a/b%20c"), true);
        check_match(&with("x", ValuePattern::equal_to("b c")), &get("/a/b%20c"), false);
        check_match(&with("y", ValuePattern::equal_to("b")), &get("/a/b"), false);
        check_match(&with("y", ValuePattern::Absent), &get("/a/b"), true);
        let no_template = RequestPattern {
            url: UrlPattern::UrlPath("/a/b".into()),
            ..with("x", ValuePattern::equal_to("z"))
        };
        check_match(&no_template, &get("/a/b"), true);
    }

    #[test]
    fn dates_and_numbers_are_compared() {
        let before = |expected: &str| {
            ValuePattern::Date(DatePattern {
                comparison: DateComparison::Before,
                expected: expected.to_owned(),
                actual_format: None,
                truncate_expected: None,
                truncate_actual: None,
                truncation_last: false,
                expected_offset: None,
            })
        };
        let header = |pattern| RequestPattern {
            headers: vec![("At".to_owned(), pattern)],
            ..RequestPattern::default()
        };
        let at = |at: &str| request("GET /", &[&format!("At: {at}")], b"");
        check_match(&header(before("now")), &at("2026-11-23T09:59:59Z"), true);
        check_match(&header(before("now")), &at("2026-11-23T10:00:01Z"), false);
        check_match(&header(before("now +1 days")), &at("2026-11-23T10:00:01Z"), true);
        check_match(&header(before("no date")), &at("2026-11-23T10:00:01Z"), false);
        let less = NumberPattern { comparison: NumberComparison::Less, operand: "2".to_owned() };
        check_match(&header(ValuePattern::Number(less.clone())), &at("1.5"), true);
        check_match(&header(ValuePattern::Number(less)), &get("/"), false);
    }

    #[test]
    fn binary_bodies_fit_raw_or_decoded() {
        let gzip = encode(Coding::Gzip, b"\x00\x01").unwrap();
        let coded = request("POST /", &["Content-Encoding: gzip"], &gzip);
        for expected in [Bytes::from_static(b"\x00\x01"), Bytes::from(gzip)] {
            check_match(&body(BodyPattern::BinaryEqualTo(expected)), &coded, true);
        }
        let other = BodyPattern::BinaryEqualTo(Bytes::from_static(b"\x00\x02"));
        check_match(&body(other), &coded, false);
    }

    #[test]
    fn digests_fit_raw_decoded_and_hashed_bodies() {
        let digest = |bytes: &[u8]| {
            body(BodyPattern::Digest {
                length: bytes.len() as u64,
                sha256: Sha256::digest(bytes).into(),
            })
        };
        let gzip = encode(Coding::Gzip, b"big").unwrap();
        let coded = request("PUT /", &["Content-Encoding: gzip"], &gzip);
        check_match(&digest(b"big"), &coded, true);
        check_match(&digest(&gzip), &coded, true);
        check_match(&digest(b"bag"), &coded, false);

        let mut hashed = get("/");
        hashed.body = RequestBody::Hashed { length: 3, sha256: Sha256::digest(b"big").into() };
        check_match(&digest(b"big"), &hashed, true);
        check_match(&digest(b"bag"), &hashed, false);
        check_match(&body(BodyPattern::BinaryEqualTo(Bytes::from_static(b"big"))), &hashed, true);
        check_match(&body(BodyPattern::Text(ValuePattern::Absent)), &hashed, false);
        check_match(&body(BodyPattern::Text(ValuePattern::Matches(".*".into()))), &hashed, false);
    }

    #[test]
    fn json_bodies_fit_whatever_the_content_type_says() {
        let pattern = body(BodyPattern::EqualToJson(JsonPattern::strict(
            json::parse(r#"{"a":1,"b":"x"}"#).unwrap(),
        )));
        check_match(&pattern, &request("POST /", &[], br#"{ "b" : "x", "a" : 1.0 }"#), true);
        check_match(&pattern, &request("POST /", &[], br#"{"a":1}"#), false);
        check_match(&pattern, &request("POST /", &[], b"nonsense"), false);
        check_match(&pattern, &get("/"), false);
    }

    fn part(header: &str, text: &str) -> MultipartPattern {
        MultipartPattern {
            headers: vec![(
                "Content-Disposition".to_owned(),
                ValuePattern::Contains(header.to_owned()),
            )],
            body: vec![BodyPattern::Text(ValuePattern::equal_to(text))],
            ..MultipartPattern::default()
        }
    }

    #[test]
    fn multipart_patterns_fit_one_part_as_a_whole() {
        let pattern = RequestPattern {
            extras: PatternExtras {
                multipart: vec![part("name=\"a\"", "1"), part("name=\"b\"", "2")],
                ..PatternExtras::default()
            }
            .into(),
            ..RequestPattern::default()
        };
        let with = |a: &str, b: &str| {
            let body = format!(
                "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{a}\r\n\
                 --XX\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n{b}\r\n--XX--\r\n"
            );
            request("POST /", &[MULTIPART], body.as_bytes())
        };
        check_match(&pattern, &with("1", "2"), true);
        check_match(&pattern, &with("2", "1"), false);
        check_match(&pattern, &request("POST /", &["Content-Type: text/plain"], b"1"), false);
        let all = MultipartPattern {
            all_parts: true,
            body: vec![BodyPattern::Text(ValuePattern::Contains("x".into()))],
            ..MultipartPattern::default()
        };
        let all = RequestPattern {
            extras: PatternExtras { multipart: vec![all], ..PatternExtras::default() }.into(),
            ..RequestPattern::default()
        };
        check_match(&all, &with("x1", "2x"), true);
        check_match(&all, &with("x1", "2"), false);
    }

    #[test]
    fn file_names_count_only_beside_other_conditions() {
        let with = |name: &str, body: Vec<BodyPattern>| RequestPattern {
            extras: PatternExtras {
                multipart: vec![MultipartPattern {
                    file_name: Some(name.to_owned()),
                    body,
                    ..MultipartPattern::default()
                }],
                ..PatternExtras::default()
            }
            .into(),
            ..RequestPattern::default()
        };
        let one = || vec![BodyPattern::Text(ValuePattern::equal_to("1"))];
        let body =
            b"--XX\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n1\r\n--XX--\r\n";
        let request = request("POST /", &[MULTIPART], body);
        check_match(&with("f", one()), &request, true);
        check_match(&with("g", one()), &request, false);
        check_match(&with("g", Vec::new()), &request, true);
    }

    #[test]
    fn the_head_fits_without_the_body() {
        let pattern = RequestPattern {
            url: UrlPattern::UrlPath("/a".into()),
            body: vec![BodyPattern::Text(ValuePattern::equal_to("x"))],
            ..RequestPattern::default()
        };
        let compiled = CompiledRequest::compile(&pattern).unwrap();
        let request = get("/a");
        let view = RequestView::new(&request);
        assert!(compiled.needs_body() && compiled.matches_head(&view) && !compiled.matches(&view));
    }

    #[test]
    fn what_cannot_be_honoured_is_placed() {
        let pointer = |pattern| CompiledRequest::compile(&pattern).unwrap_err().pointer;
        let broken = ValuePattern::Matches("(".into());
        assert_eq!(
            pointer(RequestPattern {
                url: UrlPattern::UrlPathPattern("[".into()),
                ..RequestPattern::default()
            }),
            "/request/urlPathPattern"
        );
        assert_eq!(
            pointer(RequestPattern {
                query: vec![("a/b".to_owned(), broken.clone())],
                ..RequestPattern::default()
            }),
            "/request/queryParameters/a~1b/matches"
        );
        assert_eq!(
            pointer(RequestPattern { headers: absent("no name"), ..RequestPattern::default() }),
            "/request/headers/no name"
        );
        assert_eq!(pointer(body(BodyPattern::Text(broken))), "/request/bodyPatterns/0/matches");
    }

    #[test]
    fn explanations_name_each_part() {
        let pattern = RequestPattern {
            method: MethodPattern::Is("POST".to_owned()),
            url: UrlPattern::UrlPath("/v1/charges".into()),
            headers: equal("Range", "bytes=0-1"),
            query: equal("limit", "10"),
            body: vec![BodyPattern::EqualToJson(JsonPattern::strict(
                json::parse(r#"{"amount":1999,"currency":"eur"}"#).unwrap(),
            ))],
            ..RequestPattern::default()
        };
        let request = request("POST /v1/charge?limit=1", &[], br#"{"amount":1999}"#);
        let told: Vec<String> = CompiledRequest::compile(&pattern)
            .unwrap()
            .explain(&RequestView::new(&request))
            .into_iter()
            .filter(|verdict| !verdict.matched)
            .map(|verdict| format!("{}: {} | {}", verdict.part, verdict.expected, verdict.actual))
            .collect();
        assert_eq!(
            told,
            [
                "path: /v1/charges | /v1/charge",
                "header Range: \"bytes=0-1\" | nothing",
                "query limit: \"10\" | \"1\"",
                "body $.currency: \"eur\" | nothing",
            ]
        );
    }
}
