//! Where an API lives.

use std::{fmt, net::IpAddr, str::FromStr};

use super::message::Scheme;

/// Scheme, host and port of an API, with the path under which it lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: Scheme,
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    /// Port, the scheme's own where the URL had none.
    pub port: u16,
    /// Path that is put before each request's; empty, or starts with `/` and does not end with it.
    pub base_path: String,
}

impl Origin {
    /// `host` where the port is the scheme's own, else `host:port`.
    pub fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.scheme.default_port() { host } else { format!("{host}:{}", self.port) }
    }

    /// `scheme://host[:port]`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), self.authority())
    }

    /// Whether it lies on this machine or in a private network: loopback, RFC 1918, RFC 4193,
    /// link-local, `localhost`, or a name of a reserved local domain (RFC 6761, RFC 8375).
    pub fn is_private(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            Ok(IpAddr::V6(ip)) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
            Err(_) => {
                let host = self.host.trim_end_matches('.').to_ascii_lowercase();
                !host.contains('.')
                    || [".localhost", ".test", ".internal", ".local", ".home.arpa"]
                        .iter()
                        .any(|suffix| host.ends_with(suffix))
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.base_path)
    }
}

impl FromStr for Origin {
    type Err = String;

    /// `https://api.example.com`, `http://127.0.0.1:9000/base`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why: &str| {
            format!(
                "`{text}` is no upstream URL ({why}), expected for example `https://api.example.com`"
            )
        };
        let uri: http::Uri = text.parse().map_err(|error| wrong(&format!("{error}")))?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            Some(other) => return Err(wrong(&format!("scheme `{other}` is not http or https"))),
            None => return Err(wrong("it has no scheme")),
        };
        if uri.query().is_some() {
            return Err(wrong("a query makes no sense here"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("user name and password do not belong here"));
        }
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return Err(wrong("it has no host"));
        }
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or_else(|| scheme.default_port()),
            base_path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_and_shows_itself() {
        let show = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
        assert_eq!(show("https://api.example.com"), Ok("https://api.example.com".to_owned()));
        assert_eq!(show("http://h:80/v1/"), Ok("http://h/v1".to_owned()));
        assert_eq!(show("http://[::1]:9000"), Ok("http://[::1]:9000".to_owned()));
        for wrong in ["", "api.example.com", "ftp://x", "https://", "https://u:p@x", "http://x?q"] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn private_means_that_the_host_header_can_be_kept() {
        let private = |text: &str| text.parse::<Origin>().unwrap().is_private();
        for yes in [
            "http://127.0.0.1:1",
            "https://[::1]",
            "http://10.0.0.1",
            "http://minio",
            "http://a.test",
        ] {
            assert!(private(yes), "{yes}");
        }
        for no in ["https://api.example.com", "http://8.8.8.8"] {
            assert!(!private(no), "{no}");
        }
    }
}
