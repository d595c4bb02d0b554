//! One entry of the journal: a request, its stub, and what is learned of the answer by and by.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use parking_lot::Mutex;
use uuid::Uuid;

use super::{applied::Drawn, live::LiveStub};
use crate::model::{Json, Place, Request, StubId, is_usual_spelling, usual_spelling};

/// Notes on one entry beyond which no more are taken.
const MAX_NOTES: usize = 32;

/// What is known of a request when its stub was sought.
#[derive(Debug)]
pub struct Served {
    /// The request, credentials replaced where the session replaces them.
    pub request: Request,
    /// Names of its fields that are spelled otherwise than is usual.
    pub names: Option<Arc<[String]>>,
    /// Protocol of its connection: `HTTP/1.1`, `HTTP/2.0`.
    pub protocol: &'static str,
    /// Whether it was sent to a proxy.
    pub is_proxied: bool,
    /// Whether the real API answers.
    pub is_passed_on: bool,
    /// The stub that answers and the place of the answer in its sequence; `None` where none does.
    pub stub: Option<(Arc<LiveStub>, usize)>,
    /// The rate limit that refused it.
    pub limited: Option<Limited>,
}

/// A rate limit's refusal: ringer answered, so that no stub's turn was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// The limit.
    pub limit: String,
    /// Where it holds.
    pub place: Place,
    /// The policy that refused.
    pub policy: String,
    /// Who was refused, secrets replaced.
    pub key: String,
    /// Status of the answer.
    pub status: u16,
    /// After which time it may come again.
    pub retry_after: Duration,
    /// The stub whose limit it is.
    pub stub: Option<StubId>,
    /// Whether anything would have answered had there been room.
    pub would_match: bool,
}

/// An entry of the journal.
#[derive(Debug)]
pub struct ServeEvent {
    /// Its identity.
    pub id: Uuid,
    served: Served,
    later: Mutex<Later>,
}

#[derive(Debug)]
struct Later {
    /// What it takes of the journal's bytes; `None` when it is no longer in the journal.
    bytes: Option<usize>,
    answer: Option<LoggedAnswer>,
    delay: Duration,
    total: Option<Duration>,
    notes: Vec<Note>,
    drawn: Option<Drawn>,
}

/// Names of an answer's fields as another server spelled them, where they are known. Among the
/// extensions of an answer, it is for the journal.
#[derive(Clone, Debug, Default)]
pub struct FieldNames(pub Option<Arc<[String]>>);

impl FieldNames {
    /// The same, without names where all are spelled as is usual.
    pub(super) fn unusual(&self) -> Self {
        let names = self.0.clone();
        Self(names.filter(|names| names.iter().any(|name| !is_usual_spelling(name))))
    }

    /// How a name is spelled.
    pub fn spelled(&self, name: &str) -> Option<&str> {
        let names = self.0.as_deref()?;
        names.iter().find(|spelled| spelled.eq_ignore_ascii_case(name)).map(String::as_str)
    }
}

/// The body that an answer would have had, had it not been asked for by HEAD. Among the extensions of
/// an answer, it is for the journal.
#[derive(Clone, Debug)]
pub struct UnsentBody(pub Bytes);

/// An answer as it was given.
#[derive(Clone, Debug, Default)]
pub struct LoggedAnswer {
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// Their names as another server spelled them, where it is one that answered.
    pub names: FieldNames,
    /// The body, or its beginning.
    pub body: BytesMut,
}

/// Something that happened while a request was served (WireMock's `SubEvent`).
#[derive(Clone, Debug)]
pub struct Note {
    /// What: `WEBHOOK_REQUEST`, `ERROR`, ….
    pub kind: &'static str,
    /// When, since the request's head had come.
    pub at: Duration,
    /// More of it.
    pub data: Json,
}

impl ServeEvent {
    pub(super) fn new(id: Uuid, served: Served, bytes: usize) -> Self {
        let later = Later {
            bytes: Some(bytes),
            answer: None,
            delay: Duration::ZERO,
            total: None,
            notes: Vec::new(),
            drawn: None,
        };
        Self { id, served, later: Mutex::new(later) }
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.served.request
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

    /// The answer, as far as it was given.
    pub fn answer(&self) -> Option<LoggedAnswer> {
        self.later.lock().answer.clone()
    }

    /// How long the answer was held back on purpose.
    pub fn delay(&self) -> Duration {
        self.later.lock().delay
    }

    /// How long it took to the end of the answer, where that has come.
    pub fn total(&self) -> Option<Duration> {
        self.later.lock().total
    }

    /// What else happened, in order.
    pub fn notes(&self) -> Vec<Note> {
        self.later.lock().notes.clone()
    }

    /// What befell it on purpose, and the seed of that.
    pub fn drawn(&self) -> Option<Drawn> {
        self.later.lock().drawn.clone()
    }

    /// Says for how long the answer is held back, and what befalls it on purpose where that is told.
    pub fn set_plan(&self, delay: Duration, drawn: Option<Drawn>) {
        let mut later = self.later.lock();
        later.delay = delay;
        later.drawn = drawn;
    }

    /// Says how long it took.
    pub fn set_total(&self, total: Duration) {
        self.later.lock().total = Some(total);
    }

    /// Adds what else happened.
    pub fn note(&self, note: Note) {
        let mut later = self.later.lock();
        if later.notes.len() < MAX_NOTES {
            later.notes.push(note);
        }
    }

    /// Notes an answer, and how long it took where that is known; by how many bytes it has grown in
    /// the journal.
    pub(super) fn set_answer(&self, answer: LoggedAnswer, total: Option<Duration>) -> usize {
        let fields = answer.headers.iter();
        let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + 32);
        let grown = fields.sum::<usize>() + answer.body.len();
        let mut later = self.later.lock();
        later.answer = Some(answer);
        later.total = total.or(later.total);
        later.grow(grown)
    }

    /// Notes a piece of the answer's body, up to `limit` bytes in all; by how many bytes it has grown
    /// in the journal.
    pub(super) fn add_body(&self, piece: &Bytes, limit: usize) -> usize {
        let mut later = self.later.lock();
        let Some(answer) = &mut later.answer else { return 0 };
        let room = limit.saturating_sub(answer.body.len());
        let piece = piece.get(..room).unwrap_or(piece);
        answer.body.extend_from_slice(piece);
        later.grow(piece.len())
    }

    /// Leaves the journal; how many bytes it has taken there.
    pub(super) fn leave(&self) -> usize {
        self.later.lock().bytes.take().unwrap_or_default()
    }
}

impl Later {
    fn grow(&mut self, by: usize) -> usize {
        match &mut self.bytes {
            Some(bytes) => {
                *bytes += by;
                by
            }
            None => 0,
        }
    }
}
