//! Server-sent events, read piece by piece (WHATWG HTML §9.2.6).

use serde_json::Value;

/// An event longer than this is an error.
const MOST: usize = 64 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// `exchange`, `webhook`, `change`, `lost`.
    pub kind: String,
    /// What to go on from after it.
    pub id: Option<String>,
    /// Its data as it came.
    pub text: String,
}

impl Event {
    /// Its data; null where that is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// Makes events of pieces.
#[derive(Debug, Default)]
pub struct EventReader {
    /// A line that has not come to its end.
    held: Vec<u8>,
    event: Event,
}

impl EventReader {
    /// Takes a piece; the events that it completes.
    ///
    /// # Errors
    ///
    /// When one does not end.
    pub fn push(&mut self, piece: &[u8]) -> anyhow::Result<Vec<Event>> {
        let mut events = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.held.extend_from_slice(part);
            anyhow::ensure!(
                self.held.len() + self.event.text.len() <= MOST,
                "an event is longer than {MOST} bytes"
            );
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.held);
                let line = String::from_utf8_lossy(&line);
                events.extend(self.line(line.trim_end_matches(['\r', '\n'])));
            }
        }
        Ok(events)
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (!event.text.is_empty()).then_some(event);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.event.kind),
            "id" => self.event.id = Some(value.to_owned()),
            "data" => {
                if !self.event.text.is_empty() {
                    self.event.text.push('\n');
                }
                self.event.text.push_str(value);
            }
            // Comments, the time to wait, and what is not known yet.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = "retry: 1000\n\n:\n\nevent: exchange\nid: 7-1\ndata: {\"a\":\"ü\"}\n\n\
        event: lost\r\ndata: {\"events\":3}\r\n\r\n";

    proptest! {
        #[test]
        fn events_are_the_same_however_they_are_cut(cuts in proptest::collection::vec(0..120_usize, 0..8)) {
            let mut reader = EventReader::default();
            let mut events = Vec::new();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (STREAM.len() + 1)).collect();
            cuts.push(STREAM.len());
            cuts.sort_unstable();
            let mut from = 0;
            for to in cuts {
                events.extend(reader.push(&STREAM.as_bytes()[from..to]).unwrap());
                from = to;
            }
            prop_assert_eq!(events.len(), 2);
            prop_assert_eq!(events[0].id.as_deref(), Some("7-1"));
            prop_assert_eq!(&events[0].json()["a"], "ü");
            prop_assert_eq!((events[1].kind.as_str(), &events[1].json()["events"]), ("lost", &3.into()));
        }
    }
}
