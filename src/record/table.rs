//! The stubs of one service: finds the one that an exchange belongs to, or makes it.
//!
//! ```text
//! exchange → values of this run read as those of the recording (aliases)
//!          → key: method, URL, body → tree: headers → variant: answers in order
//! ```

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    aliases::Aliases,
    answer::{self, Answer},
    body::SideFile,
    compare::Pair,
    conditions::{self, Condition},
    fingerprint::{self, Fingerprint},
    identity::{self, Key},
    renamed,
    tree::{Demand, Found, Tree},
    variant::{Fit, Step, Variant},
};
use crate::{
    codec::RequestView,
    matching::nearest,
    model::{
        AfterLast, BodyPattern, BodySpec, Exchange, MethodPattern, Recorded, RecordedAs,
        RequestPattern, Responses, ServiceName, Stub, StubId, UrlPattern, ValuePattern,
    },
};

/// The stubs of one service.
#[derive(Debug)]
pub(super) struct Table {
    service: ServiceName,
    /// The service's folder, with `mappings` and `__files` in it.
    folder: PathBuf,
    trees: HashMap<Key, Tree>,
    variants: Vec<Variant>,
    /// Method and path → variants that were on disk.
    places: HashMap<(String, String), Vec<usize>>,
    ids: HashSet<StubId>,
    paths: HashSet<PathBuf>,
    aliases: Aliases,
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
            places: HashMap::new(),
            ids: HashSet::new(),
            paths: HashSet::new(),
            aliases: Aliases::default(),
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
        let Some(demands) = demands_of(&stub) else {
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
            if let Some(address) = &step.response.address
                && !self.addresses.contains(address)
            {
                self.addresses.push(address.clone());
            }
        }
        if let Some(place) = place_of(&stub.request) {
            self.places.entry(place).or_default().push(variant);
        }
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
        match self.arrival(exchange, two_way, redacted) {
            Ok((arrival, found)) => {
                let (variant, recorded) = match found {
                    Found::Variant(variant) => self.add_to(variant, arrival),
                    Found::Nothing(demands) => (self.create(demands, arrival), RecordedAs::New),
                };
                let stub = self.variants.get(variant).map(|variant| variant.stub.id);
                Outcome { stub, recorded }
            }
            Err(why) => Outcome { stub: None, recorded: RecordedAs::TapeOnly(why) },
        }
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
        self.name_body(&print.pattern, &mut answer);
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
        let Some((variant, pairs)) = self.nearest(&arrival) else {
            return Ok((arrival, Found::Nothing(demands)));
        };
        // The same request under new names: from here on it goes by the recorded ones.
        self.learn(&pairs);
        renamed::answer(&self.aliases, &mut arrival.answer);
        self.name_body(&arrival.print.pattern, &mut arrival.answer);
        Ok((arrival, Found::Variant(variant)))
    }

    /// The stub of an earlier recording that is this exchange but for noise.
    fn nearest(&self, arrival: &Arrival<'_>) -> Option<(usize, Vec<Pair>)> {
        let candidates = self.places.get(&place_of(&arrival.print.pattern)?)?;
        let view = RequestView::new(&arrival.print.request);
        candidates
            .iter()
            .filter_map(|&at| {
                let variant = self.variants.get(at).filter(|variant| !variant.is_visited())?;
                let mut pairs = nearest::differences(&variant.stub.request, &view)?;
                pairs.extend(variant.begins_with(&arrival.answer, &self.body_path())?);
                Some((at, pairs))
            })
            .min_by_key(|(_, pairs)| pairs.len())
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
            return (self.split(at, &header, &before, after, arrival), RecordedAs::New);
        }
        variant.earlier.add(&arrival.print.headers);
        let replaced = variant.body_file_at(arrival.number);
        let came = arrival.answer.spec.clone();
        let step = keep(&mut self.changes, &files, arrival.answer);
        let n = variant.add(arrival.number, &came, step, &path);
        let Some(n) = n else {
            return (at, RecordedAs::Unchanged);
        };
        note_redacted(&mut variant.stub, arrival.redacted);
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
        after: Condition,
        arrival: Arrival<'_>,
    ) -> usize {
        let new = self.variants.len();
        let Some(variant) = self.variants.get_mut(at) else {
            return at;
        };
        let mut demands = demands_of(&variant.stub).unwrap_or_default();
        demands.push((header.to_owned(), after.clone()));
        let key = identity::key_of(&variant.stub.request);
        if let Some(tree) = self.trees.get_mut(&key) {
            tree.split(at, header, before, &after, new);
        }
        variant.stub.request.headers.push((conditions::spelled(header), before.to_pattern()));
        self.changes.variants.insert(at);
        self.push(&demands, arrival)
    }

    /// Makes a variant for an exchange that none suits.
    fn create(&mut self, mut demands: Vec<Demand>, arrival: Arrival<'_>) -> usize {
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
        let mut request = arrival.print.pattern;
        request.headers = demands
            .iter()
            .map(|(name, condition)| (conditions::spelled(name), condition.to_pattern()))
            .collect();
        let text = demands.iter().map(|(name, condition)| format!("{name} {}", condition.text()));
        let text = text.collect::<Vec<_>>().join("\n");
        let id = (0..)
            .map(|nth| identity::id_of(&self.service, arrival.key, &text, nth))
            .find(|id| !self.ids.contains(id))
            .unwrap_or_else(|| identity::id_of(&self.service, arrival.key, &text, 0));
        self.ids.insert(id);
        let (method, url) = method_and_url(&request);
        let stub = Stub {
            id,
            name: Some(identity::name_of(method, url)),
            service: Some(self.service.clone()),
            priority: None,
            responses: Responses { steps: Vec::new(), after_last: AfterLast::Stay },
            recorded: Some(Recorded {
                upstream: arrival.upstream.to_owned(),
                redacted: arrival.redacted.to_vec(),
            }),
            metadata: None,
            request,
        };
        let path = self.new_path(&stub);
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

    /// A file that no stub has yet: named for the path alone where that says all.
    fn new_path(&mut self, stub: &Stub) -> PathBuf {
        let request = &stub.request;
        let (method, url) = method_and_url(request);
        let slug = identity::slug_of(method, fingerprint::path_of(url));
        let says_all = !url.contains('?')
            && request.query.is_empty()
            && request.headers.is_empty()
            && request.body.iter().all(|body| *body == BodyPattern::Text(ValuePattern::Absent))
            && request.multipart.is_empty();
        let digits = [6, 12, 32].map(|n| format!("-{}", identity::hex(stub.id.0.as_bytes(), n)));
        let suffixes = says_all.then(String::new).into_iter().chain(digits);
        let mappings = self.folder.join("mappings");
        let mut paths = suffixes.map(|suffix| mappings.join(format!("{slug}{suffix}.json")));
        let path = paths
            .find(|path| !self.paths.contains(path))
            .unwrap_or_else(|| mappings.join(format!("{}.json", stub.id)));
        self.paths.insert(path.clone());
        path
    }

    /// Names the file of a large body after its content.
    fn name_body(&self, pattern: &RequestPattern, answer: &mut Answer) {
        let Some(side) = &answer.side else {
            return;
        };
        let (method, url) = method_and_url(pattern);
        let slug = identity::slug_of(method, fingerprint::path_of(url));
        let name =
            |digits| format!("{slug}-{}.{}", identity::hex(&side.sha256, digits), side.extension);
        let short = name(8);
        let is_another = fs::metadata(self.files().join(&short))
            .is_ok_and(|found| found.len() != side.content.length());
        answer.spec.body = BodySpec::File(if is_another { name(64) } else { short });
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

/// An exchange on its way into the table.
struct Arrival<'e> {
    number: u64,
    upstream: &'e str,
    redacted: &'e [String],
    key: Key,
    print: Fingerprint,
    answer: Answer,
}

/// The header that tells an exchange from those that a variant has had.
fn told_apart(variant: &Variant, arrival: &Arrival<'_>) -> Option<(String, Condition, Condition)> {
    let headers = &arrival.print.headers;
    let is_taken = |name: &str| {
        variant.stub.request.headers.iter().any(|(taken, _)| taken.eq_ignore_ascii_case(name))
    };
    let status = arrival.answer.spec.status;
    if let Some(forced) = conditions::forced_by(status, headers)
        && !is_taken(forced)
    {
        let was_answered_so =
            variant.stub.responses.steps.iter().any(|step| step.response.status == status);
        if variant.earlier.is_empty() && !was_answered_so {
            // Of a stub on disk without that condition, the requests had no such header.
            let condition = Condition::of(forced, headers.get(forced));
            return Some((forced.to_owned(), Condition::Absent, condition));
        }
        if let Some((before, after)) = conditions::tells_apart(forced, &variant.earlier, headers) {
            return Some((forced.to_owned(), before, after));
        }
    }
    conditions::discriminator(&variant.earlier, headers, is_taken)
}

/// Turns an answer into a step; its body is to be put into a file.
fn keep(changes: &mut Changes, files: &Path, answer: Answer) -> Arc<Step> {
    if let (Some(side), BodySpec::File(name)) = (answer.side, &answer.spec.body) {
        changes.bodies.push((files.join(name), side));
    }
    Step::new(answer.spec)
}

fn note_redacted(stub: &mut Stub, places: &[String]) {
    if let Some(recorded) = &mut stub.recorded {
        recorded.redacted.extend(places.iter().cloned());
        recorded.redacted.sort();
        recorded.redacted.dedup();
    }
}

/// The conditions of a stub's headers; `None` when a person wrote others.
fn demands_of(stub: &Stub) -> Option<Vec<Demand>> {
    let demand = |(name, value): &(String, ValuePattern)| {
        Some((name.to_ascii_lowercase(), Condition::from_pattern(value)?))
    };
    stub.request.headers.iter().map(demand).collect()
}

/// Method and path of the requests that a stub answers, where it names both.
fn place_of(request: &RequestPattern) -> Option<(String, String)> {
    let (method, url) = method_and_url(request);
    let is_place = !method.is_empty() && !url.is_empty();
    is_place.then(|| (method.to_owned(), fingerprint::path_of(url).to_owned()))
}

fn method_and_url(request: &RequestPattern) -> (&str, &str) {
    let method = match &request.method {
        MethodPattern::Is(method) => method.as_str(),
        MethodPattern::Any | MethodPattern::GetOrHead => "",
    };
    let url = match &request.url {
        UrlPattern::Url(url) | UrlPattern::UrlPath(url) => url.as_str(),
        _ => "",
    };
    (method, url)
}
