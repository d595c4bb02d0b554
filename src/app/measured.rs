//! What endpoints were recorded to take: read before anything is served where that counts.

use super::behaviors::configured;
use crate::{
    config::Config,
    library::{Loaded, measuring},
    model::Behaviors,
    store::Measured,
};

/// What the tapes say about latency: read at once where an answer may wait by it from the start, else
/// when it is first asked for.
pub(super) fn read(config: &Config, loaded: &Loaded) -> Measured {
    let recordings = config.recordings.clone();
    let measured = Measured::new(move || measuring::measure(&recordings));
    let by_settings = configured(config).into_iter().map(|(_, behaviors)| behaviors);
    let mut by_stubs = loaded.stubs().filter_map(|stub| stub.behaviors.as_deref());
    if by_settings.into_iter().any(|it| it.is_empirical()) || by_stubs.any(Behaviors::is_empirical)
    {
        measured.learn();
    }
    measured
}
