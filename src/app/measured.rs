//! What endpoints were recorded to take: read before anything is served where that counts.

use super::behaviors::configured;
use crate::{
    config::Config,
    library::{Loaded, measuring},
    model::{Behaviors, LatencySource},
    store::Measured,
};

/// What the tapes say about latency: read at once where an answer may wait by it from the start, else
/// when it is first asked for.
pub(super) fn read(config: &Config, loaded: &Loaded) -> Measured {
    let recordings = config.recordings.clone();
    let measured = Measured::new(move || measuring::measure(&recordings));
    let by_settings = configured(config).into_iter().map(|(_, behaviors)| behaviors);
    let by_stubs = loaded.stubs().map(|stub| &stub.behaviors);
    let is_empirical =
        |behaviors: &Behaviors| matches!(behaviors.latency, Some(LatencySource::Empirical(_)));
    if by_settings.into_iter().any(|it| is_empirical(&it)) || by_stubs.into_iter().any(is_empirical)
    {
        measured.learn();
    }
    measured
}
