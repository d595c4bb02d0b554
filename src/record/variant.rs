//! The answers that one stub gives in order: those it had on disk, brought together with those of
//! this run.
//!
//! The k-th request of a run is compared with the k-th answer on disk. What says the same stays as it
//! is on disk; what does not takes its place; what goes beyond the end is added.

use std::{path::PathBuf, sync::Arc};

use sha2::{Digest, Sha256};

use super::{
    answer::Answer,
    compare::{BodyPath, Pair, same_but_for_noise},
    conditions::Earlier,
    dates,
};
use crate::{
    codec::json,
    model::{AfterLast, BodySpec, Headers, ResponseSpec, ResponseStep, Responses, Stub},
};

/// An answer in its exact words.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) spec: ResponseSpec,
    identity: Identity,
}

/// Equal for answers that are the same byte for byte, `Date` and the like aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity([u8; 32]);

/// A stub that is being recorded.
#[derive(Debug)]
pub(super) struct Variant {
    /// As it stands, answers included.
    pub(super) stub: Stub,
    /// Its file.
    pub(super) path: PathBuf,
    /// The headers of this run's requests.
    pub(super) earlier: Earlier,
    /// What was on disk when the run began, repeats spread out.
    disk: Vec<Arc<Step>>,
    /// This run's requests in the order of their arrival.
    entries: Vec<Entry>,
    /// How many requests in a row got the last answer; the stub itself says 1, since the last answer
    /// stays.
    n_last: u32,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    /// What came, to tell repeats from changes.
    came: Identity,
    /// What is kept for it.
    kept: Arc<Step>,
}

/// How an answer fits into a variant.
#[derive(Debug)]
pub(super) enum Fit {
    /// It is there already; these values differ.
    Known(Arc<Step>, Vec<Pair>),
    /// It says something else than the one on disk in its place.
    Replaces,
    /// It comes beyond the end, or between.
    Adds,
}

impl Step {
    pub(super) fn new(spec: ResponseSpec) -> Arc<Self> {
        let identity = identity_of(&spec);
        Arc::new(Self { spec, identity })
    }
}

impl Variant {
    /// A stub that was on disk.
    pub(super) fn loaded(stub: Stub, path: PathBuf) -> Self {
        let mut disk = Vec::new();
        for step in &stub.responses.steps {
            let shared = Step::new(step.response.clone());
            // A file may say anything; the spread-out list stays small.
            let times = step.times.clamp(1, 100_000) as usize;
            disk.extend(std::iter::repeat_n(shared, times));
        }
        let n_last = stub.responses.steps.last().map_or(1, |step| step.times);
        Self { stub, path, earlier: Earlier::default(), disk, entries: Vec::new(), n_last }
    }

    /// A stub that is new with this run; its first answer is added next.
    pub(super) fn new(stub: Stub, path: PathBuf) -> Self {
        Self {
            stub,
            path,
            earlier: Earlier::default(),
            disk: Vec::new(),
            entries: Vec::new(),
            n_last: 0,
        }
    }

    /// Whether a request of this run has found it.
    pub(super) fn is_visited(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Its place among the stubs that are the same but for noise.
    pub(super) fn turn(&self) -> u32 {
        self.stub.recorded.as_ref().map_or(0, |recorded| recorded.turn)
    }

    /// Looks where an answer belongs, without adding it.
    pub(super) fn fit(&self, number: u64, now: &Answer, path: BodyPath<'_>) -> Fit {
        let at = self.position(number);
        let came = identity_of(&now.spec);
        if let Some(disk) = self.disk.get(at) {
            if disk.identity == came {
                return Fit::Known(Arc::clone(disk), Vec::new());
            }
            return match same_but_for_noise(&disk.spec, now, path) {
                Some(pairs) => Fit::Known(Arc::clone(disk), pairs),
                None => Fit::Replaces,
            };
        }
        let before = at.checked_sub(1).and_then(|before| self.entries.get(before));
        let neighbours = [before, self.entries.get(at)];
        if let Some(same) = neighbours.into_iter().flatten().find(|entry| entry.came == came) {
            return Fit::Known(Arc::clone(&same.kept), Vec::new());
        }
        // Where the last answer on disk has a date in it, a later second is no further answer.
        if let (Some(before), Some(last)) = (before, self.disk.last())
            && Arc::ptr_eq(&before.kept, last)
            && let Some(pairs) = same_but_for_noise(&last.spec, now, path)
            && pairs.iter().all(|(recorded, _)| dates::is_date(recorded))
        {
            return Fit::Known(Arc::clone(last), Vec::new());
        }
        Fit::Adds
    }

    /// The body file of the answer that is on disk in the place of a request.
    pub(super) fn body_file_at(&self, number: u64) -> Option<String> {
        match &self.disk.get(self.position(number))?.spec.body {
            BodySpec::File(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether the answer of an unvisited stub is this one but for noise.
    pub(super) fn begins_with(&self, now: &Answer, path: BodyPath<'_>) -> Option<Vec<Pair>> {
        same_but_for_noise(&self.disk.first()?.spec, now, path)
    }

    /// Adds a request that came last and got the last answer again, which changes no stub; `false` when
    /// it is none of those.
    pub(super) fn repeat(&mut self, number: u64, came: Identity) -> bool {
        let Some(last) = self.entries.last() else {
            return false;
        };
        let is_last = last.number < number && self.entries.len() >= self.disk.len();
        if !is_last || last.came != came || self.stub.responses.after_last != AfterLast::Stay {
            return false;
        }
        let kept = Arc::clone(&last.kept);
        self.entries.push(Entry { number, came, kept });
        self.n_last += 1;
        true
    }

    /// Adds a request and the answer that is kept for it. Says how many answers the stub has if it
    /// now says something else than before.
    pub(super) fn add(
        &mut self,
        number: u64,
        came: &ResponseSpec,
        kept: Arc<Step>,
        path: BodyPath<'_>,
    ) -> Option<usize> {
        let at = self.position(number);
        let is_last = at == self.entries.len();
        let is_beyond = at >= self.disk.len();
        let entry = Entry { number, came: identity_of(came), kept };
        if is_last && is_beyond {
            return self.append(entry);
        }
        let is_on_disk = self.disk.get(at).is_some_and(|disk| Arc::ptr_eq(disk, &entry.kept));
        self.entries.insert(at, entry);
        if is_last && is_on_disk {
            return None;
        }
        // Those behind have moved on by one.
        for (entry, disk) in self.entries.iter_mut().zip(&self.disk).skip(at + 1) {
            let kept = Answer { spec: entry.kept.spec.clone(), side: None };
            if entry.came == disk.identity || same_but_for_noise(&disk.spec, &kept, path).is_some()
            {
                entry.kept = Arc::clone(disk);
            }
        }
        self.rebuild()
    }

    /// The place of a request among those of this run.
    fn position(&self, number: u64) -> usize {
        self.entries.partition_point(|entry| entry.number < number)
    }

    fn append(&mut self, entry: Entry) -> Option<usize> {
        let last = self.entries.last().map(|entry| entry.kept.identity);
        let kept = Arc::clone(&entry.kept);
        self.entries.push(entry);
        if self.stub.responses.after_last != AfterLast::Stay {
            return self.rebuild();
        }
        if last == Some(kept.identity) {
            self.n_last += 1;
            return None;
        }
        let steps = &mut self.stub.responses.steps;
        if let Some(step) = steps.last_mut() {
            step.times = self.n_last.max(1);
        }
        steps.push(ResponseStep { response: kept.spec.clone(), times: 1 });
        self.n_last = 1;
        Some(steps.len())
    }

    /// Puts the stub's answers together anew.
    fn rebuild(&mut self) -> Option<usize> {
        let n = self.entries.len().max(self.disk.len());
        let mut steps: Vec<ResponseStep> = Vec::new();
        let mut last: Option<Identity> = None;
        for at in 0..n {
            let step = match (self.entries.get(at), self.disk.get(at)) {
                (Some(entry), _) => &entry.kept,
                (None, Some(disk)) => disk,
                (None, None) => break,
            };
            match steps.last_mut() {
                Some(same) if last == Some(step.identity) => same.times += 1,
                _ => steps.push(ResponseStep { response: step.spec.clone(), times: 1 }),
            }
            last = Some(step.identity);
        }
        let after_last = self.stub.responses.after_last;
        if let Some(last) = steps.last_mut() {
            self.n_last = last.times;
            if after_last == AfterLast::Stay {
                last.times = 1;
            }
        }
        let responses = Responses { steps, after_last };
        if responses == self.stub.responses {
            return None;
        }
        self.stub.responses = responses;
        Some(self.stub.responses.steps.len())
    }
}

/// What an answer says, in one value.
pub(super) fn identity_of(spec: &ResponseSpec) -> Identity {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    field(&spec.status.to_le_bytes());
    field(spec.extras.reason.as_deref().unwrap_or_default().as_bytes());
    let mut headers = |headers: &Headers| {
        field(&(headers.len() as u64).to_le_bytes());
        for (name, value) in headers.iter() {
            field(name.as_bytes());
            field(value.as_bytes());
        }
    };
    headers(&spec.headers);
    for (_, fields) in &spec.extras.interim {
        headers(fields);
    }
    headers(&spec.extras.trailers);
    for (name, at) in &spec.extras.computed {
        field(name.as_bytes());
        field(&at.to_le_bytes());
    }
    field(spec.coding.map_or("", |coding| coding.token()).as_bytes());
    field(&[spec.ending as u8]);
    match &spec.body {
        BodySpec::Empty => field(b"empty"),
        BodySpec::Bytes(bytes) => field(bytes),
        BodySpec::File(name) => {
            field(b"file");
            field(name.as_bytes());
        }
        BodySpec::Json(value, style) => field(json::write(value, *style).as_bytes()),
        BodySpec::Text(text) => field(text.as_bytes()),
    }
    Identity(hash.finalize().into())
}
