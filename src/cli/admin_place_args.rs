//! Flags of where the admin API answers, and to whom.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::{
    admin::AdminToken,
    config::{
        Layer, TokenSource,
        key::{admin_place, admin_token, size},
    },
    serve::AdminPlace,
};

const ADMIN: &str = "Admin API";

/// A place for the admin API, or that there is none. clap reads a written-out `Option<Option<_>>` as a
/// flag whose value may be left out.
type AdminChoice = Option<AdminPlace>;

/// Where the admin API answers, and to whom.
#[derive(Args, Debug)]
pub struct AdminPlaceArgs {
    /// Address of its own for the admin API, `unix:PATH` for a Unix socket, or `off`
    /// [default: /__admin on every address]
    #[arg(long, value_name = "ADDR", value_parser = admin_place, help_heading = ADMIN)]
    pub admin: Option<AdminChoice>,
    /// Token that every call must bring; without one, only this machine may call. Others on this
    /// machine may see flags: rather use a file or the variable
    #[arg(long, value_name = "TOKEN", value_parser = admin_token, help_heading = ADMIN)]
    #[arg(conflicts_with = "admin_token_file")]
    pub admin_token: Option<AdminToken>,
    /// File that the token is in
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = ADMIN)]
    pub admin_token_file: Option<PathBuf>,
    /// Largest body of a call [default: 128MiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = ADMIN)]
    pub max_admin_body: Option<usize>,
}

impl AdminPlaceArgs {
    /// What these flags decide.
    pub fn layer(&self) -> Layer {
        let token = self.admin_token.clone().map(TokenSource::Given);
        let file = self.admin_token_file.clone().map(TokenSource::File);
        Layer {
            admin: self.admin.clone(),
            admin_token: token.or(file),
            max_admin_body: self.max_admin_body,
            ..Layer::default()
        }
    }
}
