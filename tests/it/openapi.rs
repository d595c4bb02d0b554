//! The description of the admin API is true: what it gives as an example is answered as it says, and
//! whatever else a fuzzer that follows it sends.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
    process::{Ended, Process, Serving},
};

/// The stub that examples name.
const STUB: &str = "00000000-0000-4000-8000-000000000001";

/// A ringer that has one of everything that examples name.
async fn furnished() -> (Folder, Ringer) {
    let folder = Folder::new();
    let stub = json!({
        "id": STUB,
        "request": {"url": "/order"},
        "response": {"status": 200, "headers": {"X-A": ["1", "2"]}, "jsonBody": {"paid": false}},
        "scenarioName": "order", "requiredScenarioState": "Started", "newScenarioState": "paid",
        "metadata": {"owner": "payments"},
    });
    folder.stub("order", &stub.to_string());
    folder.write("stubs/__files/greetings/hello.json", "{}");
    let ringer = folder.replay().await;
    let rule = json!({
        "fault": [{"name": "flaky", "status": 503, "url": "/flaky"}],
        "rateLimit": {"name": "ours", "limit": "1/min", "url": "/limited"},
    });
    let added = call(&ringer, "POST", "/__admin/ringer/behaviors", &rule.to_string()).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let session = json!({"name": "refunds"}).to_string();
    assert_eq!(call(&ringer, "POST", "/__admin/ringer/sessions", &session).await.status, 201);
    for path in ["/order?a=1&a=2", "/flaky", "/limited", "/limited", "/hallo"] {
        client::send(ringer.address, "POST", path, &[("content-type", "text/plain")], "body").await;
    }
    (folder, ringer)
}

async fn call(ringer: &Ringer, method: &str, path: &str, body: &str) -> Got {
    let fields: &[_] = if body.is_empty() { &[] } else { &[("content-type", "application/json")] };
    client::send(ringer.address, method, path, fields, body.to_owned()).await
}

/// The description, in which every reference is local.
struct Description(Value);

/// A call that an operation gives as an example.
struct Example {
    method: String,
    path: String,
    body: String,
}

impl Description {
    async fn of(ringer: &Ringer) -> Self {
        let got = client::get(ringer.address, "/__admin/ringer/openapi.json").await;
        assert_eq!((got.status, got.field("content-type")), (200, Some("application/json")));
        Self(got.json())
    }

    /// The value itself, or what it refers to.
    fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(reference.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    /// Every operation: its method, its path and what is said of it.
    fn operations(&self) -> Vec<(String, String, &Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, it)| (method.to_uppercase(), path.clone(), it))
        });
        all.collect()
    }

    /// What an operation gives as examples: one call for each of its bodies, and one without.
    fn examples(&self, method: &str, path: &str, operation: &Value, ids: &Ids) -> Vec<Example> {
        let mut path = path.to_owned();
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolved(parameter);
            let name = parameter["name"].as_str().unwrap();
            let given = match &parameter["example"] {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            match parameter["in"].as_str() {
                Some("path") => {
                    let value = ids.stand_in(&path).unwrap_or(given);
                    path = path.replace(&format!("{{{name}}}"), &value);
                }
                Some("query") => query.push(format!("{name}={given}")),
                _ => {}
            }
        }
        assert!(!path.contains('{'), "{path} has no example for its variable");
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let body = self.resolved(&operation["requestBody"]);
        let mut bodies = Vec::new();
        for (media, content) in body["content"].as_object().into_iter().flatten() {
            for example in content["examples"].as_object().into_iter().flat_map(|it| it.values()) {
                bodies.push(match &example["value"] {
                    Value::String(text) if !media.ends_with("json") => text.clone(),
                    value => value.to_string(),
                });
            }
        }
        if bodies.is_empty() || body["required"] != true {
            bodies.push(String::new());
        }
        let call = |body| Example { method: method.to_owned(), path: path.clone(), body };
        bodies.into_iter().map(call).collect()
    }

    /// What speaks against an answer.
    fn objection(&self, operation: &Value, got: &Got) -> Option<String> {
        let status = got.status.to_string();
        let Some(response) = operation["responses"].get(&status) else {
            return Some(format!("status {status} is not described: {}", got.text()));
        };
        let response = self.resolved(response);
        let Some(content) = response["content"].as_object() else {
            return (!got.body.is_empty())
                .then(|| format!("a body that is not described: {}", got.text()));
        };
        let media = got.field("content-type").unwrap_or("none").split(';').next().unwrap();
        let Some(described) = content.get(media) else {
            return Some(format!("{media} is not described for status {status}"));
        };
        if media != "application/json" {
            return None;
        }
        let value = got.json();
        let mut errors = Vec::new();
        for error in self.validator(&described["schema"]).iter_errors(&value) {
            errors.push(format!("{} at {}", error, error.instance_path()));
        }
        (!errors.is_empty()).then(|| errors.join("\n"))
    }

    /// Takes what a schema describes, and nothing that it does not mention.
    fn validator(&self, schema: &Value) -> Validator {
        let mut components = self.0["components"].clone();
        let mut schema = schema.clone();
        let own = |name: &str| name.starts_with(|it: char| it.is_ascii_uppercase());
        for (name, schema) in components["schemas"].as_object_mut().unwrap() {
            // The others are those of stub files, which say it themselves.
            if own(name) {
                close(schema);
            }
        }
        close(&mut schema);
        schema["components"] = components;
        jsonschema::draft202012::new(&schema).unwrap()
    }
}

/// Has objects with known members have no others, unless the schema says that they may.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Object(members) => {
            let is_object = members.get("type").is_some_and(|it| it == "object" || it.is_array());
            if is_object
                && members.contains_key("properties")
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            members.values_mut().for_each(close);
        }
        _ => {}
    }
}

/// Ids that are other in each run.
struct Ids(BTreeMap<&'static str, String>);

impl Ids {
    async fn of(ringer: &Ringer) -> Self {
        let listed = client::get(ringer.address, "/__admin/requests").await.json();
        let request = listed["requests"][0]["id"].as_str().unwrap().to_owned();
        Self(BTreeMap::from([("/__admin/requests/{id}", request)]))
    }

    /// What stands for the variable of a path.
    fn stand_in(&self, path: &str) -> Option<String> {
        self.0.get(path).cloned()
    }
}

/// Answers that are not those of a success although the call is an example.
const FAIL: &[&str] = &["POST /__admin/recordings/stop"];

/// Operations whose answer does not end.
const ENDLESS: &[&str] = &["GET /__admin/ringer/events"];

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_answered_as_it_is_described() {
    let (_folder, ringer) = furnished().await;
    let description = Description::of(&ringer).await;
    drop(ringer);
    let mut objections = Vec::new();
    for (method, path, operation) in description.operations() {
        let name = format!("{method} {path}");
        if ENDLESS.contains(&name.as_str()) {
            continue;
        }
        // Each begins with everything in place.
        let (_folder, ringer) = furnished().await;
        let ids = Ids::of(&ringer).await;
        for example in description.examples(&method, &path, operation, &ids) {
            let got = call(&ringer, &example.method, &example.path, &example.body).await;
            let mut object = |what: &str| {
                objections.push(format!("{name} {} {}: {what}", example.path, example.body));
            };
            if got.status >= 400 && !FAIL.contains(&name.as_str()) {
                object(&format!("an example is answered {}: {}", got.status, got.text()));
            }
            if let Some(objection) = description.objection(operation, &got) {
                object(&objection);
            }
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n\n"));
}

/// The interpreter that has the packages.
fn python() -> OsString {
    std::env::var_os("RINGER_TEST_PYTHON").expect(
        "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs what this test needs and \
         sets it",
    )
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_valid_openapi() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let description = Description::of(&ringer).await;
    let file = folder.write("openapi.json", description.0.to_string());
    let mut command = Command::new(python());
    command.args(["-m", "openapi_spec_validator", "--schema", "3.1"]).arg(file);
    let ended =
        tokio::task::spawn_blocking(move || Process::spawn(&mut command).ended_within(FUZZ_LIMIT));
    let ended = ended.await.unwrap();
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
}

/// What a fuzzer does not call.
const LEFT_OUT: &[&str] = &[
    // Nothing would be left to be called.
    "shutdown",
    // It does not end, and so there is nothing to look at.
    "followEvents",
];

/// What every answer must be.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";

/// A machine that does much else is slow.
const FUZZ_LIMIT: Duration = Duration::from_secs(600);

/// Has Schemathesis send what the description allows, and what it does not.
fn fuzzed(root: &Path, address: std::net::SocketAddr, arguments: &[&str]) -> Ended {
    let mut command = Command::new(python());
    command
        .current_dir(root)
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .env("PYTHONPATH", script(""))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-m", "schemathesis.cli", "run"])
        .arg(format!("http://{address}/__admin/ringer/openapi.json"))
        .args(["--checks", CHECKS, "--seed", "1", "--generation-deterministic"])
        .args(["--suppress-health-check", "all", "--continue-on-failure", "--no-color"])
        .args(LEFT_OUT.iter().flat_map(|id| ["--exclude-operation-id", id]))
        .args(arguments);
    Process::spawn(&mut command).ended_within(FUZZ_LIMIT)
}

#[test]
fn whatever_is_sent_is_answered_as_it_is_described() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.join("stubs")).unwrap();
    let ringer = Serving::start(folder.path(), "replay", &["--stubs", "stubs"]);
    let ended = fuzzed(
        folder.path(),
        ringer.address,
        &["--phases", "examples,coverage,fuzzing", "--max-examples", "5"],
    );
    let log = ringer.stop();
    assert_eq!(ended.code, Some(0), "{}{}{}", ended.stdout, ended.stderr, log.stderr);
    assert!(!log.stderr.contains("panicked"), "{}", log.stderr);
}
