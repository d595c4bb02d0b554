//! Stubs that are made, changed and removed in a session.
//!
//! Those of the default session are everybody's, and [`Keeper`] keeps their files. Those of another
//! lie over them and have no files until they are saved: then they become everybody's.

use std::sync::Arc;

use super::keeper::{ImportPolicy, KeepError, Keeper};
use crate::{
    model::{Stub, StubId},
    store::{LiveStub, Session, SessionStubs, StubError, StubSet},
};

/// The stubs of a session, to be changed.
#[derive(Clone, Copy, Debug)]
pub struct SessionKeeper<'k> {
    keeper: &'k Keeper,
    session: &'k Session,
}

impl<'k> SessionKeeper<'k> {
    /// Those of `session`, which lie over the ones that `keeper` keeps.
    pub fn new(keeper: &'k Keeper, session: &'k Session) -> Self {
        Self { keeper, session }
    }

    /// What the session has over everybody's stubs; `None` for the default session.
    fn overlay(&self) -> Option<&'k SessionStubs> {
        (!self.session.name().is_default()).then(|| self.session.stubs())
    }

    /// The stubs that it sees.
    pub fn snapshot(&self) -> StubSet {
        self.session.stubs().snapshot()
    }

    /// The stub of an id that it sees.
    pub fn get(&self, id: StubId) -> Option<Arc<LiveStub>> {
        self.session.stubs().get(id)
    }

    /// Adds a stub, newer than all others.
    ///
    /// # Errors
    ///
    /// As [`Keeper::create`].
    pub fn create(&self, stub: Stub) -> Result<Arc<LiveStub>, KeepError> {
        match self.overlay() {
            Some(stubs) => Ok(stubs.add(stub, self.session.clock().elapsed())?),
            None => self.keeper.create(stub),
        }
    }

    /// Puts a stub in the place of the one with its id.
    ///
    /// # Errors
    ///
    /// As [`Keeper::edit`].
    pub fn edit(&self, stub: Stub) -> Result<Arc<LiveStub>, KeepError> {
        match self.overlay() {
            Some(stubs) => Ok(stubs.replace(stub, self.session.clock().elapsed())?),
            None => self.keeper.edit(stub),
        }
    }

    /// Removes stubs, and says which were there.
    ///
    /// # Errors
    ///
    /// As [`Keeper::remove`].
    pub fn remove(&self, ids: &[StubId]) -> Result<Vec<Arc<LiveStub>>, KeepError> {
        match self.overlay() {
            Some(stubs) => Ok(stubs.remove(ids)),
            None => self.keeper.remove(ids),
        }
    }

    /// Removes every stub.
    ///
    /// # Errors
    ///
    /// As [`Keeper::remove_all`].
    pub fn remove_all(&self) -> Result<(), KeepError> {
        match self.overlay() {
            Some(stubs) => {
                stubs.remove_all();
                Ok(())
            }
            None => self.keeper.remove_all(),
        }
    }

    /// Returns to the stubs of the folder; in a session, to those of everybody.
    ///
    /// # Errors
    ///
    /// As [`Keeper::reload`].
    pub fn reload(&self) -> Result<(), KeepError> {
        match self.overlay() {
            Some(stubs) => {
                stubs.reset();
                Ok(())
            }
            None => self.keeper.reload(),
        }
    }

    /// Makes every stub persistent. A session's own become everybody's, and it sees them as such.
    ///
    /// # Errors
    ///
    /// As [`Keeper::save`]; what was saved by then stays so.
    pub fn save(&self) -> Result<(), KeepError> {
        let Some(stubs) = self.overlay() else { return self.keeper.save() };
        for live in stubs.own() {
            let stub = Stub { persistent: Some(true), ..live.stub.clone() };
            let id = stub.id;
            match self.keeper.stubs().get(id) {
                Some(_) => self.keeper.edit(stub)?,
                None => self.keeper.create(stub)?,
            };
            stubs.leave(&[id]);
        }
        Ok(())
    }

    /// Adds stubs, the first as the newest, and does about others what the policy says.
    ///
    /// # Errors
    ///
    /// As [`Keeper::import`].
    pub fn import(&self, all: Vec<Stub>, policy: ImportPolicy) -> Result<(), KeepError> {
        let Some(stubs) = self.overlay() else { return self.keeper.import(all, policy) };
        let ids: Vec<_> = all.iter().map(|stub| stub.id).collect();
        for stub in all.into_iter().rev() {
            match self.create(stub.clone()) {
                Err(KeepError::Stub(StubError::Duplicate(_))) if policy.overwrite => {
                    self.edit(stub)?;
                }
                Err(KeepError::Stub(StubError::Duplicate(_))) | Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        if policy.delete_others {
            let set = stubs.snapshot();
            let others = set.all().map(|live| live.stub.id);
            let others: Vec<_> = others.filter(|id| !ids.contains(id)).collect();
            stubs.remove(&others);
        }
        Ok(())
    }
}
