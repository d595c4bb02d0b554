//! A future that outlives whoever waits for it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

/// What is made of a future for which nobody waits any more.
type Left<T> = Box<dyn FnOnce(Running<T>) + Send>;

/// A future that has not ended.
pub(super) type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs where it is awaited, which costs no task; when that is given up, it goes on in a task of its own.
pub(super) struct Lasting<T> {
    /// `None` once it is done.
    running: Option<(Running<T>, Left<T>)>,
}

impl<T> Lasting<T> {
    /// When nobody waits for `future` any more, a task runs what `left` makes of it.
    pub(super) fn new<L>(
        future: impl Future<Output = T> + Send + 'static,
        left: impl FnOnce(Running<T>) -> L + Send + 'static,
    ) -> Self
    where
        L: Future<Output = ()> + Send + 'static,
    {
        let spawn = move |running| {
            // Without a runtime ringer has ended.
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(left(running));
            }
        };
        Self { running: Some((Box::pin(future), Box::new(spawn))) }
    }
}

impl<T> Future for Lasting<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some((running, _)) = &mut self.running else { return Poll::Pending };
        let polled = running.as_mut().poll(cx);
        if polled.is_ready() {
            self.running = None;
        }
        polled
    }
}

impl<T> Drop for Lasting<T> {
    fn drop(&mut self) {
        if let Some((running, left)) = self.running.take() {
            left(running);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_is_awaited_ends_where_it_is() {
        let lasting = Lasting::new(async { 1 }, |_| async { panic!("nobody left") });
        assert_eq!(lasting.await, 1);
    }

    #[tokio::test]
    async fn what_is_given_up_goes_on_and_its_end_is_heard() {
        let (go, wait) = oneshot::channel::<u32>();
        let (tell, told) = oneshot::channel();
        let lasting = Lasting::new(async { wait.await.unwrap() }, |running| async {
            tell.send(running.await).unwrap();
        });
        drop(lasting);
        go.send(7).unwrap();
        assert_eq!(told.await, Ok(7));
    }
}
