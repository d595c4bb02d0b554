//! What can be wrong with a configuration, and where.

use std::{io, path::PathBuf};

use crate::library::Located;

/// Why no configuration came about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is there but has mistakes.
    #[error("{}", lines(problems))]
    File {
        /// Every mistake, in the order of the file; at least one.
        problems: Vec<Located>,
    },
    /// The file that was asked for is not there or cannot be read.
    #[error("configuration file `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of the admin API's token has none.
    #[error("no token of the admin API in `{}`: {message}", path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// What is wrong; not what the file holds.
        message: String,
    },
    /// An environment variable has a wrong value.
    #[error("environment variable `{name}`: {message}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong and what is expected.
        message: String,
    },
}

fn lines(problems: &[Located]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
