//! The configuration of a command: its flags, this process's environment, the file.

use super::{global_args::GlobalArgs, log};
use crate::config::{self, Layer, Loaded};

/// Loads the configuration and starts the log, which depends on it.
///
/// # Errors
///
/// When a variable or the file has a mistake.
pub fn load(global: &GlobalArgs, flags: Layer) -> anyhow::Result<Loaded> {
    let flags = flags.over(global.layer());
    let loaded = config::load(flags, global.config.as_deref(), &|name| std::env::var_os(name))?;
    log::start(&loaded.program);
    if let Some(file) = &loaded.file {
        tracing::info!(file = %file.display(), "configuration read");
    }
    Ok(loaded)
}
