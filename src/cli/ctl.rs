//! `ringer ctl`: changes a ringer that is running, over its admin API.

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{
    admin_client::AdminClient,
    ctl_args::{
        BandwidthCommand, ClockCommand, CtlArgs, CtlCommand, DelayCommand, FaultCommand,
        LimitCommand, RemoveArgs,
    },
    ctl_profile::{limit_of, profile_of},
    ctl_rule::PlaceArgs,
    ctl_session, ctl_text,
    global_args::GlobalArgs,
    printer,
};

const BEHAVIORS: &str = "/ringer/behaviors";
const CHAOS: &str = "/ringer/chaos";
const CLOCK: &str = "/ringer/clock";
const LIMITS: &str = "/ringer/rate-limits";

/// Changes it, or shows what is in effect.
///
/// # Errors
///
/// When no ringer answers, or it refuses.
pub async fn run(global: &GlobalArgs, args: &CtlArgs) -> anyhow::Result<u8> {
    let ctl = Ctl { client: AdminClient::new(global, &args.ringer)?, is_json: args.json };
    match &args.command {
        CtlCommand::Show => ctl.show().await,
        CtlCommand::Fault(command) => match command {
            FaultCommand::Add(args) => ctl.add("fault", args.json(), &args.place).await,
            FaultCommand::List => ctl.list("fault").await,
            FaultCommand::Remove(args) => ctl.remove(args).await,
        },
        CtlCommand::Delay(command) => match command {
            DelayCommand::Add(args) => ctl.add("delay", args.json(), &args.place).await,
            DelayCommand::List => ctl.list("delay").await,
            DelayCommand::Remove(args) => ctl.remove(args).await,
        },
        CtlCommand::Bandwidth(command) => match command {
            BandwidthCommand::Add(args) => ctl.add("bandwidth", args.json(), &args.place).await,
            BandwidthCommand::List => ctl.list("bandwidth").await,
            BandwidthCommand::Remove(args) => ctl.remove(args).await,
        },
        CtlCommand::Latency { spec, place } => {
            let body = ctl.placed(place, "latency", &spec.as_str().into());
            ctl.post(BEHAVIORS, Some(&body), |_| format!("latency is {spec}\n")).await
        }
        CtlCommand::Limit(command) => ctl.limit(command).await,
        CtlCommand::Chaos { profile } => ctl.chaos(profile.as_deref()).await,
        CtlCommand::Clock { command } => ctl.clock(command.as_ref()).await,
        CtlCommand::Session(command) => ctl_session::run(&ctl.client, ctl.is_json, command).await,
        CtlCommand::Reset => {
            let said = |_: &Value| "all is as at the start\n".to_owned();
            ctl.post("/ringer/reset", None, said).await
        }
    }
    .map(|()| 0)
}

struct Ctl {
    client: AdminClient,
    is_json: bool,
}

impl Ctl {
    async fn show(&self) -> anyhow::Result<()> {
        let behaviors = self.client.call(Method::GET, BEHAVIORS, None).await?;
        let chaos = self.client.call(Method::GET, CHAOS, None).await?;
        let clock = self.client.call(Method::GET, CLOCK, None).await?;
        if self.is_json {
            let all = json!({
                "behaviors": behaviors.get("behaviors"),
                "profile": chaos.get("profile"),
                "clock": clock,
            });
            return Ok(printer::data(&printer::pretty(&all)?)?);
        }
        Ok(printer::data(&ctl_text::everything(&behaviors, &chaos, &clock))?)
    }

    async fn add(&self, kind: &str, entry: Value, place: &PlaceArgs) -> anyhow::Result<()> {
        let body = self.placed(place, kind, &json!([entry]));
        self.post(BEHAVIORS, Some(&body), |answer| added(kind, answer)).await
    }

    /// A document with one entry. Where a session is named and no place, the session is the place.
    fn placed(&self, place: &PlaceArgs, kind: &str, entry: &Value) -> Value {
        match place.json() {
            None if self.client.session().is_some() => json!({ kind: entry }),
            place => json!({ "place": place.unwrap_or("all".into()), kind: entry }),
        }
    }

    async fn list(&self, kind: &str) -> anyhow::Result<()> {
        self.get(BEHAVIORS, |answer| ctl_text::rules(answer, Some(kind))).await
    }

    async fn remove(&self, args: &RemoveArgs) -> anyhow::Result<()> {
        for name in &args.names {
            let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
            let path = format!("{BEHAVIORS}/{encoded}");
            let answer = self.client.call(Method::DELETE, &path, None).await?;
            self.shown(&answer, |_| format!("removed {name}\n"))?;
        }
        Ok(())
    }

    async fn limit(&self, command: &LimitCommand) -> anyhow::Result<()> {
        match command {
            LimitCommand::Add(args) => {
                let body = self.placed(&args.place, "rateLimit", &limit_of(&args.spec)?);
                self.post(BEHAVIORS, Some(&body), |answer| added("limit", answer)).await
            }
            LimitCommand::List => self.get(LIMITS, ctl_text::buckets).await,
            LimitCommand::Report => self.get(&format!("{LIMITS}/report"), ctl_text::report).await,
            LimitCommand::Reset => {
                let said = |_: &Value| "all limits are full again\n".to_owned();
                self.post(&format!("{LIMITS}/reset"), None, said).await
            }
            LimitCommand::Remove(args) => self.remove(args).await,
        }
    }

    async fn chaos(&self, profile: Option<&str>) -> anyhow::Result<()> {
        match profile {
            None => self.get(CHAOS, ctl_text::profiles).await,
            Some("off") => {
                let answer = self.client.call(Method::DELETE, CHAOS, None).await?;
                self.shown(&answer, |_| "no profile is in effect\n".to_owned())
            }
            Some(profile) => {
                let body = json!({ "name": profile, "profile": profile_of(profile)? });
                let answer = self.client.call(Method::PUT, CHAOS, Some(&body)).await?;
                self.shown(&answer, |_| format!("profile {profile} is in effect\n"))
            }
        }
    }

    async fn clock(&self, command: Option<&ClockCommand>) -> anyhow::Result<()> {
        let line = |answer: &Value| ctl_text::clock_line(answer) + "\n";
        let (path, body) = match command {
            None => return self.get(CLOCK, line).await,
            Some(ClockCommand::Freeze { time: Some(time) }) => {
                ("freeze", Some(json!({ "now": time })))
            }
            Some(ClockCommand::Freeze { time: None }) => ("freeze", None),
            Some(ClockCommand::Set { time }) => ("set", Some(json!({ "now": time }))),
            Some(ClockCommand::Advance { by }) => ("advance", Some(json!({ "by": by }))),
            Some(ClockCommand::Resume { speed }) => {
                ("resume", speed.map(|speed| json!({ "speed": speed })))
            }
            Some(ClockCommand::Delays { which }) => {
                let body = json!({ "delays": which });
                let answer = self.client.call(Method::PUT, CLOCK, Some(&body)).await?;
                return self.shown(&answer, line);
            }
            Some(ClockCommand::Reset) => ("reset", None),
        };
        self.post(&format!("{CLOCK}/{path}"), body.as_ref(), line).await
    }

    async fn get(&self, path: &str, text: impl Fn(&Value) -> String) -> anyhow::Result<()> {
        let answer = self.client.call(Method::GET, path, None).await?;
        self.shown(&answer, text)
    }

    async fn post(
        &self,
        path: &str,
        body: Option<&Value>,
        text: impl Fn(&Value) -> String,
    ) -> anyhow::Result<()> {
        let answer = self.client.call(Method::POST, path, body).await?;
        self.shown(&answer, text)
    }

    fn shown(&self, answer: &Value, text: impl Fn(&Value) -> String) -> anyhow::Result<()> {
        let text = if self.is_json { printer::pretty(answer)? } else { text(answer) };
        Ok(printer::data(&text)?)
    }
}

fn added(kind: &str, answer: &Value) -> String {
    let names = answer.get("names").and_then(Value::as_array).into_iter().flatten();
    let each = names.filter_map(Value::as_str).map(|name| format!("added {kind} {name}\n"));
    each.collect()
}
