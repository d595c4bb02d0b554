//! Waits that end: nothing in a test may hang, and nothing may hope that a pause was long enough.

use std::time::Duration;

use ringer::runtime::Clock;

/// Longer than anything takes on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// What `future` comes to, within the limit.
#[track_caller]
pub(crate) fn within<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(LIMIT, future).await {
            Ok(output) => output,
            Err(_) => panic!("nothing came within {LIMIT:?} at {caller}"),
        }
    }
}

/// Waits until `probe` gives a value; blocks the thread.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    eventually_within(LIMIT, what, probe)
}

/// Waits until `probe` gives a value; blocks the thread.
#[track_caller]
pub(crate) fn eventually_within<T>(
    limit: Duration,
    what: &str,
    mut probe: impl FnMut() -> Option<T>,
) -> T {
    let clock = Clock::start();
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(clock.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until `probe`'s future gives a value.
#[track_caller]
pub(crate) fn eventually_async<T, F: Future<Output = Option<T>>>(
    what: &'static str,
    mut probe: impl FnMut() -> F,
) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let clock = Clock::start();
        loop {
            if let Some(value) = probe().await {
                return value;
            }
            assert!(clock.elapsed() < LIMIT, "{what}: not within {LIMIT:?}, at {caller}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
