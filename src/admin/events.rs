//! `/ringer/events`: what happens, as server-sent events, while it does.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::{
    call::{self, Answer, Call},
    event_filter::EventFilter,
    exchange::{Detail, told},
    json::object,
    logged,
    problem::Problem,
};
use crate::{
    codec::json,
    model::{Json, JsonStyle, SessionName},
    store::{Change, Listener, Notice, ServeEvent, Sessions},
};

/// Where nothing happens, something is sent after this time, so that who listens knows that it could.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// After this time a browser comes again when the connection broke.
const RETRY: &str = "retry: 1000\n\n";

/// What a client wants to hear of, from when on. The answer to its call has it among its extensions;
/// who sends the answer sends what [`Subscription::open`] gives after it.
#[derive(Clone, Debug)]
pub struct Subscription(Arc<Wish>);

#[derive(Debug)]
struct Wish {
    sessions: Arc<Sessions>,
    filter: EventFilter,
    kinds: Kinds,
    detail: Detail,
    from: From,
    /// Whether what happens later is told, too.
    is_followed: bool,
}

/// What of the past is told first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// Nothing.
    Now,
    /// So many exchanges, the latest.
    Latest(usize),
    /// What ended after the exchange of this number, of this run.
    After { run: u32, number: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kinds {
    began: bool,
    change: bool,
    exchange: bool,
    webhook: bool,
}

impl Default for Kinds {
    fn default() -> Self {
        Self { began: false, change: true, exchange: true, webhook: true }
    }
}

impl Kinds {
    fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let values = call.parameters("kind");
        let names = values.iter().flat_map(|value| value.split(',')).filter(|it| !it.is_empty());
        let mut kinds = Self { began: false, change: false, exchange: false, webhook: false };
        let mut n_named = 0;
        for name in names {
            n_named += 1;
            match name.trim() {
                "began" => kinds.began = true,
                "change" => kinds.change = true,
                "exchange" => kinds.exchange = true,
                "webhook" => kinds.webhook = true,
                other => {
                    return Err(Problem::bad_request(format!(
                        "parameter `kind`: unknown kind `{other}`, expected some of began, change, exchange, webhook"
                    )));
                }
            }
        }
        Ok(if n_named == 0 { Self::default() } else { kinds })
    }

    fn let_pass(self, notice: &Notice) -> bool {
        match notice {
            Notice::Began(_) => self.began,
            Notice::Changed(_) => self.change,
            Notice::Exchange(_) => self.exchange,
            Notice::Webhook { .. } => self.webhook,
        }
    }
}

pub(super) fn follow(call: &Call<'_>) -> Answer {
    let is_set =
        |name: &str| call.parameter(name).is_some_and(|value| value.is_empty() || value == "true");
    let last_id = call.headers.get("last-event-id").and_then(|it| it.to_str().ok());
    let last_id = last_id.map(str::to_owned).or_else(|| call.parameter("after").map(Into::into));
    let from = match (last_id.filter(|id| !id.is_empty()), latest(call)?) {
        (Some(id), _) => read_id(&id)?,
        (None, Some(latest)) => From::Latest(latest),
        (None, None) => From::Now,
    };
    let wish = Wish {
        sessions: Arc::clone(&call.parts.sessions),
        filter: EventFilter::of(call)?,
        kinds: Kinds::of(call)?,
        detail: Detail { headers: is_set("headers"), bodies: is_set("bodies") },
        from,
        is_followed: call.parameter("follow").is_none_or(|value| value != "false"),
    };
    let mut response = call::typed("text/event-stream", Bytes::new());
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies between would hold the events back (nginx).
    fields.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.extensions_mut().insert(Subscription(Arc::new(wish)));
    Ok(response)
}

fn latest(call: &Call<'_>) -> Result<Option<usize>, Problem> {
    let Some(text) = call.parameter("last") else { return Ok(None) };
    let wrong = |_| {
        Problem::bad_request(format!("parameter `last`: `{text}` is not a whole number, 0 or more"))
    };
    text.parse().map(Some).map_err(wrong)
}

fn id_of(run: u32, number: u64) -> String {
    format!("{run:08x}-{number}")
}

fn read_id(text: &str) -> Result<From, Problem> {
    let parts = text
        .split_once('-')
        .and_then(|(run, number)| Some((u32::from_str_radix(run, 16).ok()?, number.parse().ok()?)));
    let (run, number) = parts.ok_or_else(|| {
        Problem::bad_request(format!(
            "`{text}` is no id of an event: those that ringer sends are expected, as `0badcafe-17`"
        ))
    })?;
    Ok(From::After { run, number })
}

/// Calls that ask, though their method is not one of asking.
const ASKING: [&str; 5] = [
    "/mappings/find-by-metadata",
    "/near-misses/request",
    "/near-misses/request-pattern",
    "/requests/count",
    "/requests/find",
];

/// Tells who follows that a call has changed something, if it has; `below` is its path below the API's.
pub(super) fn note(sessions: &Sessions, request: &Request<Bytes>, below: &str, status: StatusCode) {
    let is_asking = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method())
        || ASKING.contains(&below);
    if is_asking || !status.is_success() {
        return;
    }
    sessions.journals().feed().tell(|| {
        let named = request.headers().get(SessionName::HEADER);
        let named = named.and_then(|name| name.to_str().ok()?.trim().parse().ok());
        let mut segments = below.split('/').filter(|it| !it.is_empty() && *it != "ringer");
        Notice::Changed(Change {
            session: named.unwrap_or_default(),
            what: segments.next().unwrap_or_default().to_owned(),
            method: request.method().to_string(),
            path: below.to_owned(),
        })
    });
}

impl Subscription {
    /// The subscription that an answer has, taken from it.
    pub fn of<B>(response: &mut Response<B>) -> Option<Self> {
        response.extensions_mut().remove()
    }

    /// Listens from now on.
    pub fn open(&self) -> Events {
        let wish = Arc::clone(&self.0);
        let listener = wish.sessions.journals().feed().listen(wish.kinds.began);
        Events { wish, listener, is_begun: false }
    }
}

/// Events to be sent.
#[derive(Debug)]
pub struct Events {
    wish: Arc<Wish>,
    listener: Listener,
    is_begun: bool,
}

impl Events {
    /// What is sent next: some events, or a comment where there were none for a while; never nothing.
    /// `None` when that was all.
    pub async fn next(&mut self) -> Option<Bytes> {
        if !self.is_begun {
            self.is_begun = true;
            return Some(Bytes::from(self.beginning()));
        }
        if !self.wish.is_followed {
            return None;
        }
        let mut text = String::new();
        let silence = tokio::time::sleep(KEEP_ALIVE);
        tokio::pin!(silence);
        while text.is_empty() {
            let heard = tokio::select! {
                heard = self.listener.hear() => heard,
                () = &mut silence => return Some(Bytes::from_static(b":\n\n")),
            };
            if heard.n_lost > 0 {
                push(&mut text, "lost", None, &object([("events", heard.n_lost.into())]));
            }
            for notice in heard.notices {
                if self.wish.kinds.let_pass(&notice) && self.wish.filter.lets(&notice) {
                    self.tell(&mut text, &notice);
                }
            }
        }
        Some(Bytes::from(text))
    }

    /// What of the past is told.
    fn beginning(&self) -> String {
        let mut text = RETRY.to_owned();
        let (feed, to) = (self.listener.feed(), self.listener.since());
        let (after, latest) = match self.wish.from {
            From::Now => (to, 0),
            From::Latest(latest) => (0, latest),
            From::After { run, number } if run == feed.run() => (number.min(to), usize::MAX),
            // ringer was started anew since: all of this run is new.
            From::After { .. } => (0, usize::MAX),
        };
        if !self.wish.kinds.exchange || latest == 0 || after == to {
            return text;
        }
        let ended = self.wish.sessions.journals().ended(after, to);
        let n_gone = (to - after).saturating_sub(ended.len() as u64);
        if latest == usize::MAX && n_gone > 0 {
            push(&mut text, "lost", None, &object([("events", n_gone.into())]));
        }
        let session = self.wish.filter.session.as_ref();
        let mut told: Vec<_> = ended
            .into_iter()
            .map(|(_, event)| event)
            .filter(|event| session.is_none_or(|name| name == event.session()))
            .filter(|event| self.wish.filter.lets_exchange(event))
            .collect();
        told.drain(..told.len().saturating_sub(latest));
        for event in told {
            self.tell(&mut text, &Notice::Exchange(event));
        }
        text
    }

    fn tell(&self, text: &mut String, notice: &Notice) {
        match notice {
            Notice::Began(event) => push(text, "began", None, &self.exchange(event)),
            Notice::Changed(change) => {
                let json = object([
                    ("session", change.session.to_string().into()),
                    ("what", change.what.as_str().into()),
                    ("method", change.method.as_str().into()),
                    ("path", change.path.as_str().into()),
                ]);
                push(text, "change", None, &json);
            }
            Notice::Exchange(event) => {
                let run = self.listener.feed().run();
                let id = event.ended_as().map(|number| id_of(run, number));
                push(text, "exchange", id.as_deref(), &self.exchange(event));
            }
            Notice::Webhook { event, kind, data } => {
                let json = object([
                    ("exchange", event.id.to_string().into()),
                    ("session", event.session().to_string().into()),
                    ("type", (*kind).into()),
                    ("data", data.clone()),
                ]);
                push(text, "webhook", None, &json);
            }
        }
    }

    fn exchange(&self, event: &ServeEvent) -> Json {
        let answer = logged::answer(event).map(|answer| logged::response(event, &answer));
        told(event, self.wish.detail, logged::request(event), answer)
    }
}

/// Adds an event (WHATWG HTML §9.2). JSON on one line has no line feed.
fn push(text: &mut String, kind: &str, id: Option<&str>, data: &Json) {
    text.push_str("event: ");
    text.push_str(kind);
    if let Some(id) = id {
        text.push_str("\nid: ");
        text.push_str(id);
    }
    text.push_str("\ndata: ");
    text.push_str(&json::write(data, JsonStyle::default()));
    text.push_str("\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back() {
        assert_eq!(read_id(&id_of(7, 12)).unwrap(), From::After { run: 7, number: 12 });
        for wrong in ["", "12", "x-12", "7-x", "7-"] {
            assert!(read_id(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_event_is_one_line_of_json() {
        let mut text = String::new();
        let data = object([("a", "line\nfeed".into()), ("b", 7_u64.into())]);
        push(&mut text, "exchange", Some("7-1"), &data);
        assert_eq!(text, "event: exchange\nid: 7-1\ndata: {\"a\":\"line\\nfeed\",\"b\":7}\n\n");
    }
}
