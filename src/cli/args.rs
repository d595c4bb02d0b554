//! What was typed, without meaning yet: commands and flags. Reads nothing and does nothing.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use super::{
    admin_place_args::AdminPlaceArgs,
    behavior_args::{BehaviorArgs, given, several},
    ctl_args::CtlArgs,
    examples,
    global_args::GlobalArgs,
    journal_args::JournalArgs,
    session_args::SessionArgs,
    stub_args::{CheckArgs, ExplainArgs},
    tail_args::TailArgs,
    verify_args::{JudgeArgs, VerifyArgs},
    wiremock_args::WireMockArgs,
};
use crate::{
    config::{
        KEYS, Layer, env,
        key::{count, duration, listen_address},
    },
    model::Origin,
    telemetry::OtlpTarget,
};

/// Record a real API, then replay it with the API gone
#[derive(Debug, Parser)]
#[command(
    name = "ringer",
    version,
    after_help = examples::TOP,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Flags that every command has.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole job on a built-in API: record, replay, a bad day
    #[command(after_help = examples::DEMO)]
    Demo,
    /// Pass requests on to the real API, and make each answer a stub as it happens
    #[command(after_help = examples::RECORD)]
    Record(RecordArgs),
    /// Answer from the stubs; no request leaves the machine
    #[command(after_help = examples::REPLAY)]
    Replay(ReplayArgs),
    /// Run the services of ringer.toml, each in its own mode
    #[command(after_help = examples::SERVE)]
    Serve(ServeArgs),
    /// Stand in for WireMock: its options, its folder, its admin API
    #[command(after_help = examples::WIREMOCK, args_override_self = true)]
    Wiremock(Box<WireMockArgs>),
    /// Read stub files and ringer.toml, and report every mistake
    #[command(after_help = examples::CHECK)]
    Check(CheckArgs),
    /// Say which stub answers a request, and why the others do not
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArgs),
    /// Change a ringer that is running: faults, delays, limits, profiles, the clock
    #[command(after_help = examples::CTL)]
    Ctl(Box<CtlArgs>),
    /// Follow a ringer that is running: a line for each request, as it is answered
    #[command(after_help = examples::TAIL)]
    Tail(Box<TailArgs>),
    /// Say whether the client of a running ringer did what a test expects of it
    #[command(after_help = examples::VERIFY)]
    Verify(Box<VerifyArgs>),
    /// Show, make or export the local certificate authority
    #[command(after_help = examples::CA)]
    Ca(CaArgs),
    /// Print the completions of a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// `ringer record`.
#[derive(Args, Debug)]
pub struct RecordArgs {
    /// Where the real API is; without it, ringer is a forward proxy and records any host
    #[arg(value_hint = ValueHint::Url)]
    pub url: Option<Origin>,
    /// Where to listen.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// How to reach the API.
    #[command(flatten)]
    pub upstream: UpstreamArgs,
    /// Program to run with proxy and certificate variables set; ringer ends when it does
    #[arg(last = true, value_name = "CMD", value_hint = ValueHint::CommandWithArguments)]
    pub program: Vec<OsString>,
}

/// `ringer replay`.
#[derive(Args, Debug)]
pub struct ReplayArgs {
    /// Where to listen.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// How to answer.
    #[command(flatten)]
    pub behavior: BehaviorArgs,
    /// Fail (exit 1) when a request matched no stub, a stub was never used or a stub file has a
    /// mistake
    #[arg(long)]
    pub strict: bool,
    /// By what the run is judged.
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// Program to run with proxy and certificate variables set; ringer ends when it does
    #[arg(last = true, value_name = "CMD", value_hint = ValueHint::CommandWithArguments)]
    pub program: Vec<OsString>,
}

/// `ringer serve`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Where to listen.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// How to answer.
    #[command(flatten)]
    pub behavior: BehaviorArgs,
    /// How to reach the APIs.
    #[command(flatten)]
    pub upstream: UpstreamArgs,
}

/// `ringer ca`.
#[derive(Args, Debug)]
pub struct CaArgs {
    /// Make the authority if there is none yet
    #[arg(long)]
    pub create: bool,
    /// Copy the certificate to this file (`-` is stdout), making the authority if there is none
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub export: Option<PathBuf>,
}

/// Where to listen, and for how many.
#[derive(Args, Debug)]
pub struct ListenArgs {
    /// Address to listen on, several times for several; port 0 picks one
    /// [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", value_parser = listen_address)]
    pub listen: Vec<SocketAddr>,
    /// Where the admin API answers.
    #[command(flatten)]
    pub admin: AdminPlaceArgs,
    /// Write the bound addresses, the CA file and the process id to this file, as JSON, when ready
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ready_file: Option<PathBuf>,
    /// Client connections at a time; further ones wait [default: 4096]
    #[arg(long, value_name = "N", value_parser = count)]
    pub max_connections: Option<usize>,
    /// Time for requests in flight to finish at the end [default: 5s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub drain_timeout: Option<Duration>,
    /// Leave secrets as they are: they go to disk in clear
    #[arg(long)]
    pub no_redact: bool,
    /// Send spans to the OpenTelemetry collector there, one an exchange, or `off`
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub otlp: Option<OtlpTarget>,
    /// How sessions come and go.
    #[command(flatten)]
    pub sessions: SessionArgs,
    /// How much of the requests is remembered.
    #[command(flatten)]
    pub journal: JournalArgs,
}

/// How to reach the real API.
#[derive(Args, Debug)]
pub struct UpstreamArgs {
    /// PEM file of a certificate authority to trust besides the system's, several times for several
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = UPSTREAM)]
    pub upstream_ca: Vec<PathBuf>,
    /// Do not verify the API's certificate
    #[arg(long, help_heading = UPSTREAM)]
    pub upstream_insecure: bool,
    /// Pass on the client's Host header [default: for APIs on this machine or a private network]
    #[arg(long, overrides_with = "no_preserve_host", help_heading = UPSTREAM)]
    pub preserve_host: bool,
    /// Send the API its own name as Host header [default: for all other APIs]
    #[arg(long, overrides_with = "preserve_host", help_heading = UPSTREAM)]
    pub no_preserve_host: bool,
    /// Time for a connection to be made, TLS included [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = UPSTREAM)]
    pub connect_timeout: Option<Duration>,
    /// Time from the end of a request to the head of its answer [default: 2m]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = UPSTREAM)]
    pub response_timeout: Option<Duration>,
}

const UPSTREAM: &str = "Upstream";

/// The command line, with the variable of each flag in its help.
pub fn command() -> clap::Command {
    with_variables(Cli::command())
}

fn with_variables(command: clap::Command) -> clap::Command {
    if ["ctl", "tail", "verify"].contains(&command.get_name()) {
        // Its flags say what a ringer is told that runs already.
        return command;
    }
    command.mut_subcommands(with_variables).mut_args(|arg| {
        let Some(variable) = arg.get_long().and_then(variable_of) else { return arg };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        arg.help(format!("{help} [env: {variable}]"))
    })
}

/// The environment variable that says the same as a flag.
fn variable_of(flag: &str) -> Option<String> {
    if flag == "config" {
        return Some(env::CONFIG.to_owned());
    }
    let (name, value) = match flag.strip_prefix("no-") {
        Some(name) => (name.replace('-', "_"), "=false"),
        None => (flag.replace('-', "_"), ""),
    };
    let key = KEYS.iter().find(|key| key.name == name)?;
    Some(format!("{}{value}", key.variable()))
}

impl ListenArgs {
    /// What these flags decide.
    pub fn layer(&self) -> Layer {
        Layer {
            listen: several(&self.listen),
            ready_file: self.ready_file.clone(),
            max_connections: self.max_connections,
            drain_timeout: self.drain_timeout,
            redact: given(self.no_redact).map(|off| !off),
            otlp: self.otlp.clone(),
            ..self.sessions.layer().over(self.admin.layer().over(self.journal.layer()))
        }
    }
}

impl UpstreamArgs {
    /// What these flags decide.
    pub fn layer(&self) -> Layer {
        Layer {
            upstream_ca: several(&self.upstream_ca),
            upstream_insecure: given(self.upstream_insecure),
            preserve_host: given(self.preserve_host)
                .or(given(self.no_preserve_host).map(|off| !off)),
            connect_timeout: self.connect_timeout,
            response_timeout: self.response_timeout,
            ..Layer::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;
    use crate::serve::AdminPlace;

    fn parse(line: &str) -> Result<Cli, String> {
        command()
            .try_get_matches_from(line.split(' '))
            .and_then(|matches| Cli::from_arg_matches(&matches))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn the_admin_api_goes_to_an_address_or_off() {
        let admin = |line: &str| match parse(line).unwrap().command {
            Command::Replay(args) => args.listen.admin.admin,
            other => panic!("{other:?}"),
        };
        assert!(matches!(admin("ringer replay --admin off"), Some(None)));
        let address = "127.0.0.1:9090".parse().unwrap();
        match admin("ringer replay --admin 127.0.0.1:9090") {
            Some(Some(AdminPlace::Address(given))) => assert_eq!(given, address),
            other => panic!("{other:?}"),
        }
        #[cfg(unix)]
        match admin("ringer replay --admin unix:run/r.sock") {
            Some(Some(AdminPlace::Unix(path))) => assert_eq!(path, PathBuf::from("run/r.sock")),
            other => panic!("{other:?}"),
        }
        assert!(admin("ringer replay").is_none());
        parse("ringer replay --admin unix:").unwrap_err();
        parse("ringer replay --admin nowhere").unwrap_err();
    }

    #[test]
    fn every_flag_of_a_setting_names_its_variable() {
        const WITHOUT: [&str; 17] = [
            "create", "data", "data-raw", "export", "format", "header", "help", "host", "json",
            "junit", "report", "request", "scenario", "schema", "strict", "user", "version",
        ];
        for mut command in command().get_subcommands().cloned() {
            // Their flags are WireMock's, and those of a ringer that runs already.
            if ["ctl", "tail", "verify", "wiremock"].contains(&command.get_name()) {
                continue;
            }
            command.build();
            for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(
                    WITHOUT.contains(&flag) || variable_of(flag).is_some(),
                    "--{flag} of {} has no key in the table of settings",
                    command.get_name()
                );
            }
        }
    }

    #[test]
    fn what_follows_two_dashes_is_the_program_and_its_arguments() {
        let Command::Record(args) =
            parse("ringer record -v -- curl --listen x -q").unwrap().command
        else {
            panic!("not a recording")
        };
        assert_eq!(args.url, None);
        assert_eq!(args.program, ["curl", "--listen", "x", "-q"]);
    }

    #[test]
    fn flags_that_were_not_given_decide_nothing() {
        let Command::Serve(args) = parse("ringer serve").unwrap().command else {
            panic!("not serving")
        };
        let layer = args.listen.layer().over(args.behavior.layer()).over(args.upstream.layer());
        assert_eq!(layer, Layer::default());
    }

    #[test]
    fn of_two_flags_that_contradict_the_later_wins() {
        let preserved = |line: &str| {
            let Command::Record(args) = parse(line).unwrap().command else {
                panic!("not a recording")
            };
            args.upstream.layer().preserve_host
        };
        let url = "ringer record https://api.example.com";
        assert_eq!(preserved(&format!("{url} --preserve-host --no-preserve-host")), Some(false));
        assert_eq!(preserved(&format!("{url} --no-preserve-host --preserve-host")), Some(true));
        assert_eq!(preserved(url), None);
    }

    #[test]
    fn a_wrong_value_names_its_flag_and_what_is_expected() {
        let error = parse("ringer replay --fail often").unwrap_err();
        assert!(error.contains("--fail") && error.contains("5%:503"), "{error}");
    }
}
