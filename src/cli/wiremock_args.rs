//! WireMock's own options, as `ringer wiremock` takes them.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, ValueHint};

use super::wiremock_answers::WireMockAnswers;

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
    /// Options that change nothing here.
    #[command(flatten)]
    pub ignored: IgnoredArgs,
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
    #[arg(long)]
    pub disable_extensions_scanning: bool,
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
    pub webhook_threadpool_size: Option<String>,
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
