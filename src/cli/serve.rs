//! `ringer serve`: the services of the configuration file, each in its own mode.

use super::{
    args::ServeArgs, foreground::Foreground, global_args::GlobalArgs, hint::Advised, load::load,
    verify_args::ReportArgs,
};

/// Serves until it is told to stop.
///
/// # Errors
///
/// When there is no configuration file, it has mistakes or no service, or the app cannot be
/// started.
pub async fn run(global: &GlobalArgs, args: ServeArgs) -> anyhow::Result<u8> {
    let flags = args.listen.layer().over(args.behavior.layer()).over(args.upstream.layer());
    let loaded = load(global, flags)?;
    let advice = "`ringer serve --help` shows what such a file looks like";
    let Some(file) = loaded.file else {
        return Err(Advised::new("there is no `ringer.toml` here", advice).into());
    };
    if loaded.config.services.is_empty() {
        let message = format!("`{}` has no `[service.NAME]`", file.display());
        return Err(Advised::new(message, advice).into());
    }
    let services: Vec<_> = loaded
        .config
        .services
        .iter()
        .map(|service| format!("{} ({})", service.name, service.mode.as_str()))
        .collect();
    Foreground {
        reports: ReportArgs::default(),
        what: format!("serving {}", services.join(", ")),
        place: loaded.config.stubs.clone(),
        config: loaded.config,
        program: loaded.program,
        wrapped: Vec::new(),
    }
    .run()
    .await
}
