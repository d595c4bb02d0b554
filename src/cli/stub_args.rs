//! Flags of the commands that look at stub files: `ringer check` and `ringer explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// `ringer check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Folder of the stub files, as --stubs
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
    /// How the result is written: text, json or sarif (for code scanning) [default: text]
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    pub format: CheckFormat,
    /// Exit with 1 for warnings too
    #[arg(long)]
    pub strict: bool,
    /// Print the JSON Schema of stub files, for editors, and do nothing else
    #[arg(long)]
    pub schema: bool,
}

/// How the result of a check is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    #[default]
    Text,
    /// ringer's own JSON.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

/// `ringer explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The request: `GET /path?x=1`, or a path or URL alone
    #[arg(value_name = "REQUEST", required = true, num_args = 1..=2)]
    pub target: Vec<String>,
    /// Method, as curl's option: without it GET, or POST with a body
    #[arg(long = "request", short = 'X', value_name = "METHOD")]
    pub method: Option<String>,
    /// Header field, several times for several
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// Body, or `@FILE` for that of a file; without a Content-Type it is that of a form, as with curl
    #[arg(long, short, value_name = "BODY", visible_aliases = ["data-binary"])]
    #[arg(conflicts_with_all = ["data_raw", "json"])]
    pub data: Option<String>,
    /// Body as it stands, `@` or not
    #[arg(long, value_name = "BODY", conflicts_with = "json")]
    pub data_raw: Option<String>,
    /// Body, or `@FILE`, that is JSON
    #[arg(long, value_name = "BODY")]
    pub json: Option<String>,
    /// User name and password of Basic authentication
    #[arg(long, short, value_name = "USER:PASSWORD")]
    pub user: Option<String>,
    /// Host that the client names
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// State of a scenario, several times for several [default: Started]
    #[arg(long, value_name = "NAME=STATE")]
    pub scenario: Vec<String>,
    /// How the result is written: text or json [default: text]
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    pub format: ExplainFormat,
}

/// How an explanation is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people.
    #[default]
    Text,
    /// JSON.
    Json,
}
