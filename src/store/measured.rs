//! What endpoints took when they were recorded: learned from the tapes when it is first asked for.
//!
//! An endpoint is a service, a method and a path in which what looks like an id stands for any. One
//! with few recorded answers takes what all of its service together do.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    behavior::measured::{ENOUGH, Learned, Times},
    matching::route,
    model::ServiceName,
};

/// Endpoints that are told apart of one service; further ones count for the service only.
const MAX_ENDPOINTS: usize = 10_000;

/// How long the recorded answers of one service took.
#[derive(Clone, Debug, Default)]
pub struct ServiceTimes {
    endpoints: HashMap<String, Times>,
    all: Times,
}

impl ServiceTimes {
    /// Adds an answer to a request for `target` (path and query): when its head came and the pieces of
    /// its body, in their order.
    pub fn add(
        &mut self,
        method: &str,
        target: &str,
        head: Duration,
        pieces: impl Iterator<Item = Duration> + Clone,
    ) {
        self.all.add(head, pieces.clone());
        let endpoint = route::of(method, target);
        if self.endpoints.len() < MAX_ENDPOINTS || self.endpoints.contains_key(&endpoint) {
            self.endpoints.entry(endpoint).or_default().add(head, pieces);
        }
    }

    fn learned(self) -> ServiceLearned {
        let endpoints = self.endpoints.into_iter().filter(|(_, times)| times.len() >= ENOUGH);
        ServiceLearned {
            endpoints: endpoints
                .filter_map(|(endpoint, times)| Some((endpoint, times.learned()?)))
                .collect(),
            all: self.all.learned(),
        }
    }
}

#[derive(Debug)]
struct ServiceLearned {
    endpoints: HashMap<String, Learned>,
    all: Option<Learned>,
}

/// What every recorded endpoint takes.
#[derive(Debug, Default)]
pub struct Endpoints(HashMap<ServiceName, ServiceLearned>);

impl Endpoints {
    /// What is learned of recorded answers.
    pub fn new(times: impl IntoIterator<Item = (ServiceName, ServiceTimes)>) -> Self {
        Self(times.into_iter().map(|(service, times)| (service, times.learned())).collect())
    }

    /// What the endpoint of a request takes; of a request to no service in particular, that of the only
    /// one that was recorded.
    pub fn find(
        &self,
        service: Option<&ServiceName>,
        method: &str,
        target: &str,
    ) -> Option<&Learned> {
        let service = match service {
            Some(service) => self.0.get(service)?,
            None if self.0.len() == 1 => self.0.values().next()?,
            None => return None,
        };
        service.endpoints.get(&route::of(method, target)).or(service.all.as_ref())
    }
}

type Read = Box<dyn Fn() -> Endpoints + Send + Sync>;

/// What endpoints take, read from the tapes when it is first needed.
pub struct Measured {
    read: Read,
    is_begun: AtomicBool,
    known: OnceLock<Endpoints>,
}

impl Measured {
    /// `read` reads the tapes; it is called once at most.
    pub fn new(read: impl Fn() -> Endpoints + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read), is_begun: AtomicBool::new(false), known: OnceLock::new() }
    }

    /// Reads the tapes now, unless that was done; it takes as long as that takes.
    pub fn learn(&self) -> &Endpoints {
        self.known.get_or_init(|| (self.read)())
    }

    /// What was read. Where nothing was yet, that is begun on a thread of its own, and until it is done
    /// nothing is known.
    pub fn get(self: &Arc<Self>) -> Option<&Endpoints> {
        if self.known.get().is_none() && !self.is_begun.swap(true, Ordering::Relaxed) {
            let measured = Arc::clone(self);
            let started =
                std::thread::Builder::new().name("ringer-measure".to_owned()).spawn(move || {
                    measured.learn();
                });
            if let Err(error) = started {
                tracing::warn!(%error, "what the tapes say about latency cannot be read");
            }
        }
        self.known.get()
    }
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured")
            .field("is_known", &self.known.get().is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Seed;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn an_endpoint_with_few_answers_takes_what_its_service_does() {
        let mut times = ServiceTimes::default();
        for _ in 0..ENOUGH {
            times.add("GET", "/a/1", ms(10), std::iter::empty());
        }
        times.add("GET", "/b", ms(10), std::iter::empty());
        let api = ServiceName::new("api.test");
        let endpoints = Endpoints::new([(api.clone(), times)]);
        let head = |service, target| {
            let learned = endpoints.find(service, "GET", target)?;
            Some(learned.head(&mut Seed(1).draws("", b"", 0)))
        };
        for (service, target) in [(Some(&api), "/a/2"), (Some(&api), "/b"), (None, "/other")] {
            assert_eq!(head(service, target), Some(ms(10)), "{target}");
        }
        assert_eq!(head(Some(&ServiceName::new("other.test")), "/a/1"), None);
    }

    #[test]
    fn tapes_are_read_once_and_only_when_they_are_needed() {
        let reads = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = Arc::clone(&reads);
        let measured = Arc::new(Measured::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Endpoints::default()
        }));
        assert_eq!(reads.load(Ordering::Relaxed), 0);
        measured.learn();
        assert!(measured.get().is_some());
        assert_eq!(reads.load(Ordering::Relaxed), 1);
    }
}
