//! Where the answers of a service, or of a session, come from.

use std::str::FromStr;

/// Where a service's answers come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A stub, else the upstream; nothing is written.
    Fallback,
    /// Always the upstream; nothing is written.
    Passthrough,
    /// Always the upstream; every exchange becomes a stub.
    Record,
    /// A stub if there is one, else the upstream, and that exchange becomes a stub.
    RecordMissing,
    /// A stub, else 404; no call leaves the machine.
    #[default]
    Replay,
}

impl Mode {
    /// Every mode with its name in files and on the command line.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Fallback, "fallback"),
        (Self::Passthrough, "passthrough"),
        (Self::Record, "record"),
        (Self::RecordMissing, "record-missing"),
        (Self::Replay, "replay"),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(mode, _)| *mode == self).map_or("replay", |(_, name)| name)
    }

    /// Whether stubs are asked first.
    pub fn asks_stubs(self) -> bool {
        matches!(self, Self::Fallback | Self::RecordMissing | Self::Replay)
    }

    /// Whether an exchange with the upstream is recorded.
    pub fn records(self) -> bool {
        matches!(self, Self::Record | Self::RecordMissing)
    }

    /// Whether a request may go to the upstream.
    pub fn forwards(self) -> bool {
        self != Self::Replay
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(mode, _)| *mode).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|(_, name)| *name).collect();
            format!("unknown mode `{text}`, expected one of {}", names.join(", "))
        })
    }
}
