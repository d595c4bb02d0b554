//! A future that waits beside another one, and is looked at only when it has something to say: of a busy
//! connection, the end is not asked for with each request.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// A future whose task is polled often for other reasons. It must always be polled by the same task.
pub(super) struct Aside<F> {
    future: Pin<Box<F>>,
    /// There once it was polled.
    flag: Option<(Arc<Flag>, Waker)>,
}

/// Whether the future wants to be polled, and the task that does it.
struct Flag {
    is_woken: AtomicBool,
    task: Waker,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl<F: Future> Aside<F> {
    pub(super) fn new(future: F) -> Self {
        Self { future: Box::pin(future), flag: None }
    }
}

impl<F: Future> Future for Aside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, flag } = &mut *self;
        let (flag, waker) = flag.get_or_insert_with(|| {
            let flag = Flag { is_woken: AtomicBool::new(true), task: cx.waker().clone() };
            let flag = Arc::new(flag);
            (Arc::clone(&flag), Waker::from(flag))
        });
        if !flag.is_woken.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        // What wakes it from here on is seen by this poll, or leads to the next.
        flag.is_woken.store(false, Ordering::Release);
        future.as_mut().poll(&mut Context::from_waker(waker))
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::atomic::AtomicUsize};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn it_is_polled_when_it_is_woken_and_not_before() {
        let (sender, mut receiver) = oneshot::channel::<u8>();
        let n_polled = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&n_polled);
        let mut aside = Aside::new(poll_fn(move |cx| {
            counted.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut receiver).poll(cx)
        }));
        for _ in 0..10 {
            poll_fn(|cx| {
                assert!(Pin::new(&mut aside).poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        assert_eq!(n_polled.load(Ordering::Relaxed), 1);
        sender.send(7).unwrap();
        assert_eq!(aside.await, Ok(7));
        assert_eq!(n_polled.load(Ordering::Relaxed), 2);
    }
}
