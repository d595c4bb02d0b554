//! Settings that clients change while ringer runs (WireMock's `GlobalSettings`).

use std::{sync::Arc, time::Duration};

use arc_swap::{ArcSwap, Guard};

use crate::model::{Delay, Json};

/// Settings that hold for every stub.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalSettings {
    /// The wait of stubs that ask for none of their own.
    pub fixed_delay: Option<Duration>,
    /// A further wait of such stubs, drawn anew for each answer.
    pub delay: Option<Delay>,
    /// Whatever extensions of a client keep here.
    pub extended: Option<Json>,
    /// Whether a forward proxy passes on what no stub matches.
    pub proxy_pass_through: bool,
}

impl Default for GlobalSettings {
    fn default() -> Self {
        Self { fixed_delay: None, delay: None, extended: None, proxy_pass_through: true }
    }
}

/// The settings of this moment, read without a lock.
#[derive(Debug, Default)]
pub struct SharedSettings(ArcSwap<GlobalSettings>);

impl SharedSettings {
    /// These settings.
    pub fn new(settings: GlobalSettings) -> Self {
        Self(ArcSwap::from_pointee(settings))
    }

    /// The settings of this moment.
    pub fn load(&self) -> Guard<Arc<GlobalSettings>> {
        self.0.load()
    }

    /// Replaces all of them.
    pub fn replace(&self, settings: GlobalSettings) {
        self.0.store(Arc::new(settings));
    }
}
