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
