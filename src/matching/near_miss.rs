//! The stubs that came closest to a request that none matched, and what differs.

use super::{request::CompiledRequest, verdict::PartVerdict};
use crate::codec::{backtracking, view::RequestView};

/// So many stubs are looked at closely, whatever the number of stubs.
const MAX_EXPLAINED: usize = 400;

/// A stub that a request nearly matched.
#[derive(Clone, Debug)]
pub struct NearMiss<T> {
    /// What the caller gave with the stub.
    pub item: T,
    /// Every part of the stub's pattern, fitting or not.
    pub verdicts: Vec<PartVerdict>,
    /// How far the request is from matching: 0 matches, towards 1 the less they have in common.
    pub distance: f64,
}

/// The `n` closest stubs, the closest first; equally close ones stay in the order given.
///
/// Every stub's URL is compared roughly, in time linear in its length; only the few hundred best of
/// these are looked at part by part.
pub fn closest<'s, T>(
    stubs: impl IntoIterator<Item = (&'s CompiledRequest, T)>,
    view: &RequestView<'_>,
    n: usize,
) -> Vec<NearMiss<T>> {
    backtracking::bounded(|| nearest(stubs, view, n))
}

fn nearest<'s, T>(
    stubs: impl IntoIterator<Item = (&'s CompiledRequest, T)>,
    view: &RequestView<'_>,
    n: usize,
) -> Vec<NearMiss<T>> {
    let mut likely = Likely { kept: Vec::new() };
    for (place, (request, item)) in stubs.into_iter().enumerate() {
        likely.push(Candidate { distance: request.rough_distance(view), place, request, item });
    }
    likely.cut();
    let mut misses: Vec<(usize, NearMiss<T>)> = likely
        .kept
        .into_iter()
        .map(|candidate| {
            let verdicts = candidate.request.explain(view);
            let distance = distance(&verdicts, candidate.request.n_bodies());
            (candidate.place, NearMiss { item: candidate.item, verdicts, distance })
        })
        .collect();
    misses.sort_by(|(place_a, a), (place_b, b)| {
        a.distance.total_cmp(&b.distance).then(place_a.cmp(place_b))
    });
    misses.into_iter().map(|(_, miss)| miss).take(n).collect()
}

struct Candidate<'s, T> {
    distance: f64,
    place: usize,
    request: &'s CompiledRequest,
    item: T,
}

/// The best candidates so far, cut back each time they have doubled.
struct Likely<'s, T> {
    kept: Vec<Candidate<'s, T>>,
}

impl<'s, T> Likely<'s, T> {
    fn push(&mut self, candidate: Candidate<'s, T>) {
        self.kept.push(candidate);
        if self.kept.len() >= 2 * MAX_EXPLAINED {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.kept.len() > MAX_EXPLAINED {
            self.kept.select_nth_unstable_by(MAX_EXPLAINED, |a, b| {
                a.distance.total_cmp(&b.distance).then(a.place.cmp(&b.place))
            });
            self.kept.truncate(MAX_EXPLAINED);
        }
    }
}

/// What WireMock 3 weighs first, `RequestPattern.match`: where a request goes to, and how.
const OF_ADDRESS: [(&str, f64); 7] = [
    ("scheme", 3.0),
    ("host", 10.0),
    ("port", 10.0),
    ("client", 3.0),
    ("path", 10.0),
    ("url", 10.0),
    ("method", 3.0),
];
/// The sum of these weights: a pattern has one kind of URL.
const ADDRESS: f64 = 39.0;
/// And that of what is only looked at where the address fits: each kind of part counts 1.
const ALL: f64 = ADDRESS + 7.0;

/// The weighted mean of what differs, as WireMock counts it: a typo in the path is nearer than
/// another method, another method nearer than another resource, and all else is nearer still.
fn distance(verdicts: &[PartVerdict], n_bodies: usize) -> f64 {
    let kind_of = |verdict: &PartVerdict| {
        let kind = verdict.part.split(' ').next().unwrap_or_default();
        // Credentials are a header.
        if kind == "basic" { "header".to_owned() } else { kind.to_owned() }
    };
    let weight_of =
        |kind: &str| OF_ADDRESS.iter().find(|(name, _)| *name == kind).map(|(_, weight)| *weight);
    let mut of_address = 0.0;
    let mut groups: Vec<(String, f64, f64)> = Vec::new();
    for verdict in verdicts {
        let kind = kind_of(verdict);
        if let Some(weight) = weight_of(&kind) {
            of_address += weight * verdict.distance;
        } else if let Some((_, sum, n)) = groups.iter_mut().find(|(known, ..)| *known == kind) {
            *sum += verdict.distance;
            *n += 1.0;
        } else {
            groups.push((kind, verdict.distance, 1.0));
        }
    }
    if of_address > 0.0 {
        return of_address / ADDRESS;
    }
    let of_groups = groups.iter().map(|(kind, sum, n)| match kind.as_str() {
        // A pattern of the body has a verdict for each thing that differs.
        "body" => sum / n_bodies.max(1) as f64,
        _ => sum / n,
    });
    of_groups.fold(0.0, |all, distance| all + distance) / ALL
}

#[cfg(test)]
mod tests {
    use super::{super::testing::request, *};
    use crate::{
        codec::json,
        model::{
            BodyPattern, JsonPattern, MethodPattern, Request, RequestPattern, UrlPattern,
            ValuePattern,
        },
    };

    fn stub(method: &str, url: UrlPattern) -> RequestPattern {
        RequestPattern {
            method: MethodPattern::Is(method.to_owned()),
            url,
            ..RequestPattern::default()
        }
    }

    fn path(method: &str, path: &str) -> RequestPattern {
        stub(method, UrlPattern::UrlPath(path.to_owned()))
    }

    fn with_json(mut pattern: RequestPattern, body: &str) -> RequestPattern {
        pattern.body =
            vec![BodyPattern::EqualToJson(JsonPattern::strict(json::parse(body).unwrap()))];
        pattern
    }

    /// The places of the closest three stubs.
    #[track_caller]
    fn check(stubs: &[RequestPattern], request: &Request, expect: &[usize]) {
        let compiled: Vec<_> =
            stubs.iter().map(|stub| CompiledRequest::compile(stub).unwrap()).collect();
        let view = RequestView::new(request);
        let found = closest(compiled.iter().zip(0..), &view, 3);
        let places: Vec<usize> = found.iter().map(|miss| miss.item).collect();
        assert_eq!(places, expect, "{found:#?}");
    }

    #[test]
    fn a_typo_is_nearer_than_a_method_and_a_method_than_a_resource() {
        check(
            &[
                path("POST", "/v1/refunds"),
                path("GET", "/v1/charge"),
                path("POST", "/v1/charges"),
                path("GET", "/favicon.ico"),
            ],
            &request("POST /v1/charge", &[], b""),
            &[2, 1, 0],
        );
    }

    #[test]
    fn distances_are_those_of_wiremock() {
        let view = request("GET /path/one", &["X-A: abc"], b"");
        let view = RequestView::new(&view);
        #[track_caller]
        fn check(pattern: &RequestPattern, view: &RequestView<'_>, expect: f64) {
            let compiled = CompiledRequest::compile(pattern).unwrap();
            let found = closest([(&compiled, ())], view, 1);
            assert!((found[0].distance - expect).abs() < 1e-9, "{found:#?}");
        }
        check(&path("PUT", "/path/one"), &view, 3.0 / 39.0);
        check(&path("GET", "/path/two"), &view, 10.0 / 3.0 / 39.0);
        let mut headers = path("GET", "/path/one");
        headers.headers = vec![
            ("X-A".to_owned(), ValuePattern::equal_to("abc")),
            ("X-B".to_owned(), ValuePattern::equal_to("x")),
        ];
        check(&headers, &view, 0.5 / 46.0);
        headers.url = UrlPattern::UrlPath("/path/two".to_owned());
        check(&headers, &view, 10.0 / 3.0 / 39.0);
    }

    #[test]
    fn more_of_the_body_is_nearer() {
        let charges = || path("POST", "/v1/charges");
        check(
            &[
                with_json(charges(), r#"{"amount":1,"currency":"usd","source":"b"}"#),
                with_json(charges(), r#"{"amount":1999,"currency":"eur","source":"a"}"#),
                with_json(charges(), r#"{"amount":1999,"currency":"usd","source":"b"}"#),
            ],
            &request("POST /v1/charges", &[], br#"{"amount":1999,"currency":"eur"}"#),
            &[1, 2, 0],
        );
    }

    #[test]
    fn a_missing_header_is_nearer_than_another_path() {
        let mut ranged = path("GET", "/big");
        ranged.headers = vec![("Range".to_owned(), ValuePattern::equal_to("bytes=0-1"))];
        check(&[path("GET", "/bag/1"), ranged], &request("GET /big", &[], b""), &[1, 0]);
    }

    #[test]
    fn templates_and_expressions_are_compared_too() {
        check(
            &[
                stub("GET", UrlPattern::UrlPathPattern("/orders/[0-9]+".into())),
                stub("GET", UrlPattern::UrlPathTemplate("/users/{id}/cards".into())),
                stub("GET", UrlPattern::Url("/users/7/card?x=1".into())),
            ],
            &request("GET /users/12/card", &[], b""),
            &[1, 2, 0],
        );
        check(
            &[
                path("GET", "/unlike"),
                stub("GET", UrlPattern::UrlPathPattern("/orders/[0-9]+".into())),
            ],
            &request("GET /orders/x", &[], b""),
            &[1, 0],
        );
    }

    #[test]
    fn equally_close_stubs_stay_in_order() {
        let same = || path("GET", "/a");
        check(&[same(), same(), same(), same()], &request("GET /b", &[], b""), &[0, 1, 2]);
    }

    #[test]
    fn a_typo_is_found_among_many_stubs() {
        let mut stubs: Vec<_> = (0..5000).map(|n| path("GET", &format!("/v1/thing{n}"))).collect();
        stubs.push(path("GET", "/v1/charges"));
        let compiled: Vec<_> =
            stubs.iter().map(|stub| CompiledRequest::compile(stub).unwrap()).collect();
        let request = request("GET /v1/chrages", &[], b"");
        let found = closest(compiled.iter().zip(0..), &RequestView::new(&request), 1);
        assert_eq!(found[0].item, 5000);
    }
}
