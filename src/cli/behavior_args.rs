//! Flags that say how answers behave: late, slow, wrong or refused.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::{
    behavior::ErrorRate,
    config::{
        Layer, Matching,
        behaviors::{self, NamedProfile},
        key::matching,
    },
    format::behavior::merge,
    model::{Behaviors, LatencySource},
    runtime::Seed,
    serve::Templating,
};

const BEHAVIOR: &str = "Late, slow, wrong, refused";
const ANSWERS: &str = "Answers";

/// How to answer.
#[derive(Args, Debug)]
pub struct BehaviorArgs {
    /// Latency of answers: none, recorded, recorded*0.5, fixed:80ms, empirical (drawn from what
    /// was recorded) or a distribution: 'median=400ms, p99=3s' [default: recorded]
    #[arg(long, value_name = "SPEC", value_parser = behaviors::latency, help_heading = BEHAVIOR)]
    pub latency: Option<LatencySource>,
    /// A bad day: a profile by its name (flaky, outage, recovering, …: see below) or a file, several
    /// times for several
    #[arg(long, value_name = "FILE|NAME", value_parser = profile, help_heading = BEHAVIOR)]
    #[arg(value_hint = ValueHint::FilePath)]
    pub chaos: Vec<NamedProfile>,
    /// What goes wrong, and for which requests: 'status=503; p=5%; url=/v1/**' or
    /// 'connection-reset; nth=3', several times for several
    #[arg(long, value_name = "FAULT", value_parser = fault, help_heading = BEHAVIOR)]
    pub fault: Vec<Behaviors>,
    /// Share of requests that get an error instead: 5%:503 is short for --fault 'status=503; p=5%'
    #[arg(long, value_name = "SHARE:STATUS", help_heading = BEHAVIOR)]
    pub fail: Option<ErrorRate>,
    /// A wait beyond latency: 200ms, '100ms..300ms; url=/v1/**', several times for several
    #[arg(long, value_name = "DELAY", value_parser = delay, help_heading = BEHAVIOR)]
    pub delay: Vec<Behaviors>,
    /// How fast bytes go: 64kB/s, '512kbit/s; direction=upstream', several times for several
    #[arg(long, value_name = "RATE", value_parser = bandwidth, help_heading = BEHAVIOR)]
    pub bandwidth: Vec<Behaviors>,
    /// Refuse requests above this rate: 10/s, 100/min, or as a provider does:
    /// preset=github,limit=20/min,key=header:Authorization, several times for several
    #[arg(long, value_name = "LIMIT", value_parser = rate_limit, help_heading = BEHAVIOR)]
    pub rate_limit: Vec<Behaviors>,
    /// Fail (exit 1) when clients that were refused came back too early more often than this
    #[arg(long, value_name = "N", help_heading = BEHAVIOR)]
    pub max_early_retries: Option<u64>,
    /// Requests may say themselves how they are answered: X-Ringer-Fault: delay=200ms; status=503
    #[arg(long, help_heading = BEHAVIOR)]
    pub allow_request_faults: bool,
    /// Seed of every draw: the same seed, the same errors [default: a new one each run]
    #[arg(long, value_name = "N", value_parser = seed, help_heading = BEHAVIOR)]
    pub seed: Option<Seed>,
    /// Write down what befalls each request, for --replay-faults
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = BEHAVIOR)]
    pub fault_log: Option<PathBuf>,
    /// Do to each request what this log of another run says, and nothing else
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = BEHAVIOR)]
    pub replay_faults: Option<PathBuf>,
    /// How exactly a request must match a recorded stub: nearest tolerates ids, nonces and dates
    /// that vary from run to run, strict tolerates nothing [default: nearest]
    #[arg(long = "match", value_name = "HOW", value_parser = matching, help_heading = ANSWERS)]
    pub matching: Option<Matching>,
    /// Whose texts are templates: stub (stubs that ask for it), all (every stub that a person
    /// wrote), off [default: stub]
    #[arg(long, value_name = "WHOSE", help_heading = ANSWERS)]
    pub templating: Option<Templating>,
    /// Send answers of stubs as they are, not gzipped for clients that accept it
    #[arg(long, help_heading = ANSWERS)]
    pub no_gzip: bool,
    /// Keep the stubs of the start: do not pick up changed files
    #[arg(long, help_heading = ANSWERS)]
    pub no_watch: bool,
}

impl BehaviorArgs {
    /// What these flags decide.
    pub fn layer(&self) -> Layer {
        Layer {
            latency: self.latency.clone(),
            chaos: several(&self.chaos),
            fault: merged(&self.fault),
            delay: merged(&self.delay),
            bandwidth: merged(&self.bandwidth),
            rate_limit: merged(&self.rate_limit),
            fail: self.fail,
            max_early_retries: self.max_early_retries,
            allow_request_faults: given(self.allow_request_faults),
            seed: self.seed,
            fault_log: self.fault_log.clone(),
            replay_faults: self.replay_faults.clone(),
            matching: self.matching,
            templating: self.templating,
            gzip: given(self.no_gzip).map(|off| !off),
            watch: given(self.no_watch).map(|off| !off),
            ..Layer::default()
        }
    }
}

fn merged(given: &[Behaviors]) -> Option<Behaviors> {
    let (first, rest) = given.split_first()?;
    let mut all = first.clone();
    rest.iter().for_each(|more| merge(&mut all, more.clone()));
    Some(all)
}

fn profile(name: &str) -> Result<NamedProfile, String> {
    behaviors::profile(name, Path::new(""))
}

fn fault(text: &str) -> Result<Behaviors, String> {
    behaviors::entry("fault", text)
}

fn delay(text: &str) -> Result<Behaviors, String> {
    behaviors::entry("delay", text)
}

fn bandwidth(text: &str) -> Result<Behaviors, String> {
    behaviors::entry("bandwidth", text)
}

fn rate_limit(text: &str) -> Result<Behaviors, String> {
    behaviors::entry("rate_limit", text)
}

fn seed(text: &str) -> Result<Seed, String> {
    text.parse().map(Seed).map_err(|_| "expected a whole number".to_owned())
}

/// A switch that was not given decides nothing.
pub(super) fn given(switch: bool) -> Option<bool> {
    switch.then_some(true)
}

pub(super) fn several<T: Clone>(values: &[T]) -> Option<Vec<T>> {
    (!values.is_empty()).then(|| values.to_vec())
}
