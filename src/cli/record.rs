//! `ringer record`: which services are recorded, then a session.

use super::{
    args::RecordArgs, foreground::Foreground, global_args::GlobalArgs, load::load,
    verify_args::ReportArgs,
};
use crate::{
    config::{Config, Service},
    model::{Mode, Origin},
};

/// Records until it is told to stop.
///
/// # Errors
///
/// When the configuration has mistakes or the app cannot be started.
pub async fn run(global: &GlobalArgs, args: RecordArgs) -> anyhow::Result<u8> {
    let flags = args.listen.layer().over(args.upstream.layer());
    let mut loaded = load(global, flags)?;
    record(&mut loaded.config, args.url.as_ref(), !args.program.is_empty());
    let place = match &loaded.config.services[..] {
        [service] if args.url.is_some() => loaded.config.stubs.join(service.name.as_str()),
        _ => loaded.config.stubs.clone(),
    };
    Foreground {
        reports: ReportArgs::default(),
        what: match &args.url {
            Some(url) => format!("recording {url}"),
            None => "recording every host, as a forward proxy".to_owned(),
        },
        place,
        config: loaded.config,
        program: loaded.program,
        wrapped: args.program,
    }
    .run()
    .await
}

/// Turns a configuration into one that records.
fn record(config: &mut Config, url: Option<&Origin>, wraps: bool) {
    match url {
        Some(url) => {
            // A service of the file keeps its name, and so the folder of its stubs.
            let known =
                config.services.iter().find(|service| service.upstream.as_ref() == Some(url));
            let service = match known {
                Some(known) => Service { mode: Mode::Record, ..known.clone() },
                None => Service::of_upstream(url.clone(), Mode::Record),
            };
            config.services = vec![service];
            // A wrapped program may need other hosts as well; someone else's proxy ringer is not.
            config.forward = if wraps { Mode::Passthrough } else { Mode::Replay };
        }
        None => {
            for service in &mut config.services {
                if service.upstream.is_some() {
                    service.mode = Mode::Record;
                }
            }
            config.forward = Mode::Record;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let mut pay = Service::of_upstream("https://pay.test".parse().unwrap(), Mode::Replay);
        pay.name = crate::model::ServiceName::new("payments");
        let mut mail = Service::of_upstream("https://mail.test".parse().unwrap(), Mode::Replay);
        mail.upstream = None;
        Config { services: vec![pay, mail], ..Config::default() }
    }

    fn modes(config: &Config) -> Vec<(&str, Mode)> {
        config.services.iter().map(|service| (service.name.as_str(), service.mode)).collect()
    }

    #[test]
    fn a_url_records_that_api_alone_under_the_name_that_the_file_gives_it() {
        let mut config = config();
        record(&mut config, Some(&"https://pay.test".parse().unwrap()), false);
        assert_eq!(modes(&config), [("payments", Mode::Record)]);
        assert_eq!(config.forward, Mode::Replay);
        record(&mut config, Some(&"https://other.test".parse().unwrap()), true);
        assert_eq!(modes(&config), [("other.test", Mode::Record)]);
        assert_eq!(config.forward, Mode::Passthrough);
    }

    #[test]
    fn without_a_url_everything_with_an_upstream_is_recorded() {
        let mut config = config();
        record(&mut config, None, false);
        assert_eq!(modes(&config), [("payments", Mode::Record), ("mail.test", Mode::Replay)]);
        assert_eq!(config.forward, Mode::Record);
    }
}
