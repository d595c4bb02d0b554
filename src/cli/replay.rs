//! `ringer replay`: every service answers from its stubs.

use super::{
    args::ReplayArgs, foreground::Foreground, global_args::GlobalArgs, hint::Advised, load::load,
};
use crate::{config::Layer, model::Mode};

/// Replays until it is told to stop.
///
/// # Errors
///
/// When there are no stubs, the configuration has mistakes, or the app cannot be started.
pub async fn run(global: &GlobalArgs, args: ReplayArgs) -> anyhow::Result<u8> {
    let strict = Layer { strict: args.strict.then_some(true), ..Layer::default() };
    let mut loaded = load(global, args.listen.layer().over(args.behavior.layer()).over(strict))?;
    // No call may leave the machine, whatever the file says about its services.
    loaded.config.forward = Mode::Replay;
    for service in &mut loaded.config.services {
        service.mode = Mode::Replay;
    }
    let stubs = loaded.config.stubs.clone();
    if !stubs.is_dir() {
        return Err(Advised::new(
            format!("there is no stub folder `{}`", stubs.display()),
            "`ringer record URL` makes one; `--stubs DIR` names another",
        )
        .into());
    }
    Foreground {
        what: "replaying".to_owned(),
        place: stubs,
        config: loaded.config,
        program: loaded.program,
        wrapped: args.program,
    }
    .run()
    .await
}
