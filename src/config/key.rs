//! The table of settings: each has one name, from which its variable and its flag follow.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use super::{
    behaviors,
    layer::{Layer, TokenSource},
};
use crate::{
    admin::AdminToken,
    behavior::latency::parse_duration,
    engine::Matching,
    format::behavior::merge,
    model::{Behaviors, SessionName},
    runtime::Seed,
    serve::AdminPlace,
};

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name in `ringer.toml`, in lower case with `_`.
    pub name: &'static str,
    /// How it is written in the file.
    pub kind: Kind,
    /// What it takes, for people: `DURATION`, `FILE`, ….
    pub value: &'static str,
    /// Reads one value into a layer; a list is read by one call a value. The error says what was
    /// given and what is expected.
    pub set: fn(&mut Layer, &str) -> Result<(), String>,
}

/// How a setting is written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A part of the document of behaviours: a string, a table, or a list of these.
    Behavior,
    /// A string or an array of strings.
    List,
    /// An integer, or a string with a unit.
    Number,
    /// `true` or `false`.
    Switch,
    /// A string.
    Text,
}

impl Key {
    /// The environment variable of this setting.
    pub fn variable(&self) -> String {
        format!("RINGER_{}", self.name.to_ascii_uppercase())
    }
}

/// Every setting, in alphabetical order.
pub const KEYS: &[Key] = &[
    text("admin", "ADDR", |layer, text| put(&mut layer.admin, admin_place(text))),
    text("admin_token", "TOKEN", |layer, text| {
        put(&mut layer.admin_token, admin_token(text).map(TokenSource::Given))
    }),
    text("admin_token_file", "FILE", |layer, text| {
        put(&mut layer.admin_token, path(text).map(TokenSource::File))
    }),
    list("allow_proxy_targets", "HOST", |layer, text| {
        push(&mut layer.allow_proxy_targets, text.parse())
    }),
    switch("allow_request_faults", |layer, text| {
        put(&mut layer.allow_request_faults, yes_or_no(text))
    }),
    behavior("bandwidth", "RATE", |layer, text| add(&mut layer.bandwidth, "bandwidth", text)),
    text("certs", "DIR", |layer, text| put(&mut layer.certs, path(text))),
    list("chaos", "FILE|NAME", |layer, text| {
        push(&mut layer.chaos, behaviors::profile(text, Path::new("")))
    }),
    text("connect_timeout", "DURATION", |layer, text| {
        put(&mut layer.connect_timeout, duration(text))
    }),
    behavior("delay", "DELAY", |layer, text| add(&mut layer.delay, "delay", text)),
    list("deny_proxy_targets", "HOST", |layer, text| {
        push(&mut layer.deny_proxy_targets, text.parse())
    }),
    text("drain_timeout", "DURATION", |layer, text| put(&mut layer.drain_timeout, duration(text))),
    text("expectations", "FILE", |layer, text| put(&mut layer.expectations, path(text))),
    text("fail", "SHARE:STATUS", |layer, text| put(&mut layer.fail, text.parse())),
    behavior("fault", "FAULT", |layer, text| add(&mut layer.fault, "fault", text)),
    text("fault_log", "FILE", |layer, text| put(&mut layer.fault_log, path(text))),
    switch("gzip", |layer, text| put(&mut layer.gzip, yes_or_no(text))),
    text("handshake_timeout", "DURATION", |layer, text| {
        put(&mut layer.handshake_timeout, duration(text))
    }),
    text("header_timeout", "DURATION", |layer, text| {
        put(&mut layer.header_timeout, duration(text))
    }),
    text("idle_timeout", "DURATION", |layer, text| put(&mut layer.idle_timeout, duration(text))),
    number("journal_body_bytes", "SIZE", |layer, text| {
        put(&mut layer.journal_body_bytes, size(text))
    }),
    number("journal_bytes", "SIZE", |layer, text| put(&mut layer.journal_bytes, size(text))),
    number("journal_entries", "N", |layer, text| put(&mut layer.journal_entries, whole(text))),
    number("journal_total_bytes", "SIZE", |layer, text| {
        put(&mut layer.journal_total_bytes, size(text))
    }),
    behavior("latency", "SPEC", |layer, text| put(&mut layer.latency, behaviors::latency(text))),
    list("listen", "ADDR", |layer, text| push(&mut layer.listen, listen_address(text))),
    text("log_format", "FORMAT", |layer, text| put(&mut layer.log_format, text.parse())),
    text("match", "HOW", |layer, text| put(&mut layer.matching, matching(text))),
    switch("matched_stub_headers", |layer, text| {
        put(&mut layer.matched_stub_headers, yes_or_no(text))
    }),
    number("max_admin_body", "SIZE", |layer, text| put(&mut layer.max_admin_body, size(text))),
    number("max_body_in_memory", "SIZE", |layer, text| {
        put(&mut layer.max_body_in_memory, size(text))
    }),
    number("max_connections", "N", |layer, text| put(&mut layer.max_connections, count(text))),
    number("max_early_retries", "N", |layer, text| {
        put(&mut layer.max_early_retries, whole(text).map(|number| number as u64))
    }),
    number("max_header_bytes", "SIZE", |layer, text| put(&mut layer.max_header_bytes, size(text))),
    number("max_leaf_certificates", "N", |layer, text| {
        put(&mut layer.max_leaf_certificates, count(text))
    }),
    number("max_sessions", "N", |layer, text| put(&mut layer.max_sessions, count(text))),
    text("otlp", "URL", |layer, text| put(&mut layer.otlp, text.parse())),
    list("permitted_system_keys", "REGEX", |layer, text| {
        push(&mut layer.permitted_system_keys, text.parse())
    }),
    switch("preserve_host", |layer, text| put(&mut layer.preserve_host, yes_or_no(text))),
    switch("proxy_preserves_host", |layer, text| {
        put(&mut layer.proxy_preserves_host, yes_or_no(text))
    }),
    switch("proxy_preserves_user_agent", |layer, text| {
        put(&mut layer.proxy_preserves_user_agent, yes_or_no(text))
    }),
    switch("quiet", |layer, text| put(&mut layer.quiet, yes_or_no(text))),
    behavior("rate_limit", "LIMIT", |layer, text| add(&mut layer.rate_limit, "rate_limit", text)),
    text("ready_file", "FILE", |layer, text| put(&mut layer.ready_file, path(text))),
    text("recordings", "DIR", |layer, text| put(&mut layer.recordings, path(text))),
    switch("redact", |layer, text| put(&mut layer.redact, yes_or_no(text))),
    text("redaction_key", "TEXT", |layer, text| put(&mut layer.redaction_key, redaction_key(text))),
    text("replay_faults", "FILE", |layer, text| put(&mut layer.replay_faults, path(text))),
    text("response_timeout", "DURATION", |layer, text| {
        put(&mut layer.response_timeout, duration(text))
    }),
    number("seed", "N", |layer, text| put(&mut layer.seed, seed(text))),
    text("session_idle", "DURATION", |layer, text| put(&mut layer.session_idle, duration(text))),
    list("session_listen", "NAME=ADDR", |layer, text| {
        push(&mut layer.session_listen, session_listen(text))
    }),
    switch("strict", |layer, text| put(&mut layer.strict, yes_or_no(text))),
    switch("strict_sessions", |layer, text| put(&mut layer.strict_sessions, yes_or_no(text))),
    text("stubs", "DIR", |layer, text| put(&mut layer.stubs, path(text))),
    text("templating", "WHOSE", |layer, text| put(&mut layer.templating, text.parse())),
    list("upstream_ca", "FILE", |layer, text| push(&mut layer.upstream_ca, path(text))),
    switch("upstream_insecure", |layer, text| put(&mut layer.upstream_insecure, yes_or_no(text))),
    number("verbose", "N", |layer, text| put(&mut layer.verbose, verbosity(text))),
    switch("watch", |layer, text| put(&mut layer.watch, yes_or_no(text))),
];

type Set = fn(&mut Layer, &str) -> Result<(), String>;

const fn behavior(name: &'static str, value: &'static str, set: Set) -> Key {
    Key { name, kind: Kind::Behavior, value, set }
}

const fn list(name: &'static str, value: &'static str, set: Set) -> Key {
    Key { name, kind: Kind::List, value, set }
}

const fn number(name: &'static str, value: &'static str, set: Set) -> Key {
    Key { name, kind: Kind::Number, value, set }
}

const fn switch(name: &'static str, set: Set) -> Key {
    Key { name, kind: Kind::Switch, value: "BOOL", set }
}

const fn text(name: &'static str, value: &'static str, set: Set) -> Key {
    Key { name, kind: Kind::Text, value, set }
}

fn put<T>(place: &mut Option<T>, value: Result<T, String>) -> Result<(), String> {
    *place = Some(value?);
    Ok(())
}

fn push<T>(place: &mut Option<Vec<T>>, value: Result<T, String>) -> Result<(), String> {
    place.get_or_insert_default().push(value?);
    Ok(())
}

/// Adds an entry of the document of behaviours to those of the same source.
fn add(place: &mut Option<Behaviors>, key: &str, text: &str) -> Result<(), String> {
    merge(place.get_or_insert_default(), behaviors::entry(key, text)?);
    Ok(())
}

/// Reads an address to listen on: `127.0.0.1:8080`, `[::1]:0`, `localhost:8080`, or a port alone,
/// which means loopback.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    if let Ok(port) = port.parse::<u16>() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    SocketAddr::from_str(text).map_err(|_| {
        format!(
            "`{text}` is not an address to listen on, expected for example `127.0.0.1:8080`, \
             `[::1]:8080` or a port"
        )
    })
}

/// Reads the address of a session's own: `NAME=ADDR`.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn session_listen(text: &str) -> Result<(SessionName, SocketAddr), String> {
    // An address has no `=`, a name may.
    let (name, address) = text.rsplit_once('=').ok_or_else(|| {
        format!(
            "`{text}` is no session with its address, expected for example `ann=127.0.0.1:9001`"
        )
    })?;
    Ok((session_name(name)?, listen_address(address)?))
}

/// Reads the name of a session other than the default one.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn session_name(text: &str) -> Result<SessionName, String> {
    let name: SessionName =
        text.parse().map_err(|error| format!("`{text}` names no session: {error}"))?;
    if name.is_default() {
        return Err(format!(
            "`{text}` is the default session, whose addresses are those of `listen`"
        ));
    }
    Ok(name)
}

/// Reads where the admin API answers: an address of its own, the path of a Unix socket, or `off`.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn admin_place(text: &str) -> Result<Option<AdminPlace>, String> {
    if text == "off" {
        return Ok(None);
    }
    if let Some(path) = text.strip_prefix("unix:") {
        return socket(path).map(Some);
    }
    listen_address(text)
        .map(|address| Some(AdminPlace::Address(address)))
        .map_err(|message| format!("{message}, `unix:PATH` for a Unix socket, or `off`"))
}

#[cfg(unix)]
fn socket(path: &str) -> Result<AdminPlace, String> {
    self::path(path).map(AdminPlace::Unix)
}

#[cfg(not(unix))]
fn socket(_: &str) -> Result<AdminPlace, String> {
    Err("this system has no Unix sockets, expected an address or `off`".to_owned())
}

/// Reads the token of the admin API.
///
/// # Errors
///
/// Says what is expected, and not what was given.
pub fn admin_token(text: &str) -> Result<AdminToken, String> {
    text.parse()
}

/// Reads `nearest` or `strict`.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn matching(text: &str) -> Result<Matching, String> {
    match text {
        "nearest" => Ok(Matching::Nearest),
        "strict" => Ok(Matching::Strict),
        _ => Err(format!("unknown way to match `{text}`, expected `nearest` or `strict`")),
    }
}

/// Reads a number of bytes, with a unit or not.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn size(text: &str) -> Result<usize, String> {
    let wrong = || {
        format!("`{text}` is not a size, expected bytes or a number and a unit: `64KiB`, `2MiB`")
    };
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let factor: usize = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    match number.parse::<usize>().ok().and_then(|number| number.checked_mul(factor)) {
        None | Some(0) => Err(wrong()),
        Some(size) => Ok(size),
    }
}

/// Reads a duration that is longer than nothing.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err(format!("`{text}` is no time at all, expected more than 0")),
        duration => Ok(duration),
    }
}

/// Reads a number of at least 1.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is not a number of at least 1")),
        Ok(count) => Ok(count),
    }
}

fn whole(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number, 0 or more"))
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("the path is empty".to_owned()) } else { Ok(text.into()) }
}

fn redaction_key(text: &str) -> Result<String, String> {
    // A short key could be found by trying, and with it what the pseudonyms stand for.
    if text.len() < 16 {
        return Err("a redaction key must have at least 16 characters".to_owned());
    }
    Ok(text.to_owned())
}

fn seed(text: &str) -> Result<Seed, String> {
    text.parse().map(Seed).map_err(|_| format!("`{text}` is not a seed, expected a whole number"))
}

fn verbosity(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| format!("`{text}` is not a verbosity, expected 0, 1, 2 or 3"))
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "on" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_repeats() {
        assert!(KEYS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn every_setting_has_its_row_in_the_documentation() {
        let page = include_str!("../../docs/configuration.md");
        for key in KEYS {
            assert!(page.contains(&format!("\n| `{}` |", key.name)), "{}", key.name);
        }
    }

    #[test]
    fn an_address_is_loopback_unless_another_is_named() {
        let show = |text| listen_address(text).map(|address| address.to_string());
        assert_eq!(show("8080").as_deref(), Ok("127.0.0.1:8080"));
        assert_eq!(show("localhost:0").as_deref(), Ok("127.0.0.1:0"));
        assert_eq!(show("0.0.0.0:80").as_deref(), Ok("0.0.0.0:80"));
        assert_eq!(show("[::1]:443").as_deref(), Ok("[::1]:443"));
        for wrong in ["", ":8080", "example.com:80", "127.0.0.1", "99999"] {
            assert!(listen_address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_take_units() {
        assert_eq!(size("64KiB"), Ok(65536));
        assert_eq!(size("10"), Ok(10));
        for wrong in ["", "0", "x", "1 furlong", "99999999999GiB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_redaction_key_that_is_short_is_refused_and_not_repeated() {
        let message = redaction_key("hunter2").unwrap_err();
        assert!(!message.contains("hunter2"), "{message}");
    }
}
