//! `ringer demo`: the whole job in one process, on loopback and in a temporary folder. What it
//! prints is what happened; a promise that was not kept fails the demo.

use std::path::PathBuf;

use anyhow::Context as _;

use super::{
    console,
    demo_api::Api,
    demo_client::{Answer, Client},
    demo_day,
    demo_stage::{Stage, heading, tell},
    printer::{counted, width},
    style::{self, paint},
    summary,
};
use crate::{
    config::{Config, Service, Upstream},
    model::{Mode, Origin},
    redaction::is_pseudonym,
    runtime::Clock,
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
    let mut stage = Stage::new(folder.path());
    play(&mut stage).await?;
    let place = folder.path().display().to_string();
    folder.close().with_context(|| format!("cannot delete `{place}`"))?;
    tell(&format!(
        "\nThat took {:.1} s. The temporary folder is deleted.",
        clock.elapsed().as_secs_f64()
    ))?;
    if stage.kept {
        let next = "ringer record https://api.example.com -- your test command";
        tell(&format!("next, with your own API: {}", paint(style::STRONG, next)))?;
    } else {
        tell(&paint(style::BAD, "Not everything was as promised: see the marks above."))?;
    }
    Ok(u8::from(!stage.kept))
}

async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let api = Api::start(&stage.folder.join("api"), stage.token.clone()).await?;
    let address = api.address();
    heading(1, "Record", &format!("ringer record https://{address}"))?;
    tell("   A shop's API runs there: TLS, a bearer token, answers that take their time.")?;
    tell("   A client orders a lamp, waits until it is paid, and lists its orders.\n")?;
    let recorded = record(stage, &api).await?;
    show_stub(stage)?;
    look_for_secrets(stage)?;

    api.stop().await;
    heading(2, "The API is gone", "")?;
    let is_gone = tokio::net::TcpStream::connect(address).await.is_err();
    stage.promise(is_gone, &format!("nothing listens on {address} any more"))?;

    heading(3, "Replay", "ringer replay")?;
    tell("   The same client runs again, with another idempotency key on its order.\n")?;
    let (replayed, _) = stage.replay(&[], true, Client::shop).await?;
    let is_same = recorded == replayed;
    stage.promise(
        is_same,
        &format!("the client saw the same {} answers, byte for byte", recorded.len()),
    )?;

    heading(4, "A bad day", "")?;
    demo_day::play(stage).await
}

async fn record(stage: &Stage, api: &Api) -> anyhow::Result<Vec<Answer>> {
    let origin: Origin =
        format!("https://{}", api.address()).parse().map_err(anyhow::Error::msg)?;
    let config = Config {
        services: vec![Service::of_upstream(origin, Mode::Record)],
        upstream: Upstream { ca_files: vec![api.ca_file()], ..Upstream::default() },
        ..Config::default()
    };
    let running = stage.start(config).await?;
    let mut events = running.events();
    let client = stage.client(&running)?;
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

fn show_stub(stage: &Stage) -> anyhow::Result<()> {
    let stubs = stage.files("stubs");
    let is_post = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        name.starts_with("post") && name.ends_with(".json")
    };
    let Some(path) = stubs.iter().find(is_post) else { return Ok(()) };
    let text = std::fs::read_to_string(path)?;
    let shown = path.strip_prefix(&stage.folder).unwrap_or(path);
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

fn look_for_secrets(stage: &mut Stage) -> anyhow::Result<()> {
    let files: Vec<_> = ["stubs", "recordings"].iter().flat_map(|part| stage.files(part)).collect();
    let holds = |path: &PathBuf| {
        let content = std::fs::read(path).unwrap_or_default();
        [&stage.token, &stage.card]
            .iter()
            .any(|secret| content.windows(secret.len()).any(|part| part == secret.as_bytes()))
    };
    let leaks = files.iter().filter(|path| holds(path)).count();
    tell("")?;
    stage.promise(
        leaks == 0,
        &format!(
            "the client's token and card number are in {} of the {} written",
            if leaks == 0 { "none".to_owned() } else { leaks.to_string() },
            counted(files.len() as u64, "file"),
        ),
    )
}
