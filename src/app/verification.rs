//! What the clients of a run are judged by.

use super::error::AppError;
use crate::{
    model::Expectations,
    serve::Server,
    store::StubSet,
    verify::{Compiled, UnusedStub},
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

/// The stubs that no request of any session used.
pub(super) fn unused(server: &Server, set: &StubSet) -> Vec<UnusedStub> {
    let unused = set.all().filter(|live| !server.was_used(live.stub.id));
    unused
        .map(|live| UnusedStub { id: live.stub.id.to_string(), name: live.display_name() })
        .collect()
}
