//! One entry of the journal: a request, its stub, and what is learned of the answer by and by.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use parking_lot::Mutex;
use uuid::Uuid;

use super::{
    applied::Drawn,
    aside::FieldNames,
    fields::{compact, size_of_fields},
    live::LiveStub,
    logged_body::{BodyLimit, CutBody, Gathering, LoggedBody},
    outcome::ExchangeOutcome,
    served::{Limited, LoggedAnswer, Note, Served, Timing},
};
use crate::{
    model::{Request, ServiceName, SessionName, usual_spelling},
    redaction::{Credentials, Redactor, SeenAnswer},
};

mod learned;
mod passing;

/// What an entry takes beside its fields and bodies, about.
pub(super) const ENTRY_BYTES: usize = size_of::<ServeEvent>() + 128;

/// An entry of the journal.
#[derive(Debug)]
pub struct ServeEvent {
    /// Its identity.
    pub id: Uuid,
    session: SessionName,
    served: Served,
    /// Of a body too long to be kept: what is kept of it.
    request_cut: Option<CutBody>,
    /// What nobody may see is replaced when somebody looks: most entries are never looked at.
    redactor: Redactor,
    /// The request with its body, where that came later.
    whole: OnceLock<Box<Whole>>,
    later: Mutex<Later>,
}

#[derive(Debug)]
struct Whole {
    request: Request,
    credentials: Credentials,
    cut: Option<CutBody>,
}

#[derive(Debug, Default)]
struct Later {
    /// What it takes of the journal's bytes; `None` when it is no longer in the journal.
    bytes: Option<usize>,
    /// What its body, as it comes, takes of them.
    body_bytes: usize,
    /// The request's body, while it is passed on.
    request_body: Option<Box<Gathering>>,
    request_bytes: usize,
    answer: Option<Answered>,
    delay: Duration,
    head: Option<Duration>,
    upstream: Option<Duration>,
    total: Option<Duration>,
    /// By the clock of its session.
    ended: Option<Duration>,
    /// Its place among all exchanges that are over, from 1.
    number: Option<u64>,
    outcome: Option<ExchangeOutcome>,
    failure: Option<Box<str>>,
    notes: Vec<Note>,
    drawn: Option<Box<Drawn>>,
}

#[derive(Debug)]
struct Answered {
    status: u16,
    headers: HeaderMap,
    names: FieldNames,
    body: AnswerBody,
    /// Whether nothing is left in it that nobody may see.
    is_clean: bool,
}

#[derive(Debug)]
enum AnswerBody {
    Known(LoggedBody),
    Coming(Box<Gathering>),
}

impl ServeEvent {
    pub(super) fn new(
        id: Uuid,
        session: SessionName,
        served: Served,
        request_cut: Option<CutBody>,
        redactor: Redactor,
        bytes: Option<usize>,
    ) -> Self {
        let later = Mutex::new(Later { bytes, ..Later::default() });
        Self { id, session, served, request_cut, redactor, whole: OnceLock::new(), later }
    }

    /// The request.
    pub fn request(&self) -> &Request {
        self.whole.get().map_or(&self.served.request, |whole| &whole.request)
    }

    /// What is kept of the request's body where that is too long.
    pub fn request_cut(&self) -> Option<&CutBody> {
        self.whole.get().map_or(&self.request_cut, |whole| &whole.cut).as_ref()
    }

    /// The session that it came in.
    pub fn session(&self) -> &SessionName {
        &self.session
    }

    /// The service that it was for; `None` where that is the only one.
    pub fn service(&self) -> Option<&ServiceName> {
        self.served.service.as_ref()
    }

    /// How the name of one of its fields, given in lower case, was spelled.
    pub fn spelled(&self, name: &str) -> String {
        let names = self.served.names.as_deref().unwrap_or_default();
        let spelled = names.iter().find(|spelled| spelled.eq_ignore_ascii_case(name));
        match spelled {
            Some(spelled) => spelled.clone(),
            None if self.served.protocol == "HTTP/2.0" => name.to_owned(),
            None => usual_spelling(name),
        }
    }

    /// Protocol of its connection.
    pub fn protocol(&self) -> &'static str {
        self.served.protocol
    }

    /// Whether it was sent to a proxy.
    pub fn is_proxied(&self) -> bool {
        self.served.is_proxied
    }

    /// Whether anything but ringer itself answered: a stub, or the real API; of a request that a rate
    /// limit refused, whether anything would have.
    pub fn is_matched(&self) -> bool {
        match &self.served.limited {
            Some(limited) => limited.would_match,
            None => self.served.stub.is_some() || self.served.is_passed_on,
        }
    }

    /// The rate limit that refused it.
    pub fn limited(&self) -> Option<&Limited> {
        self.served.limited.as_ref()
    }

    /// The stub that answered and which of its answers.
    pub fn stub(&self) -> Option<(&Arc<LiveStub>, usize)> {
        self.served.stub.as_ref().map(|(live, step)| (live, *step))
    }

    /// When its head had come, by the clock of its session (elapsed time).
    pub fn arrived(&self) -> Duration {
        self.served.arrived
    }

    /// When it was over, by the clock of its session (elapsed time); `None` before.
    pub fn ended(&self) -> Option<Duration> {
        self.later.lock().ended
    }

    /// When its head had come, in real time since ringer started; of an exchange, the time at which it
    /// was over is this and [`Timing::total`].
    pub fn started(&self) -> Duration {
        self.served.started
    }

    /// When what happened.
    pub fn timing(&self) -> Timing {
        let later = self.later.lock();
        Timing {
            head: later.head,
            total: later.total,
            delay: later.delay,
            upstream: later.upstream,
        }
    }

    /// How long the answer was held back on purpose.
    pub fn delay(&self) -> Duration {
        self.later.lock().delay
    }

    /// How long it took to the end of the answer, where that has come.
    pub fn total(&self) -> Option<Duration> {
        self.later.lock().total
    }

    /// Status of the answer, where there is one.
    pub fn status(&self) -> Option<u16> {
        self.later.lock().answer.as_ref().map(|answer| answer.status)
    }

    /// What became of it; `None` while it is under way.
    pub fn outcome(&self) -> Option<ExchangeOutcome> {
        let later = self.later.lock();
        later.number?;
        Some(match later.outcome {
            Some(outcome @ (ExchangeOutcome::Failed | ExchangeOutcome::Injected)) => outcome,
            _ if later.answer.is_none() => ExchangeOutcome::Abandoned,
            Some(outcome) => outcome,
            None if self.served.limited.is_some() => ExchangeOutcome::Limited,
            None if self.served.stub.is_some() => ExchangeOutcome::Stub,
            None if self.served.is_passed_on => ExchangeOutcome::Passed,
            None => ExchangeOutcome::Missed,
        })
    }

    /// Why the real API did not answer, where it was to.
    pub fn failure(&self) -> Option<String> {
        self.later.lock().failure.as_deref().map(str::to_owned)
    }

    /// Its place among all exchanges of all sessions that are over, from 1.
    pub fn ended_as(&self) -> Option<u64> {
        self.later.lock().number
    }

    /// The answer, as far as it was given.
    pub fn answer(&self) -> Option<LoggedAnswer> {
        let mut later = self.later.lock();
        let answered = later.answer.as_mut()?;
        let mut body = match &answered.body {
            AnswerBody::Known(body) => body.clone(),
            AnswerBody::Coming(gathering) => gathering.body(),
        };
        let mut headers = answered.headers.clone();
        if !answered.is_clean {
            self.sanitise(&mut headers, &mut body);
        }
        if let AnswerBody::Known(known) = &mut answered.body
            && !answered.is_clean
        {
            // Once is enough.
            known.clone_from(&body);
            answered.headers.clone_from(&headers);
            answered.is_clean = true;
        }
        Some(LoggedAnswer { status: answered.status, headers, names: answered.names.clone(), body })
    }

    fn sanitise(&self, headers: &mut HeaderMap, body: &mut LoggedBody) {
        if !self.redactor.is_on() {
            return;
        }
        let (mut bytes, is_cut) = (body.bytes().clone(), body.cut().is_some());
        let answer = SeenAnswer { headers, body: &mut bytes, is_cut };
        self.redactor.answer(answer, self.credentials(), self.request());
        body.replace(bytes);
    }

    /// Replaces what nobody may see in something that followed from this exchange: what it says itself,
    /// and the credentials of this request.
    pub fn sanitise_more(&self, headers: &mut HeaderMap, body: &mut Bytes) {
        if self.redactor.is_on() {
            let answer = SeenAnswer { headers, body, is_cut: false };
            self.redactor.answer(answer, self.credentials(), self.request());
        }
    }

    fn credentials(&self) -> &Credentials {
        self.whole.get().map_or(&self.served.credentials, |whole| &whole.credentials)
    }

    /// Bytes that it holds, about.
    pub fn size(&self) -> usize {
        self.later.lock().bytes.unwrap_or(ENTRY_BYTES)
    }

    /// Notes an answer; `grow` is told before by how many bytes the entry grows in the journal.
    pub(super) fn set_answer(
        &self,
        (status, headers, names): (u16, &HeaderMap, FieldNames),
        body: Option<&Bytes>,
        limit: BodyLimit,
        head: Duration,
        grow: impl FnOnce(usize),
    ) {
        let mut grown = size_of_fields(headers);
        let headers = compact(headers);
        let body = match body {
            Some(bytes) => {
                let body = LoggedBody::of(bytes, limit);
                grown += body.bytes().len();
                AnswerBody::Known(body)
            }
            None => AnswerBody::Coming(Box::new(Gathering::new(limit))),
        };
        let mut later = self.later.lock();
        later.answer = Some(Answered { status, headers, names, body, is_clean: false });
        later.head = Some(head);
        if let Some(bytes) = &mut later.bytes {
            grow(grown);
            *bytes += grown;
        }
    }

    /// Notes a piece of the answer's body; `grow` is told before by how many bytes the entry grows in
    /// the journal. By how many it has shrunk: a body that has become too long is no longer kept whole.
    pub(super) fn add_body(&self, piece: &Bytes, grow: impl FnOnce(usize)) -> usize {
        let mut later = self.later.lock();
        let Some(answered) = &mut later.answer else { return 0 };
        let AnswerBody::Coming(gathering) = &mut answered.body else { return 0 };
        let now = gathering.push(piece);
        let before = std::mem::replace(&mut later.body_bytes, now);
        resized(&mut later.bytes, before, now, grow)
    }

    /// Says that it is over; `false` where that was said before.
    pub(super) fn end(&self, total: Duration, ended: Duration) -> bool {
        let mut later = self.later.lock();
        if later.ended.is_some() {
            return false;
        }
        later.ended = Some(ended);
        later.total = Some(total);
        if let Some(answered) = &mut later.answer
            && let AnswerBody::Coming(gathering) = &answered.body
        {
            answered.body = AnswerBody::Known(gathering.body());
        }
        true
    }

    /// Gives it its place among all that are over.
    pub(super) fn number(&self, next: impl FnOnce() -> u64) {
        let mut later = self.later.lock();
        if later.number.is_none() {
            later.number = Some(next());
        }
    }

    /// Leaves the journal; how many bytes it has taken there.
    pub(super) fn leave(&self) -> usize {
        self.later.lock().bytes.take().unwrap_or_default()
    }
}

/// A part of what an entry takes has grown, which `grow` is told before, or shrunk, by so many bytes.
fn resized(
    bytes: &mut Option<usize>,
    before: usize,
    now: usize,
    grow: impl FnOnce(usize),
) -> usize {
    let Some(bytes) = bytes else { return 0 };
    if now > before {
        grow(now - before);
    }
    *bytes = (*bytes + now).saturating_sub(before);
    before.saturating_sub(now)
}
