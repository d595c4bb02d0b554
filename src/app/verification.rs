//! Whether the clients of a run did what was expected of them.

use std::time::Duration;

use super::AppError;
use crate::{
    model::Expectations,
    store::{Session, StubSet},
    verify::{Compiled, Evidence, UnusedStub, Verdict, gather},
};

/// Makes expectations ready.
///
/// # Errors
///
/// A pattern cannot be honoured.
pub(super) fn compiled(expectations: Option<&Expectations>) -> Result<Option<Compiled>, AppError> {
    let compiled = expectations.map(Compiled::new).transpose();
    compiled.map_err(|wrong| {
        let told: Vec<_> =
            wrong.into_iter().map(|it| format!("{}: {}", it.pointer, it.message)).collect();
        AppError::Expectations(told.join("; "))
    })
}

/// Judges a run by the requests of its default session. Stubs and limits are those of all sessions.
pub(super) fn judge(
    compiled: &Compiled,
    session: &Session,
    set: &StubSet,
    unused_stubs: Vec<UnusedStub>,
    early_retries: u64,
    real: Duration,
) -> Verdict {
    let evidence = Evidence { unused_stubs, early_retries, ..gather(session, set, real) };
    compiled.judge(&evidence)
}
