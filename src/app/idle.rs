//! Sessions that nobody asks for any more.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use crate::store::{Sessions, SharedBehaviors};

/// Between two looks for sessions to forget.
const LOOK_AT_LEAST: Duration = Duration::from_millis(50);
/// Short, since a session may have an idle time of its own that is shorter than that of all.
const LOOK_AT_MOST: Duration = Duration::from_secs(1);

/// Forgets sessions that nobody asks for, as long as there are any to forget.
pub(super) async fn forget(sessions: Weak<Sessions>, behaviors: Arc<SharedBehaviors>) {
    while let Some(idle) = sessions.upgrade().map(|sessions| sessions.limits().idle) {
        tokio::time::sleep((idle / 4).clamp(LOOK_AT_LEAST, LOOK_AT_MOST)).await;
        let Some(sessions) = sessions.upgrade() else { return };
        for session in sessions.expire() {
            behaviors.reset_session(session.name(), Duration::ZERO);
            tracing::debug!("session {} is forgotten: nobody asked for it", session.name());
        }
    }
}
