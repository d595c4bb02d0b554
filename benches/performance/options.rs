//! What the command line says.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Failure, server::Cores};

pub(crate) struct Options {
    /// Parts of names of what is measured; none for all.
    wanted: Vec<String>,
    pub(crate) list: bool,
    pub(crate) quick: bool,
    pub(crate) rounds: usize,
    /// Of each contestant in each round.
    pub(crate) window: Duration,
    pub(crate) json: Option<PathBuf>,
    /// The page whose table is written anew.
    pub(crate) markdown: Option<PathBuf>,
    pub(crate) ringer: PathBuf,
    pub(crate) cores: Cores,
}

impl Options {
    pub(crate) fn parse(arguments: Vec<String>) -> Result<Self, Failure> {
        let mut options = Self {
            wanted: Vec::new(),
            list: false,
            quick: false,
            rounds: 0,
            window: Duration::ZERO,
            json: None,
            markdown: None,
            ringer: Path::new(env!("CARGO_BIN_EXE_ringer")).to_owned(),
            cores: Cores::find(),
        };
        let (mut rounds, mut seconds) = (None, None);
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("`{argument}` takes a value"));
            match argument.as_str() {
                // Cargo says that of itself.
                "--bench" => {}
                "--list" => options.list = true,
                "--quick" => options.quick = true,
                "--rounds" => rounds = Some(value()?.parse()?),
                "--seconds" => seconds = Some(value()?.parse()?),
                "--json" => options.json = Some(value()?.into()),
                "--markdown" => options.markdown = Some(value()?.into()),
                "--ringer" => options.ringer = std::path::absolute(value()?)?,
                flag if flag.starts_with('-') => {
                    return Err(format!("unknown flag `{flag}`").into());
                }
                _ => options.wanted.push(argument),
            }
        }
        if options.markdown.is_some() && !options.wanted.is_empty() {
            return Err("a page takes all figures: leave the names out".into());
        }
        options.rounds = rounds.unwrap_or(if options.quick { 3 } else { 5 });
        let seconds = seconds.unwrap_or(if options.quick { 0.3 } else { 1.0 });
        options.window = Duration::try_from_secs_f64(seconds)?;
        Ok(options)
    }

    /// Whether the command line asks for what is called so.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|it| name.contains(it.as_str()))
    }

    /// The first in a whole run, the second in a quick one.
    pub(crate) fn either<T>(&self, whole: T, quick: T) -> T {
        if self.quick { quick } else { whole }
    }
}
