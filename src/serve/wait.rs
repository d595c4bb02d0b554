//! Waits for the moment that an answer is due: in real time or, where the session's clock says so, in
//! the session's.

use std::time::Duration;

use super::{tee::Stopwatch, timer::sleep_while};
use crate::store::SessionClock;

/// Waits until `due` after a request arrived.
pub(super) async fn sleep_until(clock: &SessionClock, watch: Stopwatch, due: Duration) {
    sleep_while(clock, || {
        if clock.has_virtual_delays() {
            clock.real_time_until(watch.arrived().saturating_add(due))
        } else {
            Some(due.saturating_sub(watch.elapsed()))
        }
    })
    .await;
}

/// Waits for so long from now.
pub(super) async fn sleep(clock: &SessionClock, watch: Stopwatch, time: Duration) {
    let due = since(clock, watch).saturating_add(time);
    sleep_until(clock, watch, due).await;
}

/// The time since a request arrived, by the clock that its answer waits for.
pub(super) fn since(clock: &SessionClock, watch: Stopwatch) -> Duration {
    if clock.has_virtual_delays() {
        clock.elapsed().saturating_sub(watch.arrived())
    } else {
        watch.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        runtime::{Clock, Moment},
        store::{ClockChange, Delays},
    };

    const HOUR: Duration = Duration::from_secs(3600);

    fn frozen(delays: Delays) -> Arc<SessionClock> {
        let clock = SessionClock::new(Clock::start());
        let (is_frozen, delays) = (Some(true), Some(delays));
        clock.change(ClockChange { is_frozen, delays, ..ClockChange::default() }).unwrap();
        Arc::new(clock)
    }

    fn watch(clock: &SessionClock) -> Stopwatch {
        Stopwatch::start(Clock::start(), Moment::now(), clock.elapsed())
    }

    #[tokio::test]
    async fn a_real_wait_ends_whatever_the_clock_shows() {
        let clock = frozen(Delays::Real);
        sleep_until(&clock, watch(&clock), Duration::from_millis(2)).await;
    }

    #[tokio::test]
    async fn a_virtual_wait_ends_when_the_clock_has_passed_it() {
        let clock = frozen(Delays::Virtual);
        let (waiting, start) = (Arc::clone(&clock), watch(&clock));
        let task = tokio::spawn(async move { sleep_until(&waiting, start, HOUR).await });
        clock.advance(HOUR / 2).unwrap();
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        clock.advance(HOUR / 2).unwrap();
        task.await.unwrap();
        assert_eq!(since(&clock, start), HOUR);
    }

    #[tokio::test]
    async fn a_wait_that_becomes_real_ends_in_real_time() {
        let clock = frozen(Delays::Virtual);
        let (waiting, start) = (Arc::clone(&clock), watch(&clock));
        let short = Duration::from_millis(1);
        let task = tokio::spawn(async move { sleep(&waiting, start, short).await });
        tokio::task::yield_now().await;
        clock.reset();
        task.await.unwrap();
    }
}
