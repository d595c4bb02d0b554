//! Gives spans their ids, and their place in the caller's trace.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{
    export::Queue,
    span::Span,
    trace_context::{SAMPLED, TraceContext},
};

/// Begins spans, and hands them over when they are over.
#[derive(Debug)]
pub struct Tracer {
    ids: Ids,
    queue: Queue,
}

impl Tracer {
    /// Spans go to `queue`; ids come from `entropy`, which no other run has.
    pub fn new(queue: Queue, entropy: u128) -> Self {
        Self { ids: Ids::new(entropy), queue }
    }

    /// The context of a span of ringer's own: in the trace of the caller, or in one of its own where
    /// there is no caller. `None` where the caller does not want its trace recorded.
    pub fn begin(&self, caller: Option<TraceContext>) -> Option<TraceContext> {
        match caller {
            Some(caller) if caller.is_sampled() => {
                Some(TraceContext { span: self.ids.span(), ..caller })
            }
            Some(_) => None,
            None => Some(TraceContext {
                trace: self.ids.trace(),
                span: self.ids.span(),
                flags: SAMPLED,
            }),
        }
    }

    /// A span is over. Never waits: where too many wait already, it is lost, and counted.
    pub fn end(&self, span: Span) {
        self.queue.offer(span);
    }
}

/// Ids that look random and do not come twice in a run: numbers in a row, each mixed by SplitMix64
/// (Steele, Lea, Flood 2014), which maps no two to the same.
#[derive(Debug)]
struct Ids {
    high: u64,
    next: AtomicU64,
}

/// The step of SplitMix64.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Ids {
    fn new(entropy: u128) -> Self {
        let [high, low] = [(entropy >> 64) as u64, entropy as u64];
        Self { high, next: AtomicU64::new(low) }
    }

    fn draw(&self) -> u64 {
        mix(self.next.fetch_add(GAMMA, Ordering::Relaxed))
    }

    fn trace(&self) -> [u8; 16] {
        let low = self.draw();
        let all = u128::from(mix(self.high ^ low)) << 64 | u128::from(low);
        // An id of zeros is none.
        all.max(1).to_be_bytes()
    }

    fn span(&self) -> [u8; 8] {
        self.draw().max(1).to_be_bytes()
    }
}

fn mix(seed: u64) -> u64 {
    let mut z = seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::telemetry::export;

    fn tracer() -> Tracer {
        let (queue, _) = export::queue(Default::default());
        Tracer::new(queue, 42 << 64 | 7)
    }

    #[test]
    fn a_span_is_in_the_trace_of_its_caller() {
        let caller = TraceContext { trace: [7; 16], span: [8; 8], flags: 3 };
        let own = tracer().begin(Some(caller)).unwrap();
        assert_eq!((own.trace, own.flags), (caller.trace, 3));
        assert_ne!(own.span, caller.span);
    }

    #[test]
    fn who_does_not_want_a_trace_gets_no_span() {
        let caller = TraceContext { trace: [7; 16], span: [8; 8], flags: 2 };
        assert_eq!(tracer().begin(Some(caller)), None);
    }

    #[test]
    fn without_a_caller_each_span_begins_a_trace() {
        let tracer = tracer();
        let contexts: Vec<_> = (0..1000).map(|_| tracer.begin(None).unwrap()).collect();
        let traces: HashSet<_> = contexts.iter().map(|context| context.trace).collect();
        let spans: HashSet<_> = contexts.iter().map(|context| context.span).collect();
        assert_eq!((traces.len(), spans.len()), (1000, 1000));
        assert!(contexts.iter().all(TraceContext::is_sampled));
    }
}
