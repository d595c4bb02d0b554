//! WireMock's options for how answers are given.

use clap::{ArgAction, Args};

use crate::serve::{
    Answers, Dialect, SystemKeyPattern, SystemKeys, TargetPattern, Targets, Templating,
};

/// WireMock's options for how answers are given.
#[derive(Args, Debug)]
#[command(next_help_heading = "Answers")]
pub struct WireMockAnswers {
    /// Never gzip an answer
    #[arg(long)]
    pub disable_gzip: bool,
    /// No Matched-Stub-Id and Matched-Stub-Name on answers
    #[arg(long)]
    pub no_matched_stub_headers: bool,
    /// Render every stub's texts as templates
    #[arg(long, conflicts_with = "disable_response_templating")]
    pub global_response_templating: bool,
    /// Render the texts of stubs with the transformer `response-template` (the default)
    #[arg(long)]
    pub local_response_templating: bool,
    /// Render no templates
    #[arg(long)]
    pub disable_response_templating: bool,
    /// Regular expressions of the names of environment variables that templates may read
    /// [default: wiremock.*]
    #[arg(long, value_name = "REGEX", value_delimiter = ',')]
    pub permitted_system_keys: Vec<SystemKeyPattern>,
    /// Pass the client's Host on when a stub proxies
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    pub preserve_host_header: Option<bool>,
    /// Pass the client's User-Agent on when a stub proxies
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    pub preserve_user_agent_proxy_header: Option<bool>,
    /// Hosts that stubs may proxy to, and call: names with `*`, addresses, ranges
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    pub allow_proxy_targets: Vec<TargetPattern>,
    /// Hosts that stubs may not proxy to, nor call
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    pub deny_proxy_targets: Vec<TargetPattern>,
}

impl WireMockAnswers {
    /// What they come to.
    pub fn resolve(self) -> Answers {
        let templating = if self.disable_response_templating {
            Templating::Off
        } else if self.global_response_templating {
            Templating::All
        } else {
            Templating::Stub
        };
        Answers {
            dialect: Dialect::WireMock,
            matched_stub_headers: !self.no_matched_stub_headers,
            gzip: !self.disable_gzip,
            templating,
            permitted_system_keys: match self.permitted_system_keys {
                none if none.is_empty() => SystemKeys::default(),
                some => SystemKeys(some),
            },
            targets: Targets { allowed: self.allow_proxy_targets, denied: self.deny_proxy_targets },
            proxy_preserves_host: self.preserve_host_header.unwrap_or_default(),
            proxy_preserves_user_agent: self.preserve_user_agent_proxy_header.unwrap_or_default(),
            ..Answers::default()
        }
    }
}
