//! Where the demo is played: a temporary folder, a client with its secrets, ringers that are started as
//! a command line says, and the promises that are kept so far.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::FromArgMatches as _;
use rand::RngExt as _;
use walkdir::WalkDir;

use super::{
    args::{Cli, Command, command},
    console,
    demo_client::Client,
    printer::{self, width},
    style::{self, paint},
    summary::shell_words,
};
use crate::{
    app::{App, Running, Summary},
    config::{self, Config},
    runtime::Seed,
};

/// What a command takes on a line before its result.
const COMMAND: usize = 52;

/// The place of the demo.
pub struct Stage {
    /// The temporary folder.
    pub folder: PathBuf,
    /// The client's token.
    pub token: String,
    /// The number of its card.
    pub card: String,
    /// Whether every promise was kept so far.
    pub kept: bool,
}

impl Stage {
    /// With secrets that nobody had before.
    pub fn new(folder: &Path) -> Self {
        let mut draws = Seed::fresh().draws("", b"token", 0);
        Self {
            folder: folder.to_owned(),
            token: format!(
                "shop_live_{:016x}{:016x}",
                draws.random::<u64>(),
                draws.random::<u64>()
            ),
            card: card_number(&mut draws),
            kept: true,
        }
    }

    /// Starts ringer in the folder.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub async fn start(&self, config: Config) -> anyhow::Result<Running> {
        let config = Config {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))],
            stubs: self.folder.join("stubs"),
            recordings: self.folder.join("recordings"),
            certs: self.folder.join("certs"),
            watch: false,
            ..config
        };
        App::start(config).await.context("ringer could not start")
    }

    /// A client of that ringer.
    ///
    /// # Errors
    ///
    /// When the certificate authority cannot be read.
    pub fn client(&self, running: &Running) -> anyhow::Result<Client> {
        let address = *running.addresses().first().context("ringer listens nowhere")?;
        Client::new(address, &running.ca_file(), &self.token, &self.card)
    }

    /// Replays the recording under `ringer replay` and these flags, to what `job` does.
    ///
    /// # Errors
    ///
    /// When a flag is wrong, ringer cannot be started, or the job comes to no end.
    pub async fn replay<T>(
        &self,
        flags: &[&str],
        is_shown: bool,
        job: impl AsyncFnOnce(&Client) -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Summary)> {
        let running = self.start(self.told(flags)?).await?;
        let mut events = running.events();
        let result = job(&self.client(&running)?).await;
        let summary = running.stop().await;
        while let (true, Ok(handled)) = (is_shown, events.try_recv()) {
            tell(&format!("   {}", console::line(&handled, width() - 3)))?;
        }
        Ok((result?, summary))
    }

    /// What a command line comes to, with neither variables nor a file of whoever runs the demo.
    fn told(&self, flags: &[&str]) -> anyhow::Result<Config> {
        let line = ["ringer", "replay"].into_iter().chain(flags.iter().copied());
        let cli = Cli::from_arg_matches(&command().try_get_matches_from(line)?)?;
        let Command::Replay(args) = cli.command else { anyhow::bail!("`ringer replay` is gone") };
        let file = self.folder.join(config::load::DEFAULT_FILE);
        std::fs::write(&file, "")?;
        Ok(config::load(args.behavior.layer(), Some(&file), &|_| None)?.config)
    }

    /// The files in a part of the folder.
    pub fn files(&self, part: &str) -> Vec<PathBuf> {
        WalkDir::new(self.folder.join(part))
            .sort_by_file_name()
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .collect()
    }

    /// Says whether what was promised was kept.
    ///
    /// # Errors
    ///
    /// When it cannot be printed, as with all that print here.
    pub fn promise(&mut self, is_kept: bool, what: &str) -> anyhow::Result<()> {
        self.kept &= is_kept;
        let mark = if is_kept { paint(style::GOOD, "✓") } else { paint(style::BAD, "✗ NOT:") };
        tell(&format!("   {mark} {what}"))
    }
}

/// A number that could be a card's: its last digit is the check digit (ISO/IEC 7812-1). Those that
/// are published for tests are no secret and would be left as they are.
fn card_number(draws: &mut impl rand::Rng) -> String {
    let mut digits: Vec<u32> = vec![4, 5, 3, 9];
    digits.extend((0..11).map(|_| draws.random_range(0..10)));
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, twice) if twice > 9 => twice - 9,
            (0, twice) => twice,
            _ => *digit,
        })
        .sum();
    digits.push((10 - sum % 10) % 10);
    digits.iter().filter_map(|&digit| char::from_digit(digit, 10)).collect()
}

/// Prints the heading of an act.
///
/// # Errors
///
/// When it cannot be printed.
pub fn heading(number: usize, title: &str, command: &str) -> anyhow::Result<()> {
    let command = if command.is_empty() {
        String::new()
    } else {
        format!("   {}", paint(style::NOTE, format!("$ {command}")))
    };
    tell(&format!("\n{number}  {}{command}", paint(style::STRONG, title)))
}

/// Prints flags of `ringer replay` with what they led to.
///
/// # Errors
///
/// When it cannot be printed.
pub fn replayed(flags: &[&str], result: &str) -> anyhow::Result<()> {
    let words: Vec<_> = ["ringer", "replay"].iter().chain(flags).map(Into::into).collect();
    row(&shell_words(&words), result)
}

/// Prints a command with what it led to.
///
/// # Errors
///
/// When it cannot be printed.
pub fn row(command: &str, result: &str) -> anyhow::Result<()> {
    let width = if result.is_empty() { 0 } else { COMMAND };
    let line = format!("     {}  {result}", paint(style::NOTE, format!("$ {command:width$}")));
    tell(line.trim_end())
}

/// Prints a line.
///
/// # Errors
///
/// When it cannot be printed.
pub fn tell(line: &str) -> anyhow::Result<()> {
    Ok(printer::data(&format!("{line}\n"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_has_its_check_digit() {
        for hit in 0..50 {
            let number = card_number(&mut Seed(7).draws("", b"card", hit));
            let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
            let sum: u32 = digits
                .iter()
                .rev()
                .enumerate()
                .map(
                    |(at, &digit)| {
                        if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
                    },
                )
                .sum();
            assert_eq!((digits.len(), sum % 10), (16, 0), "{number}");
        }
    }
}
