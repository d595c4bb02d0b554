//! `ringer demo`: the whole job in one process, on loopback and in a temporary folder. What it
//! prints is what happened; a promise that was not kept fails the demo.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use rand::RngExt as _;
use walkdir::WalkDir;

use super::{
    console,
    demo_api::Api,
    demo_client::{Answer, Client},
    printer::{self, counted, width},
    style::{self, paint},
    summary,
};
use crate::{
    app::{App, Running},
    config::{Config, Service, Upstream},
    engine::Mode,
    model::{LatencySource, Origin},
    redaction::is_pseudonym,
    runtime::{Clock, Seed},
};

/// Lines of the stub file that are shown.
const SHOWN: usize = 60;

/// Runs the demo; the code is 1 when something was not as promised.
///
/// # Errors
///
/// When a part of it cannot be started.
pub async fn run() -> anyhow::Result<u8> {
    let clock = Clock::start();
    let folder = tempfile::Builder::new()
        .prefix("ringer-demo-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    let mut demo = Demo::new(folder.path());
    demo.play().await?;
    let place = folder.path().display().to_string();
    folder.close().with_context(|| format!("cannot delete `{place}`"))?;
    tell(&format!(
        "\nThat took {:.1} s. The temporary folder is deleted.",
        clock.elapsed().as_secs_f64()
    ))?;
    if demo.kept {
        let next = "ringer record https://api.example.com -- your test command";
        tell(&format!("next, with your own API: {}", paint(style::STRONG, next)))?;
    } else {
        tell(&paint(style::BAD, "Not everything was as promised: see the marks above."))?;
    }
    Ok(u8::from(!demo.kept))
}

struct Demo {
    folder: PathBuf,
    token: String,
    card: String,
    /// Whether every promise was kept so far.
    kept: bool,
}

impl Demo {
    fn new(folder: &Path) -> Self {
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

    async fn play(&mut self) -> anyhow::Result<()> {
        let api = Api::start(&self.folder.join("api"), self.token.clone()).await?;
        let address = api.address();
        heading(1, "Record", &format!("ringer record https://{address}"))?;
        tell("   A shop's API runs there: TLS, a bearer token, answers that take their time.")?;
        tell("   A client orders a lamp, waits until it is paid, and lists its orders.\n")?;
        let recorded = self.record(&api).await?;
        self.show_stub()?;
        self.look_for_secrets()?;

        api.stop().await;
        heading(2, "The API is gone", "")?;
        let is_gone = tokio::net::TcpStream::connect(address).await.is_err();
        self.promise(is_gone, &format!("nothing listens on {address} any more"))?;

        heading(3, "Replay", "ringer replay")?;
        tell("   The same client runs again, with a new idempotency key on each request.\n")?;
        let replayed = self.replay(Config::default(), true, Client::shop).await?;
        let is_same = recorded == replayed;
        self.promise(
            is_same,
            &format!("the client saw the same {} answers, byte for byte", recorded.len()),
        )?;

        heading(4, "A bad day", "")?;
        self.bad_day().await
    }

    async fn record(&self, api: &Api) -> anyhow::Result<Vec<Answer>> {
        let origin: Origin =
            format!("https://{}", api.address()).parse().map_err(anyhow::Error::msg)?;
        let config = Config {
            services: vec![Service::of_upstream(origin, Mode::Record)],
            upstream: Upstream { ca_files: vec![api.ca_file()], ..Upstream::default() },
            ..Config::default()
        };
        let running = self.start(config).await?;
        let mut events = running.events();
        let client = self.client(&running)?;
        let answers = client.shop().await?;
        let summary = running.stop().await;
        while let Ok(handled) = events.try_recv() {
            tell(&format!("   {}", console::line(&handled, width() - 3)))?;
        }
        if let Some(recorded) = &summary.recorded {
            let stubs = counted(recorded.stubs_written as u64, "stub");
            let secrets = summary::secrets(&recorded.secrets);
            let exchanges = counted(recorded.exchanges, "exchange");
            tell(&format!("\n   {exchanges} became {stubs} · {secrets}"))?;
        }
        Ok(answers)
    }

    /// Replays the recording to what `job` does.
    async fn replay<T>(
        &self,
        config: Config,
        is_shown: bool,
        job: impl AsyncFnOnce(&Client) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let running = self.start(config).await?;
        let mut events = running.events();
        let result = job(&self.client(&running)?).await;
        running.stop().await;
        while let (true, Ok(handled)) = (is_shown, events.try_recv()) {
            tell(&format!("   {}", console::line(&handled, width() - 3)))?;
        }
        result
    }

    async fn bad_day(&mut self) -> anyhow::Result<()> {
        let none = Config { latency: LatencySource::None, ..Config::default() };
        tell("   How long a list of orders takes:\n")?;
        for latency in ["recorded", "none", "fixed:250ms"] {
            let config = Config {
                latency: latency.parse().map_err(anyhow::Error::msg)?,
                ..Config::default()
            };
            let took = self.replay(config, false, Client::time_a_list).await?;
            row(&format!("ringer replay --latency {latency}"), &console::latency(took))?;
        }

        tell("\n   A share of errors, by chance; with a seed, by the same chance again:\n")?;
        let flaky = Config {
            fail: Some("30%:503".parse().map_err(anyhow::Error::msg)?),
            seed: Seed(7),
            ..none.clone()
        };
        let mut runs = Vec::new();
        for _ in 0..2 {
            let answers = self.replay(flaky.clone(), false, async |client| list(client, 12).await);
            let answers = answers.await?;
            row("ringer replay --fail 30%:503 --seed 7", &statuses(&answers))?;
            runs.push(answers);
        }
        let is_same = runs.windows(2).all(|pair| statuses(&pair[0]) == statuses(&pair[1]));
        self.promise(is_same, "the second run failed where the first did")?;

        tell("\n   A rate limit:\n")?;
        let limited =
            Config { rate_limit: Some("5/s".parse().map_err(anyhow::Error::msg)?), ..none };
        let answers = self.replay(limited, false, async |client| list(client, 8).await).await?;
        row("ringer replay --rate-limit 5/s", &statuses(&answers))?;
        let wait = answers.iter().find_map(|answer| answer.retry_after.as_deref());
        self.promise(
            wait.is_some(),
            &match wait {
                Some(seconds) => format!("429 says when to ask again: Retry-After: {seconds}"),
                None => "429 says when to ask again".to_owned(),
            },
        )
    }

    async fn start(&self, config: Config) -> anyhow::Result<Running> {
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

    fn client(&self, running: &Running) -> anyhow::Result<Client> {
        let address = *running.addresses().first().context("ringer listens nowhere")?;
        Client::new(address, &running.ca_file(), &self.token, &self.card)
    }

    fn show_stub(&self) -> anyhow::Result<()> {
        let stubs = self.files("stubs");
        let is_post = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            name.starts_with("post") && name.ends_with(".json")
        };
        let Some(path) = stubs.iter().find(is_post) else { return Ok(()) };
        let text = std::fs::read_to_string(path)?;
        let shown = path.strip_prefix(&self.folder).unwrap_or(path);
        tell(&format!("\n   {}", paint(style::STRONG, shown.display())))?;
        for line in text.lines().take(SHOWN) {
            if line.split('"').any(is_pseudonym) {
                tell(&format!("     {}  ← was a secret", paint(style::NOTE, line)))?;
            } else {
                tell(&format!("     {}", paint(style::FAINT, line)))?;
            }
        }
        Ok(())
    }

    fn look_for_secrets(&mut self) -> anyhow::Result<()> {
        let files: Vec<_> =
            ["stubs", "recordings"].iter().flat_map(|part| self.files(part)).collect();
        let holds = |path: &PathBuf| {
            let content = std::fs::read(path).unwrap_or_default();
            [&self.token, &self.card]
                .iter()
                .any(|secret| content.windows(secret.len()).any(|part| part == secret.as_bytes()))
        };
        let leaks = files.iter().filter(|path| holds(path)).count();
        tell("")?;
        self.promise(
            leaks == 0,
            &format!(
                "the client's token and card number are in {} of the {} written",
                if leaks == 0 { "none".to_owned() } else { leaks.to_string() },
                counted(files.len() as u64, "file"),
            ),
        )
    }

    fn files(&self, part: &str) -> Vec<PathBuf> {
        WalkDir::new(self.folder.join(part))
            .sort_by_file_name()
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .collect()
    }

    fn promise(&mut self, is_kept: bool, what: &str) -> anyhow::Result<()> {
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

async fn list(client: &Client, times: usize) -> anyhow::Result<Vec<Answer>> {
    let mut answers = Vec::new();
    for _ in 0..times {
        answers.push(client.list().await?);
    }
    Ok(answers)
}

/// The statuses in order, errors marked.
fn statuses(answers: &[Answer]) -> String {
    let all: Vec<_> = answers
        .iter()
        .map(|answer| paint(style::of_status(answer.status.as_u16()), answer.status.as_u16()))
        .collect();
    all.join(" ")
}

fn heading(number: usize, title: &str, command: &str) -> anyhow::Result<()> {
    let command = if command.is_empty() {
        String::new()
    } else {
        format!("   {}", paint(style::NOTE, format!("$ {command}")))
    };
    tell(&format!("\n{number}  {}{command}", paint(style::STRONG, title)))
}

fn row(command: &str, result: &str) -> anyhow::Result<()> {
    tell(&format!("     {} {result}", paint(style::NOTE, format!("$ {command:40}"))))
}

fn tell(line: &str) -> anyhow::Result<()> {
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
