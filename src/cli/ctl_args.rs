//! Flags of `ringer ctl`, which changes a ringer that is running.

use clap::{Args, Subcommand, ValueHint};

use super::{
    admin_args::AdminArgs,
    ctl_rule::{BandwidthArgs, DelayArgs, FaultArgs, LimitArgs, PlaceArgs},
};
use crate::model::{Mode, SessionName};

/// `ringer ctl`.
#[derive(Args, Debug)]
pub struct CtlArgs {
    /// Which ringer.
    #[command(flatten)]
    pub ringer: AdminArgs,
    /// Print the answers of the admin API, as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: CtlCommand,
}

/// What `ringer ctl` does.
#[derive(Debug, Subcommand)]
pub enum CtlCommand {
    /// Show all that is in effect: latency, delays, bandwidths, faults, limits, the clock
    Show,
    /// Have some requests go wrong
    #[command(subcommand)]
    Fault(FaultCommand),
    /// Have some answers wait, beyond their latency
    #[command(subcommand)]
    Delay(DelayCommand),
    /// Have bytes come slowly
    #[command(subcommand)]
    Bandwidth(BandwidthCommand),
    /// Say where latency comes from: none, recorded, recorded*0.5, fixed:80ms, empirical
    Latency {
        /// Where it comes from
        spec: String,
        /// Where it holds.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Refuse requests above a rate
    #[command(subcommand)]
    Limit(LimitCommand),
    /// Put a profile into effect: its name, a file, or `off`; without one, list them
    Chaos {
        /// Name of a profile, a file, or `off`
        #[arg(value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
        profile: Option<String>,
    },
    /// Show or move the clock
    Clock {
        /// What becomes of it.
        #[command(subcommand)]
        command: Option<ClockCommand>,
    },
    /// List, make and drop sessions
    #[command(subcommand)]
    Session(SessionCommand),
    /// Undo everything: behaviours as at the start, limits and counts at nothing, real time
    Reset,
}

/// `ringer ctl fault`.
#[derive(Debug, Subcommand)]
pub enum FaultCommand {
    /// Add one
    Add(Box<FaultArgs>),
    /// List them
    List,
    /// Take some away
    Remove(RemoveArgs),
}

/// `ringer ctl delay`.
#[derive(Debug, Subcommand)]
pub enum DelayCommand {
    /// Add one
    Add(Box<DelayArgs>),
    /// List them
    List,
    /// Take some away
    Remove(RemoveArgs),
}

/// `ringer ctl bandwidth`.
#[derive(Debug, Subcommand)]
pub enum BandwidthCommand {
    /// Add one
    Add(Box<BandwidthArgs>),
    /// List them
    List,
    /// Take some away
    Remove(RemoveArgs),
}

/// `ringer ctl limit`.
#[derive(Debug, Subcommand)]
pub enum LimitCommand {
    /// Add one, or replace that of its name
    Add(LimitArgs),
    /// List them, and how much of each is left
    List,
    /// Say how clients behaved under them
    Report,
    /// Fill them all again
    Reset,
    /// Take some away
    Remove(RemoveArgs),
}

/// What is to be taken away.
#[derive(Args, Debug)]
pub struct RemoveArgs {
    /// Their names, as `list` shows them
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// `ringer ctl clock`.
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Stop it, where it is or at a time
    Freeze {
        /// The time, 2026-11-23T12:00:00Z
        time: Option<String>,
    },
    /// Set it
    Set {
        /// The time, 2026-11-23T12:00:00Z
        time: String,
    },
    /// Move it on
    Advance {
        /// How far: 90s, 1h
        #[arg(allow_hyphen_values = true)]
        by: String,
    },
    /// Let it run on
    Resume {
        /// How many times as fast as real time
        #[arg(long, value_name = "N")]
        speed: Option<f64>,
    },
    /// Say whether answers wait by real time or by the clock
    Delays {
        /// real or virtual
        which: String,
    },
    /// Return to real time
    Reset,
}

/// `ringer ctl session`.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List them
    List,
    /// Make one, and print its name
    Create(SessionCreateArgs),
    /// Show what there is of one
    Show(SessionNameArgs),
    /// Have some be as if made now, but for their seed and mode
    Reset(SessionNamesArgs),
    /// Forget some, and all that is their own
    Drop(SessionDropArgs),
}

/// What a session is to be.
#[derive(Args, Debug)]
pub struct SessionCreateArgs {
    /// Its name; without one, it gets one
    #[arg(value_name = "NAME")]
    pub name: Option<SessionName>,
    /// Seed of its draws
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Where its answers come from: fallback, passthrough, record, record-missing, replay
    #[arg(long)]
    pub mode: Option<Mode>,
    /// Forget it when nobody asks anything of it for so long: 1h
    #[arg(long, value_name = "TIME")]
    pub idle: Option<String>,
    /// Stop its clock at a time, 2026-11-23T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub freeze: Option<String>,
    /// Listen for it at an address, 127.0.0.1:9001; port 0 is any. Can be repeated
    #[arg(long, value_name = "ADDR")]
    pub listen: Vec<String>,
}

/// A session.
#[derive(Args, Debug)]
pub struct SessionNameArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    pub name: SessionName,
}

/// Sessions.
#[derive(Args, Debug)]
pub struct SessionNamesArgs {
    /// Their names
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<SessionName>,
}

/// Sessions that are to be forgotten.
#[derive(Args, Debug)]
pub struct SessionDropArgs {
    /// Their names
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "NAME")]
    pub names: Vec<SessionName>,
    /// All but the default one
    #[arg(long)]
    pub all: bool,
}
