//! `ringer ctl session`: lists, makes and drops the sessions of a ringer that is running.

use std::time::Duration;

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{
    admin_client::AdminClient,
    ctl_args::{SessionCommand, SessionCreateArgs},
    ctl_text::{clock_line, table},
    printer,
    style::{self, paint},
};
use crate::model::SessionName;

const SESSIONS: &str = "/ringer/sessions";
/// Sessions that are asked for at a time.
const PAGE: usize = 1000;
/// The column of names in what is shown of one session.
const WIDTH: usize = 10;

/// Does what is asked, and prints what became of it: `is_json`, as the admin API says it.
///
/// # Errors
///
/// When no ringer answers, or it refuses.
pub async fn run(
    client: &AdminClient,
    is_json: bool,
    command: &SessionCommand,
) -> anyhow::Result<()> {
    let sessions = Sessions { client, is_json };
    match command {
        SessionCommand::List => sessions.list().await,
        SessionCommand::Create(args) => sessions.create(args).await,
        SessionCommand::Show(args) => {
            sessions.each(Method::GET, "", std::slice::from_ref(&args.name), one).await
        }
        SessionCommand::Reset(args) => {
            let said = |answer: &Value| format!("session {} is as new\n", name_of(answer));
            sessions.each(Method::POST, "/reset", &args.names, said).await
        }
        SessionCommand::Drop(args) if args.all => {
            let answer = client.call(Method::DELETE, SESSIONS, None).await?;
            sessions.shown(&answer, |_| "dropped all sessions but the default one\n".to_owned())
        }
        SessionCommand::Drop(args) => {
            for name in &args.names {
                let answer = client.call(Method::DELETE, &path_of(name), None).await?;
                sessions.shown(&answer, |_| format!("dropped session {name}\n"))?;
            }
            Ok(())
        }
    }
}

struct Sessions<'c> {
    client: &'c AdminClient,
    is_json: bool,
}

impl Sessions<'_> {
    async fn list(&self) -> anyhow::Result<()> {
        let mut all = Vec::new();
        loop {
            let path = format!("{SESSIONS}?limit={PAGE}&offset={}", all.len());
            let answer = self.client.call(Method::GET, &path, None).await?;
            let page = answer.get("sessions").and_then(Value::as_array);
            let page = page.map(Vec::as_slice).unwrap_or_default();
            all.extend_from_slice(page);
            if page.len() < PAGE {
                break;
            }
        }
        let heads = ["NAME", "REQUESTS", "STUBS", "BEHAVIOURS", "BYTES", "LAST USED"];
        let rows = |all: &Value| -> Vec<_> {
            all.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(row).collect()
        };
        self.shown(&Value::Array(all), |all| table(&heads, &rows(all)))
    }

    async fn create(&self, args: &SessionCreateArgs) -> anyhow::Result<()> {
        let answer = self.client.call(Method::POST, SESSIONS, Some(&document(args))).await?;
        self.shown(&answer, |answer| {
            let listeners = texts(answer, "listeners").into_iter();
            let listening = listeners.map(|address| format!("listens on {address}\n"));
            format!("{}\n", name_of(answer)) + &listening.collect::<String>()
        })
    }

    async fn each(
        &self,
        method: Method,
        action: &str,
        names: &[SessionName],
        text: impl Fn(&Value) -> String,
    ) -> anyhow::Result<()> {
        for name in names {
            let path = path_of(name) + action;
            let answer = self.client.call(method.clone(), &path, None).await?;
            self.shown(&answer, &text)?;
        }
        Ok(())
    }

    fn shown(&self, answer: &Value, text: impl Fn(&Value) -> String) -> anyhow::Result<()> {
        let text = if self.is_json { printer::pretty(answer)? } else { text(answer) };
        Ok(printer::data(&text)?)
    }
}

fn path_of(name: &SessionName) -> String {
    format!("{SESSIONS}/{}", utf8_percent_encode(&name.to_string(), NON_ALPHANUMERIC))
}

/// What to ask for: only what was said.
fn document(args: &SessionCreateArgs) -> Value {
    let mut document = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            document.insert(key.to_owned(), value);
        }
    };
    put("name", args.name.as_ref().map(|name| name.to_string().into()));
    put("seed", args.seed.map(Value::from));
    put("mode", args.mode.map(|mode| mode.as_str().into()));
    put("idle", args.idle.clone().map(Value::from));
    let clock = |time: &String| serde_json::json!({ "now": time, "frozen": true });
    put("clock", args.freeze.as_ref().map(clock));
    put("listen", (!args.listen.is_empty()).then(|| args.listen.clone().into()));
    Value::Object(document)
}

fn name_of(session: &Value) -> &str {
    session.get("name").and_then(Value::as_str).unwrap_or("?")
}

fn number(session: &Value, pointer: &str) -> u64 {
    session.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

fn texts<'v>(session: &'v Value, name: &str) -> Vec<&'v str> {
    let list = session.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

fn row(session: &Value) -> Vec<String> {
    let count = |pointer: &str| number(session, pointer).to_string();
    let columns = ["/requests", "/stubs/own", "/behaviors", "/bytes"];
    let name = name_of(session).to_owned();
    let counts = columns.iter().map(|pointer| count(pointer));
    std::iter::once(name).chain(counts).chain([ago(session)]).collect()
}

/// How long nobody has asked anything of it.
fn ago(session: &Value) -> String {
    let idle = Duration::from_millis(number(session, "/idleMillis")).as_secs();
    match idle {
        0 => "now".to_owned(),
        1..120 => format!("{idle} s ago"),
        120..7200 => format!("{} min ago", idle / 60),
        _ => format!("{} h ago", idle / 3600),
    }
}

/// One session, a line for each thing that there is to say of it.
fn one(session: &Value) -> String {
    let count = |pointer: &str| number(session, pointer).to_string();
    let text = |key: &str| match session.get(key) {
        None | Some(Value::Null) => "as for all".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let clock = session.get("clock").map(clock_line).unwrap_or_default();
    let stubs = format!("{} own, {} hidden", count("/stubs/own"), count("/stubs/hidden"));
    let requests = format!("{}, {} in the journal", count("/requests"), count("/journal"));
    let listeners = texts(session, "listeners").join(", ");
    let lines = [
        ("session", paint(style::STRONG, name_of(session))),
        ("requests", requests),
        ("stubs", stubs),
        ("behaviours", count("/behaviors")),
        ("seed", text("seed")),
        ("mode", text("mode")),
        ("clock", clock),
        ("listens", listeners),
        ("created", text("created")),
        ("last used", ago(session)),
        ("bytes", count("/bytes")),
    ];
    let told = lines.iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| format!("{name:WIDTH$}  {value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_said_is_asked_for() {
        let nothing = SessionCreateArgs {
            name: None,
            seed: None,
            mode: None,
            idle: None,
            freeze: None,
            listen: Vec::new(),
        };
        assert_eq!(document(&nothing), json!({}));
        let all = SessionCreateArgs {
            name: "a/b".parse().ok(),
            seed: Some(7),
            mode: "replay".parse().ok(),
            idle: Some("1h".to_owned()),
            freeze: Some("2031-05-06T07:08:09Z".to_owned()),
            listen: vec!["127.0.0.1:0".to_owned()],
        };
        let asked = json!({
            "name": "a/b", "seed": 7, "mode": "replay", "idle": "1h", "listen": ["127.0.0.1:0"],
            "clock": {"now": "2031-05-06T07:08:09Z", "frozen": true},
        });
        assert_eq!(document(&all), asked);
    }

    #[test]
    fn a_name_is_one_segment_of_the_path() {
        let name = "tests/api.py::test[a-1]".parse().unwrap();
        assert_eq!(path_of(&name).matches('/').count(), 3);
    }

    #[test]
    fn how_long_ago_is_told_in_the_unit_that_fits() {
        let told = |millis: u64| ago(&json!({ "idleMillis": millis }));
        let all = [900, 119_000, 120_000, 7_200_000].map(told);
        assert_eq!(all, ["now", "119 s ago", "2 min ago", "2 h ago"]);
    }
}
