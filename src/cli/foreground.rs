//! One run of the app from start to end: ready, a line a request, a wish to stop or the end of a
//! wrapped program, the summary, the exit code.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::ExitStatus,
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    sync::broadcast,
    task::JoinHandle,
    time::{MissedTickBehavior, timeout},
};

use super::{
    console, expectations,
    printer::{say, warning, width},
    progress::Progress,
    ready,
    signal::{Signal, Signals, send},
    summary::{self, Run},
    verify_args::ReportArgs,
    wrap::{self, Wrapped},
};
use crate::{
    app::{App, Running, Summary},
    config::{Config, LogFormat, Program},
    model::{Behaviors, Demand, Handled},
    serve::{AdminPlace, Announcer},
    verify::Verdict,
};

/// Exit code of a check that failed.
pub const FAILED: u8 = 1;
/// Exit code after a second wish to stop, as a shell gives it to a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Time for the last lines to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What a command wants to run.
#[derive(Debug)]
pub struct Foreground {
    /// What the app is told.
    pub config: Config,
    /// What the program around it is told.
    pub program: Program,
    /// What is being done, for the ready line: `recording https://api.example.com`.
    pub what: String,
    /// Where the stubs lie, for the ready line.
    pub place: PathBuf,
    /// Where to report how the expectations of the run were met.
    pub reports: ReportArgs,
    /// The program to run and its arguments; empty for none.
    pub wrapped: Vec<OsString>,
}

/// Why a run ended.
enum End {
    Signal,
    Program(ExitStatus),
}

impl Foreground {
    /// Runs to the end and says with which code to exit.
    ///
    /// # Errors
    ///
    /// When the app or the wrapped program cannot be started.
    pub async fn run(self) -> anyhow::Result<u8> {
        // First of all, so that a wish to stop is not lost while stubs are read.
        let mut signals = Signals::listen().context("cannot listen to signals")?;
        self.warn();
        let stubs = self.config.stubs.clone();
        let draws = self.draws();
        let seed = self.config.seed.0;
        // Rules may come while it runs, and a run that hangs has no summary to name it.
        let told = (draws || !self.records()).then_some(seed);
        let progress = Progress::of_reading(&stubs, self.program.quiet);
        let started = tokio::select! {
            started = App::start(self.config.clone()) => started,
            _ = signals.next() => return Ok(0),
        };
        progress.finish();
        let running = started.context("ringer could not start")?;
        let lines = self.show_requests(&running);
        self.announce(&running, told)?;

        let end = self.until_end(&running, signals).await;
        let summary = running.stop().await;
        // The app is gone and with it the sender, so that the lines end by themselves; a task that
        // outlives it must not keep the program.
        let _ = timeout(LAST_LINES, lines).await;
        if let Some(file) = &self.program.ready_file {
            // Who waits for the next run must not take this one's word for it.
            let _ = std::fs::remove_file(file);
        }
        let end = end?;
        let code = match end {
            End::Signal => 0,
            End::Program(status) => wrap::code_of(status),
        };
        let failed = self.has_failed(&summary);
        let run = Run {
            program: matches!(end, End::Program(_)).then_some((&self.wrapped, code)),
            stubs: &stubs,
            strict: self.program.strict && !self.expects(|it| matches!(it, Demand::UnusedStubs(_))),
            max_early_retries: self.program.max_early_retries,
            // Rules may also be a stub's, or have come while it ran.
            seed: (draws || summary.injected > 0).then_some(seed),
        };
        self.conclude(&summary, &run, failed);
        if let Some(verdict) = &summary.verdict {
            expectations::write_reports(&self.reports, verdict)?;
        }
        let code = u8::try_from(code).unwrap_or(FAILED);
        Ok(if code == 0 && failed { FAILED } else { code })
    }

    fn warn(&self) {
        let warn = |message: &str| match self.program.log_format {
            LogFormat::Text => say(&warning(message)),
            LogFormat::Json => tracing::warn!("{message}"),
        };
        if self.config.upstream.insecure {
            warn(
                "certificates of upstreams are NOT verified: whoever sits between can read and change everything",
            );
        }
        if self.config.redaction.off && self.records() {
            warn("secrets are NOT replaced: tokens, cookies and passwords go to disk as they are");
        }
        if let Some(AdminPlace::Address(address)) = self.config.admin.place
            && !address.ip().is_loopback()
            && !self.config.admin.access.is_guarded()
        {
            warn(
                "the admin API answers only this machine, since it has no token: RINGER_ADMIN_TOKEN or \
                 `--admin-token-file FILE` give it one",
            );
        }
        let open = self.config.listen.iter().any(|address| !address.ip().is_loopback());
        let forwards = self.config.forward.forwards()
            || self.config.services.iter().any(|service| service.mode.forwards());
        if open && forwards {
            warn("whoever can reach this machine can send requests through ringer");
        }
    }

    /// Whether anything is written that was asked or answered.
    fn records(&self) -> bool {
        self.config.forward.records()
            || self.config.services.iter().any(|service| service.mode.records())
    }

    /// Whether chance has a part in the answers, so that the seed is worth knowing.
    fn draws(&self) -> bool {
        let config = &self.config;
        let said = std::iter::once(&config.behaviors)
            .chain(config.chaos.iter().map(|profile| &profile.behaviors))
            .chain(config.services.iter().map(|service| &service.behaviors));
        config.fail.is_some()
            || config.services.iter().any(|service| service.fail.is_some())
            || said.into_iter().any(Behaviors::draws)
    }

    fn announce(&self, running: &Running, seed: Option<u64>) -> anyhow::Result<()> {
        let addresses = running.addresses();
        for problem in running.problems() {
            match self.program.log_format {
                LogFormat::Json => tracing::error!("{problem}"),
                LogFormat::Text => say(problem.trim_end()),
            }
        }
        match self.program.log_format {
            LogFormat::Json => tracing::info!(
                target: "ringer::console",
                addresses = join(addresses, " "),
                ca = %running.ca_file().display(),
                what = self.what,
                seed,
                "ready"
            ),
            LogFormat::Text if self.program.quiet => {}
            LogFormat::Text => {
                let place = self.place.display().to_string();
                let mut line = ready::line(&self.what, addresses, &place, seed);
                for (name, address) in running.session_addresses() {
                    line = format!("{line} · session {name} {address}");
                }
                // Where it has an address, that stands among the others.
                if let Some(socket) = running.admin().filter(|admin| admin.starts_with("unix:")) {
                    line = format!("{line} · admin {socket}");
                }
                say(&line);
            }
        }
        if let Some(file) = &self.program.ready_file {
            let (sessions, admin) = (running.session_addresses(), running.admin());
            ready::write_file(file, addresses, sessions, admin.as_deref(), &running.ca_file())
                .with_context(|| format!("cannot write the ready file `{}`", file.display()))?;
        }
        Ok(())
    }

    fn show_requests(&self, running: &Running) -> JoinHandle<()> {
        let (events, announcer) = (running.events(), Arc::downgrade(running.announcer()));
        tokio::spawn(show(events, announcer, self.program.log_format, self.program.quiet))
    }

    /// Waits for the end of the wrapped program, or for a signal where there is none.
    async fn until_end(&self, running: &Running, mut signals: Signals) -> anyhow::Result<End> {
        if self.wrapped.is_empty() {
            tokio::select! {
                caught = signals.next() => tracing::info!(?caught, "stopping"),
                () = running.asked_to_stop() => {}
            }
            watch_for_second(signals, None);
            return Ok(End::Signal);
        }
        let address = *running.addresses().first().context("ringer listens nowhere")?;
        let ca_file = running.ca_file();
        let ca_pem = std::fs::read_to_string(&ca_file)
            .with_context(|| format!("cannot read `{}`", ca_file.display()))?;
        let mut wrapped = Wrapped::start(&self.wrapped, address, &ca_pem, &ca_file)?;
        let process = wrapped.process();
        let status = tokio::select! {
            status = wrapped.wait() => {
                watch_for_second(signals, None);
                status
            }
            caught = signals.next() => {
                wrap::pass_on(process, caught);
                watch_for_second(signals, process);
                wrapped.wait().await
            }
        };
        Ok(End::Program(status.context("cannot tell how the program ended")?))
    }

    /// Whether something of this kind is expected of clients.
    fn expects(&self, kind: impl Fn(&Demand) -> bool) -> bool {
        let expectations = self.config.expectations.iter();
        expectations.flat_map(|it| &it.each).any(|expectation| kind(&expectation.demand))
    }

    /// Whether this run counts as failed although it ran.
    fn has_failed(&self, summary: &Summary) -> bool {
        let unsaved = summary.recorded.as_ref().is_some_and(|recorded| !recorded.is_saved());
        // What the expectations speak of is theirs to judge.
        let is_as_expected = (summary.misses.is_empty()
            || self.expects(|it| matches!(it, Demand::Unmatched(_))))
            && (summary.unused_stubs.is_empty()
                || self.expects(|it| matches!(it, Demand::UnusedStubs(_))))
            && summary.problems.is_empty();
        let is_unmet = summary.verdict.as_ref().is_some_and(|verdict| !verdict.is_passed());
        let early = summary.early_retries;
        let is_hasty = self.program.max_early_retries.is_some_and(|most| early > most);
        unsaved || is_hasty || is_unmet || (self.program.strict && !is_as_expected)
    }

    fn conclude(&self, summary: &Summary, run: &Run<'_>, failed: bool) {
        match self.program.log_format {
            LogFormat::Json => tracing::info!(
                target: "ringer::console",
                requests = summary.requests,
                stub_answers = summary.stub_answers,
                nearest = summary.nearest,
                misses = join(summary.misses.iter().map(|(request, _)| request), ", "),
                unused_stubs = summary.unused_stubs.len(),
                early_retries = summary.early_retries,
                exchanges = summary.recorded.as_ref().map(|recorded| recorded.exchanges),
                expectations_unmet = summary.verdict.as_ref().map(Verdict::n_unmet),
                failed,
                "stopped"
            ),
            // What made a run fail is said even to those who want to hear of errors only.
            LogFormat::Text if self.program.quiet && !failed => {}
            LogFormat::Text => say(&summary::text(summary, run)),
        }
    }
}

fn join(items: impl IntoIterator<Item = impl ToString>, separator: &str) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(separator)
}

/// Ends the process at the next signal: whoever asks twice does not want to wait.
fn watch_for_second(mut signals: Signals, process: Option<u32>) {
    tokio::spawn(async move {
        signals.next().await;
        if let Some(process) = process {
            send(process, Signal::Terminate);
        }
        say(&warning("stopped at once; what was in flight is lost"));
        #[expect(clippy::exit, reason = "nothing may hold up a second wish to stop")]
        std::process::exit(INTERRUPTED);
    });
}

/// How often it is told how many requests were too many to be shown.
const UNTOLD: Duration = Duration::from_secs(1);

async fn show(
    mut events: broadcast::Receiver<Handled>,
    announcer: Weak<Announcer>,
    format: LogFormat,
    quiet: bool,
) {
    if quiet {
        return;
    }
    let mut untold = tokio::time::interval(UNTOLD);
    untold.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let skipped = tokio::select! {
            event = events.recv() => match event {
                Ok(handled) => {
                    show_one(&handled, format);
                    continue;
                }
                // The terminal is slower than the traffic, which must not wait for it.
                Err(broadcast::error::RecvError::Lagged(skipped)) => skipped,
                Err(broadcast::error::RecvError::Closed) => return,
            },
            _ = untold.tick() => announcer.upgrade().map_or(0, |it| it.untold()),
        };
        match format {
            _ if skipped == 0 => {}
            LogFormat::Text => say(&format!("  … {skipped} requests not shown")),
            LogFormat::Json => {
                tracing::info!(target: "ringer::console", skipped, "requests not shown");
            }
        }
    }
}

fn show_one(handled: &Handled, format: LogFormat) {
    match format {
        LogFormat::Text => say(&console::line(handled, width())),
        LogFormat::Json => tracing::info!(
            target: "ringer::console",
            number = handled.number,
            method = handled.method,
            url = handled.target,
            status = handled.status,
            latency_ms = handled.latency.as_secs_f64() * 1000.0,
            outcome = console::outcome_text(handled),
            "request"
        ),
    }
}
