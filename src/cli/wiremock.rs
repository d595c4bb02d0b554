//! `ringer wiremock`: WireMock's own options, for a place where WireMock stood.

use std::{path::PathBuf, time::Duration};

use uuid::Uuid;

use super::{
    foreground::Foreground, global_args::GlobalArgs, hint::Advised, load::load,
    verify_args::ReportArgs, wiremock_args::WireMockArgs,
};
use crate::{
    admin::Access,
    config::{AdminSettings, Layer, Redaction},
    model::{Mode, ProxySpec, ResponseExtras, ResponseSpec, Responses, Stub, StubId},
    serve::AdminPlace,
};

/// WireMock's own, in milliseconds.
const DEFAULT_PROXY_TIMEOUT: u64 = 300_000;

/// The priority of a stub that goes after all others, as WireMock gives it.
const LAST: u32 = 10;

/// Serves until it is told to stop.
///
/// # Errors
///
/// When the configuration has mistakes, or the app cannot be started.
pub async fn run(global: &GlobalArgs, args: WireMockArgs) -> anyhow::Result<u8> {
    if let Some((name, advice)) = args.refused.given() {
        return Err(Advised::new(format!("`--{name}` is not supported"), advice).into());
    }
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
    config.forward = if args.enable_browser_proxying { Mode::Fallback } else { Mode::Replay };
    config.services.clear();
    config.answers = args.answers.resolve();
    // Clients verify what they sent as they sent it, and read in recordings what they recorded.
    config.redaction = Redaction { off: true, key: None };
    config.admin = AdminSettings {
        place: Some(AdminPlace::Everywhere { open: true }),
        access: Access {
            token: config.admin.access.token.take(),
            credentials: args.admin_api_basic_auth,
            requires_https: args.admin_api_require_https,
        },
        owns_stub_files: true,
        file_names: args.filename_template.clone(),
        stubs: args.proxy_all.as_deref().map(proxy_all).into_iter().collect(),
        record_mappings: args.record_mappings.then(|| args.match_headers.clone()),
    };
    // What is recorded is no stub before the next start, or a reset.
    config.watch &= !args.record_mappings;
    if args.no_request_journal {
        config.journal.entries = 0;
    } else if let Some(entries) = args.max_request_journal_entries {
        config.journal.entries = entries;
    }
    if let Some(bytes) = args.logged_response_body_size_limit {
        config.journal.answer_bytes = Some(bytes);
    }
    config.global.proxy_pass_through = args.proxy_pass_through.unwrap_or(true);
    config.upstream.insecure |= args.trust_all_proxy_targets;
    config.upstream.response_timeout =
        Duration::from_millis(args.proxy_timeout.unwrap_or(DEFAULT_PROXY_TIMEOUT));
    config.answers.chunking = args.use_chunked_encoding;
    config.answers.cross_origin = args.enable_stub_cors;
    loaded.program.quiet |= args.disable_request_logging;
    let config = &loaded.config;
    if !args.bind_address.is_loopback() && !config.admin.access.is_guarded() {
        tracing::warn!(
            "the admin API answers whoever can reach this machine, as WireMock's does; \
             `--bind-address 127.0.0.1` or `--admin-api-basic-auth` close it"
        );
    }
    Foreground {
        reports: ReportArgs::default(),
        what: "standing in for WireMock".to_owned(),
        place: args.root_dir,
        config: loaded.config,
        program: loaded.program,
        wrapped: Vec::new(),
    }
    .run()
    .await
}

/// What `--proxy-all` comes to: a stub that matches everything and goes last.
fn proxy_all(url: &str) -> Stub {
    let response = ResponseSpec {
        extras: ResponseExtras {
            proxy: Some(Box::new(ProxySpec { base_url: url.to_owned(), ..ProxySpec::default() })),
            ..ResponseExtras::default()
        }
        .into(),
        status: 200,
        ..ResponseSpec::default()
    };
    Stub {
        id: StubId(Uuid::new_v5(&Uuid::NAMESPACE_URL, url.as_bytes())),
        priority: Some(LAST),
        responses: Responses::one(response),
        ..Stub::default()
    }
}

/// Where the certificate authority lies when nobody says: not in the root folder, which is often
/// under version control.
fn usual_certs() -> Option<PathBuf> {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty())?;
    Some(home.join(".ringer").join("certs"))
}
