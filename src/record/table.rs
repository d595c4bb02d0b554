//! The stubs of one service: finds the one that an exchange belongs to, or makes it.
//!
//! ```text
//! exchange → values of this run read as those of the recording (aliases)
//!          → key: method, URL, body → tree: headers → variant: answers in order
//! ```

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    aliases::Aliases,
    answer::{self, Answer},
    arrival::{Arrival, told_apart},
    body::SideFile,
    compare::Pair,
    conditions::{self, Condition},
    fingerprint,
    identity::{self, Key},
    neighbours::Neighbours,
    renamed,
    repeats::{Known, Repeats, Seal},
    stub,
    tree::{Demand, Found, Tree},
    variant::{self, Fit, Step, Variant},
};
use crate::model::{BodySpec, Exchange, RecordedAs, RequestPattern, ServiceName, Stub, StubId};

/// The stubs of one service.
#[derive(Debug)]
pub(super) struct Table {
    service: ServiceName,
    /// The service's folder, with `mappings` and `__files` in it.
    folder: PathBuf,
    trees: HashMap<Key, Tree>,
    variants: Vec<Variant>,
    neighbours: Neighbours,
    /// Keys without body of the requests that have one.
    bodied: HashSet<Key>,
    ids: HashSet<StubId>,
    paths: HashSet<PathBuf>,
    aliases: Aliases,
    repeats: Repeats,
    /// The client's addresses when the stubs on disk were recorded.
    addresses: Vec<String>,
    /// What has to be written.
    pub(super) changes: Changes,
}

/// What has changed since it was last taken.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Variants whose stub is another now.
    pub(super) variants: BTreeSet<usize>,
    /// Bodies that go into files.
    pub(super) bodies: Vec<(PathBuf, SideFile)>,
    /// Names of body files that a stub no longer needs.
    pub(super) orphans: Vec<String>,
}

/// What became of an exchange.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Its stub; `None` when it is on the tape alone.
    pub(super) stub: Option<StubId>,
    pub(super) recorded: RecordedAs,
}

impl Table {
    /// A service without stubs.
    pub(super) fn new(service: ServiceName, folder: PathBuf) -> Self {
        Self {
            service,
            folder,
            trees: HashMap::new(),
            variants: Vec::new(),
            neighbours: Neighbours::default(),
            bodied: HashSet::new(),
            ids: HashSet::new(),
            paths: HashSet::new(),
            aliases: Aliases::default(),
            repeats: Repeats::default(),
            addresses: Vec::new(),
            changes: Changes::default(),
        }
    }

    /// Takes in a stub file that is there. Only files with one recorded stub are the recorder's; of
    /// all others only the names count.
    pub(super) fn load(&mut self, path: PathBuf, stubs: Vec<Stub>) {
        self.paths.insert(path.clone());
        self.ids.extend(stubs.iter().map(|stub| stub.id));
        let Ok([stub]) = <[Stub; 1]>::try_from(stubs) else {
            return;
        };
        if stub.recorded.is_none() {
            return;
        }
        let Some(demands) = stub::demands_of(&stub) else {
            return;
        };
        let variant = self.variants.len();
        let key = identity::key_of(&stub.request);
        let is_first = match self.trees.get_mut(&key) {
            Some(tree) => tree.insert(&demands, variant),
            None => {
                self.trees.insert(key, Tree::new(&demands, variant));
                true
            }
        };
        if !is_first {
            return;
        }
        for step in &stub.responses.steps {
            if let Some(address) = &step.response.extras.address
                && !self.addresses.contains(address)
            {
                self.addresses.push(address.clone());
            }
        }
        if stub::has_body(&stub.request) {
            self.bodied.insert(identity::bare_key_of(&stub.request));
        }
        self.neighbours.loaded(&stub.request, variant);
        self.variants.push(Variant::loaded(stub, path));
    }

    /// The stub of a variant, and its file.
    pub(super) fn variant(&self, at: usize) -> Option<&Variant> {
        self.variants.get(at)
    }

    /// The folder of body files.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.join("__files")
    }

    /// Whether any stub needs a body file.
    pub(super) fn needs_body(&self, name: &str) -> bool {
        self.variants
            .iter()
            .flat_map(|variant| &variant.stub.responses.steps)
            .any(|step| matches!(&step.response.body, BodySpec::File(other) if other == name))
    }

    /// Brings a sanitised exchange in. `redacted` are the places where secrets were replaced.
    pub(super) fn add(
        &mut self,
        exchange: &Exchange,
        two_way: bool,
        redacted: &[String],
    ) -> Outcome {
        let seal = self.repeats.seal_of(exchange, two_way);
        if let Some(outcome) = seal.and_then(|seal| self.repeated(seal, exchange.number)) {
            return outcome;
        }
        match self.arrival(exchange, two_way, redacted) {
            Ok((arrival, found)) => {
                let known = seal.filter(|_| self.aliases.is_empty()).map(|seal| {
                    let headers = Arc::new(arrival.print.headers.clone());
                    (seal, arrival.key, headers, variant::identity_of(&arrival.answer.spec))
                });
                let (variant, recorded) = match found {
                    Found::Variant(variant) => self.add_to(variant, arrival),
                    Found::Nothing(demands) => (self.create(demands, arrival), RecordedAs::New),
                };
                if let Some((seal, key, headers, came)) = known {
                    self.repeats.insert(seal, Known { key, headers, variant, came });
                }
                let stub = self.variants.get(variant).map(|variant| variant.stub.id);
                Outcome { stub, recorded }
            }
            Err(why) => Outcome { stub: None, recorded: RecordedAs::TapeOnly(why) },
        }
    }

    /// An exchange that says what came before it in the same variant. All that has been learned since
    /// is asked: whether its request still belongs there, and what came last.
    fn repeated(&mut self, seal: Seal, number: u64) -> Option<Outcome> {
        // Names that have changed meanwhile would be read otherwise now.
        if !self.aliases.is_empty() {
            return None;
        }
        let known = self.repeats.get(seal)?;
        let Found::Variant(at) = self.trees.get(&known.key)?.find(&known.headers) else {
            return None;
        };
        let variant = self.variants.get_mut(at).filter(|_| at == known.variant)?;
        if !variant.repeat(number, known.came) {
            return None;
        }
        variant.earlier.add(&known.headers);
        Some(Outcome { stub: Some(variant.stub.id), recorded: RecordedAs::Unchanged })
    }

    /// What has come, and where it belongs.
    fn arrival<'e>(
        &mut self,
        exchange: &'e Exchange,
        two_way: bool,
        redacted: &'e [String],
    ) -> Result<(Arrival<'e>, Found), String> {
        if let Some(recorded) = self.addresses.first()
            && !self.addresses.contains(&exchange.address)
        {
            renamed::learn_address(&mut self.aliases, &exchange.address, recorded);
        }
        let mut answer = answer::answer_of(exchange, two_way)?;
        let print = if self.aliases.is_empty() {
            fingerprint::fingerprint(exchange, two_way)?
        } else {
            renamed::answer(&self.aliases, &mut answer);
            fingerprint::fingerprint(&renamed::request(&self.aliases, exchange), two_way)?
        };
        stub::name_body(&self.files(), &print.pattern, &mut answer);
        let key = identity::key_of(&print.pattern);
        let mut arrival = Arrival {
            number: exchange.number,
            upstream: &exchange.upstream,
            redacted,
            key,
            print,
            answer,
        };
        let found = self.trees.get(&key).map(|tree| tree.find(&arrival.print.headers));
        let demands = match found {
            Some(Found::Variant(variant)) => return Ok((arrival, Found::Variant(variant))),
            Some(Found::Nothing(demands)) => demands,
            None => Vec::new(),
        };
        let nearest = self.neighbours.nearest(&self.variants, &arrival, &self.body_path());
        let Some((variant, pairs)) = nearest else {
            return Ok((arrival, Found::Nothing(demands)));
        };
        // The same request under new names: from here on it goes by the recorded ones.
        self.learn(&pairs);
        renamed::answer(&self.aliases, &mut arrival.answer);
        stub::name_body(&self.files(), &arrival.print.pattern, &mut arrival.answer);
        Ok((arrival, Found::Variant(variant)))
    }

    /// Adds an answer to a variant, or tells the two apart by a header.
    fn add_to(&mut self, at: usize, arrival: Arrival<'_>) -> (usize, RecordedAs) {
        let files = self.files();
        let path = |name: &str| files.join(name);
        let Some(variant) = self.variants.get_mut(at) else {
            return (at, RecordedAs::TapeOnly("its stub is gone".to_owned()));
        };
        let fit = variant.fit(arrival.number, &arrival.answer, &path);
        if let Fit::Known(step, pairs) = fit {
            variant.earlier.add(&arrival.print.headers);
            if variant.add(arrival.number, &arrival.answer.spec, step, &path).is_some() {
                self.changes.variants.insert(at);
            }
            self.learn(&pairs);
            return (at, RecordedAs::Unchanged);
        }
        if let Some((header, before, after)) = told_apart(variant, &arrival) {
            return (self.split(at, &header, &before, &after, arrival), RecordedAs::New);
        }
        variant.earlier.add(&arrival.print.headers);
        let replaced = variant.body_file_at(arrival.number);
        let came = arrival.answer.spec.clone();
        let step = keep(&mut self.changes, &files, arrival.answer);
        let n = variant.add(arrival.number, &came, step, &path);
        let Some(n) = n else {
            return (at, RecordedAs::Unchanged);
        };
        stub::note_redacted(&mut variant.stub, arrival.redacted);
        self.changes.variants.insert(at);
        if matches!(fit, Fit::Replaces) {
            self.changes.orphans.extend(replaced);
            (at, RecordedAs::Updated)
        } else {
            (at, if n > 1 { RecordedAs::Sequence(n) } else { RecordedAs::Unchanged })
        }
    }

    /// Makes a variant of its own for an exchange that a header tells from those of another.
    fn split(
        &mut self,
        at: usize,
        header: &str,
        before: &Condition,
        after: &Condition,
        arrival: Arrival<'_>,
    ) -> usize {
        let new = self.variants.len();
        let Some(variant) = self.variants.get_mut(at) else {
            return at;
        };
        let mut demands = stub::demands_of(&variant.stub).unwrap_or_default();
        demands.push((header.to_owned(), after.clone()));
        let key = identity::key_of(&variant.stub.request);
        if let Some(tree) = self.trees.get_mut(&key) {
            tree.split(at, header, before, after, new);
        }
        variant.stub.request.headers.push((conditions::spelled(header), before.to_pattern()));
        self.changes.variants.insert(at);
        self.push(&demands, arrival)
    }

    /// Makes a variant for an exchange that none suits.
    fn create(&mut self, mut demands: Vec<Demand>, arrival: Arrival<'_>) -> usize {
        for (name, condition) in &arrival.print.demands {
            if !demands.iter().any(|(demanded, _)| demanded == name) {
                demands.push((name.clone(), condition.clone()));
            }
        }
        let headers = &arrival.print.headers;
        if let Some(forced) = conditions::forced_by(arrival.answer.spec.status, headers)
            && !demands.iter().any(|(name, _)| name == forced)
        {
            let condition = Condition::of(forced, headers.get(forced));
            demands.push((forced.to_owned(), condition));
        }
        let new = self.variants.len();
        match self.trees.get_mut(&arrival.key) {
            Some(tree) => {
                tree.insert(&demands, new);
            }
            None => {
                self.trees.insert(arrival.key, Tree::new(&demands, new));
            }
        }
        self.push(&demands, arrival)
    }

    /// Appends a variant with these demands and a first answer.
    fn push(&mut self, demands: &[Demand], arrival: Arrival<'_>) -> usize {
        let at = self.variants.len();
        let turn = self.neighbours.turn(&self.variants, &arrival);
        let mut request = arrival.print.pattern;
        self.neighbours.came(&request, at);
        request.headers = demands
            .iter()
            .map(|(name, condition)| (conditions::spelled(name), condition.to_pattern()))
            .collect();
        self.part_from_bodies(&mut request);
        let text = demands.iter().map(|(name, condition)| format!("{name} {}", condition.text()));
        let text = text.collect::<Vec<_>>().join("\n");
        let id = (0..)
            .map(|nth| identity::id_of(&self.service, arrival.key, &text, nth))
            .find(|id| !self.ids.contains(id))
            .unwrap_or_else(|| identity::id_of(&self.service, arrival.key, &text, 0));
        self.ids.insert(id);
        let stub = stub::new(id, &self.service, request, arrival.upstream, arrival.redacted, turn);
        let path = stub::new_path(&self.folder.join("mappings"), &stub, &self.paths);
        self.paths.insert(path.clone());
        let mut variant = Variant::new(stub, path);
        variant.earlier.add(&arrival.print.headers);
        let files = self.files();
        let came = arrival.answer.spec.clone();
        let step = keep(&mut self.changes, &files, arrival.answer);
        variant.add(arrival.number, &came, step, &|name| files.join(name));
        self.variants.push(variant);
        self.changes.variants.insert(at);
        at
    }

    /// A stub that says nothing of a body would answer for a request with one, once there are such.
    fn part_from_bodies(&mut self, request: &mut RequestPattern) {
        let bare = identity::bare_key_of(request);
        if !stub::has_body(request) {
            if self.bodied.contains(&bare) {
                stub::demand_no_body(request);
            }
        } else if self.bodied.insert(bare) {
            for at in self.trees.get(&bare).map(Tree::variants).unwrap_or_default() {
                if let Some(variant) = self.variants.get_mut(at)
                    && stub::demand_no_body(&mut variant.stub.request)
                {
                    self.changes.variants.insert(at);
                }
            }
        }
    }

    fn body_path(&self) -> impl Fn(&str) -> PathBuf + use<> {
        let files = self.files();
        move |name| files.join(name)
    }

    fn learn(&mut self, pairs: &[Pair]) {
        for (recorded, now) in pairs {
            self.aliases.learn(now, recorded);
        }
    }
}

/// Turns an answer into a step; its body is to be put into a file.
fn keep(changes: &mut Changes, files: &Path, answer: Answer) -> Arc<Step> {
    if let (Some(side), BodySpec::File(name)) = (answer.side, &answer.spec.body) {
        changes.bodies.push((files.join(name), side));
    }
    Step::new(answer.spec)
}

#[cfg(test)]
mod tests;
