//! One pass over an exchange, or over a request before it is matched.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use http::HeaderMap;
use parking_lot::Mutex;

use super::{
    answer::{self, Credentials, SeenAnswer},
    body::Label,
    clean_fields::CleanFields,
    pass::{Finding, Pass, Reach, Side},
    pseudonym::{Pseudonyms, is_pseudonym},
    request::{self, Changes, Parts, change_request, fields, label},
    stream::StreamRedactor,
    taint::Taint,
};
use crate::model::{
    Chunk, Exchange, Headers, RecordedBody, RecordedResponse, Request, RequestBody,
};

/// What was replaced in an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Where, sorted, each once: `request.headers.Authorization`, `response.body.$.data.login`.
    pub places: Vec<String>,
    /// How many values of each class: `authorization`, `cookie`, `password`, …
    pub counts: BTreeMap<&'static str, usize>,
}

/// Replaces credentials by pseudonyms.
///
/// Requests are sanitised by what they say themselves, so that a request is the same to matching
/// when it is recorded and when it is replayed. Answers are also searched for every credential that
/// the redactor has met before; for that it remembers them, in memory, as long as it lives.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// `None` when switched off.
    inner: Option<Arc<Inner>>,
}

#[derive(Debug)]
struct Inner {
    keys: Pseudonyms,
    /// Credentials of all exchanges so far. Not an async lock: it is held for a lookup only.
    seen: Mutex<Arc<Taint>>,
}

impl Redactor {
    /// A redactor whose pseudonyms depend on `key`, of any length.
    pub fn new(key: &[u8]) -> Self {
        let inner = Inner { keys: Pseudonyms::new(key), seen: Mutex::default() };
        Self { inner: Some(Arc::new(inner)) }
    }

    /// A redactor that leaves everything as it is.
    pub fn off() -> Self {
        Self { inner: None }
    }

    /// Whether it replaces anything at all.
    pub fn is_on(&self) -> bool {
        self.inner.is_some()
    }

    /// Sanitises a whole exchange in place, and remembers its credentials for the ones that follow.
    ///
    /// Bodies that lie in files are not touched: they pass a [`StreamRedactor`] when they are
    /// written.
    pub fn exchange(&self, exchange: &mut Exchange) -> Replaced {
        let Some(inner) = &self.inner else {
            return Replaced::default();
        };
        let changes = inner.request_changes(exchange);
        let mut own = Taint::default();
        changes_pass(&inner.keys, &changes).spread(&mut own, Reach::Exchange);
        let sent = changes.is_login().then(|| sent_text(exchange));
        let mut found = apply(exchange, changes, &inner.keys);

        if let Some(response) = &mut exchange.response {
            let seen = Arc::clone(&inner.seen.lock());
            let before = response.body.length();
            let taints = vec![&*seen, &own];
            found.extend(sanitise_answer(&inner.keys, response, taints, sent.as_deref()));
            let after = response.body.length();
            resize(&mut response.headers, &mut exchange.timing.chunks, before, after);
        }
        inner.remember(&found);
        replaced(&found)
    }

    /// A request target, sanitised by what it says itself.
    ///
    /// Fit for logs. For matching use [`Self::request`], which knows the credentials in the other
    /// parts of the request too.
    pub fn target<'a>(&self, target: &'a str) -> Cow<'a, str> {
        self.pass()
            .and_then(|mut pass| pass.target(target))
            .map_or(Cow::Borrowed(target), Cow::Owned)
    }

    /// A request header's value, sanitised by what it says itself.
    pub fn header<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        self.pass()
            .and_then(|mut pass| pass.header(name, value))
            .map_or(Cow::Borrowed(value), Cow::Owned)
    }

    /// A request body, sanitised by what it and its headers say; `None` when nothing in it is
    /// secret.
    pub fn request_body(&self, headers: &HeaderMap, body: &Bytes) -> Option<Bytes> {
        let inner = self.inner.as_ref()?;
        let parts = Parts { target: "", headers: fields(headers), body: Some(body) };
        let changes = request::sanitise(&inner.keys, &parts);
        changes.body.map(Bytes::from)
    }

    /// Sanitises a request in place, as [`Self::exchange`] did when it was recorded.
    pub fn request(&self, request: &mut Request) {
        if let Some(changes) = self.changes(request) {
            change_request(changes, request);
        }
    }

    /// The request as [`Self::request`] would leave it; no copy is made of one that brings no
    /// credential.
    pub fn seen<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        self.examined(request).0
    }

    /// As [`Self::seen`], with the credentials that it brings, for its answer to be searched for them.
    pub fn examined<'r>(&self, request: &'r Request) -> (Cow<'r, Request>, Credentials) {
        match self.changes(request) {
            Some(mut changes) if !changes.is_empty() => {
                let credentials = Credentials::of(&mut changes);
                let mut request = request.clone();
                change_request(changes, &mut request);
                (Cow::Owned(request), credentials)
            }
            _ => (Cow::Borrowed(request), Credentials::default()),
        }
    }

    /// Whether [`Self::seen`] would leave a request as it is; `known` is what requests before it on its
    /// connection brought.
    pub fn is_clean(&self, request: &Request, known: &mut CleanFields) -> bool {
        let Some(inner) = &self.inner else { return true };
        let mut pass = Pass::new(&inner.keys, Side::Request);
        if !known.are_clean(&mut pass, &request.headers) {
            return false;
        }
        let target = request.target.as_str();
        let RequestBody::Whole(body) = &request.body else { return false };
        let fields = request.headers.iter();
        let label = || {
            label(fields.filter_map(|(name, value)| {
                Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?))
            }))
        };
        let changed = pass.target(target).is_some()
            || (!body.is_empty() && pass.body(label(), body).is_some());
        !changed && pass.found.is_empty()
    }

    /// Sanitises an answer in place, for somebody to see: by what it says itself, by the credentials of
    /// its request, which is `asked` without them, and by those of all recorded exchanges.
    pub fn answer(&self, answer: SeenAnswer<'_>, credentials: &Credentials, asked: &Request) {
        let Some(inner) = &self.inner else { return };
        let seen = Arc::clone(&inner.seen.lock());
        answer::sanitise(&inner.keys, &seen, answer, credentials, asked);
    }

    /// What the credentials of an original request become: pairs of pseudonym and own value. An
    /// answer that echoed them when it was recorded can so be given the client's own values back.
    pub fn substitutions(&self, request: &Request) -> Vec<(String, String)> {
        let Some(changes) = self.changes(request) else {
            return Vec::new();
        };
        let pairs: BTreeSet<(String, String)> = changes
            .found
            .into_iter()
            .filter(|found| is_pseudonym(&found.pseudonym))
            .map(|found| (found.pseudonym, found.secret))
            .collect();
        pairs.into_iter().collect()
    }

    /// For the body of a request that is too large for memory, as its headers describe it.
    pub fn request_stream(&self, headers: &Headers) -> StreamRedactor {
        self.stream(headers, Side::Request)
    }

    /// For the body of an answer that is too large for memory, as its headers describe it. Looks
    /// for the credentials that are known at this moment.
    pub fn answer_stream(&self, headers: &Headers) -> StreamRedactor {
        self.stream(headers, Side::Answer)
    }

    fn stream(&self, headers: &Headers, side: Side) -> StreamRedactor {
        let Some(inner) = &self.inner else {
            return StreamRedactor::off();
        };
        let seen = match side {
            Side::Request => Arc::default(),
            Side::Answer => Arc::clone(&inner.seen.lock()),
        };
        StreamRedactor::new(inner.keys.clone(), seen, side, label(headers.iter()))
    }

    fn pass(&self) -> Option<Pass<'_>> {
        self.inner.as_ref().map(|inner| Pass::new(&inner.keys, Side::Request))
    }

    fn changes(&self, request: &Request) -> Option<Changes> {
        let inner = self.inner.as_ref()?;
        let body = match &request.body {
            RequestBody::Whole(bytes) => Some(&**bytes),
            RequestBody::Hashed { .. } => None,
        };
        let target = request.target.as_str();
        let texts = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), std::str::from_utf8(value.as_bytes()).ok()));
        if request::is_clean(&inner.keys, target, texts, body) {
            return None;
        }
        let parts = Parts { target, headers: fields(&request.headers), body };
        Some(request::sanitise(&inner.keys, &parts))
    }
}

impl Inner {
    fn request_changes(&self, exchange: &Exchange) -> Changes {
        let request = &exchange.request;
        let body = request.body.bytes().map(|bytes| &**bytes);
        let texts = request.headers.iter().map(|(name, value)| (name, Some(value)));
        if request::is_clean(&self.keys, &request.target, texts, body) {
            return Changes::default();
        }
        let parts = Parts {
            target: &request.target,
            headers: request.headers.iter().map(|(name, value)| (name, value.into())).collect(),
            body,
        };
        request::sanitise(&self.keys, &parts)
    }

    fn remember(&self, found: &[Finding]) {
        if !found.iter().any(|found| found.reach == Reach::Recording) {
            return;
        }
        let mut pass = Pass::new(&self.keys, Side::Answer);
        pass.found = found.to_vec();
        let mut seen = self.seen.lock();
        pass.spread(Arc::make_mut(&mut seen), Reach::Recording);
    }
}

fn changes_pass<'k>(keys: &'k Pseudonyms, changes: &Changes) -> Pass<'k> {
    let mut pass = Pass::new(keys, Side::Request);
    pass.found.clone_from(&changes.found);
    pass
}

/// Puts the changes into the request of an exchange, and sanitises its trailers, which matching
/// does not see.
fn apply(exchange: &mut Exchange, changes: Changes, keys: &Pseudonyms) -> Vec<Finding> {
    let request = &mut exchange.request;
    let mut pass = Pass::new(keys, Side::Request);
    pass.found = changes.found;
    if let Some(target) = changes.target {
        request.target = target;
    }
    for (at, (_, value)) in request.headers.iter_mut().enumerate() {
        if let Some(new) = changes.headers.get(&at) {
            value.clone_from(new);
        }
    }
    if let Some(body) = changes.body {
        let before = request.body.length();
        request.body = RecordedBody::Bytes(body.into());
        resize(&mut request.headers, &mut [], before, request.body.length());
    }
    sanitise_fields(&mut pass, "trailers", &mut request.trailers);
    pass.found.iter_mut().for_each(|found| found.place.insert_str(0, "request."));
    pass.found
}

fn sanitise_fields(pass: &mut Pass<'_>, part: &str, fields: &mut Headers) {
    for (name, value) in fields.iter_mut() {
        if pass.again && !pass.knows_any(value.as_bytes()) {
            continue;
        }
        let step = || format!("{part}.{name}");
        if let Some(replaced) = pass.at(step, |pass| pass.header(name, value)) {
            *value = replaced;
        }
    }
}

/// Sanitises an answer by itself and by what is known, then once more for what it revealed itself.
fn sanitise_answer(
    keys: &Pseudonyms,
    response: &mut RecordedResponse,
    mut taints: Vec<&Taint>,
    login: Option<&str>,
) -> Vec<Finding> {
    taints.retain(|taint| !taint.is_empty());
    let mut pass = Pass::new(keys, Side::Answer);
    pass.taints = taints;
    pass.login = login;
    walk_answer(&mut pass, response);

    let mut own = Taint::default();
    pass.spread(&mut own, Reach::Exchange);
    let mut found = pass.found;
    if !own.is_empty() {
        let mut pass = Pass::new(keys, Side::Answer);
        pass.taints.push(&own);
        pass.again = true;
        walk_answer(&mut pass, response);
        found.append(&mut pass.found);
    }
    found.iter_mut().for_each(|found| found.place.insert_str(0, "response."));
    found
}

fn walk_answer(pass: &mut Pass<'_>, response: &mut RecordedResponse) {
    sanitise_fields(pass, "headers", &mut response.headers);
    sanitise_fields(pass, "trailers", &mut response.trailers);
    for (_, fields) in &mut response.interim {
        sanitise_fields(pass, "interim", fields);
    }
    let label: Label<'_> = label(response.headers.iter());
    if let RecordedBody::Bytes(bytes) = &response.body
        && let Some(replaced) = pass.at(|| "body".to_owned(), |pass| pass.body(label, bytes))
    {
        response.body = RecordedBody::Bytes(replaced.into());
    }
}

/// Corrects what counts the bytes of a body whose length has changed.
fn resize(headers: &mut Headers, chunks: &mut [Chunk], before: u64, after: u64) {
    if before == after {
        return;
    }
    for (name, value) in headers.iter_mut() {
        if name.eq_ignore_ascii_case("content-length") && value.parse() == Ok(before) {
            *value = after.to_string();
        }
    }
    // The pieces keep their number and their time; the last ones give or take what differs.
    let mut missing = before.saturating_sub(after);
    if let Some(last) = chunks.last_mut() {
        last.size += after.saturating_sub(before);
    }
    for chunk in chunks.iter_mut().rev() {
        let taken = missing.min(chunk.size);
        chunk.size -= taken;
        missing -= taken;
    }
}

/// All that a client sent, as text: a value in it is not one that the answer hands out.
fn sent_text(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let mut text = request.target.clone();
    for (_, value) in request.headers.iter() {
        text.push('\n');
        text.push_str(value);
    }
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(request.body.bytes().map_or(&[], |bytes| bytes)));
    text
}

fn replaced(found: &[Finding]) -> Replaced {
    let places: BTreeSet<&str> = found.iter().map(|found| found.place.as_str()).collect();
    let mut counts = BTreeMap::new();
    for found in found.iter().filter(|found| !found.verbatim) {
        *counts.entry(found.class.name()).or_default() += 1;
    }
    Replaced { places: places.into_iter().map(str::to_owned).collect(), counts }
}
