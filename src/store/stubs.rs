//! The live stubs: compiled once, read without a lock, replaced as a whole.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;

use crate::{
    codec::view::RequestView,
    matching::{CompileError, CompiledRequest, Entry, StubIndex},
    model::{ResponseSpec, ServiceName, Stub},
    render::Prepared,
};

/// A stub in service.
#[derive(Debug)]
pub struct LiveStub {
    /// What its file says.
    pub stub: Stub,
    /// The file.
    pub file: PathBuf,
    /// Its request pattern, compiled.
    pub request: Arc<CompiledRequest>,
    /// Its answers, each made ready when it is first given.
    pub prepared: Box<[OnceLock<Arc<Prepared>>]>,
    /// Whether an answer of it came before its request had ended.
    pub is_two_way: bool,
}

impl LiveStub {
    fn compile(stub: Stub, file: PathBuf) -> Result<Self, CompileError> {
        let request = Arc::new(CompiledRequest::compile(&stub.request)?);
        let prepared = stub.responses.steps.iter().map(|_| OnceLock::new()).collect();
        let is_two_way = stub.responses.steps.iter().any(|step| {
            step.response
                .latency
                .as_ref()
                .is_some_and(|latency| latency.chunks.iter().any(|chunk| chunk.request_bytes > 0))
        });
        Ok(Self { stub, file, request, prepared, is_two_way })
    }

    /// An answer by its place in the sequence.
    pub fn response(&self, step: usize) -> Option<&ResponseSpec> {
        self.stub.responses.steps.get(step).map(|step| &step.response)
    }

    /// What people call it.
    pub fn display_name(&self) -> String {
        self.stub.name.clone().unwrap_or_else(|| self.stub.id.to_string())
    }

    /// Whether it answers for this service; `None` asks for any.
    pub fn is_in(&self, service: Option<&ServiceName>) -> bool {
        match (&self.stub.service, service) {
            (Some(own), Some(asked)) => own == asked,
            _ => true,
        }
    }
}

/// All live stubs at one moment.
#[derive(Debug)]
pub struct StubSet {
    index: StubIndex<Arc<LiveStub>>,
    all: Vec<Arc<LiveStub>>,
    /// Recorded stubs by method and number of path segments, for the search of the nearest.
    recorded: HashMap<(String, usize), Vec<Arc<LiveStub>>>,
    services: Vec<ServiceName>,
}

impl StubSet {
    fn build(all: Vec<Arc<LiveStub>>) -> Self {
        let entries = all
            .iter()
            .zip(0..)
            .map(|(live, insertion)| Entry {
                priority: live.stub.effective_priority(),
                insertion,
                request: Arc::clone(&live.request),
                item: Arc::clone(live),
            })
            .collect();
        let mut recorded: HashMap<(String, usize), Vec<Arc<LiveStub>>> = HashMap::new();
        let mut services: Vec<ServiceName> = Vec::new();
        for live in &all {
            if let Some(key) = nearest_key(&live.stub) {
                recorded.entry(key).or_default().push(Arc::clone(live));
            }
            if let Some(service) = &live.stub.service
                && !services.contains(service)
            {
                services.push(service.clone());
            }
        }
        Self { index: StubIndex::build(entries), all, recorded, services }
    }

    /// Stubs whose method and URL may fit, in the order in which they are to be tried.
    pub fn candidates(
        &self,
        view: &RequestView<'_>,
    ) -> impl Iterator<Item = &Entry<Arc<LiveStub>>> {
        self.index.candidates(view.method(), view.path(), view.path_and_query())
    }

    /// Recorded stubs of this method whose path has as many segments.
    pub fn recorded_like(&self, method: &str, path: &str) -> &[Arc<LiveStub>] {
        self.recorded.get(&(method.to_owned(), segments(path))).map_or(&[], Vec::as_slice)
    }

    /// All of them, in load order.
    pub fn all(&self) -> &[Arc<LiveStub>] {
        &self.all
    }

    /// Services that have a folder.
    pub fn services(&self) -> &[ServiceName] {
        &self.services
    }
}

fn segments(path: &str) -> usize {
    path.bytes().filter(|&byte| byte == b'/').count()
}

fn nearest_key(stub: &Stub) -> Option<(String, usize)> {
    use crate::model::{MethodPattern, UrlPattern};
    stub.recorded.as_ref()?;
    let MethodPattern::Is(method) = &stub.request.method else { return None };
    let (UrlPattern::Url(url) | UrlPattern::UrlPath(url)) = &stub.request.url else { return None };
    let path = url.split('?').next().unwrap_or(url);
    Some((method.clone(), segments(path)))
}

/// What a file holds now; without stubs, it is gone.
#[derive(Debug)]
pub struct StubFile {
    /// The file.
    pub path: PathBuf,
    /// Its stubs in order.
    pub stubs: Vec<Stub>,
}

/// A stub whose patterns don't compile.
#[derive(Debug)]
pub struct Uncompiled {
    /// Its file.
    pub file: PathBuf,
    /// Why.
    pub error: CompileError,
}

/// Where the live stubs are replaced and read.
#[derive(Debug)]
pub struct StubStore {
    current: ArcSwap<StubSet>,
    files: Mutex<BTreeMap<PathBuf, Vec<Arc<LiveStub>>>>,
}

impl Default for StubStore {
    fn default() -> Self {
        Self { current: ArcSwap::from_pointee(StubSet::build(Vec::new())), files: Mutex::default() }
    }
}

impl StubStore {
    /// The stubs of this moment; later changes do not touch what is returned.
    pub fn snapshot(&self) -> Guard<Arc<StubSet>> {
        self.current.load()
    }

    /// Puts files in service, all in one step; files later in name order are the more recent.
    /// A file of which a stub does not compile keeps its last good version, and is reported.
    pub fn apply(&self, changes: Vec<StubFile>) -> Vec<Uncompiled> {
        let mut problems = Vec::new();
        let mut files = self.files.lock();
        for StubFile { path, stubs } in changes {
            let compiled: Result<Vec<_>, _> = stubs
                .into_iter()
                .map(|stub| LiveStub::compile(stub, path.clone()).map(Arc::new))
                .collect();
            match compiled {
                Ok(live) if live.is_empty() => drop(files.remove(&path)),
                Ok(live) => drop(files.insert(path, live)),
                Err(error) => problems.push(Uncompiled { file: path, error }),
            }
        }
        let all = files.values().flatten().cloned().collect();
        self.current.store(Arc::new(StubSet::build(all)));
        problems
    }
}
