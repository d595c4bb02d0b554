//! Documents that are right, and the mistakes of those that are not.

use std::time::Duration;

use super::*;
use crate::{
    codec::json,
    format::Problem,
    model::{Behaviors, Distribution, JsonStyle, LatencySource, Wait},
};

fn show(text: &str, problems: &[Problem]) -> String {
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| {
            let before = &text[..problem.span.start];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let hint = problem.hint.iter().map(|hint| format!(" | {hint}")).collect::<String>();
            format!("{line}:{column} {}{hint}", problem.message)
        })
        .collect();
    lines.join("\n")
}

fn good(text: &str) -> Behaviors {
    read(text, Language::Toml, &no_files)
        .unwrap_or_else(|problems| panic!("{}", show(text, &problems)))
}

fn bad(text: &str) -> String {
    show(text, &read(text, Language::Toml, &no_files).expect_err("the text has mistakes"))
}

fn line(text: &str) -> String {
    match read_line(text) {
        Ok(behaviors) => written(&behaviors),
        Err(problems) => show(text, &problems),
    }
}

fn written(behaviors: &Behaviors) -> String {
    json::write(&write(behaviors), JsonStyle { indent: None, ..JsonStyle::default() })
}

/// What each rule comes to, a line each.
fn rules(behaviors: &Behaviors) -> String {
    let style = JsonStyle { indent: None, ..JsonStyle::default() };
    let lines: Vec<_> = behaviors
        .rules
        .iter()
        .map(|rule| format!("{} {}", rule.effect.kind(), json::write(&write_rule(rule), style)))
        .collect();
    lines.join("\n")
}

#[test]
fn all_that_can_be_said_is_read() {
    let behaviors = good(
        r#"
        latency = { distribution = "lognormal", median = "400ms", p99 = "3s", max = "10s", chunks = "20ms..40ms" }
        delay = ["80ms", { time = "1s", url = "/v1/**", method = ["GET", "head"], every = 10 }]
        bandwidth = "64kB/s"

        [[fault]]
        url = "/v1/charges"
        status = 503
        probability = 0.05
        headers = { Retry-After = "3" }
        body = { error = "overloaded" }

        [[fault]]
        name = "reset now and then"
        fault = "reset_peer"
        p = "5%"
        header = ["Authorization: Bearer *", "X-Test"]
        nth = [3, 5]
        count = "together"
        from = "10s"
        for = "1m"
        repeatEvery = "5m"

        [[fault]]
        fault = "limit_data"
        at = "25%"
        request = { method = "PUT", bodyPatterns = [{ matchesJsonPath = "$.a" }] }

        [[fault]]
        fault = "tls-alert"
        alert = "unknown_ca"
        session = "a"

        [[fault]]
        grpcStatus = "UNAVAILABLE"
        request_body = "needle"
        after = 3
        first = 2
        "#,
    );
    let LatencySource::Drawn { head, chunks: Some(_) } = behaviors.latency.clone().unwrap() else {
        panic!("{behaviors:?}")
    };
    let Distribution::LogNormal { median, sigma } = head.distribution else { panic!() };
    assert_eq!((median, head.max), (Duration::from_millis(400), Some(Duration::from_secs(10))));
    assert!((sigma - 0.8661).abs() < 1e-3, "{sigma}");
    insta::assert_snapshot!(rules(&behaviors), @r#"
delay {"name":"delay","time":"80ms"}
delay {"name":"delay-2","method":["GET","HEAD"],"url":"/v1/**","every":10,"time":"1s"}
bandwidth {"name":"bandwidth","rate":"64kB/s"}
fault {"name":"status-503","url":"/v1/charges","probability":0.05,"status":503,"headers":{"Retry-After":"3"},"body":"{\"error\":\"overloaded\"}"}
fault {"name":"reset now and then","request":{"headers":{"Authorization":{"matches":"Bearer .*"},"X-Test":{"not":{"absent":true}}}},"probability":0.05,"nth":[3,5],"count":"together","from":"10s","until":"70s","repeatEvery":"5m","fault":"connection-reset"}
fault {"name":"close-within","request":{"method":"PUT","bodyPatterns":[{"matchesJsonPath":"$.a"}]},"fault":"close-within","at":"25%"}
fault {"name":"tls-alert","session":"a","fault":"tls-alert","alert":48}
fault {"name":"grpc-status-14","request":{"bodyPatterns":[{"contains":"needle"}]},"first":2,"after":3,"grpcStatus":14}
"#);
    let json = written(&behaviors);
    assert_eq!(read(&json, Language::Json, &no_files), Ok(behaviors), "{json}");
}

#[test]
fn stages_become_windows() {
    let behaviors = good(
        r#"
        [[stage]]
        name = "healthy"
        for = "30s"

        [[stage]]
        name = "slow"
        for = "30s"
        delay = "2s"

        [[stage]]
        name = "down"
        for = "10s"
        fault = { status = 503 }

        [[stage]]
        name = "recovering"
        for = "20s"
        ramp = "down"
        like = "slow"
        fault = [{ status = 503, p = 0.5 }]
        repeat = true
        "#,
    );
    insta::assert_snapshot!(rules(&behaviors), @r#"
delay {"name":"slow/delay","from":"30s","until":"1m","repeatEvery":"90s","time":"2s"}
delay {"name":"recovering/delay","from":"70s","until":"90s","repeatEvery":"90s","ramp":"down","time":"2s"}
fault {"name":"down/status-503","from":"1m","until":"70s","repeatEvery":"90s","status":503}
fault {"name":"recovering/status-503","probability":0.5,"from":"70s","until":"90s","repeatEvery":"90s","ramp":"down","status":503}
"#);
}

#[test]
fn a_line_is_a_document() {
    let all = [
        "delay=200ms; status=503; p=0.5",
        "delay=100ms..300ms",
        "delay={median=100ms, p99=1s}; url=/a",
        "503",
        "connection-reset; p=5%",
        "fault=stall; at=50%; time=5s",
        "bandwidth=64kB/s; slow_start=100ms; latency=none",
        "status=429; headers={\"Retry-After\": \"2\"}; body='no, not now'",
        "status=503,delay=1s,nth=2,4",
        "rate_limit=10/s",
        "name=mine; delay=1s; status=500",
    ];
    let shown: Vec<_> = all.iter().map(|it| format!("{it}\n    {}", line(it))).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
delay=200ms; status=503; p=0.5
    {"delay":[{"name":"delay","probability":0.5,"time":"200ms"}],"fault":[{"name":"status-503","probability":0.5,"status":503}]}
delay=100ms..300ms
    {"delay":[{"name":"delay","distribution":"uniform","lower":"100ms","upper":"300ms"}]}
delay={median=100ms, p99=1s}; url=/a
    {"delay":[{"name":"delay","url":"/a","distribution":"lognormal","median":"100ms","sigma":0.9897853707470158}]}
503
    {"fault":[{"name":"status-503","status":503}]}
connection-reset; p=5%
    {"fault":[{"name":"connection-reset","probability":0.05,"fault":"connection-reset"}]}
fault=stall; at=50%; time=5s
    {"fault":[{"name":"stall","fault":"stall","at":"50%","time":"5s"}]}
bandwidth=64kB/s; slow_start=100ms; latency=none
    {"latency":"none","bandwidth":[{"name":"bandwidth","rate":"64kB/s","slowStart":"100ms"}]}
status=429; headers={"Retry-After": "2"}; body='no, not now'
    {"fault":[{"name":"status-429","status":429,"headers":{"Retry-After":"2"},"body":"no, not now"}]}
status=503,delay=1s,nth=2,4
    {"delay":[{"name":"delay","nth":[2,4],"time":"1s"}],"fault":[{"name":"status-503","nth":[2,4],"status":503}]}
rate_limit=10/s
    {"rateLimit":[{"name":"rate-limit","policies":[{"name":"requests","limit":"10/s"}]}]}
name=mine; delay=1s; status=500
    {"delay":[{"name":"mine","time":"1s"}],"fault":[{"name":"mine-2","status":500}]}
"#);
}

#[test]
fn every_mistake_of_a_line_is_reported_in_its_place() {
    let all = [
        "",
        "delay=200; p=2",
        "dealy=200ms",
        "status=teapot",
        "time=5s",
        "url=x; status=503; delay=1s",
        "refuse; url=/v1/**",
        "status=503; fault=stall",
        "fault=stal",
        "fault=5%:503",
        "fault=stall 5s",
        "fault=503 5%",
        "whatever, and so on",
    ];
    let shown: Vec<_> = all.iter().map(|it| format!("{it}\n    {}", line(it))).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"

    1:1 nothing is to happen | `delay=200ms`, `status=503`, `fault=connection-reset`
delay=200; p=2
    1:7 `delay`: `200` is not a duration, expected a number and a unit: `80ms`, `2s`, `3m` or `1h`
1:14 `p` must be a share from 0 to 1, or of 100: `0.05` or `"5%"`, found the string "2"
dealy=200ms
    1:1 unknown key `dealy` in a line of behaviours | did you mean `delay`?
1:1 nothing is to happen | `delay=200ms`, `status=503`, `fault=connection-reset`
status=teapot
    1:8 `status` must be a whole number from 200 to 999, found the string "teapot"
time=5s
    1:1 `time` goes with `fault`, `status`, `grpc_status`
url=x; status=503; delay=1s
    1:5 URL `x` must begin with `/` or `*` | `/v1/charges`, `/v1/*/refunds`, `/v1/**`, `/search?q=*`
refuse; url=/v1/**
    1:1 a fault of the connection strikes before there is a request that could be looked at | select by service, `session`, `probability`, numbers and time alone
status=503; fault=stall
    1:1 `fault` and `status` are one too many | make two faults of it
fault=stal
    1:7 `fault` cannot be `stal` | did you mean `stall`?
fault=5%:503
    1:7 `fault` cannot be `5%:503` | write `status=503; p=5%`
fault=stall 5s
    1:7 `fault` cannot be `stall 5s` | what goes with it has a key of its own: `stall; time=5s; p=5%`
fault=503 5%
    1:7 `fault` cannot be `503 5%` | write `status=503; p=5%`
whatever, and so on
    1:11 `and so on` is no key with a value | expected for example `status=503; p=0.5`
"#);
}

#[test]
fn every_mistake_of_a_document_is_reported_in_its_place() {
    insta::assert_snapshot!(bad(
        r#"latency = "recored"
latenzy = "none"
bandwidth = [{ rate = "0B/s" }, { slice = 10, jitter = 10 }, { rate = "1kB/s", sliec = 10 }]
delay = [{ median = "1s" }, { distribution = "uniform", min = "2s", max = "1s" }, 5]

[[fault]]
status = 99
[[fault]]
name = "twice"
fault = "connection-reset"
at = 5
[[fault]]
name = "twice"
fault = "invalid-json"
body = "x"
[[fault]]
fault = "tls-expired"
url = "/v1"
[[fault]]
status = 500
every = 0
url = "v1"
from = "2s"
until = "1s"
[[fault]]
status = 500
ramp = "up"
count = "alltogether"
[[fault]]
fault = "header-missing"
[[fault]]
name = "twice"
grpc_status = "UNAVAILABEL"
[[fault]]
p = 0.5
"#
    ), @r#"
1:11 unknown latency `recored` | did you mean `recorded`?
2:1 unknown key `latenzy` in a document of behaviours | did you mean `latency`?
3:23 `rate` must be a rate such as "64kB/s" or "512kbit/s", more than 0, found the string "0B/s"
3:33 `jitter` must be less than `slice`
3:80 unknown key `sliec` in a bandwidth | did you mean `slice`?
4:10 `median` needs `sigma` or `p99` beside it
4:29 `min` must not be more than `max`
4:83 `delay`: `5` is not a duration, expected a number and a unit: `80ms`, `2s`, `3m` or `1h`
7:10 `status` must be a whole number from 200 to 999, found `99`
11:6 `at` means nothing to this fault | take it away
15:8 `body` means nothing to this fault | `request_body` selects requests by their body
16:1 a fault of the connection strikes before there is a request that could be looked at | select by service, `session`, `probability`, numbers and time alone
19:1 `until` must not be before `from`
21:9 `every` must be a whole number, 1 or more, found `0`
22:7 URL `v1` must begin with `/` or `*` | `/v1/charges`, `/v1/*/refunds`, `/v1/**`, `/search?q=*`
25:1 `ramp` needs an end: `until` or `for`
28:9 `count` cannot be `alltogether` | did you mean `together`?
29:1 the name of the header is missing | `value` = "Content-Type"
33:15 `grpc_status` cannot be `UNAVAILABEL` | did you mean `UNAVAILABLE`?
34:1 no fault is given | `status` = 503, or `fault` = "connection-reset"
"#);
    insta::assert_snapshot!(bad(
        r#"
[[stage]]
name = "a"
delay = { time = "1s", for = "2s" }
repeat = true
[[stage]]
name = "a"
for = "5s"
like = "b"
[[stage]]
ramp = "up"
latency = "none"
"#
    ), @r#"
2:1 stage `a` needs `for` | only the last stage can go on for ever
2:1 `repeat` in a stage that is not the last | put `repeat` into the last stage: after it, the first begins again
4:9 a window within a stage | the time of what is in a stage is that of the stage
6:1 two stages are called `a`
9:8 there is no stage `b` with effects of its own | did you mean `a`?
10:1 stage `stage-3` needs `for`, to have an end
12:1 unknown key `latency` in a stage | keys here: `name`, `for`, `ramp`, `like`, `repeat`, `delay`, `bandwidth`, `fault`
"#);
}

#[test]
fn names_are_made_of_what_strikes_and_stay_unique() {
    let names = |text| -> Vec<String> { good(text).rules.into_iter().map(|it| it.name).collect() };
    assert_eq!(
        names("fault = [503, 503, 'stall', {name = 'status-503-2', status = 503}]\ndelay = '1s'"),
        ["delay", "status-503", "status-503-3", "stall", "status-503-2"]
    );
    let mut behaviors = good("fault = [503]\nlatency = 'none'");
    merge(&mut behaviors, good("fault = [503, 'stall']\nlatency = 'recorded'\nrate_limit = '1/s'"));
    merge(&mut behaviors, good("rate_limit = '1/s'"));
    let names: Vec<_> = behaviors.rules.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["status-503", "status-503-2", "stall"]);
    assert_eq!(behaviors.limits[1].name, "rate-limit-2");
    assert_eq!(behaviors.latency, Some(LatencySource::None));
}

#[test]
fn latency_has_short_words() {
    let latency = |text: &str| good(&format!("latency = '{text}'")).latency.unwrap();
    let fixed =
        |ms| LatencySource::Drawn { head: Wait::fixed(Duration::from_millis(ms)), chunks: None };
    assert_eq!(latency("none"), LatencySource::None);
    assert_eq!(latency("recorded"), LatencySource::Recorded(1.0));
    assert_eq!(latency("recorded*0.5"), LatencySource::Recorded(0.5));
    assert_eq!(latency("fixed:80ms"), fixed(80));
    assert_eq!(latency("80ms"), fixed(80));
    assert_eq!(latency("empirical"), LatencySource::Empirical(1.0));
    assert_eq!(latency("empirical*2"), LatencySource::Empirical(2.0));
    assert!(matches!(latency("median=400ms, p99=3s"), LatencySource::Drawn { .. }));
    for wrong in ["", "fast", "fixed:80", "recorded*-1", "recorded*NaN", "none*2", "recorded*"] {
        bad(&format!("latency = '{wrong}'"));
    }
}
