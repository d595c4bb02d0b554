//! Flags that every command takes.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use super::behavior_args::given;
use crate::config::{Layer, LogFormat};

const FILES: &str = "Files";
const OUTPUT: &str = "Output";

/// Flags that every command has.
#[derive(Args, Debug)]
pub struct GlobalArgs {
    /// Configuration file [default: ringer.toml, if there is one]
    #[arg(long, short, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = FILES)]
    pub config: Option<PathBuf>,
    /// Folder of the stub files [default: stubs]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    #[arg(help_heading = FILES)]
    pub stubs: Option<PathBuf>,
    /// Folder of the tapes [default: recordings]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    #[arg(help_heading = FILES)]
    pub recordings: Option<PathBuf>,
    /// Folder of the local certificate authority [default: certs]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    #[arg(help_heading = FILES)]
    pub certs: Option<PathBuf>,
    /// How the log is written: text or json [default: text]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = OUTPUT)]
    pub log_format: Option<LogFormat>,
    /// Say more: -v progress, -vv details, -vvv everything
    #[arg(long, short, global = true, action = ArgAction::Count, help_heading = OUTPUT)]
    pub verbose: u8,
    /// Say nothing but errors
    #[arg(long, short, global = true, help_heading = OUTPUT)]
    pub quiet: bool,
}

impl GlobalArgs {
    /// What these flags decide.
    pub fn layer(&self) -> Layer {
        Layer {
            stubs: self.stubs.clone(),
            recordings: self.recordings.clone(),
            certs: self.certs.clone(),
            log_format: self.log_format,
            verbose: (self.verbose > 0).then_some(self.verbose),
            quiet: given(self.quiet),
            ..Layer::default()
        }
    }
}
