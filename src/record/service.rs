//! One service's recording: its table of stubs, its tape, and what of both is not on disk yet.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    body::SideFile,
    summary::{RecordSummary, Troubles},
    table::{Outcome, Table},
};
use crate::{
    library::{
        tape::Tape,
        writer::{self, NewFile, Source},
    },
    model::{BodySpec, Exchange, RecordedAs, RecordedBody, ServiceName, Stub, StubId},
};

/// Tape lines that wait for a disk that takes none; beyond, the oldest are given up.
const MAX_WAITING_LINES: usize = 2_000;

/// A service that is being recorded.
pub(super) struct Service {
    name: ServiceName,
    table: Table,
    /// The folder of its tapes.
    recordings: PathBuf,
    started: SystemTime,
    tape: Option<Tape>,
    tape_is_dirty: bool,
    /// The disk did not take the last lines.
    tape_is_stuck: bool,
    /// Exchanges that could not be appended yet.
    waiting: VecDeque<(Exchange, Option<StubId>)>,
    /// Variants whose files are to be written.
    dirty: BTreeSet<usize>,
    /// Body files that are to be written.
    bodies: Vec<(PathBuf, SideFile)>,
    orphans: Vec<String>,
    fates: BTreeMap<StubId, Fate>,
}

/// What this run did to a stub.
#[derive(Clone, Copy, Debug, Default)]
struct Fate {
    is_new: bool,
    is_updated: bool,
    /// Number of answers, once it grew to several.
    sequence: Option<usize>,
}

impl Service {
    /// A service whose stubs on disk are `existing` files.
    pub(super) fn new(
        name: ServiceName,
        stubs: &Path,
        recordings: &Path,
        started: SystemTime,
        existing: Vec<(PathBuf, Vec<Stub>)>,
    ) -> Self {
        let mut table = Table::new(name.clone(), stubs.join(name.as_str()));
        for (path, stubs) in existing {
            table.load(path, stubs);
        }
        Self {
            recordings: recordings.join(name.as_str()),
            name,
            table,
            started,
            tape: None,
            tape_is_dirty: false,
            tape_is_stuck: false,
            waiting: VecDeque::new(),
            dirty: BTreeSet::new(),
            bodies: Vec::new(),
            orphans: Vec::new(),
            fates: BTreeMap::new(),
        }
    }

    /// Finds or makes the stub of a sanitised exchange.
    pub(super) fn add(
        &mut self,
        exchange: &Exchange,
        two_way: bool,
        redacted: &[String],
    ) -> Outcome {
        let outcome = self.table.add(exchange, two_way, redacted);
        if let Some(stub) = outcome.stub {
            let fate = self.fates.entry(stub).or_default();
            match &outcome.recorded {
                RecordedAs::New => fate.is_new = true,
                RecordedAs::Updated => fate.is_updated = true,
                RecordedAs::Sequence(n) => fate.sequence = Some(*n),
                RecordedAs::Unchanged | RecordedAs::TapeOnly(_) => {}
            }
        }
        outcome
    }

    /// Puts body files in their places and gives the stubs that changed since this was last asked.
    pub(super) fn take_changed(&mut self, troubles: &mut Troubles) -> Vec<(PathBuf, Stub)> {
        self.bodies.append(&mut self.table.changes.bodies);
        self.orphans.append(&mut self.table.changes.orphans);
        self.place_bodies(troubles);
        let changed = std::mem::take(&mut self.table.changes.variants);
        let variants = changed.iter().filter_map(|at| self.table.variant(*at));
        let stubs = variants.map(|variant| (variant.path.clone(), variant.stub.clone())).collect();
        self.dirty.extend(changed);
        stubs
    }

    /// Appends an exchange to the tape, after those that still wait. Takes the files of its bodies.
    pub(super) fn tape(
        &mut self,
        exchange: Exchange,
        stub: Option<StubId>,
        troubles: &mut Troubles,
    ) {
        self.waiting.push_back((exchange, stub));
        if !self.tape_is_stuck {
            self.push_waiting(troubles);
        }
        while self.waiting.len() > MAX_WAITING_LINES {
            self.waiting.pop_front();
            troubles.lost_lines(&self.recordings);
        }
    }

    /// Writes to the tape what was appended.
    pub(super) fn write_tape(&mut self, troubles: &mut Troubles) {
        let Some(tape) = self.tape.as_mut().filter(|tape| tape.has_waiting()) else { return };
        let written = tape.write();
        self.tape_is_stuck = written.is_err();
        if let Err(error) = written {
            troubles.note(error);
        }
    }

    /// Whether anything is not on disk.
    pub(super) fn is_dirty(&self) -> bool {
        self.tape_is_dirty
            || !self.waiting.is_empty()
            || !self.dirty.is_empty()
            || !self.bodies.is_empty()
    }

    /// Writes what is not on disk.
    pub(super) fn flush(&mut self, troubles: &mut Troubles) {
        self.place_bodies(troubles);
        self.write_stubs(troubles);
        self.append_waiting(troubles);
        if self.tape_is_dirty
            && !self.tape_is_stuck
            && let Some(tape) = &self.tape
        {
            match tape.sync() {
                Ok(()) => {
                    self.tape_is_dirty = false;
                    troubles.is_fine(tape.path());
                }
                Err(error) => troubles.note(error),
            }
        }
        if self.dirty.is_empty() {
            self.remove_orphans();
        }
    }

    /// Adds what this service came to.
    pub(super) fn sum_up(&self, summary: &mut RecordSummary) {
        summary.services.insert(self.name.clone());
        summary.tapes.extend(self.tape.iter().map(|tape| tape.path().to_owned()));
        for fate in self.fates.values() {
            match fate {
                Fate { is_new: true, .. } => summary.stubs_written += 1,
                Fate { is_updated: true, .. } => summary.updated += 1,
                Fate { sequence: None, .. } => summary.unchanged += 1,
                Fate { .. } => {}
            }
            summary.sequences.extend(fate.sequence);
        }
    }

    fn place_bodies(&mut self, troubles: &mut Troubles) {
        self.bodies.retain(|(path, side)| {
            let source = match &side.content {
                RecordedBody::Bytes(bytes) => Source::Bytes(bytes),
                RecordedBody::File { path, .. } => Source::File(path),
            };
            match writer::place(source, path) {
                Ok(()) => {
                    troubles.is_fine(path);
                    false
                }
                Err(error) => {
                    troubles.note(error);
                    true
                }
            }
        });
    }

    fn write_stubs(&mut self, troubles: &mut Troubles) {
        let missing: BTreeSet<&str> =
            self.bodies.iter().filter_map(|(path, _)| path.file_name()?.to_str()).collect();
        // A stub whose body file is not there yet would be a broken one.
        let is_ready = |stub: &Stub| {
            stub.responses.steps.iter().all(|step| match &step.response.body {
                BodySpec::File(name) => !missing.contains(name.as_str()),
                _ => true,
            })
        };
        let (ats, files): (Vec<usize>, Vec<NewFile>) = self
            .dirty
            .iter()
            .filter_map(|&at| Some((at, self.table.variant(at)?)))
            .filter(|(_, variant)| is_ready(&variant.stub))
            .map(|(at, variant)| (at, NewFile::of_stub(variant.path.clone(), &variant.stub)))
            .unzip();
        for ((at, file), result) in ats.into_iter().zip(&files).zip(writer::write_all(&files)) {
            match result {
                Ok(_) => {
                    self.dirty.remove(&at);
                    troubles.is_fine(&file.path);
                }
                Err(error) => troubles.note(error),
            }
        }
    }

    /// Lines that the disk did not take come first, and no others are made meanwhile.
    fn append_waiting(&mut self, troubles: &mut Troubles) {
        self.write_tape(troubles);
        if !self.tape_is_stuck {
            self.push_waiting(troubles);
            self.write_tape(troubles);
        }
    }

    fn push_waiting(&mut self, troubles: &mut Troubles) {
        while let Some((exchange, stub)) = self.waiting.front() {
            if self.tape.is_none() {
                let made =
                    Tape::create(&self.recordings, &self.name, self.started, &exchange.upstream);
                match made {
                    Ok(tape) => {
                        troubles.is_fine(&self.recordings);
                        self.tape = Some(tape);
                    }
                    Err(mut error) => {
                        // The file's name is another at each try; the trouble is the folder's.
                        error.path.clone_from(&self.recordings);
                        troubles.note(error);
                        return;
                    }
                }
            }
            let Some(tape) = &mut self.tape else { return };
            if let Err(error) = tape.push(exchange, *stub) {
                troubles.note(error);
                return;
            }
            self.tape_is_dirty = true;
            let Some((exchange, _)) = self.waiting.pop_front() else { return };
            self.release(&exchange);
        }
    }

    /// Removes the files in which large bodies were held while they passed, unless a body file is
    /// still to be made from one.
    fn release(&self, exchange: &Exchange) {
        let response = exchange.response.as_ref().map(|response| &response.body);
        for body in [Some(&exchange.request.body), response].into_iter().flatten() {
            if let RecordedBody::File { path, .. } = body
                && !self.bodies.iter().any(|(_, side)| is_from(side, path))
                && let Err(error) = fs::remove_file(path)
            {
                tracing::debug!(%error, path = %path.display(), "a temporary file stays");
            }
        }
    }

    fn remove_orphans(&mut self) {
        for name in std::mem::take(&mut self.orphans) {
            if !self.table.needs_body(&name) {
                // One that is gone already, or cannot be removed, harms nobody.
                let _ = fs::remove_file(self.table.files().join(name));
            }
        }
    }
}

fn is_from(side: &SideFile, source: &Path) -> bool {
    matches!(&side.content, RecordedBody::File { path, .. } if path == source)
}
