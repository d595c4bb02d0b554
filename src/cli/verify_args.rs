//! Flags of `ringer verify`, and those by which `ringer replay` judges its run.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::admin_args::AdminArgs;

const HEADING: &str = "Verification";

/// `ringer verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// What is expected [default: what the session was told to expect over the admin API]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Which ringer is asked.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Where to write reports.
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// Where to write reports.
#[derive(Args, Clone, Debug, Default)]
pub struct ReportArgs {
    /// Write a report for CI servers, as JUnit XML
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = HEADING)]
    pub junit: Option<PathBuf>,
    /// Write a report as JSON; `-` is standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = HEADING)]
    #[arg(alias = "json")]
    pub report: Option<PathBuf>,
}

/// By what a run is judged.
#[derive(Args, Clone, Debug, Default)]
pub struct JudgeArgs {
    /// Fail (exit 1) when the client does not do what this file expects of it [default:
    /// expectations.yaml in the stub folder, with --strict]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = HEADING)]
    pub expectations: Option<PathBuf>,
    /// Where to write reports.
    #[command(flatten)]
    pub reports: ReportArgs,
}
