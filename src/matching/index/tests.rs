//! The index against the rule itself: every stub asked, in order.

use proptest::{prelude::*, sample::select};

use super::{super::testing::request, *};
use crate::{
    codec::{json, view::RequestView},
    model::{
        BodyPattern, JsonPattern, MethodPattern, PathPattern, PatternExtras, Request,
        RequestPattern, UrlPattern, ValuePattern,
    },
};

fn entry(item: usize, priority: u32, method: MethodPattern, url: UrlPattern) -> Entry<usize> {
    let pattern = RequestPattern { method, url, ..RequestPattern::default() };
    let request = Arc::new(CompiledRequest::compile(&pattern).unwrap());
    Entry { priority, insertion: item as u64, is_early: false, request, item }
}

fn candidates<'i>(index: &'i StubIndex<usize>, probe: &Probe<'_, '_>) -> Vec<&'i Entry<usize>> {
    let mut lists = Vec::new();
    index.candidates(probe, &mut lists);
    let mut all: Vec<_> = lists.into_iter().flatten().collect();
    all.sort_by_key(|entry| (entry.priority, Reverse(entry.insertion)));
    all
}

fn matching(index: &StubIndex<usize>, line: &str) -> Vec<usize> {
    let request = request(line, &[], b"");
    let view = RequestView::new(&request);
    let fitting = candidates(index, &Probe::of_whole(&view, None))
        .into_iter()
        .filter(|entry| entry.request.matches(&view));
    fitting.map(|entry| entry.item).collect()
}

fn any_url() -> impl Strategy<Value = UrlPattern> {
    let path = || "(/[ab]{0,2}){1,3}";
    prop_oneof![
        Just(UrlPattern::Any),
        (path(), "(\\?[ab=&]{0,3})?").prop_map(|(path, query)| UrlPattern::Url(path + &query)),
        path().prop_map(UrlPattern::UrlPath),
        "(/([ab]|\\{x\\}|a\\{x\\}|\\*\\*)){1,3}".prop_map(UrlPattern::UrlPathTemplate),
        "\\^?(/([ab]|a\\?|b\\*|\\.|\\.\\*|\\[ab\\]|\\(a\\|b\\)|b\\{2\\}|a\\+)){1,3}(\\||)"
            .prop_map(UrlPattern::UrlPathPattern),
        "(/([ab]|\\.\\*|\\\\Qa\\\\E)){1,3}(\\\\\\?[ab]|\\.\\*|)".prop_map(UrlPattern::UrlPattern),
    ]
}

fn any_method() -> impl Strategy<Value = MethodPattern> {
    select(vec![
        MethodPattern::Any,
        MethodPattern::GetOrHead,
        MethodPattern::Is("GET".to_owned()),
        MethodPattern::Is("POST".to_owned()),
        MethodPattern::Is("get".to_owned()),
        MethodPattern::OneOf(vec!["GET".to_owned(), "PUT".to_owned()]),
        MethodPattern::OneOf(Vec::new()),
        MethodPattern::NoneOf(vec!["GET".to_owned()]),
    ])
}

proptest! {
    // Compiling the patterns of a case takes its time.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_index_finds_what_a_linear_scan_finds(
        stubs in prop::collection::vec((0u32..3, any_method(), any_url()), 0..25),
        lines in prop::collection::vec(
            "(GET|get|HEAD|POST|PUT) (/[ab]{0,2}){1,3}(\\?[ab=&]{0,3})?", 1..10),
    ) {
        let entries: Vec<_> = stubs
            .into_iter()
            .enumerate()
            .map(|(item, (priority, method, url))| entry(item, priority, method, url))
            .collect();
        let mut linear = entries.clone();
        linear.sort_by_key(|entry| (entry.priority, Reverse(entry.insertion)));
        let index = StubIndex::build(entries);
        for line in lines {
            let request = request(&line, &[], b"");
            let view = RequestView::new(&request);
            let expect: Vec<usize> = linear
                .iter()
                .filter(|entry| entry.request.matches(&view))
                .map(|entry| entry.item)
                .collect();
            prop_assert_eq!(matching(&index, &line), expect, "{}", line);
        }
    }
}

#[test]
fn newest_stub_wins_at_equal_priority_whatever_its_kind() {
    let any = MethodPattern::Any;
    let index = StubIndex::build(vec![
        entry(0, 5, any.clone(), UrlPattern::UrlPath("/a/b".into())),
        entry(1, 5, any.clone(), UrlPattern::Any),
        entry(2, 1, any.clone(), UrlPattern::UrlPathPattern("/a/.*".into())),
        entry(3, 5, MethodPattern::Is("GET".into()), UrlPattern::Url("/a/b".into())),
        entry(4, 9, any, UrlPattern::UrlPathTemplate("/a/{x}".into())),
    ]);
    assert_eq!(matching(&index, "GET /a/b"), [2, 3, 1, 0, 4]);
    assert_eq!(matching(&index, "GET /a/b?"), [2, 3, 1, 0, 4]);
    assert_eq!(matching(&index, "GET /z"), [1]);
}

#[test]
fn a_request_looks_at_few_of_many_stubs() {
    let stubs = (0..2000).map(|n| {
        let url = match n % 4 {
            0 => UrlPattern::UrlPath(format!("/p/{n}")),
            1 => UrlPattern::Url(format!("/p/{n}?a")),
            2 => UrlPattern::UrlPathTemplate(format!("/p/{n}/{{x}}")),
            _ => UrlPattern::UrlPathPattern(format!("/p/{n}/[0-9]+")),
        };
        entry(n, 5, MethodPattern::Any, url)
    });
    let index = StubIndex::build(stubs.collect());
    for url in ["/p/1000", "/p/1001?a", "/p/1002/x", "/p/1003/7"] {
        let request = request(&format!("GET {url}"), &[], b"");
        let view = RequestView::new(&request);
        assert_eq!(candidates(&index, &Probe::of_whole(&view, None)).len(), 1, "{url}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "c", "1", "1.0", "5", "", "{\n  \"x\" : 1\n}"]).prop_map(str::to_owned)
}

fn any_value() -> impl Strategy<Value = ValuePattern> {
    let equal = || texts().prop_map(ValuePattern::equal_to);
    prop_oneof![
        8 => equal(),
        1 => Just(ValuePattern::Absent),
        1 => Just(ValuePattern::Anything),
        1 => texts().prop_map(ValuePattern::Contains),
        1 => Just(ValuePattern::Matches("[ab]".to_owned())),
        1 => texts().prop_map(|value| ValuePattern::EqualTo { value, case_insensitive: Some(true) }),
        1 => equal().prop_map(|it| ValuePattern::Not(Box::new(it))),
        1 => (equal(), equal()).prop_map(|(a, b)| ValuePattern::Or(vec![a, b])),
        1 => equal().prop_map(|it| ValuePattern::And(vec![ValuePattern::Anything, it])),
        1 => (equal(), equal()).prop_map(|(a, b)| ValuePattern::Includes(vec![a, b])),
        1 => equal().prop_map(|it| ValuePattern::HasExactly(vec![it])),
    ]
}

/// JSON texts of few shapes, so that they often have something in common.
fn any_json(is_pattern: bool) -> impl Strategy<Value = String> {
    let mut scalars = vec![
        "1", "1.0", "10e-1", "5", "-0", "0", "\"a\"", "\"b\"", "\"1\"", "\"5\"", "null", "true",
        "1e400", "100", "1e2", "\"\"",
    ];
    if is_pattern {
        scalars.extend([
            "\"${json-unit.any-string}\"",
            "\"${json-unit.ignore}\"",
            "\"${json-unit.ignore-element}\"",
            "\"${json-unit.regex}[ab]\"",
        ]);
    }
    let scalar = select(scalars).prop_map(str::to_owned);
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((select(vec!["x", "y", "z"]), inner), 0..3).prop_map(|members| {
                let members = members.into_iter().map(|(name, it)| format!("\"{name}\":{it}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn json_pattern() -> impl Strategy<Value = JsonPattern> {
    (any_json(true), any::<bool>(), any::<bool>()).prop_map(|(expected, order, extra)| {
        JsonPattern {
            ignore_array_order: Some(order),
            ignore_extra_elements: Some(extra),
            ..JsonPattern::strict(json::parse(&expected).unwrap())
        }
    })
}

fn path_pattern() -> impl Strategy<Value = ValuePattern> {
    let expressions = vec![
        "$.x",
        "$.x.y",
        "$.x[0]",
        "$['z']",
        "$..x",
        "$.x[-1]",
        "$[?(@.x == 5)]",
        "$[?(@.x == '1')]",
        "$[?(@.x == 1.0)]",
        "$.x[?(@.y == 'a' && @.z == 1)]",
        "$.x[?(@.y === 'a')].z",
        "$.x[?(@ == 1)]",
        "$[?(@.x == true || @.y == 1)]",
        "$[?(@.x != 5)]",
        "$.x.length()",
    ];
    let value = prop_oneof![
        4 => any_value(),
        1 => json_pattern().prop_map(ValuePattern::EqualToJson),
    ];
    (select(expressions), prop::option::of(value)).prop_map(|(expression, value)| {
        ValuePattern::MatchesJsonPath(PathPattern {
            expression: expression.to_owned(),
            value: value.map(Box::new),
        })
    })
}

fn any_body() -> impl Strategy<Value = BodyPattern> {
    let text = prop_oneof![
        3 => path_pattern(),
        1 => json_pattern().prop_map(ValuePattern::EqualToJson),
        1 => any_json(false).prop_map(ValuePattern::equal_to),
        1 => (path_pattern(), path_pattern()).prop_map(|(a, b)| ValuePattern::And(vec![a, b])),
        1 => any_value(),
    ];
    prop_oneof![
        3 => json_pattern().prop_map(BodyPattern::EqualToJson),
        3 => text.prop_map(BodyPattern::Text),
        1 => any_json(false).prop_map(|text| BodyPattern::BinaryEqualTo(text.into())),
    ]
}

/// A stub whose URL is one of few, so that many share it.
fn crowded() -> impl Strategy<Value = RequestPattern> {
    let url = select(vec![
        UrlPattern::UrlPath("/a".into()),
        UrlPattern::UrlPath("/a".into()),
        UrlPattern::UrlPath("/a".into()),
        UrlPattern::Any,
        UrlPattern::UrlPathTemplate("/{x}".into()),
        UrlPattern::UrlPathPattern("/a|/b".into()),
        UrlPattern::UrlPathPattern("/[ac]".into()),
        UrlPattern::UrlPattern("/a(\\?.*)?".into()),
        UrlPattern::UrlPathPattern("/(?=a)a".into()),
    ]);
    let named = || {
        prop::collection::vec((select(vec!["x", "y"]).prop_map(str::to_owned), any_value()), 0..2)
    };
    let few = |name: &str| {
        let name = name.to_owned();
        prop::collection::vec((Just(name), any_value()), 0..2)
    };
    let body = prop::collection::vec(any_body(), 0..2);
    (url, any_method(), named(), named(), few("x"), few("x"), body).prop_map(
        |(url, method, headers, query, cookies, form, body)| RequestPattern {
            extras: PatternExtras { cookies, form, ..PatternExtras::default() }.into(),
            method,
            url,
            headers,
            query,
            body,
            ..RequestPattern::default()
        },
    )
}

fn any_request() -> impl Strategy<Value = Request> {
    let line = "(GET|get|POST) /[abc](\\?(x=[ab1]?)?(&y=[ab]){0,2})?";
    let fields = "((x|y): [abc15]?\n){0,3}(Cookie: x=[ab1]\n)?(Content-Type: application/x-www-form-urlencoded\n)?";
    let body = prop_oneof![
        4 => any_json(false),
        1 => Just(String::new()),
        1 => Just("x=a&x=1".to_owned()),
        1 => Just("bare".to_owned()),
    ];
    (line, fields, body).prop_map(|(line, fields, body)| {
        let headers: Vec<&str> = fields.lines().collect();
        request(&line, &headers, body.as_bytes())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn stubs_of_one_url_are_found_as_a_linear_scan_finds_them(
        stubs in prop::collection::vec((0u32..3, crowded(), any::<bool>()), 0..60),
        requests in prop::collection::vec((any_request(), any_request()), 1..12),
    ) {
        let entries: Vec<_> = stubs
            .into_iter()
            .enumerate()
            .map(|(item, (priority, pattern, is_early))| {
                let request = Arc::new(CompiledRequest::compile(&pattern).unwrap());
                Entry { priority, insertion: item as u64, is_early, request, item }
            })
            .collect();
        let mut linear = entries.clone();
        linear.sort_by_key(|entry| (entry.priority, Reverse(entry.insertion)));
        let index = StubIndex::build(entries);
        for (request, other) in &requests {
            let (view, other) = (RequestView::new(request), RequestView::new(other));
            for other in [None, Some(&other)] {
                let fits = |entry: &&Entry<usize>| {
                    entry.request.matches(&view) || other.is_some_and(|it| entry.request.matches(it))
                };
                let expect: Vec<_> = linear.iter().filter(fits).map(|entry| entry.item).collect();
                let found = candidates(&index, &Probe::of_whole(&view, other));
                let whole: Vec<_> = found.into_iter().filter(fits).map(|entry| entry.item).collect();
                prop_assert_eq!(&whole, &expect, "{:?}", request);
                let fits = |entry: &&Entry<usize>| {
                    entry.request.matches_head(&view)
                        || other.is_some_and(|it| entry.request.matches_head(it))
                };
                let expect: Vec<_> = linear.iter().filter(fits).map(|entry| entry.item).collect();
                let found = candidates(&index, &Probe::of_head(&view, other));
                let heads: Vec<_> = found.into_iter().filter(fits).map(|entry| entry.item).collect();
                prop_assert_eq!(&heads, &expect, "{:?}", request);
            }
        }
    }
}

#[test]
fn one_of_many_is_asked_whatever_tells_them_apart() {
    let value = |n: usize| vec![("x".to_owned(), ValuePattern::equal_to(n.to_string()))];
    let body = |pattern| RequestPattern { body: vec![pattern], ..RequestPattern::default() };
    let path = |expression: String, value: Option<ValuePattern>| {
        body(BodyPattern::Text(ValuePattern::MatchesJsonPath(PathPattern {
            expression,
            value: value.map(Box::new),
        })))
    };
    let kinds: [&dyn Fn(usize) -> RequestPattern; 7] = [
        &|n| RequestPattern { headers: value(n), ..RequestPattern::default() },
        &|n| RequestPattern { query: value(n), ..RequestPattern::default() },
        &|n| {
            let expected = format!("{{\"kind\":\"k\",\"in\":{{\"x\":{n}}}}}");
            body(BodyPattern::EqualToJson(JsonPattern::strict(json::parse(&expected).unwrap())))
        },
        &|n| path("$.in.x".to_owned(), Some(ValuePattern::equal_to(n.to_string()))),
        &|n| path(format!("$[?(@.in.x == {n})]"), None),
        &|n| path(format!("$.list[?(@.x == '{n}')]"), None),
        &|n| RequestPattern {
            url: UrlPattern::UrlPathPattern(format!("/(a|b)(/{n})?")),
            ..RequestPattern::default()
        },
    ];
    let body = br#"{"in":{"x":77},"kind":"k","list":[{"x":1},{"x":"77"}]}"#;
    let request = request("POST /a/77?x=77", &["X: 77"], body);
    let view = RequestView::new(&request);
    for (kind, pattern) in kinds.into_iter().enumerate() {
        let entries = (0..1000).map(|item| {
            let request = Arc::new(CompiledRequest::compile(&pattern(item)).unwrap());
            Entry { priority: 5, insertion: item as u64, is_early: false, request, item }
        });
        let index = StubIndex::build(entries.collect());
        let found = candidates(&index, &Probe::of_whole(&view, None));
        let found: Vec<usize> = found.into_iter().map(|entry| entry.item).collect();
        let expect: &[usize] = if kind == 5 { &[77, 1] } else { &[77] };
        assert_eq!(found, expect, "{kind}");
    }
}
