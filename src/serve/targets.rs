//! Which hosts stubs may fetch answers from, and call.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Hosts that are allowed and hosts that are denied. Denied ones win; when some are allowed, all
/// others are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// Allowed ones; empty is all.
    pub allowed: Vec<TargetPattern>,
    /// Denied ones.
    pub denied: Vec<TargetPattern>,
}

/// Some hosts: an address, a range of addresses (`10.0.0.1-10.0.0.9`), a network
/// (`10.0.0.0/8`), or a name in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetPattern {
    /// Host names, in lower case; `*` stands for any text.
    Name(String),
    /// Addresses from the first to the last.
    Range(IpAddr, IpAddr),
}

impl Targets {
    /// Whether everything is allowed, so that no name need be looked up.
    pub fn allow_all(&self) -> bool {
        self.allowed.is_empty() && self.denied.is_empty()
    }

    /// Whether a host may be called that has this name and these addresses. It is denied if its
    /// name or any of its addresses is; it is allowed if its name or all of its addresses are.
    pub fn allow(&self, host: &str, addresses: &[IpAddr]) -> bool {
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        let is_denied = self.denied.iter().any(|pattern| {
            pattern.has_name(&host) || addresses.iter().any(|address| pattern.has(*address))
        });
        let is_allowed = self.allowed.is_empty()
            || self.allowed.iter().any(|pattern| pattern.has_name(&host))
            || (!addresses.is_empty()
                && addresses
                    .iter()
                    .all(|address| self.allowed.iter().any(|pattern| pattern.has(*address))));
        is_allowed && !is_denied
    }
}

impl TargetPattern {
    fn has_name(&self, host: &str) -> bool {
        match self {
            Self::Name(pattern) => fits(pattern, host),
            Self::Range(..) => host.parse().is_ok_and(|address| self.has(address)),
        }
    }

    fn has(&self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::Range(IpAddr::V4(first), IpAddr::V4(last)), IpAddr::V4(address)) => {
                (first..=last).contains(&&address)
            }
            (Self::Range(IpAddr::V6(first), IpAddr::V6(last)), IpAddr::V6(address)) => {
                (first..=last).contains(&&address)
            }
            (Self::Name(pattern), address) => fits(pattern, &address.to_string()),
            _ => false,
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for any text. The greedy way back to the last
/// star: at most the product of both lengths.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if text.get(t) == Some(byte) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

impl FromStr for TargetPattern {
    type Err = String;

    /// `10.1.2.3`, `10.1.2.3-10.1.2.9`, `10.1.0.0/16`, `fd00::/8`, `*.example.com`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_ascii_lowercase();
        if let Ok(address) = text.parse() {
            return Ok(Self::Range(address, address));
        }
        if let Some((first, last)) = text.split_once('-')
            && let (Ok(first), Ok(last)) = (first.trim().parse(), last.trim().parse())
        {
            return match (first, last) {
                (IpAddr::V4(a), IpAddr::V4(b)) if a <= b => Ok(Self::Range(first, last)),
                (IpAddr::V6(a), IpAddr::V6(b)) if a <= b => Ok(Self::Range(first, last)),
                _ => Err(format!("`{text}` is no range of addresses: the first must be the lower")),
            };
        }
        if let Some((network, bits)) = text.split_once('/') {
            return network_of(network, bits)
                .ok_or_else(|| format!("`{text}` is no network, expected one like `10.0.0.0/8`"));
        }
        let is_name = |c: char| c.is_alphanumeric() || "*.-_:[]".contains(c);
        if text.is_empty() || !text.chars().all(is_name) {
            return Err(format!(
                "`{text}` is no host, expected a name (`*.example.com`), an address or a range of them"
            ));
        }
        Ok(Self::Name(text))
    }
}

fn network_of(network: &str, bits: &str) -> Option<TargetPattern> {
    let bits: u32 = bits.parse().ok()?;
    match network.parse().ok()? {
        IpAddr::V4(address) => {
            let rest = u32::MAX.checked_shr(bits).unwrap_or(0);
            let first = (bits <= 32).then_some(u32::from(address) & !rest)?;
            let (first, last) = (Ipv4Addr::from(first), Ipv4Addr::from(first | rest));
            Some(TargetPattern::Range(first.into(), last.into()))
        }
        IpAddr::V6(address) => {
            let rest = u128::MAX.checked_shr(bits).unwrap_or(0);
            let first = (bits <= 128).then_some(u128::from(address) & !rest)?;
            let (first, last) = (Ipv6Addr::from(first), Ipv6Addr::from(first | rest));
            Some(TargetPattern::Range(first.into(), last.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(allowed: &[&str], denied: &[&str]) -> Targets {
        let read = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Targets { allowed: read(allowed), denied: read(denied) }
    }

    #[track_caller]
    fn check(targets: &Targets, host: &str, addresses: &[&str], allowed: bool) {
        let addresses: Vec<IpAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
        assert_eq!(targets.allow(host, &addresses), allowed, "{host} {addresses:?}");
    }

    #[test]
    fn without_patterns_every_host_is_allowed() {
        check(&targets(&[], &[]), "any", &["1.2.3.4"], true);
    }

    #[test]
    fn what_is_denied_is_denied_by_name_and_by_address() {
        let targets = targets(&[], &["*.example.com", "10.0.0.0/8", "192.168.1.1-192.168.1.9"]);
        check(&targets, "API.example.com", &["1.2.3.4"], false);
        check(&targets, "example.com", &["1.2.3.4"], true);
        check(&targets, "x", &["1.2.3.4", "10.9.9.9"], false);
        check(&targets, "192.168.1.5", &[], false);
        check(&targets, "x", &["::ffff:192.168.1.10"], true);
        check(&targets, "x", &["::ffff:192.168.1.9"], false);
    }

    #[test]
    fn when_some_are_allowed_others_are_not_and_denial_wins() {
        let targets = targets(&["10.1.1.1-10.2.1.1", "good.test"], &["10.1.1.7"]);
        check(&targets, "x", &["10.1.9.1"], true);
        check(&targets, "x", &["10.1.9.1", "10.3.1.1"], false);
        check(&targets, "good.test", &["8.8.8.8"], true);
        check(&targets, "good.test", &["10.1.1.7"], false);
        check(&targets, "bad.test", &[], false);
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for wrong in ["", "a b", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "http://a"] {
            assert!(wrong.parse::<TargetPattern>().is_err(), "{wrong}");
        }
    }
}
