//! A recording over the admin API: the exchanges of a session, whole, while it is under way.
//!
//! The journal keeps of a body what its bounds allow, and forgets; what is recorded must be whole. So
//! a recording keeps exchanges of its own, in memory and within a bound, until it is stopped.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response};
use parking_lot::Mutex;
use uuid::Uuid;

use super::aside::FieldNames;
use crate::model::{Headers, RecordSpec, Request, RequestBody, StubId, text_of, usual_spelling};

/// Bytes of the exchanges of one recording; what comes beyond is not recorded.
const MAX_BYTES: usize = 256 << 20;

/// Exchanges of one recording.
const MAX_EXCHANGES: usize = 100_000;

/// What an exchange takes beside its bodies, roughly.
const EXCHANGE_BYTES: usize = 1024;

/// Requests whose answer has not begun yet and that are to be recorded.
const MAX_PENDING: usize = 10_000;

/// Is told of an exchange when it is complete.
type Follower = Arc<dyn Fn(&Taken) + Send + Sync>;

/// Whether a session is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordingStatus {
    /// It never was.
    #[default]
    NeverStarted,
    /// It is.
    Recording,
    /// It was.
    Stopped,
}

impl RecordingStatus {
    /// WireMock's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeverStarted => "NeverStarted",
            Self::Recording => "Recording",
            Self::Stopped => "Stopped",
        }
    }
}

/// An exchange that is recorded.
pub struct Taken {
    /// Its entry in the journal.
    pub id: Uuid,
    /// The request as it came: nothing of it is to be shown or written that was not sanitised.
    pub request: Request,
    /// It was passed on: a stub sent it to another server, or no stub answered it.
    pub is_proxied: bool,
    answer: Mutex<TakenAnswer>,
    follower: Option<Follower>,
    bytes: Arc<Counted>,
    /// What it takes of them.
    held: AtomicUsize,
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.bytes.0.fetch_sub(self.held.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// An answer as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct TakenAnswer {
    /// Status code.
    pub status: u16,
    /// Header fields, spelled as they came.
    pub headers: Headers,
    /// The body so far.
    pub body: BytesMut,
    /// Nothing more of it comes.
    pub is_complete: bool,
    /// A part of it is not here: there was no room.
    is_cut: bool,
}

/// The bytes of a recording.
#[derive(Debug, Default)]
struct Counted(AtomicUsize);

impl Counted {
    fn take(&self, bytes: usize) -> bool {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let fits = before.saturating_add(bytes) <= MAX_BYTES;
        if !fits {
            self.0.fetch_sub(bytes, Ordering::Relaxed);
        }
        fits
    }
}

impl Taken {
    /// Notes the head of the answer.
    pub fn answered<B>(&self, response: &Response<B>) {
        let names = response.extensions().get::<FieldNames>().cloned().unwrap_or_default();
        let mut answer = self.answer.lock();
        answer.status = response.status().as_u16();
        answer.headers = spelled(response.headers(), &names);
    }

    /// Notes a further piece of the answer's body.
    pub fn add_body(&self, piece: &Bytes) {
        let mut answer = self.answer.lock();
        if answer.is_cut || !self.bytes.take(piece.len()) {
            answer.is_cut = true;
            answer.body = BytesMut::new();
            return;
        }
        self.held.fetch_add(piece.len(), Ordering::Relaxed);
        answer.body.extend_from_slice(piece);
    }

    /// Says that the answer is complete.
    pub fn complete(&self) {
        let was_complete = std::mem::replace(&mut self.answer.lock().is_complete, true);
        if let Some(follower) = self.follower.as_ref().filter(|_| !was_complete) {
            follower(self);
        }
    }

    /// How many bytes of body have come.
    pub fn body_length(&self) -> usize {
        self.answer.lock().body.len()
    }

    /// The answer; `None` where it is not complete, or there was no room for it.
    pub fn answer(&self) -> Option<TakenAnswer> {
        let answer = self.answer.lock();
        (answer.is_complete && !answer.is_cut).then(|| answer.clone())
    }
}

fn spelled(fields: &HeaderMap, names: &FieldNames) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in fields {
        let name = name.as_str();
        let spelled = names.spelled(name).map_or_else(|| usual_spelling(name), str::to_owned);
        headers.push(spelled, text_of(value.as_bytes()));
    }
    headers
}

/// What a recording came to.
#[derive(Debug)]
pub struct Recorded {
    /// What it was to be.
    pub spec: RecordSpec,
    /// The stub that sent requests to the API meanwhile.
    pub proxy: Option<StubId>,
    /// The exchanges, the oldest first.
    pub taken: Vec<Arc<Taken>>,
    /// Exchanges for which there was no room.
    pub n_lost: usize,
}

/// The recording of a session: whether there is one, and what it has so far.
#[derive(Default)]
pub struct Recording {
    /// Whether exchanges are taken: asked at each request.
    is_on: AtomicBool,
    follower: OnceLock<Follower>,
    followed_bytes: Arc<Counted>,
    state: Mutex<State>,
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("state", &self.state).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct State {
    status: RecordingStatus,
    spec: RecordSpec,
    proxy: Option<StubId>,
    taken: Vec<Arc<Taken>>,
    /// Those whose answer has not begun.
    pending: HashMap<Uuid, Arc<Taken>>,
    bytes: Arc<Counted>,
    n_lost: usize,
}

impl Recording {
    /// Whether the session is recorded.
    pub fn status(&self) -> RecordingStatus {
        self.state.lock().status
    }

    /// Tells `follower` of each exchange that is passed on, from now on, whether a recording is under
    /// way or not. The first that follows stays.
    pub fn follow(&self, follower: impl Fn(&Taken) + Send + Sync + 'static) {
        let _ = self.follower.set(Arc::new(follower));
        self.is_on.store(true, Ordering::Release);
    }

    /// Whether exchanges are taken.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Acquire)
    }

    /// Begins one, with `prepare` to put the stub into service that sends requests on; `false`, and
    /// nothing done, where one is under way.
    ///
    /// # Errors
    ///
    /// What `prepare` says.
    pub fn start<E>(
        &self,
        spec: RecordSpec,
        prepare: impl FnOnce(&RecordSpec) -> Result<Option<StubId>, E>,
    ) -> Result<bool, E> {
        let mut state = self.state.lock();
        if state.status == RecordingStatus::Recording {
            return Ok(false);
        }
        let proxy = prepare(&spec)?;
        *state = State { status: RecordingStatus::Recording, spec, proxy, ..State::default() };
        self.is_on.store(true, Ordering::Release);
        Ok(true)
    }

    /// Ends the one that is under way.
    pub fn stop(&self) -> Option<Recorded> {
        let mut state = self.state.lock();
        if state.status != RecordingStatus::Recording {
            return None;
        }
        self.is_on.store(self.follower.get().is_some(), Ordering::Release);
        let ended = std::mem::take(&mut *state);
        state.status = RecordingStatus::Stopped;
        drop(state);
        let State { spec, proxy, taken, n_lost, .. } = ended;
        Some(Recorded { spec, proxy, taken, n_lost })
    }

    /// Takes a request into the recording that is under way, if it is one that may become a stub.
    pub fn take(&self, id: Uuid, request: &Request, is_proxied: bool) {
        if !self.is_on() {
            return;
        }
        let size = EXCHANGE_BYTES
            + request.target.as_str().len()
            + request.headers.iter().map(|(_, value)| value.len() + 32).sum::<usize>()
            + match &request.body {
                RequestBody::Whole(bytes) => bytes.len(),
                RequestBody::Hashed { .. } => 0,
            };
        let mut state = self.state.lock();
        let is_recorded = state.status == RecordingStatus::Recording
            && (is_proxied || state.spec.filters.allow_non_proxied);
        let follower = self.follower.get().filter(|_| is_proxied);
        if !is_recorded && follower.is_none() {
            return;
        }
        let bytes = if is_recorded { &state.bytes } else { &self.followed_bytes };
        if is_recorded && state.taken.len() >= MAX_EXCHANGES || !bytes.take(size) {
            state.n_lost += 1;
            return;
        }
        let taken = Arc::new(Taken {
            id,
            request: request.clone(),
            is_proxied,
            answer: Mutex::default(),
            follower: follower.cloned(),
            bytes: Arc::clone(bytes),
            held: AtomicUsize::new(size),
        });
        if state.pending.len() >= MAX_PENDING {
            // Answers of these do not come: their clients left.
            state.pending.clear();
        }
        state.pending.insert(id, Arc::clone(&taken));
        if is_recorded {
            state.taken.push(taken);
        }
    }

    /// What was taken of the request with this entry in the journal, whose answer begins.
    pub fn begin(&self, id: Uuid) -> Option<Arc<Taken>> {
        if !self.is_on() {
            return None;
        }
        self.state.lock().pending.remove(&id)
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::SystemTime};

    use http::{Method, uri::PathAndQuery};

    use super::*;
    use crate::model::{RecordFilters, Scheme};

    fn request() -> Request {
        Request {
            method: Method::GET,
            scheme: Scheme::Http,
            authority: "h".to_owned(),
            target: PathAndQuery::from_static("/x"),
            headers: HeaderMap::new(),
            body: RequestBody::Whole(Bytes::new()),
            client: None,
            received: SystemTime::UNIX_EPOCH,
        }
    }

    fn begun(spec: RecordSpec) -> Recording {
        let recording = Recording::default();
        assert_eq!(recording.start::<Infallible>(spec, |_| Ok(None)), Ok(true));
        recording
    }

    #[test]
    fn a_recording_is_started_once_and_stopped_once() {
        let recording = Recording::default();
        assert_eq!(recording.status(), RecordingStatus::NeverStarted);
        assert!(recording.stop().is_none());
        let start = || recording.start::<Infallible>(RecordSpec::default(), |_| Ok(None)).unwrap();
        assert!(start() && !start());
        assert!(recording.is_on() && recording.stop().is_some());
        assert!(!recording.is_on() && recording.stop().is_none());
        assert_eq!(recording.status(), RecordingStatus::Stopped);
        assert!(start());
    }

    #[test]
    fn what_no_server_was_asked_for_is_taken_only_if_asked_for() {
        let recording = begun(RecordSpec::default());
        recording.take(Uuid::from_u128(1), &request(), false);
        recording.take(Uuid::from_u128(2), &request(), true);
        assert!(recording.begin(Uuid::from_u128(1)).is_none());
        assert_eq!(recording.stop().unwrap().taken.len(), 1);
        let filters = RecordFilters { allow_non_proxied: true, ..RecordFilters::default() };
        let recording = begun(RecordSpec { filters, ..RecordSpec::default() });
        recording.take(Uuid::from_u128(1), &request(), false);
        assert_eq!(recording.stop().unwrap().taken.len(), 1);
    }

    #[test]
    fn an_answer_counts_when_it_is_whole() {
        let recording = begun(RecordSpec::default());
        let id = Uuid::from_u128(1);
        recording.take(id, &request(), true);
        let taken = recording.begin(id).unwrap();
        let mut response = Response::builder().status(201).header("x-a", "1").body(()).unwrap();
        response.extensions_mut().insert(FieldNames(Some(["x-A".to_owned()].into())));
        taken.answered(&response);
        taken.add_body(&Bytes::from_static(b"ab"));
        assert!(taken.answer().is_none());
        taken.add_body(&Bytes::from_static(b"c"));
        taken.complete();
        let answer = taken.answer().unwrap();
        assert_eq!((answer.status, &answer.body[..]), (201, &b"abc"[..]));
        assert_eq!(answer.headers.iter().collect::<Vec<_>>(), [("x-A", "1")]);
    }

    #[test]
    fn a_follower_is_told_once_of_what_was_passed_on() {
        let recording = Recording::default();
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        recording.follow(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        recording.take(Uuid::from_u128(1), &request(), false);
        recording.take(Uuid::from_u128(2), &request(), true);
        assert!(recording.begin(Uuid::from_u128(1)).is_none());
        let taken = recording.begin(Uuid::from_u128(2)).unwrap();
        taken.complete();
        taken.complete();
        assert_eq!(told.load(Ordering::Relaxed), 1);
        assert!(recording.stop().is_none() && recording.is_on());
        drop(taken);
        assert_eq!(recording.followed_bytes.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_has_no_room_is_left_out_whole() {
        let recording = begun(RecordSpec::default());
        let id = Uuid::from_u128(1);
        recording.take(id, &request(), true);
        let taken = recording.begin(id).unwrap();
        let piece = Bytes::from(vec![0; 1 << 20]);
        (0..=256).for_each(|_| taken.add_body(&piece));
        taken.complete();
        assert!(taken.answer().is_none() && taken.body_length() == 0);
    }
}
