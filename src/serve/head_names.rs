//! How a client of HTTP/1.1 spells the names of its fields: hyper folds them to lower case.
//!
//! The bytes that come on a connection are looked at until a head is complete, and then not until an
//! answer goes out. Of a client that sends its next request before it has the answer to the one before,
//! that next spelling is not known, and names are shown as they are mostly spelled.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use memchr::memmem::Finder;
use parking_lot::Mutex;

use crate::model::is_usual_spelling;

/// A head larger than this is not looked at.
const MAX_HEAD: usize = 64 * 1024;

/// The fields of a head up to this length are kept.
const MAX_KEPT: usize = 4096;

/// How a head ends.
const END: &[u8] = b"\r\n\r\n";
static FINDER: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(END));

/// Names of one head that are kept.
const MAX_NAMES: usize = 256;

/// Names of fields that are spelled otherwise than is usual.
pub(super) type Names = Option<Arc<[String]>>;

/// Listens to the heads of requests on one connection.
#[derive(Debug, Default)]
pub(super) struct NameTap {
    is_on: AtomicBool,
    is_listening: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes of the head that is arriving.
    partial: Vec<u8>,
    /// The fields of the head that came last: mostly the next one has the same.
    last: Vec<u8>,
    names: Names,
}

impl State {
    /// Notes a whole head, without its last line end.
    fn note(&mut self, head: &[u8]) {
        let line = memchr::memchr(b'\n', head).map_or(head.len(), |end| end + 1);
        let fields = head.get(line..).unwrap_or_default();
        if self.last == fields {
            return;
        }
        let unusual = unusual_names(fields);
        if self.names.as_deref().unwrap_or_default() != unusual.as_slice() {
            self.names = (!unusual.is_empty()).then(|| unusual.into());
        }
        self.last.clear();
        // Of a long one it costs more to be kept than to be read again.
        if fields.len() <= MAX_KEPT {
            self.last.extend_from_slice(fields);
        }
    }
}

impl NameTap {
    /// Listens from now on.
    pub(super) fn open(&self) {
        self.is_on.store(true, Ordering::Release);
        self.is_listening.store(true, Ordering::Release);
    }

    /// The unusual names of the request that came last.
    pub(super) fn names(&self) -> Names {
        if !self.is_on.load(Ordering::Acquire) {
            return None;
        }
        self.state.lock().names.clone()
    }

    /// An answer goes out: what comes then is a head.
    pub(super) fn answered(&self) {
        if self.is_on.load(Ordering::Acquire) {
            self.is_listening.store(true, Ordering::Release);
        }
    }

    /// Looks at bytes that come.
    pub(super) fn read(&self, bytes: &[u8]) {
        if !self.is_listening.load(Ordering::Acquire) || bytes.is_empty() {
            return;
        }
        let mut state = self.state.lock();
        if state.partial.is_empty() {
            // What is left of a body is no head, nor is the end of one.
            if !bytes.first().is_some_and(u8::is_ascii_uppercase) {
                return;
            }
            // Mostly a head comes at once, and nothing after it.
            if let Some(head) = bytes.strip_suffix(END)
                && FINDER.find(head).is_none()
            {
                state.note(head);
                self.is_listening.store(false, Ordering::Release);
                return;
            }
        }
        let mut partial = std::mem::take(&mut state.partial);
        // The blank line may lie across two reads.
        let from = partial.len().saturating_sub(3);
        partial.extend_from_slice(bytes);
        match partial.get(from..).and_then(|rest| FINDER.find(rest)) {
            Some(end) => state.note(partial.get(..from + end).unwrap_or_default()),
            None if partial.len() <= MAX_HEAD => {
                state.partial = partial;
                return;
            }
            None => {
                state.last.clear();
                state.names = None;
            }
        }
        self.is_listening.store(false, Ordering::Release);
    }
}

fn unusual_names(fields: &[u8]) -> Vec<String> {
    let lines = fields.split(|&byte| byte == b'\n');
    let names = lines.filter_map(|line| {
        let end = memchr::memchr(b':', line)?;
        std::str::from_utf8(line.get(..end)?).ok()
    });
    let unusual = names.filter(|name| !name.is_empty() && !is_usual_spelling(name));
    unusual.take(MAX_NAMES).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tap: &NameTap) -> Vec<String> {
        tap.names().map(|names| names.to_vec()).unwrap_or_default()
    }

    #[test]
    fn unusual_names_are_those_of_the_last_head() {
        let tap = NameTap::default();
        tap.open();
        tap.read(b"GET / HTTP/1.1\r\nHost: h\r\nx-lower: 1\r\nX-UPPER: a:b\r\n\r\nbody: 1");
        assert_eq!(names(&tap), ["x-lower", "X-UPPER"]);
        tap.read(b"POST / HTTP/1.1\r\nz-z: 1\r\n\r\n");
        assert_eq!(names(&tap), ["x-lower", "X-UPPER"], "no answer went out");
        tap.answered();
        tap.read(b"GET / HTTP/1.1\r\nHost: h\r\nA-");
        tap.read(b"b: 1\r\n\r");
        tap.read(b"\n");
        assert_eq!(names(&tap), ["A-b"]);
        tap.answered();
        tap.read(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert!(tap.names().is_none());
    }

    #[test]
    fn the_rest_of_a_body_is_no_head() {
        let tap = NameTap::default();
        tap.open();
        tap.read(b"{\"a\": 1}\r\n\r\n");
        tap.read(b"GET / HTTP/1.1\r\nx: 1\r\n\r\n");
        assert_eq!(names(&tap), ["x"]);
    }

    #[test]
    fn a_closed_tap_costs_nothing_and_tells_nothing() {
        let tap = NameTap::default();
        tap.read(b"GET / HTTP/1.1\r\nx: 1\r\n\r\n");
        tap.answered();
        tap.read(b"GET / HTTP/1.1\r\nx: 1\r\n\r\n");
        assert!(tap.names().is_none() && tap.state.lock().partial.is_empty());
    }
}
