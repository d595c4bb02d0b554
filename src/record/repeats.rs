//! Exchanges that say the same as an earlier one, known at once: under load most do, and what is made of
//! a request and its answer is a function of them alone.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest as _, Sha256};

use super::{conditions::HeaderValues, identity::Key, variant::Identity};
use crate::model::{Ending, Exchange, Headers, RecordedBody};

/// More are forgotten, all at once.
const MOST: usize = 20_000;

/// Larger bodies are not digested once more for this.
const LARGEST: usize = 64 * 1024;

/// Equal for exchanges of the same request and answer, times and `Date` aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seal([u8; 32]);

/// What was made of an exchange.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Where its stub is looked for.
    pub(super) key: Key,
    /// Its request's header fields.
    pub(super) headers: Arc<HeaderValues>,
    /// The variant that it was added to.
    pub(super) variant: usize,
    /// Its answer.
    pub(super) came: Identity,
}

/// The exchanges of late.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    known: HashMap<Seal, Known>,
    /// Kept for its memory.
    text: Vec<u8>,
}

impl Repeats {
    pub(super) fn get(&self, seal: Seal) -> Option<&Known> {
        self.known.get(&seal)
    }

    pub(super) fn insert(&mut self, seal: Seal, known: Known) {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert(seal, known);
    }

    /// The seal of a sanitised exchange; `None` of one that is special in any way.
    pub(super) fn seal_of(&mut self, exchange: &Exchange, two_way: bool) -> Option<Seal> {
        let request = &exchange.request;
        let response = exchange.response.as_ref()?;
        let is_usual = !two_way
            && exchange.ending == Ending::Complete
            && exchange.timing.request_end.is_some()
            && response.interim.is_empty();
        let (asked, answered) = (small(&request.body)?, small(&response.body)?);
        if !is_usual {
            return None;
        }
        let text = &mut self.text;
        text.clear();
        text.extend_from_slice(&response.status.to_le_bytes());
        for part in [
            exchange.address.as_str(),
            &exchange.upstream,
            &request.method,
            &request.target,
            response.reason.as_deref().unwrap_or("\0"),
        ] {
            put(text, part.as_bytes());
        }
        put(text, asked);
        put(text, answered);
        put_fields(text, &request.headers, false);
        put_fields(text, &request.trailers, false);
        put_fields(text, &response.headers, true);
        put_fields(text, &response.trailers, false);
        Some(Seal(Sha256::digest(text.as_slice()).into()))
    }
}

fn small(body: &RecordedBody) -> Option<&[u8]> {
    body.bytes().map(|bytes| &**bytes).filter(|bytes| bytes.len() <= LARGEST)
}

fn put(text: &mut Vec<u8>, part: &[u8]) {
    text.extend_from_slice(&(part.len() as u64).to_le_bytes());
    text.extend_from_slice(part);
}

/// The first `Date` of an answer is made anew when it is given; its place alone counts.
fn put_fields(text: &mut Vec<u8>, fields: &Headers, mut leaves_date: bool) {
    text.extend_from_slice(&(fields.len() as u64).to_le_bytes());
    for (name, value) in fields.iter() {
        put(text, name.as_bytes());
        if leaves_date && name.eq_ignore_ascii_case("date") {
            leaves_date = false;
        } else {
            put(text, value.as_bytes());
        }
    }
}
