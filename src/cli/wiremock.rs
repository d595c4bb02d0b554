//! `ringer wiremock`: WireMock's own options, for a place where WireMock stood.

use std::path::PathBuf;

use super::{
    args::GlobalArgs, hint::Advised, load::load, session::Session, wiremock_args::WireMockArgs,
};
use crate::{
    config::{AdminSettings, Layer, Redaction},
    engine::Mode,
    serve::AdminPlace,
};

/// Serves until it is told to stop.
///
/// # Errors
///
/// When the configuration has mistakes, or the app cannot be started.
pub async fn run(global: &GlobalArgs, args: WireMockArgs) -> anyhow::Result<u8> {
    let certs = global.certs.clone().or_else(usual_certs);
    let layer = Layer {
        listen: Some(args.addresses()),
        stubs: Some(args.root_dir.clone()),
        certs,
        ..Layer::default()
    };
    if !args.root_dir.is_dir() {
        return Err(Advised::new(
            format!("there is no folder `{}`", args.root_dir.display()),
            "`--root-dir DIR` names the folder of `mappings` and `__files`",
        )
        .into());
    }
    let mut loaded = load(global, layer)?;
    let config = &mut loaded.config;
    config.forward = Mode::Replay;
    config.services.clear();
    config.answers = args.answers.resolve();
    // Nothing is recorded, and clients verify what they sent as they sent it.
    config.redaction = Redaction { off: true, key: None };
    config.admin = AdminSettings {
        place: Some(AdminPlace::Everywhere { open: true }),
        credentials: args.admin_api_basic_auth,
        requires_https: args.admin_api_require_https,
        owns_stub_files: true,
    };
    if !args.bind_address.is_loopback() && config.admin.credentials.is_none() {
        tracing::warn!(
            "the admin API answers whoever can reach this machine, as WireMock's does; \
             `--bind-address 127.0.0.1` or `--admin-api-basic-auth` close it"
        );
    }
    Session {
        what: "standing in for WireMock".to_owned(),
        place: args.root_dir,
        config: loaded.config,
        program: loaded.program,
        wrapped: Vec::new(),
    }
    .run()
    .await
}

/// Where the certificate authority lies when nobody says: not in the root folder, which is often
/// under version control.
fn usual_certs() -> Option<PathBuf> {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty())?;
    Some(home.join(".ringer").join("certs"))
}
