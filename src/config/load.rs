//! Flags over environment over file over default: one value, nothing left open.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use super::{
    behaviors::NamedProfile,
    env,
    error::ConfigError,
    file::{self, File},
    layer::{Layer, LogFormat, TokenSource},
    settings::{AdminSettings, Config, Redaction, Upstream},
};
use crate::{
    admin::{Access, AdminToken},
    format::behavior::merge,
    library::Located,
    model::Behaviors,
    runtime::Seed,
    serve::{Answers, Limits, SystemKeys, Targets},
    store::{JournalLimits, SessionLimits},
    telemetry::Otlp,
};

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "ringer.toml";

/// A configuration, and where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the app is told.
    pub config: Config,
    /// What the program around it is told.
    pub program: Program,
    /// The file that was read; `None` when there is none.
    pub file: Option<PathBuf>,
}

/// What the program is told beyond the app: how it talks and what it calls a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// How the log is written.
    pub log_format: LogFormat,
    /// How much the log says: 0 warnings, 1 progress, 2 details, 3 everything.
    pub verbose: u8,
    /// Whether nothing but errors is said.
    pub quiet: bool,
    /// Where to write, as JSON, what is listened on.
    pub ready_file: Option<PathBuf>,
    /// Whether a miss or an unused stub is a failure.
    pub strict: bool,
    /// What is expected of clients.
    pub expectations: Option<PathBuf>,
    /// More tries before the time that a rate limit told are a failure; `None` is no number.
    pub max_early_retries: Option<u64>,
}

/// Puts the sources together. `named` is the file that a flag names; without it, and without
/// `RINGER_CONFIG`, `ringer.toml` in the current folder is read if it is there.
///
/// # Errors
///
/// [`ConfigError`], for the first source that has a mistake.
pub fn load(
    flags: Layer,
    named: Option<&Path>,
    lookup: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Loaded, ConfigError> {
    let environment = env::read(lookup)?;
    let named = named
        .map(Path::to_owned)
        .or_else(|| lookup(env::CONFIG).filter(|path| !path.is_empty()).map(PathBuf::from));
    let (path, file) = read_file(named)?;
    let folder = path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let mut settings = flags.over(environment).over(file.layer.rebased(folder));
    let token = settings.admin_token.take().map(token).transpose()?;
    let variable = |name: &str| lookup(name).map(|value| value.to_string_lossy().into_owned());
    let otlp = Otlp::resolve(settings.otlp.as_ref(), &variable).map_err(|unusable| {
        ConfigError::Variable { name: unusable.name.to_owned(), message: unusable.message }
    })?;
    Ok(Loaded {
        program: Program {
            log_format: settings.log_format.unwrap_or_default(),
            verbose: settings.verbose.unwrap_or_default(),
            quiet: settings.quiet.unwrap_or_default(),
            ready_file: settings.ready_file.clone(),
            strict: settings.strict.unwrap_or_default(),
            expectations: settings.expectations.clone(),
            max_early_retries: settings.max_early_retries,
        },
        config: Config { services: file.services, otlp, ..resolve(settings, token) },
        file: path,
    })
}

fn read_file(named: Option<PathBuf>) -> Result<(Option<PathBuf>, File), ConfigError> {
    let wanted = named.is_some();
    let path = named.unwrap_or_else(|| DEFAULT_FILE.into());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if !wanted && error.kind() == io::ErrorKind::NotFound => {
            return Ok((None, File::default()));
        }
        Err(source) => return Err(ConfigError::Read { path, source }),
    };
    match file::read(&text, path.parent().unwrap_or(Path::new(""))) {
        Ok(file) => Ok((Some(path), file)),
        Err(problems) => Err(ConfigError::File {
            problems: problems
                .into_iter()
                .map(|problem| Located::in_text(&path, &text, problem))
                .collect(),
        }),
    }
}

/// The token of the admin API.
fn token(source: TokenSource) -> Result<AdminToken, ConfigError> {
    let path = match source {
        TokenSource::Given(token) => return Ok(token),
        TokenSource::File(path) => path,
    };
    let wrong = |message| ConfigError::Token { path: path.clone(), message };
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    text.parse().map_err(wrong)
}

/// Several profiles as one.
fn together(profiles: Vec<NamedProfile>) -> Option<NamedProfile> {
    profiles.into_iter().reduce(|mut all, more| {
        all.name = format!("{} + {}", all.name, more.name);
        merge(&mut all.behaviors, more.behaviors);
        all
    })
}

/// Fills in what no source decided.
fn resolve(settings: Layer, token: Option<AdminToken>) -> Config {
    let default = Config::default();
    let latency = settings.latency;
    let mut behaviors = Behaviors { latency: latency.clone(), ..Behaviors::default() };
    // What is said for this run alone goes before the profiles: the first fault that strikes counts.
    let own =
        [settings.fault, settings.delay, settings.bandwidth, settings.rate_limit, settings.stage];
    for more in own.into_iter().flatten() {
        merge(&mut behaviors, more);
    }
    Config {
        listen: settings.listen.unwrap_or(default.listen),
        stubs: settings.stubs.unwrap_or(default.stubs),
        recordings: settings.recordings.unwrap_or(default.recordings),
        certs: settings.certs.unwrap_or(default.certs),
        services: default.services,
        forward: default.forward,
        seed: settings.seed.unwrap_or_else(Seed::fresh),
        latency: latency.unwrap_or(default.latency),
        fail: settings.fail,
        rate_limit: None,
        behaviors,
        chaos: settings.chaos.and_then(together),
        fault_log: settings.fault_log,
        replay_faults: settings.replay_faults,
        allow_request_faults: settings.allow_request_faults.unwrap_or_default(),
        matching: settings.matching.unwrap_or(default.matching),
        upstream: Upstream {
            ca_files: settings.upstream_ca.unwrap_or_default(),
            insecure: settings.upstream_insecure.unwrap_or_default(),
            preserve_host: settings.preserve_host,
            connect_timeout: settings.connect_timeout.unwrap_or(default.upstream.connect_timeout),
            response_timeout: settings
                .response_timeout
                .unwrap_or(default.upstream.response_timeout),
            idle_timeout: settings.idle_timeout.unwrap_or(default.upstream.idle_timeout),
        },
        answers: Answers {
            matched_stub_headers: settings.matched_stub_headers.unwrap_or(true),
            gzip: settings.gzip.unwrap_or(true),
            templating: settings.templating.unwrap_or_default(),
            permitted_system_keys: settings
                .permitted_system_keys
                .map_or_else(SystemKeys::default, SystemKeys),
            proxy_preserves_host: settings.proxy_preserves_host.unwrap_or_default(),
            proxy_preserves_user_agent: settings.proxy_preserves_user_agent.unwrap_or_default(),
            targets: Targets {
                allowed: settings.allow_proxy_targets.unwrap_or_default(),
                denied: settings.deny_proxy_targets.unwrap_or_default(),
            },
            ..default.answers
        },
        limits: Limits {
            connections: settings.max_connections.unwrap_or(default.limits.connections),
            handshake: settings.handshake_timeout.unwrap_or(default.limits.handshake),
            headers: settings.header_timeout.unwrap_or(default.limits.headers),
            head_bytes: settings.max_header_bytes.unwrap_or(default.limits.head_bytes),
            body_in_memory: settings.max_body_in_memory.unwrap_or(default.limits.body_in_memory),
            admin_body: settings.max_admin_body.unwrap_or(default.limits.admin_body),
            leaf_certificates: settings
                .max_leaf_certificates
                .unwrap_or(default.limits.leaf_certificates),
            drain: settings.drain_timeout.unwrap_or(default.limits.drain),
        },
        redaction: Redaction { off: settings.redact == Some(false), key: settings.redaction_key },
        admin: AdminSettings {
            place: settings.admin.unwrap_or(default.admin.place),
            access: Access { token, ..default.admin.access },
            ..default.admin
        },
        global: default.global,
        journal: JournalLimits {
            entries: settings.journal_entries.unwrap_or(default.journal.entries),
            bytes: settings.journal_bytes.unwrap_or(default.journal.bytes),
            all_bytes: settings.journal_total_bytes.unwrap_or(default.journal.all_bytes),
            body_bytes: settings.journal_body_bytes.unwrap_or(default.journal.body_bytes),
            ..default.journal
        },
        // Its file is read by who needs it.
        expectations: None,
        session_listen: settings.session_listen.unwrap_or_default(),
        sessions: SessionLimits {
            strict: settings.strict_sessions.unwrap_or_default(),
            idle: settings.session_idle.unwrap_or(default.sessions.idle),
            most: settings.max_sessions.unwrap_or(default.sessions.most),
        },
        otlp: None,
        watch: settings.watch.unwrap_or(default.watch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LatencySource;

    /// Loads from a file of this text, these variables and these flags.
    fn load_from(
        text: &str,
        variables: &[(&str, &str)],
        flags: Layer,
    ) -> Result<Loaded, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ringer.toml");
        std::fs::write(&path, text).unwrap();
        let lookup = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        load(flags, Some(&path), &lookup)
    }

    #[test]
    fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
        let flag = Layer { latency: Some(LatencySource::None), ..Layer::default() };
        let variable = [("RINGER_LATENCY", "recorded*2")];
        let file = "latency = \"recorded*3\"";
        let latency = |file, variables: &[_], flags| {
            load_from(file, variables, flags).unwrap().config.latency
        };
        assert_eq!(latency(file, &variable, flag), LatencySource::None);
        assert_eq!(latency(file, &variable, Layer::default()), LatencySource::Recorded(2.0));
        assert_eq!(latency(file, &[], Layer::default()), LatencySource::Recorded(3.0));
        assert_eq!(latency("", &[], Layer::default()), LatencySource::Recorded(1.0));
    }

    #[test]
    fn a_list_from_a_higher_source_replaces_the_lower_one() {
        let loaded =
            load_from("listen = [\"1\", \"2\"]", &[("RINGER_LISTEN", "3")], Layer::default());
        assert_eq!(loaded.unwrap().config.listen, [([127, 0, 0, 1], 3).into()]);
    }

    #[test]
    fn paths_in_the_file_start_at_its_folder_and_others_at_the_current_one() {
        let loaded =
            load_from("stubs = \"api\"", &[("RINGER_CERTS", "ca")], Layer::default()).unwrap();
        let folder = loaded.file.as_deref().and_then(Path::parent).unwrap();
        assert_eq!(loaded.config.stubs, folder.join("api"));
        assert_eq!(loaded.config.certs, Path::new("ca"));
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let error = load(Layer::default(), Some(Path::new("no/such.toml")), &|_| None).unwrap_err();
        assert_eq!(error.to_string(), "configuration file `no/such.toml` cannot be read");
    }

    #[test]
    fn without_a_seed_each_run_draws_its_own() {
        let seed = |text| load_from(text, &[], Layer::default()).unwrap().config.seed;
        assert_ne!(seed(""), seed(""));
        assert_eq!(seed("seed = 7"), Seed(7));
    }

    #[test]
    fn mistakes_in_the_file_name_file_line_and_column() {
        let error = load_from("seed = 1\nlatancy = \"none\"\n", &[], Layer::default()).unwrap_err();
        let message = error.to_string();
        assert!(
            message.ends_with("ringer.toml:2:1: unknown key `latancy` (did you mean `latency`?)"),
            "{message}"
        );
    }
}
