//! `ringer.toml` becomes a layer of settings and a list of services. Every mistake is found at
//! once, each with its place; nothing in the file is passed over in silence.

use std::{collections::HashMap, ops::Range, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    behaviors::{self, NamedProfile},
    key::{KEYS, Kind, listen_address, session_name},
    layer::Layer,
};
use crate::{
    format::{Problem, behavior::merge, rule, suggest},
    model::{Behaviors, Mode, ServiceName},
    serve::Service,
};

/// The keys of a `[service.NAME]` table.
const SERVICE_KEYS: [&str; 13] = [
    "bandwidth",
    "chaos",
    "delay",
    "fail",
    "fault",
    "hosts",
    "latency",
    "listen",
    "mode",
    "prefix",
    "rate_limit",
    "stage",
    "upstream",
];

type Value<'t> = Spanned<DeValue<'t>>;

/// What a configuration file says.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Settings at the top of the file; paths as written.
    pub layer: Layer,
    /// The `[service.NAME]` tables, by name.
    pub services: Vec<Service>,
}

/// Reads the text of a configuration file. What it names besides (profiles, presets) lies in `folder`.
///
/// # Errors
///
/// Every mistake that the text has, in its order.
pub fn read(text: &str, folder: &Path) -> Result<File, Vec<Problem>> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        // What a broken text seems to say would only raise further, misleading problems.
        return Err(syntax
            .iter()
            .map(|error| problem(error.span().unwrap_or(0..0), error.message()))
            .collect());
    }
    let mut reader = Reader { problems: Vec::new(), folder };
    let mut file = File::default();
    for (name, value) in document.get_ref() {
        match name.get_ref().as_ref() {
            "service" => file.services = reader.services(value),
            "session" => reader.sessions(&mut file.layer, value),
            _ => reader.setting(&mut file.layer, name, value),
        }
    }
    reader.problems.sort_by_key(|problem| problem.span.start);
    if reader.problems.is_empty() { Ok(file) } else { Err(reader.problems) }
}

struct Reader<'f> {
    problems: Vec<Problem>,
    folder: &'f Path,
}

impl Reader<'_> {
    fn setting(&mut self, layer: &mut Layer, name: &Spanned<impl AsRef<str>>, value: &Value<'_>) {
        let name_text = name.get_ref().as_ref();
        match name_text {
            "chaos" => layer.chaos = Some(self.profiles(value)),
            "stage" => layer.stage = self.behaviors(&[(name_text, name.span(), value)]),
            _ => self.plain_setting(layer, name, value),
        }
    }

    /// A setting of the table.
    fn plain_setting(
        &mut self,
        layer: &mut Layer,
        name: &Spanned<impl AsRef<str>>,
        value: &Value<'_>,
    ) {
        let name_text = name.get_ref().as_ref();
        let Some(key) = KEYS.iter().find(|key| key.name == name_text) else {
            let known: Vec<_> =
                KEYS.iter().map(|key| key.name).chain(["service", "session", "stage"]).collect();
            self.problems.push(unknown(name_text, name.span(), &known));
            return;
        };
        if key.kind == Kind::Behavior {
            let Some(read) = self.behaviors(&[(name_text, name.span(), value)]) else { return };
            match name_text {
                "bandwidth" => layer.bandwidth = Some(read),
                "delay" => layer.delay = Some(read),
                "fault" => layer.fault = Some(read),
                "latency" => layer.latency = read.latency,
                _ => layer.rate_limit = Some(read),
            }
            return;
        }
        let texts = match (key.kind, value.get_ref()) {
            (Kind::List, DeValue::String(_) | DeValue::Array(_)) => self.strings(name_text, value),
            (Kind::Number | Kind::Text, DeValue::String(text)) => {
                vec![(text.to_string(), value.span())]
            }
            (Kind::Number, DeValue::Integer(integer)) => {
                vec![(integer.to_string(), value.span())]
            }
            (Kind::Switch, DeValue::Boolean(switch)) => vec![(switch.to_string(), value.span())],
            (kind, _) => {
                let expected = match kind {
                    Kind::Behavior => "a string or a table",
                    Kind::List => "a string or a list of strings",
                    Kind::Number => "a number",
                    Kind::Switch => "`true` or `false`",
                    Kind::Text => "a string",
                };
                self.mistyped(name_text, value, expected);
                return;
            }
        };
        for (text, span) in texts {
            if let Err(message) = (key.set)(layer, &text) {
                self.problems.push(problem(span, message));
            }
        }
    }

    /// The addresses of sessions' own.
    fn sessions(&mut self, layer: &mut Layer, value: &Value<'_>) {
        let Some(tables) = value.get_ref().as_table() else {
            self.mistyped("session", value, "a table for each session: `[session.NAME]`");
            return;
        };
        for (name, table) in tables {
            let session = session_name(name.get_ref());
            let session = session.map_err(|message| problem(name.span(), message));
            let session = session.map_err(|problem| self.problems.push(problem)).ok();
            let Some(keys) = table.get_ref().as_table() else {
                self.mistyped(name.get_ref(), table, "a table: `[session.NAME]`");
                continue;
            };
            for (key, value) in keys {
                if key.get_ref() != "listen" {
                    self.problems.push(unknown(key.get_ref(), key.span(), &["listen"]));
                    continue;
                }
                let addresses = self.list("listen", value, listen_address);
                let own = session
                    .iter()
                    .flat_map(|name| addresses.iter().map(move |address| (name.clone(), *address)));
                layer.session_listen.get_or_insert_default().extend(own);
            }
        }
    }

    fn services(&mut self, value: &Value<'_>) -> Vec<Service> {
        let Some(tables) = value.get_ref().as_table() else {
            self.mistyped("service", value, "a table for each service: `[service.NAME]`");
            return Vec::new();
        };
        let mut services = Vec::new();
        let mut hosts: HashMap<String, String> = HashMap::new();
        for (name, table) in tables {
            let name_text = name.get_ref().as_ref();
            let service_name = ServiceName::new(name_text);
            if service_name.as_str() != name_text {
                self.problems.push(Problem {
                    rule: rule::INVALID_VALUE,
                    message: format!("service name `{name_text}` is no folder name"),
                    span: name.span(),
                    hint: Some("letters, digits, `.`, `-` and `_` are".to_owned()),
                });
            }
            let Some(keys) = table.get_ref().as_table() else {
                self.mistyped(name_text, table, "a table: `[service.NAME]`");
                continue;
            };
            let service = self.service(service_name, name.span(), keys);
            for host in &service.hosts {
                if let Some(other) = hosts.insert(host.to_ascii_lowercase(), name_text.to_owned()) {
                    self.problems.push(problem(
                        name.span(),
                        format!("services `{other}` and `{name_text}` both claim host `{host}`"),
                    ));
                }
            }
            services.push(service);
        }
        services
    }

    fn service(&mut self, name: ServiceName, at: Range<usize>, keys: &DeTable<'_>) -> Service {
        let mut service = Service {
            name,
            upstream: None,
            hosts: Vec::new(),
            prefix: None,
            listen: Vec::new(),
            mode: Mode::default(),
            latency: None,
            fail: None,
            rate_limit: None,
            behaviors: Behaviors::default(),
        };
        let mut mode_at = at;
        let mut entries = Vec::new();
        let mut profiles = Vec::new();
        for (key, value) in keys {
            let key_text = key.get_ref().as_ref();
            match key_text {
                "fail" => service.fail = self.parsed(key_text, value, str::parse),
                "hosts" => service.hosts = self.list(key_text, value, host),
                "bandwidth" | "delay" | "fault" | "latency" | "rate_limit" | "stage" => {
                    entries.push((key_text, key.span(), value));
                }
                "chaos" => profiles = self.profiles(value),
                "listen" => service.listen = self.list(key_text, value, listen_address),
                "mode" => {
                    mode_at = value.span();
                    service.mode = self.parsed(key_text, value, str::parse).unwrap_or_default();
                }
                "prefix" => service.prefix = self.parsed(key_text, value, prefix),
                "upstream" => service.upstream = self.parsed(key_text, value, str::parse),
                _ => self.problems.push(unknown(key_text, key.span(), &SERVICE_KEYS)),
            }
        }
        service.behaviors = self.behaviors(&entries).unwrap_or_default();
        for profile in profiles {
            merge(&mut service.behaviors, profile.behaviors);
        }
        // A key with a mistake counts as given, so that one mistake is reported once.
        let gives_upstream = keys.keys().any(|key| key.get_ref() == "upstream");
        if service.mode.forwards() && !gives_upstream {
            self.problems.push(Problem {
                rule: rule::INVALID_VALUE,
                message: format!(
                    "service `{}` has mode `{}` but no upstream",
                    service.name,
                    service.mode.as_str()
                ),
                span: mode_at,
                hint: Some("add `upstream = \"https://…\"`".to_owned()),
            });
        }
        if let (true, Some(upstream)) = (service.hosts.is_empty(), &service.upstream) {
            service.hosts.push(upstream.authority());
        }
        service
    }

    /// Entries of the document of behaviours.
    fn behaviors(&mut self, entries: &[(&str, Range<usize>, &Value<'_>)]) -> Option<Behaviors> {
        behaviors::of_toml(entries, self.folder)
            .map_err(|problems| self.problems.extend(problems))
            .ok()
    }

    /// The profiles of a list of names and files.
    fn profiles(&mut self, value: &Value<'_>) -> Vec<NamedProfile> {
        let folder = self.folder;
        self.list("chaos", value, |name| behaviors::profile(name, folder))
    }

    fn parsed<T>(
        &mut self,
        key: &str,
        value: &Value<'_>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let DeValue::String(text) = value.get_ref() else {
            self.mistyped(key, value, "a string");
            return None;
        };
        parse(text).map_err(|message| self.problems.push(problem(value.span(), message))).ok()
    }

    fn list<T>(
        &mut self,
        key: &str,
        value: &Value<'_>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        for (text, span) in self.strings(key, value) {
            match parse(&text) {
                Ok(item) => items.push(item),
                Err(message) => self.problems.push(problem(span, message)),
            }
        }
        items
    }

    /// The strings of a list, or the one that stands in place of it.
    fn strings(&mut self, key: &str, value: &Value<'_>) -> Vec<(String, Range<usize>)> {
        let values = match value.get_ref() {
            DeValue::Array(values) => values.iter().collect(),
            _ => vec![value],
        };
        let mut texts = Vec::new();
        for value in values {
            match value.get_ref() {
                DeValue::String(text) => texts.push((text.to_string(), value.span())),
                _ => self.mistyped(key, value, "a string or a list of strings"),
            }
        }
        texts
    }

    fn mistyped(&mut self, key: &str, value: &Value<'_>, expected: &str) {
        let given = match value.get_ref() {
            DeValue::Array(_) => "a list",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Float(_) | DeValue::Integer(_) => "a number",
            DeValue::String(_) => "a string",
            DeValue::Table(_) => "a table",
        };
        self.problems.push(Problem {
            rule: rule::INVALID_VALUE,
            message: format!("`{key}` is {given}"),
            span: value.span(),
            hint: Some(format!("expected {expected}")),
        });
    }
}

fn problem(span: Range<usize>, message: impl Into<String>) -> Problem {
    Problem::new(rule::INVALID_VALUE, span, message)
}

fn unknown(name: &str, span: Range<usize>, known: &[&str]) -> Problem {
    let hint = match suggest::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", known.join(", ")),
    };
    Problem::new(rule::UNKNOWN_KEY, span, format!("unknown key `{name}`")).with_hint(hint)
}

/// A host name with or without port, in lower case. Given a URL, says so.
fn host(text: &str) -> Result<String, String> {
    let authority: Option<http::uri::Authority> = text.parse().ok();
    match authority.filter(|authority| !authority.as_str().contains('@')) {
        Some(authority) => Ok(authority.as_str().to_ascii_lowercase()),
        None => Err(format!("`{text}` is not a host, expected for example `api.example.com`")),
    }
}

fn prefix(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    if !trimmed.starts_with('/') || trimmed.contains(['?', '#', ' ']) {
        return Err(format!("`{text}` is not a path prefix, expected for example `/payments`"));
    }
    Ok(trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LatencySource;

    /// The mistakes of a text, a line each: place, message, hint.
    fn mistakes(text: &str) -> String {
        let problems = read(text, Path::new("")).expect_err("the text has mistakes");
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

    #[test]
    fn a_whole_file_is_read() {
        let file = read(
            r#"
            listen = ["127.0.0.1:0", "8081"]
            seed = 7
            upstream_ca = "ca.pem"
            max_header_bytes = "64KiB"

            [service.payments]
            upstream = "https://api.example.com/v2/"
            mode = "record-missing"
            prefix = "/payments/"
            latency = "recorded*0.5"
            rate_limit = "25/s"

            [service.llm]
            hosts = ["LLM.example.com", "localhost:11434"]
            "#,
            Path::new(""),
        )
        .unwrap();
        assert_eq!(file.layer.listen.map(|list| list.len()), Some(2));
        assert_eq!(file.layer.upstream_ca, Some(vec!["ca.pem".into()]));
        assert_eq!(file.layer.max_header_bytes, Some(65536));
        let [llm, payments] = &file.services[..] else { panic!("{:?}", file.services) };
        assert_eq!(llm.hosts, ["llm.example.com", "localhost:11434"]);
        assert_eq!(llm.mode, Mode::Replay);
        assert_eq!(payments.hosts, ["api.example.com"]);
        assert_eq!(payments.mode, Mode::RecordMissing);
        assert_eq!(payments.prefix.as_deref(), Some("/payments"));
        assert_eq!(payments.behaviors.latency, Some(LatencySource::Recorded(0.5)));
        assert_eq!(payments.behaviors.limits[0].policies[0].limit, 25);
    }

    #[test]
    fn behaviors_are_read_at_the_top_and_in_services() {
        let file = read(
            r#"
            listen = ["127.0.0.1:8080"]
            seed = 7
            chaos = ["flaky"]
            fault = ["status=503; p=1%"]

            [[delay]]
            url = "/v1/**"
            time = "200ms"

            [[stage]]
            for = "30s"
            [[stage]]
            fault = 503

            [service.payments]
            upstream = "https://api.example.com"
            hosts    = ["api.example.com"]
            mode     = "replay"
            latency  = "recorded"
            rate_limit = { preset = "stripe", limit = "25/s", key = "header:Authorization" }
            chaos = "slow"

            [[service.payments.fault]]
            url   = "/v1/charges"
            status = 503
            probability = 0.05

            [service.llm]
            upstream = "https://llm.example.com"
            mode     = "record-missing"
            latency  = { distribution = "lognormal", median = "400ms", p99 = "3s" }
            "#,
            Path::new(""),
        )
        .unwrap();
        assert_eq!(file.layer.chaos.map(|it| it.len()), Some(1));
        assert_eq!(file.layer.fault.map(|it| it.rules.len()), Some(1));
        assert_eq!(file.layer.delay.map(|it| it.rules.len()), Some(1));
        assert_eq!(file.layer.stage.map(|it| it.rules.len()), Some(1));
        let [llm, payments] = &file.services[..] else { panic!("{:?}", file.services) };
        assert!(matches!(llm.behaviors.latency, Some(LatencySource::Drawn { .. })));
        let names: Vec<_> = payments.behaviors.rules.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["status-503", "slow"]);
        assert_eq!(payments.behaviors.limits[0].preset.as_deref(), Some("stripe"));
    }

    #[test]
    fn mistakes_of_behaviors_have_their_place() {
        insta::assert_snapshot!(mistakes(
            r#"chaos = ["flakey", "no-such.toml"]
latency = { median = "1s" }

[[fault]]
statos = 503

[service.a]
delay = "fast"
rate_limit = "10/fortnight"
[[service.a.stage]]
repeat = true
"#
        ), @r#"
1:10 there is no profile `flakey` (did you mean `flaky`?)
1:20 profile `no-such.toml` cannot be read: No such file or directory (os error 2)
2:11 `median` needs `sigma` or `p99` beside it
5:1 unknown key `statos` in a fault | did you mean `status`?
8:10 `delay`: `fast` is not a duration, expected a number and a unit: `80ms`, `2s`, `3m` or `1h`
9:15 unknown rate limit `10/fortnight`, expected requests per unit: `10/s`, `100/min`, `5000/h`, `1000/d`, `900/15min`, or `25 concurrent`
10:1 stage `stage-1` needs `for`, to have an end
"#);
    }

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        insta::assert_snapshot!(mistakes(
            r#"lissen = "127.0.0.1:1"
seed = "many"
quiet = 1
listen = ["8080", 8081]

[service.payments]
upstream = "api.example.com"
mode = "replai"
rate_limit = { limit = "25/s" }

[service.llm]
mode = "record"
"#
        ), @r#"
1:1 unknown key `lissen` | did you mean `listen`?
2:8 `many` is not a seed, expected a whole number
3:9 `quiet` is a number | expected `true` or `false`
4:19 `listen` is a number | expected a string or a list of strings
7:12 `api.example.com` is no upstream URL (it has no scheme), expected for example `https://api.example.com`
8:8 unknown mode `replai`, expected one of fallback, passthrough, record, record-missing, replay
12:8 service `llm` has mode `record` but no upstream | add `upstream = "https://…"`
"#);
    }

    #[test]
    fn one_host_belongs_to_one_service() {
        insta::assert_snapshot!(mistakes(
            "[service.a]\nhosts = \"x.test\"\n[service.b]\nhosts = \"X.test\"\n"
        ), @"3:10 services `a` and `b` both claim host `x.test`");
    }

    #[test]
    fn broken_syntax_is_reported_alone() {
        insta::assert_snapshot!(mistakes("seed = \nlissen = 1\n"), @"1:8 string values must be quoted, expected literal string");
    }

    #[test]
    fn a_session_has_addresses_of_its_own() {
        let file =
            read("[session.ann]\nlisten = [\"9001\", \"[::1]:0\"]\n", Path::new("")).unwrap();
        let listen = file.layer.session_listen.unwrap();
        let shown: Vec<_> = listen.iter().map(|(name, at)| format!("{name} {at}")).collect();
        assert_eq!(shown, ["ann 127.0.0.1:9001", "ann [::1]:0"]);
        for wrong in
            ["[session.default]\nlisten = \"1\"", "[session.a]\nlisen = \"1\"", "session = 1"]
        {
            assert!(read(wrong, Path::new("")).is_err(), "{wrong}");
        }
    }
}
