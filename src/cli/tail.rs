//! `ringer tail`: follows a ringer that is running, as `tail -f` follows a file.

use std::time::Duration;

use super::{
    admin_client::AdminClient,
    global_args::GlobalArgs,
    printer,
    signal::Signals,
    tail_args::TailArgs,
    tail_events::{Event, EventReader},
    tail_text,
};

/// Waits before ringer is asked again when it has gone: the first, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// Follows until it is stopped, or nobody reads what it prints.
///
/// # Errors
///
/// When no ringer answers at first, or it refuses.
pub async fn run(global: &GlobalArgs, args: &TailArgs) -> anyhow::Result<u8> {
    let client = AdminClient::new(global, &args.ringer)?;
    let mut signals = Signals::listen()?;
    let mut tail = Tail { client, args, last: None };
    tokio::select! {
        // Who stops it has seen enough: that is no failure.
        _ = signals.next() => Ok(0),
        ended = tail.follow() => ended.map(|()| 0),
    }
}

struct Tail<'a> {
    client: AdminClient,
    args: &'a TailArgs,
    /// What was shown last.
    last: Option<String>,
}

/// Why no more is shown.
enum End {
    /// ringer has ended, or the connection has.
    Broken,
    /// All is shown, or nobody reads it.
    Done,
}

impl Tail<'_> {
    async fn follow(&mut self) -> anyhow::Result<()> {
        let mut is_first = true;
        let mut wait = WAITS.0;
        loop {
            match self.connect(is_first).await {
                Ok(End::Done) => return Ok(()),
                Ok(End::Broken) => {
                    printer::say(&format!("ringer at {} has ended", self.client.address()));
                    is_first = false;
                    wait = WAITS.0;
                }
                Err(error) if is_first => return Err(error),
                Err(_) => wait = (wait * 2).min(WAITS.1),
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Shows what comes over one connection. Only who cannot connect is an error.
    async fn connect(&mut self, is_first: bool) -> anyhow::Result<End> {
        let path = self.args.path(self.client.session(), self.last.as_deref());
        let mut stream = self.client.stream(&path, "text/event-stream").await?;
        if !is_first {
            printer::say(&format!("ringer at {} is back", self.client.address()));
        }
        let mut reader = EventReader::default();
        loop {
            let piece = match stream.next().await {
                Ok(Some(piece)) => piece,
                Ok(None) if self.args.no_follow => return Ok(End::Done),
                Ok(None) | Err(_) => return Ok(End::Broken),
            };
            for event in reader.push(&piece)? {
                if !printer::passed(&self.shown(&event))? {
                    return Ok(End::Done);
                }
                self.last = event.id.or(self.last.take());
            }
        }
    }

    fn shown(&self, event: &Event) -> String {
        if !self.args.json {
            return tail_text::of(&event.kind, &event.json(), printer::width());
        }
        match event.text.strip_prefix('{') {
            Some("}") | None => format!("{{\"event\":\"{}\"}}\n", event.kind),
            Some(members) => format!("{{\"event\":\"{}\",{members}\n", event.kind),
        }
    }
}
