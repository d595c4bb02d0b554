//! What scrapers read.

use std::time::{Duration, UNIX_EPOCH};

use super::*;

fn scene() -> Arc<Metrics> {
    let metrics = Arc::new(Metrics::default());
    let api = metrics.service(Some("api.test"));
    api.request(Outcome::Stub, Duration::from_millis(1));
    api.request(Outcome::Recorded, Duration::from_millis(80));
    api.lookup(Lookup::Hit);
    api.applied(Applied::Fault);
    api.limit_reached("a \"b\"\\\n");
    api.upstream_answered(Duration::from_millis(60));
    api.upstream_failed("upstream_timeout");
    metrics.service(None).request(Outcome::Missed, Duration::from_micros(300));
    metrics.recorder.queued();
    metrics.recorder.recorded(recorder::Result::New);
    metrics.admin_call(404);
    metrics.sessions.set(2);
    metrics
}

fn text(metrics: &Arc<Metrics>, format: Format) -> String {
    metrics.encode("1.2.3", UNIX_EPOCH + Duration::from_millis(1_700_000_000_500), format)
}

#[test]
fn the_text_is_stable() {
    insta::assert_snapshot!(text(&scene(), Format::OpenMetrics));
}

#[test]
fn the_older_format_names_counters_with_their_suffix_and_has_no_end() {
    insta::assert_snapshot!(text(&scene(), Format::Prometheus));
}

#[test]
fn services_beyond_the_bound_are_told_together() {
    let metrics = Arc::new(Metrics::default());
    for n in 0..MAX_SERVICES + 5 {
        metrics.service(Some(&format!("s{n}"))).request(Outcome::Passed, Duration::ZERO);
    }
    metrics.service(Some("s0")).request(Outcome::Passed, Duration::ZERO);
    assert_eq!(metrics.services.read().len(), MAX_SERVICES + 1);
    let text = text(&metrics, Format::OpenMetrics);
    assert!(text.contains("ringer_requests_total{service=\"other\",outcome=\"passed\"} 5\n"));
    assert!(text.contains("ringer_requests_total{service=\"s0\",outcome=\"passed\"} 2\n"));
}

#[test]
fn every_name_follows_the_conventions() {
    let text = text(&scene(), Format::OpenMetrics);
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        assert!(name.starts_with("ringer_"), "{name}");
        assert!(!name.ends_with("_total"), "{name}: the suffix is the format's");
        if kind == "histogram" {
            assert!(name.ends_with("_seconds"), "{name}");
        }
    }
    assert!(text.ends_with("# EOF\n"));
}
