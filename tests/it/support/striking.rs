//! ringer with faults: each on the path of its name.

use ringer::{
    config::Config,
    model::{Behaviors, Effect, Fault, RequestPattern, Rule, UrlPattern, When},
};

use super::folder::{Folder, Ringer};

/// The length of the body that every path answers with.
pub(crate) const LENGTH: usize = 4000;

/// The body: JSON.
pub(crate) fn body() -> String {
    let frame = r#"{"data":""}"#.len();
    format!(r#"{{"data":"{}"}}"#, "abcdefgh".repeat(LENGTH / 8 + 1).split_at(LENGTH - frame).0)
}

/// A fault that strikes requests for the path `/NAME`.
pub(crate) fn at(name: &str, fault: Fault) -> Rule {
    let url = UrlPattern::UrlPath(format!("/{name}"));
    let request = RequestPattern { url, ..RequestPattern::default() };
    Rule {
        name: name.to_owned(),
        when: When { request: Some(request), ..When::default() },
        effect: Effect::Fault(fault),
    }
}

/// ringer with these faults, and one stub that answers every path.
pub(crate) async fn ringer_with(folder: &Folder, rules: Vec<Rule>) -> Ringer {
    let stub = serde_json::json!({
        "request": {"urlPathPattern": "/.*"},
        "response": {
            "headers": {"Content-Type": "application/json", "ETag": "\"v1\""},
            "body": body(),
        },
    });
    folder.stub("all", &stub.to_string());
    folder.start(Config { behaviors: all(rules), ..folder.config() }).await
}

/// These rules and nothing else.
pub(crate) fn all(rules: Vec<Rule>) -> Behaviors {
    Behaviors { rules, ..Behaviors::default() }
}
