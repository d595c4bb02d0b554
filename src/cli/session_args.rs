//! Flags of how sessions come and go.

use std::{net::SocketAddr, time::Duration};

use clap::Args;

use super::behavior_args::several;
use crate::{
    config::{
        Layer,
        key::{count, duration, session_listen},
    },
    model::SessionName,
};

const SESSIONS: &str = "Sessions";

/// How sessions come and go.
#[derive(Args, Debug)]
pub struct SessionArgs {
    /// Refuse requests that name a session which was not created before
    #[arg(long, help_heading = SESSIONS)]
    pub strict_sessions: bool,
    /// Session with an address of its own, to which all that comes there belongs; several times for
    /// several
    #[arg(long, value_name = "NAME=ADDR", value_parser = session_listen, help_heading = SESSIONS)]
    pub session_listen: Vec<(SessionName, SocketAddr)>,
    /// Forget a session of which nobody has asked anything for this time [default: 30m]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = SESSIONS)]
    pub session_idle: Option<Duration>,
    /// Sessions at a time beside the default one [default: 100000]
    #[arg(long, value_name = "N", value_parser = count, help_heading = SESSIONS)]
    pub max_sessions: Option<usize>,
}

impl SessionArgs {
    /// What these flags decide.
    pub fn layer(&self) -> Layer {
        Layer {
            strict_sessions: self.strict_sessions.then_some(true),
            session_listen: several(&self.session_listen),
            session_idle: self.session_idle,
            max_sessions: self.max_sessions,
            ..Layer::default()
        }
    }
}
