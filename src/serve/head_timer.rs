//! How long a client may take for the head of a request: one timer of a connection, for all of them.
//!
//! hyper asks for a sleep with each head and drops it when the head has come. These sleeps share one
//! that is left to run; only where it ends before theirs is the runtime's timer touched again.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use parking_lot::Mutex;

use super::aside::Aside;

/// The timer of one connection, whose sleeps are polled by its task, and one at a time.
#[derive(Clone, Default)]
pub(super) struct HeadTimer(Arc<Mutex<Option<Alarm>>>);

/// What the connection's task is woken by.
struct Alarm {
    rings: Instant,
    sleep: Aside<tokio::time::Sleep>,
}

struct HeadSleep {
    timer: HeadTimer,
    until: Instant,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, until: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(HeadSleep { timer: self.clone(), until })
    }
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let until = self.until;
        let sleep_until = |until: Instant| Aside::new(tokio::time::sleep_until(until.into()));
        let mut held = self.timer.0.lock();
        let alarm = held.get_or_insert_with(|| Alarm { rings: until, sleep: sleep_until(until) });
        if alarm.rings > until {
            *alarm = Alarm { rings: until, sleep: sleep_until(until) };
        }
        ready!(Pin::new(&mut alarm.sleep).poll(cx));
        if alarm.rings < until {
            // It was set for a head that has come meanwhile.
            *alarm = Alarm { rings: until, sleep: sleep_until(until) };
            ready!(Pin::new(&mut alarm.sleep).poll(cx));
        }
        *held = None;
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    async fn is_over(sleep: &mut Pin<Box<dyn Sleep>>) -> bool {
        poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_ready())).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_own_time_though_the_timer_ran_for_one_before() {
        let timer = HeadTimer::default();
        let begun = timer.now();
        let mut first = timer.sleep_until(begun + LONG);
        assert!(!is_over(&mut first).await);
        drop(first);
        let mut second = timer.sleep_until(begun + LONG * 2);
        assert!(!is_over(&mut second).await);
        tokio::time::advance(LONG + Duration::from_secs(1)).await;
        assert!(!is_over(&mut second).await, "that was the time of the first");
        second.await;
        assert!(tokio::time::Instant::from_std(begun + LONG * 2).elapsed() < LONG);
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_end_and_one_after_the_timer_rang_are_kept() {
        let timer = HeadTimer::default();
        let begun = timer.now();
        let mut late = timer.sleep_until(begun + LONG * 3);
        assert!(!is_over(&mut late).await);
        timer.sleep_until(begun + LONG).await;
        assert!(tokio::time::Instant::from_std(begun + LONG).elapsed() < LONG);
        timer.sleep_until(begun + LONG * 4).await;
        assert!(tokio::time::Instant::from_std(begun + LONG * 4).elapsed() < LONG);
    }
}
