//! Flags of `ringer ctl … add` and the entry of a document of behaviours that they come to. What a value
//! means is for the ringer to say that is asked.

use clap::Args;
use serde_json::{Map, Value, json};

/// Where something holds.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Where")]
pub struct PlaceArgs {
    /// Only for this service
    #[arg(long, value_name = "NAME", conflicts_with = "stub")]
    pub service: Option<String>,
    /// Only for the stub with this id
    #[arg(long, value_name = "UUID")]
    pub stub: Option<String>,
}

/// Which requests something befalls.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Which requests")]
pub struct SelectionArgs {
    /// Name, by which it is removed [default: made of what it is]
    #[arg(long)]
    pub name: Option<String>,
    /// Method
    #[arg(long, value_name = "METHOD")]
    pub method: Option<String>,
    /// Path: `*` is anything within a segment, `**` anything; with `?`, the query too
    #[arg(long, value_name = "GLOB")]
    pub url: Option<String>,
    /// Header, several times for several
    #[arg(long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// Text that the body contains
    #[arg(long, value_name = "TEXT")]
    pub request_body: Option<String>,
    /// Probability: 0.05 or 5%
    #[arg(long, short, value_name = "SHARE")]
    pub probability: Option<String>,
    /// Only these, by number: 1 or 3,5
    #[arg(long, value_name = "N")]
    pub nth: Option<String>,
    /// Only each Nth
    #[arg(long, value_name = "N")]
    pub every: Option<String>,
    /// Only the first N
    #[arg(long, value_name = "N")]
    pub first: Option<String>,
    /// Only those after the first N
    #[arg(long, value_name = "N")]
    pub after: Option<String>,
    /// How requests are numbered: per-stub or together [default: per-stub]
    #[arg(long, value_name = "HOW")]
    pub count: Option<String>,
    /// From so long after now, by the clock
    #[arg(long, value_name = "DURATION")]
    pub from: Option<String>,
    /// Until so long after now
    #[arg(long, value_name = "DURATION", conflicts_with = "for_")]
    pub until: Option<String>,
    /// For so long
    #[arg(long = "for", value_name = "DURATION")]
    pub for_: Option<String>,
    /// Again after so long
    #[arg(long, value_name = "DURATION")]
    pub repeat_every: Option<String>,
    /// Ever stronger or weaker over that time: up or down
    #[arg(long, value_name = "HOW")]
    pub ramp: Option<String>,
}

/// `ringer ctl fault add`.
#[derive(Args, Debug)]
pub struct FaultArgs {
    /// Status of an error in place of the answer
    #[arg(long, value_name = "CODE", required_unless_present_any = ["fault", "grpc_status", "spec"])]
    #[arg(conflicts_with_all = ["fault", "grpc_status", "spec"])]
    pub status: Option<String>,
    /// Name of another fault: connection-reset, empty-response, stall, truncated, …
    #[arg(long, value_name = "NAME", conflicts_with_all = ["grpc_status", "spec"])]
    pub fault: Option<String>,
    /// gRPC status in place of the answer
    #[arg(long, value_name = "CODE", conflicts_with = "spec")]
    pub grpc_status: Option<String>,
    /// All of it in short: 'status=503; p=0.5'
    #[arg(long, value_name = "TEXT")]
    pub spec: Option<String>,
    /// Body of the error
    #[arg(long, value_name = "TEXT")]
    pub body: Option<String>,
    /// Header of the error, several times for several
    #[arg(long, value_name = "NAME: VALUE")]
    pub answer_header: Vec<String>,
    /// Message of the gRPC status
    #[arg(long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Where the body is cut: bytes, or a share such as 50%
    #[arg(long, value_name = "PLACE")]
    pub cut: Option<String>,
    /// How long a stall lasts [default: until the client leaves]
    #[arg(long, value_name = "DURATION")]
    pub time: Option<String>,
    /// How many bytes are corrupted
    #[arg(long, value_name = "N")]
    pub bytes: Option<String>,
    /// Content type or name of a header
    #[arg(long, value_name = "TEXT")]
    pub value: Option<String>,
    /// HTTP/2 error code
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// TLS alert
    #[arg(long, value_name = "ALERT")]
    pub alert: Option<String>,
    /// By how many bytes Content-Length is off
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub offset: Option<String>,
    /// Which requests.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `ringer ctl delay add`.
#[derive(Args, Debug)]
pub struct DelayArgs {
    /// How long: 200ms, or 100ms..300ms
    #[arg(long, value_name = "DURATION", required_unless_present_any = ["distribution", "spec"])]
    #[arg(conflicts_with_all = ["distribution", "spec"])]
    pub wait: Option<String>,
    /// How it spreads, with its parameters: 'lognormal, median=400ms, p99=3s'
    #[arg(long, value_name = "NAME, KEY=VALUE…", conflicts_with = "spec")]
    pub distribution: Option<String>,
    /// All of it in short: 'delay=200ms; p=0.5'
    #[arg(long, value_name = "TEXT")]
    pub spec: Option<String>,
    /// Which requests.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `ringer ctl bandwidth add`.
#[derive(Args, Debug)]
pub struct BandwidthArgs {
    /// How fast: 64kB/s, 1Mbit/s
    #[arg(long, value_name = "RATE", required_unless_present_any = ["slice", "spec"])]
    #[arg(conflicts_with = "spec")]
    pub rate: Option<String>,
    /// Which way: downstream, upstream or both [default: downstream]
    #[arg(long, value_name = "WAY")]
    pub direction: Option<String>,
    /// All connections share the rate
    #[arg(long)]
    pub shared: bool,
    /// Cut bodies into pieces of so many bytes
    #[arg(long, value_name = "BYTES", conflicts_with = "spec")]
    pub slice: Option<String>,
    /// Pieces are larger or smaller by up to so many bytes
    #[arg(long, value_name = "BYTES")]
    pub jitter: Option<String>,
    /// Wait between two pieces
    #[arg(long, value_name = "DURATION")]
    pub slice_delay: Option<String>,
    /// Round trip of connections that have to find their speed first
    #[arg(long, value_name = "DURATION")]
    pub slow_start: Option<String>,
    /// All of it in short: '64kB/s; direction=both'
    #[arg(long, value_name = "TEXT")]
    pub spec: Option<String>,
    /// Which requests.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `ringer ctl limit add`.
#[derive(Args, Debug)]
pub struct LimitArgs {
    /// The limit: 10/s, or 'preset=github,limit=20/min'
    pub spec: String,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
}

impl PlaceArgs {
    /// The place as the admin API has it; `None` where none is named.
    pub fn json(&self) -> Option<Value> {
        match (&self.service, &self.stub) {
            (Some(service), _) => Some(json!({ "service": service })),
            (None, Some(stub)) => Some(json!({ "stub": stub })),
            (None, None) => None,
        }
    }
}

impl SelectionArgs {
    fn write(&self, entry: &mut Map<String, Value>) {
        text(entry, "name", &self.name);
        text(entry, "method", &self.method);
        text(entry, "url", &self.url);
        several(entry, "header", &self.header);
        text(entry, "requestBody", &self.request_body);
        text(entry, "probability", &self.probability);
        text(entry, "nth", &self.nth);
        text(entry, "every", &self.every);
        text(entry, "first", &self.first);
        text(entry, "after", &self.after);
        text(entry, "count", &self.count);
        text(entry, "from", &self.from);
        text(entry, "until", &self.until);
        text(entry, "for", &self.for_);
        text(entry, "repeatEvery", &self.repeat_every);
        text(entry, "ramp", &self.ramp);
    }
}

impl FaultArgs {
    /// The entry of the document.
    pub fn json(&self) -> Value {
        let mut entry = Map::new();
        text(&mut entry, "status", &self.status);
        text(&mut entry, "fault", &self.fault);
        text(&mut entry, "grpcStatus", &self.grpc_status);
        text(&mut entry, "body", &self.body);
        several(&mut entry, "headers", &self.answer_header);
        text(&mut entry, "message", &self.message);
        text(&mut entry, "at", &self.cut);
        text(&mut entry, "time", &self.time);
        text(&mut entry, "bytes", &self.bytes);
        text(&mut entry, "value", &self.value);
        text(&mut entry, "code", &self.code);
        text(&mut entry, "alert", &self.alert);
        text(&mut entry, "offset", &self.offset);
        self.selection.write(&mut entry);
        with_spec(entry, self.spec.as_deref())
    }
}

impl DelayArgs {
    /// The entry of the document.
    pub fn json(&self) -> Value {
        let mut entry = Map::new();
        text(&mut entry, "delay", &self.wait);
        let parts = self.distribution.iter().flat_map(|text| text.split([',', ';']));
        for (at, part) in parts.map(str::trim).filter(|part| !part.is_empty()).enumerate() {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), value.trim()),
                None if at == 0 => ("distribution", part),
                None => (part, ""),
            };
            entry.insert(name.to_owned(), value.into());
        }
        self.selection.write(&mut entry);
        with_spec(entry, self.spec.as_deref())
    }
}

impl BandwidthArgs {
    /// The entry of the document.
    pub fn json(&self) -> Value {
        let mut entry = Map::new();
        text(&mut entry, "rate", &self.rate);
        text(&mut entry, "direction", &self.direction);
        if self.shared {
            entry.insert("shared".to_owned(), true.into());
        }
        text(&mut entry, "slice", &self.slice);
        text(&mut entry, "jitter", &self.jitter);
        text(&mut entry, "sliceDelay", &self.slice_delay);
        text(&mut entry, "slowStart", &self.slow_start);
        self.selection.write(&mut entry);
        with_spec(entry, self.spec.as_deref())
    }
}

/// A short form, to which flags are added in the same form.
fn with_spec(entry: Map<String, Value>, spec: Option<&str>) -> Value {
    let Some(spec) = spec else { return Value::Object(entry) };
    let mut text = spec.trim_end_matches([';', ' ']).to_owned();
    for (name, value) in &entry {
        text.push_str("; ");
        text.push_str(name);
        text.push('=');
        match value {
            Value::String(value) if !value.contains([';', '"']) => text.push_str(value),
            value => text.push_str(&value.to_string()),
        }
    }
    Value::String(text)
}

fn text(entry: &mut Map<String, Value>, name: &str, value: &Option<String>) {
    if let Some(value) = value {
        entry.insert(name.to_owned(), value.as_str().into());
    }
}

fn several(entry: &mut Map<String, Value>, name: &str, values: &[String]) {
    let value = match values {
        [] => return,
        [one] => one.as_str().into(),
        values => values.into(),
    };
    entry.insert(name.to_owned(), value);
}
