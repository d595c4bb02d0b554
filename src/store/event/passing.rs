//! The body of a request that is passed on: it comes after its entry was made, and nobody waits for it.

use bytes::Bytes;

use super::{Later, ServeEvent, Whole, resized};
use crate::{
    model::{Request, RequestBody},
    store::{
        fields::{compact, size_of_fields},
        logged_body::{BodyLimit, CutBody, Gathering, LoggedBody},
    },
};

impl ServeEvent {
    /// Notes a piece of the request's body; as [`ServeEvent::add_body`] does.
    pub(in crate::store) fn add_request_body(
        &self,
        piece: &[u8],
        limit: BodyLimit,
        grow: impl FnOnce(usize),
    ) -> usize {
        let mut later = self.later.lock();
        let Later { request_body, bytes, request_bytes, .. } = &mut *later;
        let gathering = request_body.get_or_insert_with(|| Box::new(Gathering::new(limit)));
        let now = gathering.push(piece);
        let before = std::mem::replace(request_bytes, now);
        resized(bytes, before, now, grow)
    }

    /// Says that all of the request's body has come; `asked` is the request as it came, but for its body,
    /// for credentials are known by all of it.
    pub(in crate::store) fn end_request_body(&self, mut asked: Request, grow: impl FnOnce(usize)) {
        let Some(gathering) = self.later.lock().request_body.take() else { return };
        let (bytes, cut) = match gathering.body() {
            LoggedBody::Whole(bytes) => (bytes, None),
            // What in its beginning is a credential only the rest may tell.
            LoggedBody::Cut(cut) => (Bytes::new(), Some(CutBody { head: Bytes::new(), ..cut })),
        };
        asked.body = RequestBody::Whole(bytes);
        let (seen, credentials) = self.redactor.examined(&asked);
        let mut request = seen.into_owned();
        request.headers = compact(&request.headers);
        request.target = self.served.request.target.clone();
        if let Some(CutBody { length, sha256, .. }) = cut {
            request.body = RequestBody::Hashed { length, sha256 };
        }
        let grown = size_of_fields(&request.headers) + credentials.size();
        let mut later = self.later.lock();
        if self.whole.set(Box::new(Whole { request, credentials, cut })).is_err() {
            return;
        }
        resized(&mut later.bytes, 0, grown, grow);
        if let Some(answered) = &mut later.answer {
            // Somebody may have looked at it who did not know of the credentials in the body.
            answered.is_clean = false;
        }
    }
}
