//! A histogram of durations that costs two additions a measurement.
//!
//! The library's own takes a lock for each.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::encoding::{MetricEncoder, NoLabelSet};

/// Upper bounds, in microseconds: from what a stub takes to what a client rarely waits for.
const BOUNDS: [u64; 15] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000, 30_000_000,
];

/// Durations, counted by size. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Histogram(Arc<Cells>);

#[derive(Debug, Default)]
struct Cells {
    /// The last holds what is beyond every bound.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    /// Wraps after 584 years of measured time, which scrapers take for a restart.
    nanoseconds: AtomicU64,
}

impl Histogram {
    /// Counts a duration.
    pub fn observe(&self, duration: Duration) {
        let microseconds = duration.as_micros();
        let at = BOUNDS.partition_point(|bound| u128::from(*bound) < microseconds);
        if let Some(bucket) = self.0.buckets.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.0.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.0.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// Writes it, in seconds.
    ///
    /// # Errors
    ///
    /// As the encoder says.
    pub fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        // Read once, so that the count is that of the buckets.
        let counts: Vec<u64> =
            self.0.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let sum = Duration::from_nanos(self.0.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        let bounds = BOUNDS.iter().map(|bound| Duration::from_micros(*bound).as_secs_f64());
        let buckets: Vec<(f64, u64)> =
            bounds.chain([f64::INFINITY]).zip(counts.iter().copied()).collect();
        encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_what_is_beyond_all_to_the_last() {
        let histogram = Histogram::default();
        for micros in [0, 500, 501, 30_000_000, 30_000_001, u64::MAX / 2000] {
            histogram.observe(Duration::from_micros(micros));
        }
        let counts: Vec<_> =
            histogram.0.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        assert_eq!((counts[0], counts[1], counts[14], counts[15]), (2, 1, 1, 2));
        assert_eq!(histogram.count(), 6);
    }
}
