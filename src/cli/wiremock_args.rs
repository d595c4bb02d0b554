//! WireMock's own options, as `ringer wiremock` takes them.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, ValueHint};

use super::wiremock_answers::WireMockAnswers;
use crate::{library::FileNames, serve::Chunking};

/// WireMock's options that are honoured.
#[derive(Args, Debug)]
pub struct WireMockArgs {
    /// Port to listen on; 0 picks one
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// A further port, for HTTPS; 0 picks one
    #[arg(long, value_name = "PORT")]
    pub https_port: Option<u16>,
    /// No listener for HTTP: --https-port alone
    #[arg(long, alias = "http-disabled", requires = "https_port")]
    pub disable_http: bool,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    pub bind_address: IpAddr,
    /// Folder of mappings/ and __files/
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub root_dir: PathBuf,
    /// User name and password that calls of the admin API must bring
    #[arg(long, value_name = "USER:PASSWORD", value_parser = credentials)]
    pub admin_api_basic_auth: Option<(String, String)>,
    /// Refuse calls of the admin API without TLS
    #[arg(long)]
    pub admin_api_require_https: bool,
    /// How answers are given.
    #[command(flatten)]
    pub answers: WireMockAnswers,
    /// Requests that the journal keeps [default: 10000, within 64 MiB]
    #[arg(long, value_name = "N")]
    pub max_request_journal_entries: Option<usize>,
    /// Keep no journal of requests
    #[arg(long)]
    pub no_request_journal: bool,
    /// Bytes of an answer's body that the journal keeps [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    pub logged_response_body_size_limit: Option<usize>,
    /// Names of the files of persistent stubs, for example {{{method}}}-{{{url}}}-{{{id}}}
    #[arg(long, value_name = "TEMPLATE")]
    pub filename_template: Option<FileNames>,
    /// Pass on to this API what no stub of higher priority matches
    #[arg(long, value_name = "URL")]
    pub proxy_all: Option<String>,
    /// Write a mapping file and a body file for each new request that is passed on
    #[arg(long, conflicts_with = "no_request_journal")]
    pub record_mappings: bool,
    /// Request headers that --record-mappings has mappings ask for
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "record_mappings")]
    pub match_headers: Vec<String>,
    /// Milliseconds until a proxied answer must have begun [default: 300000]
    #[arg(long, value_name = "MS")]
    pub proxy_timeout: Option<u64>,
    /// Pass on what no stub matches when used as a forward proxy
    #[arg(long)]
    pub enable_browser_proxying: bool,
    /// Whether --enable-browser-proxying passes on what no stub matches [default: true]
    #[arg(long, value_name = "BOOL")]
    pub proxy_pass_through: Option<bool>,
    /// Verify no certificate of an API
    #[arg(long)]
    pub trust_all_proxy_targets: bool,
    /// Let web pages of all origins call stubs (CORS)
    #[arg(long)]
    pub enable_stub_cors: bool,
    /// When answers come in chunks: always, never, or body_file (those from body files)
    #[arg(long, value_name = "WHEN", default_value_t = Chunking::Always)]
    pub use_chunked_encoding: Chunking,
    /// No line for each request
    #[arg(long)]
    pub disable_request_logging: bool,
    /// Options that change nothing here.
    #[command(flatten)]
    pub ignored: IgnoredArgs,
    /// Options that ringer does not have.
    #[command(flatten)]
    pub refused: RefusedArgs,
}

/// WireMock's options that are taken and change nothing: they set up Jetty and the Java VM.
#[derive(Args, Debug)]
#[command(next_help_heading = "Taken without effect")]
#[expect(missing_docs, reason = "what they do in WireMock is not done here")]
pub struct IgnoredArgs {
    #[arg(long, value_name = "BOOL")]
    pub async_response_enabled: Option<String>,
    #[arg(long, value_name = "N")]
    pub async_response_threads: Option<String>,
    #[arg(long, value_name = "N")]
    pub container_threads: Option<String>,
    #[arg(long)]
    pub disable_banner: bool,
    #[arg(long, value_name = "BOOL")]
    pub disable_connection_reuse: Option<String>,
    #[arg(long)]
    pub disable_extensions_scanning: bool,
    #[arg(long)]
    pub disable_http2_plain: bool,
    #[arg(long)]
    pub disable_http2_tls: bool,
    #[arg(long)]
    pub disable_optimize_xml_factories_loading: bool,
    #[arg(long)]
    pub disable_strict_http_headers: bool,
    #[arg(long, value_name = "N")]
    pub jetty_accept_queue_size: Option<String>,
    #[arg(long, value_name = "N")]
    pub jetty_acceptor_threads: Option<String>,
    #[arg(long, value_name = "N")]
    pub jetty_header_buffer_size: Option<String>,
    #[arg(long, value_name = "N")]
    pub jetty_header_request_size: Option<String>,
    #[arg(long, value_name = "N")]
    pub jetty_header_response_size: Option<String>,
    #[arg(long, value_name = "MS")]
    pub jetty_idle_timeout: Option<String>,
    #[arg(long, value_name = "MS")]
    pub jetty_stop_timeout: Option<String>,
    #[arg(long, value_name = "N")]
    pub max_http_client_connections: Option<String>,
    #[arg(long, value_name = "N")]
    pub max_template_cache_entries: Option<String>,
    #[arg(long, value_name = "NAMES")]
    pub supported_proxy_encodings: Option<String>,
    #[arg(long)]
    pub timeout: bool,
    #[arg(long, value_name = "N")]
    pub webhook_threadpool_size: Option<String>,
}

/// WireMock's options that would be missed if they were taken without effect.
#[derive(Args, Debug)]
#[expect(missing_docs, reason = "what they do in WireMock is not done here")]
pub struct RefusedArgs {
    #[arg(long, hide = true)]
    pub ca_keystore: Option<String>,
    #[arg(long, hide = true)]
    pub ca_keystore_password: Option<String>,
    #[arg(long, hide = true)]
    pub ca_keystore_type: Option<String>,
    #[arg(long, hide = true)]
    pub extensions: Option<String>,
    #[arg(long, hide = true)]
    pub https_keystore: Option<String>,
    #[arg(long, hide = true)]
    pub https_require_client_cert: bool,
    #[arg(long, hide = true)]
    pub https_truststore: Option<String>,
    #[arg(long, hide = true)]
    pub key_manager_password: Option<String>,
    #[arg(long, hide = true)]
    pub keystore_password: Option<String>,
    #[arg(long, hide = true)]
    pub keystore_type: Option<String>,
    #[arg(long, hide = true)]
    pub load_resources_from_classpath: Option<String>,
    #[arg(long, hide = true)]
    pub print_all_network_traffic: bool,
    #[arg(long, hide = true)]
    pub proxy_via: Option<String>,
    #[arg(long, hide = true)]
    pub trust_proxy_target: Option<String>,
    #[arg(long, hide = true)]
    pub truststore_password: Option<String>,
    #[arg(long, hide = true)]
    pub truststore_type: Option<String>,
}

impl RefusedArgs {
    /// The first that was given, and what to do instead.
    pub fn given(&self) -> Option<(&'static str, &'static str)> {
        const CERTS: &str =
            "`--certs DIR` names the folder of ringer's certificate authority, as PEM files";
        let flags = [
            (self.ca_keystore.is_some(), "ca-keystore", CERTS),
            (self.ca_keystore_password.is_some(), "ca-keystore-password", CERTS),
            (self.ca_keystore_type.is_some(), "ca-keystore-type", CERTS),
            (self.extensions.is_some(), "extensions", "ringer loads no Java classes"),
            (self.https_keystore.is_some(), "https-keystore", CERTS),
            (
                self.https_require_client_cert,
                "https-require-client-cert",
                "ringer asks clients for no certificate",
            ),
            (
                self.https_truststore.is_some(),
                "https-truststore",
                "ringer asks clients for no certificate",
            ),
            (self.key_manager_password.is_some(), "key-manager-password", CERTS),
            (self.keystore_password.is_some(), "keystore-password", CERTS),
            (self.keystore_type.is_some(), "keystore-type", CERTS),
            (
                self.load_resources_from_classpath.is_some(),
                "load-resources-from-classpath",
                "`--root-dir DIR` names the folder of `mappings` and `__files`",
            ),
            (
                self.print_all_network_traffic,
                "print-all-network-traffic",
                "`-vvv` says all that ringer knows",
            ),
            (self.proxy_via.is_some(), "proxy-via", "ringer reaches APIs directly"),
            (
                self.trust_proxy_target.is_some(),
                "trust-proxy-target",
                "`--trust-all-proxy-targets` verifies no certificate of an API",
            ),
            (self.truststore_password.is_some(), "truststore-password", CERTS),
            (self.truststore_type.is_some(), "truststore-type", CERTS),
        ];
        flags.into_iter().find(|(given, ..)| *given).map(|(_, name, advice)| (name, advice))
    }
}

fn credentials(text: &str) -> Result<(String, String), String> {
    let (user, password) =
        text.split_once(':').ok_or("expected a user name, `:` and a password".to_owned())?;
    Ok((user.to_owned(), password.to_owned()))
}

impl WireMockArgs {
    /// The addresses to listen on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let http = (!self.disable_http).then_some(self.port);
        let ports = http.into_iter().chain(self.https_port);
        ports.map(|port| SocketAddr::new(self.bind_address, port)).collect()
    }
}
