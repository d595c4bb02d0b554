//! What the admin API needs of whoever listens: addresses of sessions' own.

use std::{fmt, io};

use thiserror::Error;

use crate::model::{ServiceName, SessionName};

/// Why a session gets no address of its own.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Nobody serves yet, or any more.
    #[error("ringer is stopping")]
    Stopping,
    /// The address is none.
    #[error("`{0}` is no address to listen on, expected for example `127.0.0.1:0` or `[::1]:9001`")]
    NoAddress(String),
    /// There are too many.
    #[error("sessions have {0} addresses of their own already: drop some sessions")]
    TooMany(usize),
    /// There is no such service.
    #[error("there is no service `{0}` in ringer.toml")]
    UnknownService(ServiceName),
    /// There is no such session.
    #[error("there is no session `{0}`")]
    UnknownSession(SessionName),
}

/// Opens and closes addresses whose requests belong to one session. They close by themselves when the
/// session is dropped or expires.
pub trait SessionListeners: fmt::Debug + Send + Sync {
    /// Listens for a session at `ADDRESS:PORT`; with a service, its requests belong to that too. Gives the address, with
    /// the port that the system chose where that was 0. To be called on a thread of the runtime that
    /// serves, which `Admin::answer` is.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on, there are too many, or what is named is not there.
    fn open(
        &self,
        session: &SessionName,
        service: Option<&ServiceName>,
        address: &str,
    ) -> Result<String, ListenError>;

    /// Listens no more for a session. Connections that came in finish what they are at, and end.
    fn close(&self, session: &SessionName);

    /// The addresses of a session's own, in the order in which they were opened.
    fn of(&self, session: &SessionName) -> Vec<String>;
}
