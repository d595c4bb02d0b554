//! A prepared answer as a response: framed as its kind of stub is, in pieces when they are due.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, TRANSFER_ENCODING},
};
use hyper::ext::ReasonPhrase;
use tokio::sync::watch;

use super::{
    hop,
    inbound::Inbound,
    inquiry::Inquiry,
    reply::{Production, Progress, ReplyBody, Sizing, discard},
    settings::{Chunking, Dialect},
    spellings::Spelled,
    state::State,
    wait::sleep_until,
    wire::Interim,
};
use crate::{
    behavior::{delay, latency::Schedule, pieces::Cuttable},
    model::{Dribble, RequestBody, ResponseEnding},
    render::{Prepared, PreparedBody, http_date, squeeze},
    store::UnsentBody,
};

/// An answer that is to be given.
pub(super) struct Given {
    pub(super) prepared: Arc<Prepared>,
    pub(super) schedule: Schedule,
    pub(super) ending: ResponseEnding,
    pub(super) dribble: Option<Dribble>,
    /// Its body is that of a file that the stub names.
    pub(super) is_from_file: bool,
    /// It was recorded, and so has the framing that it had then.
    pub(super) is_recorded: bool,
    /// A fault will change it, which must be able to hold its end back.
    pub(super) is_struck: bool,
}

impl Given {
    /// Makes of a person's answer what this client gets: gzipped where it may be, cut where the stub
    /// names too short a length, broken off where it names too long a one, as pieces where it
    /// dribbles.
    fn adapt(&mut self, state: &State, method: &Method, fields: &HeaderMap) -> PreparedBody {
        if state.answers.gzip
            && squeeze::wants_squeezed(method, fields)
            && let Some(squeezed) = self.prepared.squeezed()
        {
            self.prepared = Arc::clone(squeezed);
        }
        let mut body = self.prepared.body.clone();
        let length = body.length();
        match (self.prepared.written_length(), &mut body) {
            (Some(written), PreparedBody::Bytes(bytes)) if written < length => {
                bytes.truncate(usize::try_from(written).unwrap_or(usize::MAX));
            }
            (Some(written), _) if written > length => self.ending = ResponseEnding::Breaks,
            _ => {}
        }
        if let Some(dribble) = self.dribble {
            let pieces = delay::pieces(dribble, body.length(), self.schedule.head);
            self.schedule.chunks = pieces.into_iter().map(|(due, size)| (due, size, 0)).collect();
        }
        body
    }
}

/// The response to a request.
pub(super) async fn respond(
    state: &State,
    mut given: Given,
    inquiry: Inquiry,
    interim: &Interim,
) -> Response<ReplyBody> {
    let is_recorded = given.is_recorded;
    let has_body = inquiry.request.method != Method::HEAD && may_have_body(given.prepared.status);
    let sent = if is_recorded {
        given.prepared.body.clone()
    } else {
        given.adapt(state, &inquiry.request.method, &inquiry.request.headers)
    };
    if given.dribble.is_none() && has_body && given.schedule.waits_between() {
        let fields = &given.prepared.fields;
        let media = fields.get(CONTENT_TYPE).and_then(|media| media.to_str().ok());
        given.schedule.cut(match &sent {
            PreparedBody::Bytes(bytes) if !fields.contains_key(CONTENT_ENCODING) => {
                Cuttable::Bytes(bytes, media)
            }
            sent => Cuttable::Length(sent.length()),
        });
    }
    if given.dribble.is_some()
        && has_body
        && let Some((due, ..)) = given.schedule.chunks.first()
    {
        // The head of a dribbled answer goes out with its first piece.
        sleep_until(state.session.clock(), inquiry.watch, *due).await;
    }
    let Given { prepared, schedule, ending, is_from_file, is_struck, .. } = given;
    // To read the body would ask the client for it.
    let is_refused = inquiry.is_unasked()
        && (prepared.status.is_client_error() || prepared.status.is_server_error());
    let Inquiry { body: inbound, version, watch, request, .. } = inquiry;
    let inbound = if is_refused { Inbound::none() } else { inbound };
    let is_gated = schedule.chunks.iter().any(|(_, _, request_bytes)| *request_bytes > 0);
    let progress = drain(inbound, is_gated.then_some(&request.body));
    let length = sent.length();
    let whole = match &sent {
        PreparedBody::Bytes(bytes)
            if schedule.chunks.is_empty() && ending == ResponseEnding::Complete =>
        {
            Some(bytes.clone())
        }
        _ => None,
    };
    let unsent = match &whole {
        Some(bytes) if request.method == Method::HEAD && state.session.journal().is_on() => {
            Some(UnsentBody(bytes.clone()))
        }
        _ => None,
    };
    let body = match whole {
        _ if !has_body => ReplyBody::Whole { bytes: None, trailers: None, sizing: Sizing::Unsaid },
        Some(bytes) => ReplyBody::Whole {
            bytes: Some(bytes),
            trailers: (!prepared.trailers.is_empty()).then(|| prepared.trailers.clone()),
            sizing: match version {
                _ if is_recorded => Sizing::Unsaid,
                // Its connection can live on only with a length.
                Version::HTTP_10 => Sizing::Named,
                // A client that knows the length would not see all that befalls the end.
                _ if is_struck && state.answers.dialect == Dialect::Ringer => Sizing::InPieces,
                _ => sizing(state, is_from_file),
            },
        },
        None => Production {
            body: sent,
            trailers: prepared.trailers.clone(),
            schedule,
            ending,
            watch,
            clock: Arc::clone(state.session.clock()),
            request: progress,
        }
        .start(),
    };
    let spelling = match version {
        _ if prepared.spelled.is_empty() => None,
        Version::HTTP_2 => None,
        _ => Some(spelling(state, &prepared).await),
    };
    let head = Head {
        version,
        has_body,
        length: (ending == ResponseEnding::Complete).then_some(length),
        is_recorded,
        asked: &request.headers,
        spelling,
    };
    let mut response = head.onto(state, &prepared, body, interim);
    if request.method == Method::HEAD
        && may_have_body(prepared.status)
        && !is_recorded
        && !has_framing(response.headers())
        && sizing(state, is_from_file) == Sizing::Named
    {
        // That of the answer to a GET (RFC 9110 §8.6).
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    if let Some(unsent) = unsent {
        response.extensions_mut().insert(unsent);
    }
    response
}

/// What decides of the head of an answer beside what is prepared.
pub(super) struct Head<'h> {
    pub(super) version: Version,
    pub(super) has_body: bool,
    /// How long its body is, where all of that is sent.
    pub(super) length: Option<u64>,
    pub(super) is_recorded: bool,
    /// The fields of the request.
    pub(super) asked: &'h HeaderMap,
    /// What makes the server spell its names, where they are not all in lower case.
    pub(super) spelling: Option<http::Extensions>,
}

impl Head<'_> {
    /// The response, with this body.
    pub(super) fn onto(
        self,
        state: &State,
        prepared: &Arc<Prepared>,
        body: ReplyBody,
        interim: &Interim,
    ) -> Response<ReplyBody> {
        let Self { version, has_body, length, is_recorded, asked, spelling } = self;
        let is_named = state.answers.dialect == Dialect::Ringer
            && matches!(body, ReplyBody::Whole { sizing: Sizing::Named, .. });
        let mut response = Response::new(body);
        *response.status_mut() = prepared.status;
        *response.headers_mut() = fields(state, prepared, version);
        // hyper would break off a body that is not as long as a stub says.
        if has_body
            && let Some(length) = length
            && let Some(named) = response.headers_mut().get_mut(CONTENT_LENGTH)
        {
            *named = length.into();
        }
        let is_framed = has_framing(response.headers());
        if version == Version::HTTP_11 && has_body && !is_framed && prepared.trailers.is_empty() {
            if is_recorded {
                // A recorded body that ended with its connection does so again: hyper would send chunks.
                if prepared.body.length() > 0 {
                    *response.version_mut() = Version::HTTP_10;
                }
            } else if !is_named && (closes(asked) || closes(response.headers())) {
                *response.version_mut() = Version::HTTP_10;
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                interim.call_it_1_1();
            }
        }
        if version < Version::HTTP_2 {
            if let Some(spelling) = spelling {
                *response.extensions_mut() = spelling;
                response.extensions_mut().insert(Spelled(Arc::clone(prepared)));
            }
            if let Some(reason) = &prepared.reason
                && let Ok(reason) = ReasonPhrase::try_from(reason.clone())
            {
                response.extensions_mut().insert(reason);
            }
        }
        response
    }
}

/// How the length of a whole body is told that a person wrote, where its stub says nothing of that.
pub(super) fn sizing(state: &State, is_from_file: bool) -> Sizing {
    match state.answers.chunking {
        Chunking::Always => Sizing::InPieces,
        Chunking::BodyFile if is_from_file => Sizing::InPieces,
        Chunking::BodyFile | Chunking::Never => Sizing::Named,
    }
}

/// Whether answers of this status have a body at all (RFC 9110 §6.4.1).
pub(super) fn may_have_body(status: StatusCode) -> bool {
    !status.is_informational()
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED
}

/// Whether a head says how its body ends.
fn has_framing(fields: &HeaderMap) -> bool {
    fields.contains_key(CONTENT_LENGTH) || fields.contains_key(TRANSFER_ENCODING)
}

/// Whether a message says that its connection closes after it.
fn closes(fields: &HeaderMap) -> bool {
    if !fields.contains_key(CONNECTION) {
        return false;
    }
    let options = fields.get_all(CONNECTION).iter().map(HeaderValue::as_bytes);
    hop::nominated(options).iter().any(|it| it == "close")
}

fn fields(state: &State, prepared: &Prepared, version: Version) -> HeaderMap {
    let mut fields = prepared.fields.clone();
    // The place of an emptied value is that of the recorded field.
    if let Some(date) = fields.get_mut(DATE)
        && date.is_empty()
        && let Ok(now) = HeaderValue::from_str(&http_date(state.session.clock().now()))
    {
        *date = now;
    }
    if version != Version::HTTP_11 {
        fields.remove(TRANSFER_ENCODING);
    }
    // Both would contradict each other (RFC 9112 §6.2).
    if fields.contains_key(TRANSFER_ENCODING) {
        fields.remove(CONTENT_LENGTH);
    }
    fields
}

async fn spelling(state: &State, prepared: &Prepared) -> http::Extensions {
    match prepared.spelling.get() {
        Some(known) => known.clone(),
        None => {
            let made = state.spellings.of(prepared.spelled.clone()).await;
            prepared.spelling.get_or_init(|| made).clone()
        }
    }
}

/// Reads the rest of a request body. With `gate`, tells how far it has come, what was read of it
/// before included.
pub(super) fn drain(
    inbound: Inbound,
    gate: Option<&RequestBody>,
) -> Option<watch::Receiver<Progress>> {
    let read = inbound.so_far().len() as u64;
    let read = read
        + gate.map_or(0, |body| match body {
            RequestBody::Whole(bytes) => bytes.len() as u64,
            RequestBody::Hashed { length, .. } => *length,
        });
    if gate.is_none() {
        if let Some(rest) = inbound.into_rest() {
            tokio::spawn(discard(rest));
        }
        return None;
    }
    let ended = inbound.is_complete();
    let (progress, watched) = watch::channel(Progress { bytes: read, ended });
    let mut inbound = inbound;
    if !ended {
        tokio::spawn(async move {
            let before = read - inbound.so_far().len() as u64;
            while let Ok(true) = inbound.more().await {
                let bytes = before + inbound.so_far().len() as u64;
                progress.send_modify(|progress| progress.bytes = bytes);
            }
            progress.send_modify(|progress| progress.ended = true);
        });
    }
    Some(watched)
}
