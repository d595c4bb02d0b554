//! Sleeps that end earlier or later when the session's clock is changed meanwhile.

use std::time::Duration;

use crate::store::SessionClock;

/// Sleeps as long as time is left, and looks again whenever the clock is changed. `left` is in real
/// time; `None` is until the next change.
pub(super) async fn sleep_while(clock: &SessionClock, left: impl Fn() -> Option<Duration>) {
    if left() == Some(Duration::ZERO) {
        return;
    }
    let mut changes = clock.changes();
    loop {
        let changed = async {
            // The clock, which is borrowed, is the other end.
            let _ = changes.changed().await;
        };
        match left() {
            Some(Duration::ZERO) => return,
            Some(left) => tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = changed => {}
            },
            None => changed.await,
        }
    }
}
