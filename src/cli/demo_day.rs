//! The demo's bad day: what befalls a client that has only seen good ones, and how it takes it. A
//! command that is shown is the one that was run.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{
    console,
    demo_client::{Answer, Client},
    demo_stage::{Stage, replayed, row, tell},
    style::{self, paint},
};
use crate::{runtime::Clock, store::render_text};

const FAULTS: [&str; 6] =
    ["--fault", "status=503; p=20%", "--fault", "connection-reset; p=10%", "--seed", "7"];
/// Requests that chance has a part in.
const REQUESTS: usize = 24;
/// Clients that race for them.
const RACING: usize = 8;

const LIMIT: [&str; 2] = ["--rate-limit", "preset=github,limit=5/h"];
/// As long as an impatient client waits.
const HASTE: Duration = Duration::from_millis(20);

/// What a client saw: an answer, or none because the connection broke.
type Seen = Option<Answer>;

/// Plays it.
///
/// # Errors
///
/// When a part of it cannot be started, or what came of it cannot be printed.
pub async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    late(stage).await?;
    wrong(stage).await?;
    away(stage).await?;
    refused(stage).await
}

async fn late(stage: &Stage) -> anyhow::Result<()> {
    tell("   Late. How long a list of orders takes:\n")?;
    for latency in ["recorded", "none", "fixed:250ms"] {
        let flags = ["--latency", latency];
        let (took, _) = stage.replay(&flags, false, Client::time_a_list).await?;
        replayed(&flags, &console::latency(took))?;
    }
    tell("\n   All that follows with `--latency none` besides, so that it is over soon.")
}

async fn wrong(stage: &mut Stage) -> anyhow::Result<()> {
    tell("\n   Wrong, by chance. With a seed it is the same chance again, however many race:\n")?;
    replayed(&FAULTS, "")?;
    let (one, _) = stage
        .replay(&quick(&FAULTS), false, async |client| one_by_one(client, REQUESTS).await)
        .await?;
    tell(&format!("       one client    {}", statuses(&one)))?;
    let (many, _) = stage.replay(&quick(&FAULTS), false, race).await?;
    tell(&format!("       {RACING} that race   {}", counts(&many)))?;
    let is_same = counts(&one) == counts(&many);
    stage.promise(is_same, &format!("the {RACING} got what the one did, as many of each"))
}

async fn away(stage: &mut Stage) -> anyhow::Result<()> {
    tell("\n   Away for a while. The clock goes where you set it, so nobody has to wait:\n")?;
    let flags = ["--chaos", "recovering"];
    let day = async |client: &Client| {
        let clock = Clock::start();
        let healthy = client.try_list().await?;
        client.advance("65s").await?;
        let down = client.try_list().await?;
        client.advance("30s").await?;
        Ok(([healthy, down, client.try_list().await?], clock.elapsed()))
    };
    let ((seen, took), _) = stage.replay(&quick(&flags), false, day).await?;
    let [healthy, down, again] = seen.map(|seen| status(&seen));
    replayed(&flags, &healthy)?;
    row("ringer ctl clock advance 65s", &down)?;
    row("ringer ctl clock advance 30s", &again)?;
    let is_so = healthy == shown(200) && down == shown(503) && again == shown(200);
    let took = console::latency(took);
    stage.promise(is_so, &format!("a minute and a half of it took {}", took.trim()))
}

async fn refused(stage: &mut Stage) -> anyhow::Result<()> {
    tell("\n   Refused, as GitHub does it. This client asks again at once, and an hour later:\n")?;
    let day = async |client: &Client| {
        let mut hasty = Vec::new();
        for _ in 0..8 {
            hasty.push(client.try_list().await?);
            tokio::time::sleep(HASTE).await;
        }
        client.advance("1h").await?;
        Ok((hasty, client.try_list().await?))
    };
    let ((hasty, later), summary) = stage.replay(&quick(&LIMIT), false, day).await?;
    replayed(&LIMIT, &statuses(&hasty))?;
    row("ringer ctl clock advance 1h", &status(&later))?;
    let refusal = hasty.iter().flatten().find(|answer| answer.status == 403);
    let words = refusal.and_then(|answer| answer.field("message")).unwrap_or_default();
    let left = refusal.and_then(|answer| answer.remaining.clone()).unwrap_or_default();
    stage.promise(
        left == "0" && !words.is_empty() && status(&later) == shown(200),
        &format!("in its words and headers: x-ratelimit-remaining: {left}, {words}"),
    )?;
    tell("\n   and the summary tells how the client took it:\n")?;
    for line in render_text(&summary.limits).lines() {
        tell(&format!("     {line}"))?;
    }
    let early = summary.early_retries;
    stage.promise(early > 0, "it did not wait; with `--max-early-retries 0` that fails the run")
}

/// Flags, and that nobody waits for the recorded latency.
fn quick<'f>(flags: &[&'f str]) -> Vec<&'f str> {
    flags.iter().copied().chain(["--latency", "none"]).collect()
}

async fn one_by_one(client: &Client, times: usize) -> anyhow::Result<Vec<Seen>> {
    let mut seen = Vec::new();
    for _ in 0..times {
        seen.push(client.try_list().await?);
    }
    Ok(seen)
}

async fn race(client: &Client) -> anyhow::Result<Vec<Seen>> {
    let mut clients = JoinSet::new();
    for _ in 0..RACING {
        let client = client.clone();
        clients.spawn(async move { one_by_one(&client, REQUESTS / RACING).await });
    }
    let mut seen = Vec::new();
    while let Some(of_one) = clients.join_next().await {
        seen.extend(of_one??);
    }
    Ok(seen)
}

fn status(seen: &Seen) -> String {
    seen.as_ref().map_or_else(|| paint(style::BAD, "reset"), |it| shown(it.status.as_u16()))
}

fn shown(status: u16) -> String {
    paint(style::of_status(status), status)
}

fn statuses(seen: &[Seen]) -> String {
    seen.iter().map(status).collect::<Vec<_>>().join(" ")
}

/// How many there are of each: `17 × 200, 5 × 503, 2 × reset`.
fn counts(seen: &[Seen]) -> String {
    let mut all: Vec<_> = seen.iter().map(status).collect();
    all.sort();
    let groups = all.chunk_by(|left, right| left == right);
    let counted = groups.filter_map(|group| Some(format!("{} × {}", group.len(), group.first()?)));
    counted.collect::<Vec<_>>().join(", ")
}
