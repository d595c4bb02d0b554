//! All forms of a limit, and every preset.

use std::{fmt::Write as _, time::Duration};

use jiff::Timestamp;

use super::{PRESETS, read, read_short, write};
use crate::{
    behavior::{
        moments::MomentFormat,
        placeholder::{Facts, Standing, Text},
    },
    codec::json::{self, parse_spanned},
    format::{
        behavior::tree::{self, Language},
        problem::Problems,
    },
    model::{
        Algorithm, Cost, Emit, JsonStyle, LimitHeader, LimitKey, Penalty, Policy, RateLimit,
        Refusal, RetryAfter, TokenKind,
    },
};

fn no_files(path: &str) -> Result<String, String> {
    Err(format!("`{path}` is not there"))
}

fn short(text: &str) -> Result<RateLimit, String> {
    read_short(text, &no_files).map_err(|problems| {
        problems
            .into_iter()
            .map(|problem| {
                let hint = problem.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                format!("{:?} {}{hint}", problem.span, problem.message)
            })
            .collect::<Vec<_>>()
            .join("\n")
    })
}

fn toml(text: &str) -> Result<Vec<RateLimit>, String> {
    let mut problems = Problems::default();
    let limits = tree::parse(text, Language::Toml, &mut problems)
        .map(|node| read::read(node, &no_files, &mut problems))
        .unwrap_or_default();
    let told: Vec<_> = problems
        .into_sorted()
        .into_iter()
        .map(|problem| {
            let found = text.get(problem.span).unwrap_or_default().lines().next();
            let hint = problem.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{} | {}{hint}", found.unwrap_or_default(), problem.message)
        })
        .collect();
    if told.is_empty() { Ok(limits) } else { Err(told.join("\n")) }
}

#[test]
fn a_short_text_is_a_token_bucket_for_all() {
    for (text, limit, seconds) in [("10/s", 10, 1), ("100/min", 100, 60), ("900/15min", 900, 900)] {
        assert_eq!(short(text), Ok(RateLimit::plain(limit, Duration::from_secs(seconds))));
    }
    let limit = short("25 concurrent").unwrap();
    assert_eq!(limit.policies[0].algorithm, Algorithm::Concurrency);
    assert_eq!(limit.policies[0].limit, 25);
}

#[test]
fn the_short_form_overrides_parts_of_a_preset() {
    let whole = short("preset=github").unwrap();
    let limit = short("preset=github,limit=20/min,key=header:Authorization").unwrap();
    assert_eq!(limit.name, "github");
    assert_eq!(limit.preset.as_deref(), Some("github"));
    assert_eq!(limit.key, [LimitKey::Header("Authorization".to_owned())]);
    let expected =
        Policy { limit: 20, window: Duration::from_secs(60), ..whole.policies[0].clone() };
    assert_eq!(limit.policies[0], expected);
    assert_eq!(limit.policies[1..], whole.policies[1..]);
    assert_eq!((limit.refusal, limit.headers), (whole.refusal, whole.headers));
}

#[test]
fn a_policy_of_a_preset_is_overridden_by_its_name() {
    let limit =
        short("preset=openai; policies.tokens.limit=1000/min; policies.tokens.burst=50").unwrap();
    let tokens = &limit.policies[1];
    assert_eq!(
        (tokens.limit, tokens.burst, tokens.cost.clone()),
        (1000, Some(50), Cost::Tokens(TokenKind::Total))
    );
    let table =
        "preset = \"anthropic\"\n[policies]\nrequests.limit = 5\noutput-tokens.status = 529\n";
    let limits = toml(table).unwrap();
    assert_eq!(limits[0].policies[0].limit, 5);
    assert_eq!(limits[0].policies[0].window, Duration::from_secs(60));
    let refusal = limits[0].policies[2].refusal.as_ref().unwrap();
    assert_eq!(refusal.status, 529);
    assert!(refusal.body.as_deref().unwrap().contains("output tokens"));
}

#[test]
fn what_a_preset_says_can_be_taken_out() {
    let text = "preset = \"github\"\nstatus_endpoint = false\n[policies]\nsearch = false\n[headers]\nx-ratelimit-used = false\n";
    let limits = toml(text).unwrap();
    assert!(limits[0].status_endpoints.is_empty());
    assert!(limits[0].policies.iter().all(|policy| policy.name != "search"));
    assert_eq!(limits[0].headers.len(), 4);
    // Headers that tell of a policy cannot stay without it.
    let problems = toml("preset = \"openai\"\npolicies = { tokens = false }").unwrap_err();
    assert!(
        problems.contains("names the policy `tokens`, which the limit does not have"),
        "{problems}"
    );
}

#[test]
fn a_status_of_ones_own_is_that_of_all_policies() {
    let limit = short("preset=stripe,status=503,retry_after=seconds").unwrap();
    let refusals = limit.policies.iter().filter_map(|policy| policy.refusal.as_ref());
    for refusal in refusals.chain([&limit.refusal]) {
        assert_eq!((refusal.status, refusal.retry_after), (503, RetryAfter::Seconds));
    }
}

#[test]
fn a_table_says_all_of_a_limit() {
    let text = r#"
        name = "api"
        limit = "1_000/h"
        burst = 50
        algorithm = "gcra"
        key = ["header:X-Api-Key", "path:1"]
        cost = [{ method = "POST", cost = 5 }, { cost = 2 }]
        url = "/v1/**"
        exempt = [{ url = "/v1/health" }]
        status_endpoint = { url = "/v1/limit", body = { left = "{remaining}" } }
        emit = "near:80%"
        status = 503
        retryAfter = "float"
        min_retry_after = "1.5s"
        body = { error = "{remaining} left" }
        counts_refused = true
        penalty = { escalate = 1.5, max = "5m" }
        clock_skew = -30
        jitter = "250ms"
        body_merge = { meta = { left = "{remaining}", of = [1, "{day.limit}"] } }

        [headers]
        X-Left = "{remaining}"
        X-Near = { value = "true", emit = "when-limited" }

        [refusal_headers]
        Content-Type = "application/json"

        [[policies]]
        name = "day"
        limit = 5000
        algorithm = "daily"
        zone = "Europe/Berlin"
        key = "jwt:sub"
        label = "daily"
    "#;
    let limits = toml(text).unwrap();
    let limit = &limits[0];
    assert_eq!(limit.name, "api");
    assert_eq!(limit.policies.len(), 2);
    let main = &limit.policies[0];
    assert_eq!((main.limit, main.burst, &main.algorithm), (1000, Some(50), &Algorithm::Gcra));
    assert!(matches!(&main.cost, Cost::ByRequest(cases, 2) if cases.len() == 1 && cases[0].1 == 5));
    let day = &limit.policies[1];
    assert_eq!(day.algorithm, Algorithm::Daily { zone: "Europe/Berlin".to_owned() });
    assert_eq!(day.window, Duration::from_secs(86_400));
    assert_eq!(day.key, Some(vec![LimitKey::JwtClaim("sub".to_owned())]));
    assert_eq!(limit.key, [LimitKey::Header("X-Api-Key".to_owned()), LimitKey::PathSegment(1)]);
    assert_eq!(limit.emit, Emit::Near(0.8));
    let header = |name: &str, value: &str, emit| LimitHeader {
        name: name.to_owned(),
        value: value.to_owned(),
        emit,
    };
    assert_eq!(
        limit.headers,
        [header("X-Left", "{remaining}", None), header("X-Near", "true", Some(Emit::WhenLimited))]
    );
    assert_eq!(
        limit.refusal,
        Refusal {
            status: 503,
            headers: vec![header("Content-Type", "application/json", None)],
            retry_after: RetryAfter::Float,
            min_retry_after: Duration::from_millis(1500),
            body: Some(r#"{"error":"{remaining} left"}"#.to_owned()),
        }
    );
    assert!(limit.counts_refused);
    assert_eq!(
        limit.penalty,
        Some(Penalty::Escalate { factor: 1.5, max: Duration::from_secs(300) })
    );
    assert_eq!(limit.clock_skew, -30);
    assert_eq!(limit.jitter, Duration::from_millis(250));
    let merged = limit.body_merge.as_ref().unwrap().member("meta").unwrap();
    assert_eq!(merged.member("left"), Some(&"{remaining}".into()));
    assert!(limit.request.is_some());
    assert_eq!(limit.exempt.len(), 1);
    let [endpoint] = limit.status_endpoints.as_slice() else { panic!("{limit:?}") };
    assert_eq!(endpoint.body, r#"{"left":"{remaining}"}"#);
}

#[test]
fn each_mistake_has_its_place_and_a_way_out() {
    for (text, expected) in [
        ("preset = \"gihub\"", "\"gihub\" | there is no preset `gihub` (did you mean `github`?)"),
        ("limt = \"1/s\"", "limt | unknown key `limt` in a rate limit (did you mean `limit`?)"),
        (
            "limit = 10",
            "limit = 10 | policy `requests` has a `limit` and no window (write `limit = \"100/min\"`)",
        ),
        (
            "key = \"ip\"",
            "key = \"ip\" | policy `requests` has no `limit` (write `limit = \"100/min\"`)",
        ),
        (
            "limit = \"1/s\"\nalgorithm = \"gcr\"",
            "\"gcr\" | `algorithm` cannot be `gcr` (did you mean `gcra`?)",
        ),
        (
            "limit = \"1/s\"\nzone = \"UTC\"",
            "\"UTC\" | `zone` is only used by the algorithm `daily` (add `algorithm = \"daily\"`)",
        ),
        (
            "limit = 1\nalgorithm = \"daily\"\nzone = \"Europe/Belin\"",
            "\"Europe/Belin\" | `zone` must be a time zone such as `America/Los_Angeles`, found the string \"Europe/Belin\"",
        ),
        (
            "limit = \"1/s\"\nkey = \"haeder:X\"",
            "\"haeder:X\" | `key` cannot be `haeder:X` (did you mean `header:NAME`?)",
        ),
        (
            "limit = \"1/s\"\ncost = \"token\"",
            "\"token\" | `cost` cannot be `token` (did you mean `tokens`?)",
        ),
        ("limit = \"1/s\"\ncost = \"request:$[\"", "\"request:$[\" | `$[` is not a JSONPath"),
        (
            "limit = \"1/s\"\nemit = \"near:180%\"",
            "\"near:180%\" | `emit` cannot be `near:180%` (write the share that is used up: `near:80%`)",
        ),
        (
            "limit = \"1/s\"\nretry_after = \"second\"",
            "\"second\" | `retry_after` cannot be `second` (did you mean `seconds`?)",
        ),
        (
            "limit = \"1/s\"\nstatus = 42",
            "42 | `status` must be a status code from 200 to 599, found `42`",
        ),
        (
            "limit = \"1/s\"\nheaders = { X = \"{remaning}\" }",
            "\"{remaning}\" | unknown placeholder `{remaning}`",
        ),
        (
            "limit = \"1/s\"\nheaders = { \"X Y\" = \"1\" }",
            "\"1\" | `X Y` cannot be the name of a header",
        ),
        ("limit = \"1/s\"\npenalty = \"prison\"", "\"prison\" | `penalty` cannot be `prison`"),
        ("policies = []", "[] | a rate limit without a policy"),
        (
            "limit = \"1/s\"\nstatus_endpoint = { url = \"/rate_limit\" }",
            "{ url = \"/rate_limit\" } | a status endpoint says which requests it is for, and a `body`",
        ),
        (
            "limit = \"1/s\"\nstatus_endpoint = { url = \"/r\", body = \"{core.limit}\" }",
            "\"{core.limit}\" | placeholder `{core.limit}` names the policy `core`",
        ),
        ("[[policies]]\nlimit = \"1/s\"", "[[policies]] | a policy without `name`"),
        (
            "[[policies]]\nname = \"{x}\"\nlimit = \"1/s\"",
            "[[policies]] | `{x}` cannot be the name of a policy",
        ),
    ] {
        let problems = toml(text).expect_err(text);
        assert!(problems.starts_with(expected), "{text}\n found {problems}\n wanted {expected}");
        assert!(!problems.contains('\n'), "{problems}");
    }
    assert_eq!(
        short("preset=github,limit=20/fortnight").unwrap_err(),
        "20..32 unknown rate limit `20/fortnight`, expected requests per unit: `10/s`, `100/min`, `5000/h`, `1000/d`, `900/15min`, or `25 concurrent`"
    );
}

#[test]
fn several_limits_have_names_of_their_own() {
    let mut problems = Problems::default();
    let node =
        parse_spanned(r#"["10/s", {"limit": "5/s"}, "preset=okta", "preset=okta"]"#).unwrap();
    let limits = read::read(node, &no_files, &mut problems);
    let names: Vec<_> = limits.iter().map(|limit| limit.name.as_str()).collect();
    assert_eq!(names, ["rate-limit", "rate-limit-2", "okta", "okta-2"]);
}

#[test]
fn a_file_of_ones_own_is_a_preset() {
    let mine = |path: &str| match path {
        "./mine.toml" => Ok("limit = \"7/s\"\nstatus = 420\n".to_owned()),
        "./broken.toml" => Ok("limit = \"7/s\"\nsttus = 420\n".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    let limit = read_short("preset=./mine.toml,key=ip", &mine).unwrap();
    assert_eq!((limit.name.as_str(), limit.refusal.status), ("mine", 420));
    assert_eq!(limit.key, [LimitKey::ClientIp]);
    let told = |text| read_short(text, &mine).unwrap_err().remove(0);
    let problem = told("preset=./broken.toml");
    assert_eq!(
        problem.message,
        "preset `./broken.toml`, line 2: unknown key `sttus` in a rate limit"
    );
    assert_eq!(told("preset=./none.toml").message, "preset `./none.toml`: no such file");
}

#[test]
fn what_is_written_is_read_as_the_same_limit() {
    let texts = PRESETS.iter().map(|(name, _)| format!("preset={name}")).chain([
        "10/s".to_owned(),
        "25 concurrent".to_owned(),
        "limit=5/10s,burst=9,key=[\"ip\",\"endpoint\"],penalty=ban:10m,emit=near:0.5".to_owned(),
        "preset=stripe,status=503,penalty=restart,clock_skew=-5".to_owned(),
        "preset=google; policies.RequestsPerDayPerProject=false".to_owned(),
        "preset=github; status_endpoint=false; body=false".to_owned(),
    ]);
    for text in texts {
        let limit = short(&text).unwrap();
        let json = json::write(&write(&limit), JsonStyle::default());
        let mut problems = Problems::default();
        let read = read::read_one(parse_spanned(&json).unwrap(), &no_files, &mut problems);
        assert_eq!(problems.into_sorted(), [], "{json}");
        assert_eq!(read, Some(limit), "{json}");
    }
}

#[test]
fn every_preset_says_where_it_is_from_and_lacks_nothing() {
    for (name, text) in PRESETS {
        let limit =
            short(&format!("preset={name}")).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(limit.name, *name);
        let sources: Vec<_> =
            text.lines().filter(|line| line.starts_with("# source: https://")).collect();
        assert!(!sources.is_empty(), "{name} has no source");
        assert!(text.contains("read 2026-") || text.contains("unverified"), "{name} has no date");
        assert!(!limit.key.is_empty(), "{name} counts all clients together");
        let refusals =
            limit.policies.iter().map(|policy| policy.refusal.as_ref().unwrap_or(&limit.refusal));
        for refusal in refusals {
            assert!(refusal.body.is_some(), "{name} has no body");
            let has = |wanted: &str| {
                refusal.headers.iter().any(|header| header.name.eq_ignore_ascii_case(wanted))
            };
            assert!(has("content-type"), "{name} has no content type");
            assert!(!has("retry-after"), "{name} writes `Retry-After` twice");
        }
    }
}

/// How every preset tells of itself: an answer with room, and one refused by each policy.
#[test]
fn what_each_preset_tells() {
    let mut told = String::new();
    for (name, _) in PRESETS {
        let limit = short(&format!("preset={name}")).unwrap();
        let _ = writeln!(told, "=== {name}");
        headers(&mut told, &limit, &limit.headers, None);
        for at in 0..limit.policies.len() {
            refused(&mut told, &limit, at);
        }
        for endpoint in &limit.status_endpoints {
            let body = rendered(&limit, &endpoint.body, None);
            json::parse(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
            let _ = writeln!(told, "--- status endpoint\n{body}");
        }
    }
    insta::assert_snapshot!(told);
}

fn refused(told: &mut String, limit: &RateLimit, at: usize) {
    let policy = &limit.policies[at];
    let refusal = policy.refusal.as_ref().unwrap_or(&limit.refusal);
    let _ = writeln!(told, "--- {}: {}", policy.name, refusal.status);
    headers(told, limit, &limit.headers, Some(at));
    headers(told, limit, &refusal.headers, Some(at));
    let wait = WAIT.max(refusal.min_retry_after);
    let format = match refusal.retry_after {
        RetryAfter::Seconds => Some(MomentFormat::Delta),
        RetryAfter::Float => Some(MomentFormat::DeltaFloat),
        RetryAfter::Date => Some(MomentFormat::HttpDate),
        RetryAfter::Absent => None,
    };
    if let Some(format) = format {
        let _ = writeln!(told, "Retry-After: {}", format.write(now(), wait));
    }
    let body = rendered(limit, refusal.body.as_deref().unwrap_or_default(), Some(at));
    if !body.trim_start().starts_with('<') {
        json::parse(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    }
    let _ = writeln!(told, "\n{body}");
}

const WAIT: Duration = Duration::from_millis(1500);

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn headers(told: &mut String, limit: &RateLimit, all: &[LimitHeader], refused: Option<usize>) {
    for header in all {
        let is_there = match header.emit.unwrap_or(limit.emit) {
            Emit::Always => true,
            Emit::Near(_) | Emit::WhenLimited => refused.is_some(),
            Emit::Never => header.emit.is_none() && !std::ptr::eq(all, limit.headers.as_slice()),
        };
        if is_there {
            let _ = writeln!(told, "{}: {}", header.name, rendered(limit, &header.value, refused));
        }
    }
}

fn rendered(limit: &RateLimit, text: &str, refused: Option<usize>) -> String {
    let standings: Vec<_> = limit
        .policies
        .iter()
        .enumerate()
        .map(|(at, policy)| {
            let burst = policy.burst.unwrap_or(policy.limit);
            Standing {
                name: policy.label.as_ref().unwrap_or(&policy.name),
                limit: policy.limit,
                burst,
                window: policy.window,
                remaining: if refused == Some(at) { 0 } else { burst - 1 },
                reset_after: policy.window,
                cost: 1,
                reserved: 1,
            }
        })
        .collect();
    let names: Vec<_> = limit.policies.iter().map(|policy| policy.name.as_str()).collect();
    let refusal =
        refused.and_then(|at| limit.policies[at].refusal.as_ref()).unwrap_or(&limit.refusal);
    let facts = Facts {
        policies: &standings,
        tightest: refused.unwrap_or(0),
        violated: refused.as_slice(),
        retry_after: WAIT.max(refusal.min_retry_after),
        key: "203.0.113.7",
        now: now(),
        random: [0x5a; 32],
    };
    Text::parse(text, &names).unwrap().render(&facts)
}
