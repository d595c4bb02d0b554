//! Every metric by name: what is counted where, and how it is told.
//!
//! Names follow the conventions of Prometheus: base units, `_total` for what only grows. Labels have few
//! values: services up to a bound, never sessions or paths.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use parking_lot::RwLock;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::{
    exposition::{self, Format},
    histogram::Histogram,
    recorder::{self, RecorderMetrics},
    service::{Applied, Lookup, OTHER, Outcome, ServiceMetrics},
};

/// Services that are told by name; more are told together as `other`.
const MAX_SERVICES: usize = 100;
/// How requests are told whose service nobody named.
const ANY: &str = "*";
/// Classes of status codes: 1xx to 5xx.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// All that is counted. What is cheap to find out is set when somebody asks.
#[derive(Debug, Default)]
pub struct Metrics {
    services: RwLock<BTreeMap<String, Arc<ServiceMetrics>>>,
    /// Of recording.
    pub recorder: RecorderMetrics,
    /// Connections that were accepted.
    pub connections: Counter,
    /// Connections that are open.
    pub open_connections: Gauge,
    /// Calls of webhooks that were answered.
    pub webhooks_answered: Counter,
    /// Calls of webhooks that were not.
    pub webhooks_failed: Counter,
    /// Changes of stub files that were taken in.
    pub reloads: Counter,
    /// Files that could not be taken in when they changed.
    pub reload_errors: Counter,
    /// Sessions that are there; set when somebody asks.
    pub sessions: Gauge,
    /// Stubs that are in service; set when somebody asks.
    pub stubs: Gauge,
    /// Of spans.
    pub spans: SpanMetrics,
    admin: [Counter; CLASSES.len()],
}

/// What is counted of the export of spans. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct SpanMetrics {
    /// Taken by the collector.
    pub exported: Counter,
    /// Not sent, as too many were waiting.
    pub overflowed: Counter,
    /// Given up, as the collector could not be reached.
    pub undelivered: Counter,
    /// Refused by the collector.
    pub refused: Counter,
    /// Waiting.
    pub queue: Gauge,
}

impl Metrics {
    /// The handles of a service; `None` where nobody named one. Beyond a bound all have the same.
    pub fn service(&self, name: Option<&str>) -> Arc<ServiceMetrics> {
        let name = name.unwrap_or(ANY);
        if let Some(known) = self.services.read().get(name) {
            return Arc::clone(known);
        }
        let mut services = self.services.write();
        let is_known = services.contains_key(name);
        let name = if is_known || services.len() < MAX_SERVICES { name } else { OTHER };
        Arc::clone(services.entry(name.to_owned()).or_default())
    }

    /// A call of the admin API was answered with this status.
    pub fn admin_call(&self, status: u16) {
        let class = usize::from(status / 100).checked_sub(1);
        if let Some(counter) = class.and_then(|class| self.admin.get(class)) {
            counter.inc();
        }
    }

    /// All of them as text; `version` and `started` are ringer's own.
    pub fn encode(self: &Arc<Self>, version: &str, started: SystemTime, format: Format) -> String {
        let mut registry = Registry::default();
        let version = version.to_owned();
        registry.register_collector(Box::new(Scrape { all: Arc::clone(self), version, started }));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
        match format {
            Format::OpenMetrics => text,
            Format::Prometheus => exposition::as_prometheus(&text),
        }
    }
}

/// One answer to a scraper.
#[derive(Debug)]
struct Scrape {
    all: Arc<Metrics>,
    version: String,
    started: SystemTime,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let all = &*self.all;
        let e = &mut encoder;
        info(e, "ringer_build", "The version that runs", &[("version", &self.version)])?;
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        seconds(e, "ringer_start_time", "When it started, since 1970", started)?;
        self.encode_services(e)?;
        gauge(e, "ringer_sessions", "Sessions that are there", &all.sessions)?;
        gauge(e, "ringer_stubs", "Stubs in service", &all.stubs)?;
        counter(e, "ringer_connections", "Connections accepted", &all.connections)?;
        gauge(e, "ringer_open_connections", "Connections open", &all.open_connections)?;
        let webhooks = [("answered", &all.webhooks_answered), ("failed", &all.webhooks_failed)];
        counters(e, "ringer_webhooks", "Webhooks called", "result", webhooks)?;
        let admin = CLASSES.into_iter().zip(&all.admin);
        counters(e, "ringer_admin_calls", "Calls of the admin API", "status", admin)?;
        counter(e, "ringer_reloads", "Changes of stub files taken in", &all.reloads)?;
        let help = "Stub files that could not be used when they changed";
        counter(e, "ringer_reload_errors", help, &all.reload_errors)?;
        let recorder = &all.recorder;
        let exchanges = recorder::Result::ALL
            .map(recorder::Result::as_str)
            .into_iter()
            .zip(&recorder.exchanges);
        let help = "Exchanges recorded, by what they did to the stubs";
        counters(e, "ringer_recorder_exchanges", help, "result", exchanges)?;
        let help = "Exchanges that wait to be recorded";
        gauge(e, "ringer_recorder_queue_exchanges", help, &recorder.queue)?;
        let help = "Exchanges, stubs and lines of the tape that could not be kept or written";
        counter(e, "ringer_recorder_errors", help, &recorder.errors)?;
        let spans = &all.spans;
        counter(e, "ringer_otlp_exported_spans", "Spans the collector took", &spans.exported)?;
        let dropped = [
            ("queue_full", &spans.overflowed),
            ("refused", &spans.refused),
            ("undelivered", &spans.undelivered),
        ];
        counters(e, "ringer_otlp_dropped_spans", "Spans that were lost", "reason", dropped)?;
        gauge(e, "ringer_otlp_queue_spans", "Spans that wait to be sent", &spans.queue)
    }
}

impl Scrape {
    fn encode_services(&self, e: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let services = self.all.services.read();
        let help = "Requests, by what became of them";
        let outcomes = Outcome::ALL.map(Outcome::as_str);
        of_services(e, "ringer_requests", help, "outcome", &services, |service| {
            named(&outcomes, &service.requests)
        })?;
        let help = "Looks at the stubs, by what they came to";
        let lookups = Lookup::ALL.map(Lookup::as_str);
        of_services(e, "ringer_stub_lookups", help, "result", &services, |service| {
            named(&lookups, &service.lookups)
        })?;
        let help = "Behaviors that befell requests and connections";
        let applied = Applied::ALL.map(Applied::as_str);
        of_services(e, "ringer_behaviors_applied", help, "kind", &services, |service| {
            named(&applied, &service.applied)
        })?;
        let help = "Requests that a rate limit refused";
        of_services(e, "ringer_limits_reached", help, "limit", &services, |service| {
            let limits = service.limits.read();
            limits.iter().map(|(name, counter)| (name.clone(), counter.get())).collect()
        })?;
        let help = "From the head of a request to its answer, waits included";
        histograms(e, "ringer_request_duration", help, &services, |service| &service.duration)?;
        let help = "From passing a request on to the head of the answer";
        let name = "ringer_upstream_request_duration";
        histograms(e, name, help, &services, |service| &service.upstream)?;
        let help = "Requests that another server gave no answer to";
        of_services(e, "ringer_upstream_errors", help, "error", &services, |service| {
            let errors = service.upstream_errors.read();
            errors.iter().map(|(name, counter)| ((*name).to_owned(), counter.get())).collect()
        })
    }
}

fn named(names: &[&'static str], counters: &[Counter]) -> Vec<(String, u64)> {
    names.iter().zip(counters).map(|(name, counter)| ((*name).to_owned(), counter.get())).collect()
}

fn info(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    labels: &[(&str, &str)],
) -> fmt::Result {
    encoder.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(&labels)
}

fn seconds(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: Duration,
) -> fmt::Result {
    let unit = Some(&Unit::Seconds);
    encoder
        .encode_descriptor(name, help, unit, MetricType::Gauge)?
        .encode_gauge(&value.as_secs_f64())
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    gauge: &Gauge,
) -> fmt::Result {
    gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

fn counter(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    counter: &Counter,
) -> fmt::Result {
    counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn counters<'c>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &str,
    counters: impl IntoIterator<Item = (&'static str, &'c Counter)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (value, counter) in counters {
        counter.encode(family.encode_family(&[(label, value)])?)?;
    }
    Ok(())
}

type Services = BTreeMap<String, Arc<ServiceMetrics>>;

fn of_services(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &str,
    services: &Services,
    values: impl Fn(&ServiceMetrics) -> Vec<(String, u64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (service, metrics) in services {
        for (value, count) in values(metrics) {
            let labels = [("service", service.as_str()), (label, value.as_str())];
            family
                .encode_family(&labels)?
                .encode_counter::<prometheus_client::encoding::NoLabelSet, _, u64>(&count, None)?;
        }
    }
    Ok(())
}

fn histograms(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    services: &Services,
    histogram: impl Fn(&ServiceMetrics) -> &Histogram,
) -> fmt::Result {
    let unit = Some(&Unit::Seconds);
    let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Histogram)?;
    // One that nothing was measured for would be long, and say nothing.
    for (service, metrics) in services.iter().filter(|(_, it)| histogram(it).count() > 0) {
        histogram(metrics).encode(family.encode_family(&[("service", service.as_str())])?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
