//! Spans on their way to a collector that answers in turn.

use std::{sync::Mutex, time::UNIX_EPOCH};

use super::*;
use crate::telemetry::{TraceContext, Tracer};

/// A collector that answers in turn, and the bodies that it got.
#[derive(Clone, Default)]
struct Collector {
    replies: Arc<Mutex<Vec<Result<Reply, String>>>>,
    bodies: Arc<Mutex<Vec<Bytes>>>,
}

impl Collector {
    fn answering(statuses: &[u16]) -> Self {
        let reply = |status: &u16| match status {
            0 => Err("connection refused".to_owned()),
            status => Ok(Reply { status: *status, ..Reply::default() }),
        };
        let replies: Vec<_> = statuses.iter().rev().map(reply).collect();
        Self { replies: Arc::new(Mutex::new(replies)), ..Self::default() }
    }

    fn post(&self) -> Post {
        let own = self.clone();
        Arc::new(move |body| {
            own.bodies.lock().unwrap().push(body);
            let reply = own.replies.lock().unwrap().pop();
            Box::pin(async move { reply.unwrap_or(Ok(Reply { status: 200, ..Reply::default() })) })
        })
    }

    fn requests(&self) -> usize {
        self.bodies.lock().unwrap().len()
    }

    fn spans(&self) -> Vec<usize> {
        let count = |body: &Bytes| String::from_utf8_lossy(body).matches("\"spanId\"").count();
        self.bodies.lock().unwrap().iter().map(count).collect()
    }
}

struct Scene {
    tracer: Tracer,
    metrics: SpanMetrics,
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

fn scene(collector: &Collector) -> Scene {
    let metrics = SpanMetrics::default();
    let (queue, waiting) = queue(metrics.clone());
    let exporter = Exporter {
        waiting,
        post: collector.post(),
        collector: "test".to_owned(),
        resource: Vec::new(),
        version: "0",
    };
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(exporter.run(async {
        let _ = stopped.await;
    }));
    Scene { tracer: Tracer::new(queue, 1), metrics, stop, task }
}

impl Scene {
    fn spans(&self, count: usize) {
        for _ in 0..count {
            self.tracer.end(Span {
                context: TraceContext { trace: [1; 16], span: [2; 8], flags: 1 },
                parent: None,
                state: None,
                name: "GET".to_owned(),
                start: UNIX_EPOCH,
                duration: Duration::ZERO,
                attributes: Vec::new(),
                is_error: false,
            });
        }
    }

    async fn finish(self) -> SpanMetrics {
        let _ = self.stop.send(());
        self.task.await.unwrap();
        self.metrics
    }
}

#[tokio::test(start_paused = true)]
async fn spans_go_together_after_a_while_and_at_once_when_they_are_many() {
    let collector = Collector::default();
    let scene = scene(&collector);
    scene.spans(3);
    time::sleep(GATHER + Duration::from_millis(10)).await;
    assert_eq!(collector.spans(), [3]);
    scene.spans(BATCH + 1);
    time::sleep(Duration::from_millis(10)).await;
    assert_eq!(collector.spans(), [3, BATCH]);
    let metrics = scene.finish().await;
    assert_eq!(collector.spans(), [3, BATCH, 1]);
    assert_eq!((metrics.exported.get(), metrics.queue.get()), (BATCH as u64 + 4, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_for_now_is_tried_again_and_what_is_refused_is_not() {
    let collector = Collector::answering(&[503, 0, 429, 200, 400]);
    let scene = scene(&collector);
    scene.spans(2);
    time::sleep(Duration::from_secs(60)).await;
    assert_eq!(collector.requests(), 4);
    scene.spans(3);
    time::sleep(Duration::from_secs(60)).await;
    assert_eq!(collector.requests(), 5);
    let metrics = scene.finish().await;
    assert_eq!((metrics.exported.get(), metrics.refused.get()), (2, 3));
    assert_eq!(metrics.undelivered.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn beyond_its_bound_the_queue_loses_spans_and_counts_them() {
    let collector = Collector::answering(&[0; 100]);
    let scene = scene(&collector);
    scene.spans(1);
    time::sleep(GATHER * 2).await;
    // The first is being tried again meanwhile.
    scene.spans(WAITING + 5);
    assert_eq!(scene.metrics.overflowed.get(), 5);
    assert_eq!(scene.metrics.queue.get(), WAITING as i64);
    let metrics = scene.finish().await;
    // One more try of the first, none of those that wait.
    assert_eq!(collector.spans()[1..].iter().max(), Some(&1));
    assert_eq!(metrics.undelivered.get(), WAITING as u64 + 1);
    assert_eq!(metrics.queue.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_collector_that_is_not_there() {
    let collector = Collector::answering(&[0; 100]);
    let scene = scene(&collector);
    scene.spans(1);
    time::sleep(GATHER * 2).await;
    // The time of the test stands still while something else than time is waited for.
    let stopped = time::timeout(Duration::from_millis(10), scene.finish()).await;
    assert_eq!(stopped.unwrap().undelivered.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_takes_some_says_which_it_did_not() {
    let collector = Collector::default();
    let body = Bytes::from_static(br#"{"partialSuccess":{"rejectedSpans":"1"}}"#);
    collector.replies.lock().unwrap().push(Ok(Reply { status: 200, body, ..Reply::default() }));
    let scene = scene(&collector);
    scene.spans(3);
    let metrics = scene.finish().await;
    assert_eq!((metrics.exported.get(), metrics.refused.get()), (2, 1));
}
