//! `ringer replay`: every service answers from its stubs.

use super::{
    args::ReplayArgs, expectations, foreground::Foreground, global_args::GlobalArgs, hint::Advised,
    load::load,
};
use crate::{config::Layer, model::Mode};

/// Replays until it is told to stop.
///
/// # Errors
///
/// When there are no stubs, the configuration has mistakes, or the app cannot be started.
pub async fn run(global: &GlobalArgs, args: ReplayArgs) -> anyhow::Result<u8> {
    let strict = Layer {
        strict: args.strict.then_some(true),
        expectations: args.judge.expectations,
        ..Layer::default()
    };
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
    let file = match &loaded.program.expectations {
        Some(file) => Some(file.clone()),
        None if loaded.program.strict => expectations::file_in(&stubs)?,
        None => None,
    };
    loaded.config.expectations = file.as_deref().map(expectations::read).transpose()?;
    let reports = args.judge.reports;
    if loaded.config.expectations.is_none() && (reports.junit.is_some() || reports.report.is_some())
    {
        return Err(Advised::new(
            "there is nothing to report: nothing is expected of this run",
            "name a file with `--expectations FILE`",
        )
        .into());
    }
    Foreground {
        reports,
        what: "replaying".to_owned(),
        place: stubs,
        config: loaded.config,
        program: loaded.program,
        wrapped: args.program,
    }
    .run()
    .await
}
