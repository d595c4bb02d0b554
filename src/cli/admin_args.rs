//! Flags that say which running ringer a command talks to, and what they come to.

use std::{fmt, path::PathBuf, str::FromStr};

use anyhow::Context as _;
use clap::{Args, ValueHint};

use super::global_args::GlobalArgs;
use crate::{
    config::key::listen_address,
    model::{Origin, Scheme},
};

/// Variable that says where the ringer is, for its clients alone.
const URL: &str = "RINGER_ADMIN_URL";
/// Variable that says it to ringer and to its clients.
const ADMIN: &str = "RINGER_ADMIN";
/// Variable of the token, for ringer and for its clients.
const TOKEN: &str = "RINGER_ADMIN_TOKEN";
/// Variable of the file of the token, for ringer and for its clients.
const TOKEN_FILE: &str = "RINGER_ADMIN_TOKEN_FILE";
/// Variable of the session.
const SESSION: &str = "RINGER_SESSION";
/// Where ringer listens if nothing else is said.
const DEFAULT: &str = "http://127.0.0.1:8080";
/// What stands before the path of a Unix socket.
const UNIX: &str = "unix:";
const HEADING: &str = "Which ringer";

/// Which running ringer is meant, and who asks. `#[command(flatten)]` gives them to a command.
#[derive(Args, Clone, Default)]
pub struct AdminArgs {
    /// Where its admin API is: a URL, an address or `unix:PATH`
    /// [default: $RINGER_ADMIN_URL, $RINGER_ADMIN, else http://127.0.0.1:8080]
    #[arg(long, global = true, help_heading = HEADING, value_name = "URL|unix:PATH", value_hint = ValueHint::Url)]
    #[arg(alias = "at")]
    pub admin: Option<AdminAddress>,
    /// Token of its admin API [default: $RINGER_ADMIN_TOKEN]; others on this machine may see flags
    #[arg(long, global = true, help_heading = HEADING, value_name = "TOKEN", conflicts_with_all = ["admin_token_file", "user"])]
    pub admin_token: Option<String>,
    /// File with the token [default: $RINGER_ADMIN_TOKEN_FILE]
    #[arg(long, global = true, help_heading = HEADING, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with = "user")]
    pub admin_token_file: Option<PathBuf>,
    /// User name and password, where its admin API asks for them
    #[arg(long, global = true, help_heading = HEADING, value_name = "NAME:PASSWORD")]
    pub user: Option<String>,
    /// Certificate authority of that ringer, for https [default: ca.pem in --certs]
    #[arg(long, global = true, help_heading = HEADING, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Option<PathBuf>,
    /// Session that it is about [default: $RINGER_SESSION, else that of all who name none]
    #[arg(long, global = true, help_heading = HEADING, value_name = "NAME")]
    pub session: Option<String>,
}

/// Where an admin API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    /// At a URL, whose path stands before `/__admin`.
    Url(Origin),
    /// At a Unix socket.
    Unix(PathBuf),
}

/// How a client proves who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// The token of the admin API.
    Token(String),
    /// User name and password, with `:` between.
    User(String),
}

/// Which ringer is meant, when flags and environment have been asked.
pub struct AdminTarget {
    /// Where it is.
    pub address: AdminAddress,
    /// What to prove oneself with.
    pub credentials: Option<Credentials>,
    /// Certificate authority to trust over TLS.
    pub ca_file: PathBuf,
    /// The session that calls are about.
    pub session: Option<String>,
}

impl AdminArgs {
    /// What flags and environment come to.
    ///
    /// # Errors
    ///
    /// A variable has no sense, or the file of the token cannot be read.
    pub fn target(&self, global: &GlobalArgs) -> anyhow::Result<AdminTarget> {
        self.target_in(global, &variable)
    }

    fn target_in(
        &self,
        global: &GlobalArgs,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<AdminTarget> {
        let named = || [URL, ADMIN].into_iter().find_map(|name| Some((name, variable(name)?)));
        let address = match (&self.admin, named()) {
            (Some(address), _) => address.clone(),
            (None, Some((name, text))) => text
                .parse()
                .map_err(|error| anyhow::anyhow!("environment variable `{name}`: {error}"))?,
            (None, None) => DEFAULT.parse().map_err(anyhow::Error::msg)?,
        };
        let certs = || global.certs.clone().unwrap_or_else(|| "certs".into());
        Ok(AdminTarget {
            address,
            credentials: self.credentials(variable)?,
            ca_file: self.ca.clone().unwrap_or_else(|| certs().join("ca.pem")),
            session: self.session.clone().or_else(|| variable(SESSION)),
        })
    }

    fn credentials(
        &self,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Option<Credentials>> {
        if let Some(user) = &self.user {
            return Ok(Some(Credentials::User(user.clone())));
        }
        // A flag of either kind is stronger than a variable of the other.
        let flags = self.admin_token.clone().map(Ok).or(self.admin_token_file.clone().map(Err));
        let variables =
            || variable(TOKEN).map(Ok).or(variable(TOKEN_FILE).map(|it| Err(it.into())));
        let token = match flags.or_else(variables) {
            None => return Ok(None),
            Some(Ok(token)) => token,
            Some(Err(file)) => std::fs::read_to_string(&file)
                .with_context(|| format!("cannot read the token in `{}`", file.display()))?,
        };
        Ok(Some(Credentials::Token(token.trim().to_owned())))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl fmt::Debug for AdminArgs {
    /// Without token and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminArgs")
            .field("admin", &self.admin)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl AdminAddress {
    /// What stands in `Host`.
    pub fn authority(&self) -> String {
        match self {
            Self::Url(origin) => origin.authority(),
            Self::Unix(_) => "localhost".to_owned(),
        }
    }

    /// What stands before `/__admin`.
    pub fn base_path(&self) -> &str {
        match self {
            Self::Url(origin) => &origin.base_path,
            Self::Unix(_) => "",
        }
    }

    /// A command by which a person can look for themselves.
    pub fn curl(&self) -> String {
        match self {
            Self::Url(origin) => format!("curl {origin}/__admin/version"),
            Self::Unix(path) => {
                format!("curl --unix-socket {} http://localhost/__admin/version", path.display())
            }
        }
    }
}

impl fmt::Display for AdminAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(origin) => origin.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

impl FromStr for AdminAddress {
    type Err = String;

    /// `http://127.0.0.1:8080`, `https://ringer.example`, `127.0.0.1:8080`, `8080`, `unix:ringer.sock`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix(UNIX) {
            return if path.is_empty() {
                Err(format!("`{text}` has no path, expected for example `unix:ringer.sock`"))
            } else {
                Ok(Self::Unix(path.into()))
            };
        }
        if text == "off" {
            return Err("`off` is no place to call; a URL, an address or `unix:PATH` is".to_owned());
        }
        if let Ok(address) = listen_address(text) {
            return Ok(Self::Url(Origin {
                scheme: Scheme::Http,
                host: address.ip().to_string(),
                port: address.port(),
                base_path: String::new(),
            }));
        }
        let with_scheme =
            if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        // The origin's own words are about upstreams.
        let origin = with_scheme.parse::<Origin>().map_err(|_| {
            format!(
                "`{text}` says not where an admin API is, expected for example \
                 `http://127.0.0.1:8080`, `127.0.0.1:8080` or `unix:ringer.sock`"
            )
        })?;
        let base_path = origin.base_path.strip_suffix("/__admin").unwrap_or(&origin.base_path);
        Ok(Self::Url(Origin { base_path: base_path.to_owned(), ..origin }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global() -> GlobalArgs {
        GlobalArgs {
            config: None,
            stubs: None,
            recordings: None,
            certs: None,
            log_format: None,
            verbose: 0,
            quiet: false,
        }
    }

    fn target(args: &AdminArgs, variables: &[(&str, &str)]) -> anyhow::Result<AdminTarget> {
        let value = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        args.target_in(&global(), &value)
    }

    #[test]
    fn an_address_is_a_url_an_address_a_port_or_a_socket() {
        let show = |text: &str| text.parse::<AdminAddress>().map(|address| address.to_string());
        for (text, shown) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://ringer.example/__admin/", "https://ringer.example"),
            ("http://h/base", "http://h/base"),
            ("127.0.0.1:9090", "http://127.0.0.1:9090"),
            ("9090", "http://127.0.0.1:9090"),
            ("[::1]:9090", "http://[::1]:9090"),
            ("ringer:9090", "http://ringer:9090"),
            ("unix:run/r.sock", "unix:run/r.sock"),
        ] {
            assert_eq!(show(text).as_deref(), Ok(shown), "{text}");
        }
        for wrong in ["", "off", "unix:", "ftp://h", "http://"] {
            assert!(show(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn flags_are_stronger_than_variables_and_the_clients_own_than_the_shared() {
        let none = AdminArgs::default();
        assert_eq!(target(&none, &[]).unwrap().address.to_string(), DEFAULT);
        let both = [(ADMIN, "unix:a"), (URL, "9090"), (TOKEN, "t"), (SESSION, "s")];
        let found = target(&none, &both).unwrap();
        assert_eq!(found.address.to_string(), "http://127.0.0.1:9090");
        assert!(found.credentials == Some(Credentials::Token("t".to_owned())));
        assert_eq!(found.session.as_deref(), Some("s"));
        let shared = target(&none, &both[..1]).unwrap();
        assert_eq!(shared.address, AdminAddress::Unix("a".into()));
        let flags = AdminArgs {
            admin: Some(AdminAddress::Unix("b".into())),
            user: Some("u:p".to_owned()),
            ..AdminArgs::default()
        };
        let found = target(&flags, &both).unwrap();
        assert_eq!(found.address, AdminAddress::Unix("b".into()));
        assert!(found.credentials == Some(Credentials::User("u:p".to_owned())));
        assert!(target(&none, &[(ADMIN, "off")]).is_err());
    }

    #[test]
    fn a_token_is_read_from_its_file_without_the_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "a-token\n").unwrap();
        let args = AdminArgs { admin_token_file: Some(file), ..AdminArgs::default() };
        let found = target(&args, &[(TOKEN, "other")]).unwrap();
        assert!(found.credentials == Some(Credentials::Token("a-token".to_owned())));
        let shown = format!("{:?}", AdminArgs { admin_token: Some("t0k".into()), ..args });
        assert!(!shown.contains("t0k"), "{shown}");
    }
}
