//! What faults are called: ringer's name first, then those of WireMock and toxiproxy, and short ones.

/// A fault that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as what it is")]
pub enum FaultName {
    ConnectionReset,
    EmptyResponse,
    MalformedChunk,
    RandomData,
    ResetWithin,
    ResetAfter,
    CloseWithin,
    HalfClose,
    ContentType,
    Truncated,
    Corrupted,
    InvalidJson,
    HeaderMissing,
    HeaderDuplicated,
    ContentLength,
    Stall,
    SlowClose,
    ResetStream,
    GoAway,
    Refuse,
    NeverAnswer,
    ConnectReset,
    WithheldWindow,
    TlsExpired,
    TlsWrongName,
    TlsSelfSigned,
    TlsUnknownIssuer,
    TlsStall,
    TlsAlert,
    TlsOldVersion,
}

use FaultName as F;

/// Every fault and its names.
pub const FAULTS: [(FaultName, &[&str]); 30] = [
    (F::ConnectionReset, &["connection-reset", "reset_peer", "CONNECTION_RESET_BY_PEER", "reset"]),
    (F::EmptyResponse, &["empty-response", "EMPTY_RESPONSE", "empty"]),
    (F::MalformedChunk, &["malformed-chunk", "MALFORMED_RESPONSE_CHUNK"]),
    (F::RandomData, &["random-data", "RANDOM_DATA_THEN_CLOSE", "garbage"]),
    (F::ResetWithin, &["reset-within"]),
    (F::ResetAfter, &["reset-after"]),
    (F::CloseWithin, &["close-within", "limit_data"]),
    (F::HalfClose, &["half-close"]),
    (F::ContentType, &["content-type"]),
    (F::Truncated, &["truncated", "truncate"]),
    (F::Corrupted, &["corrupted", "corrupt"]),
    (F::InvalidJson, &["invalid-json"]),
    (F::HeaderMissing, &["header-missing"]),
    (F::HeaderDuplicated, &["header-duplicated"]),
    (F::ContentLength, &["content-length"]),
    (F::Stall, &["stall", "timeout"]),
    (F::SlowClose, &["slow-close"]),
    (F::ResetStream, &["reset-stream", "rst_stream"]),
    (F::GoAway, &["goaway", "go-away"]),
    (F::Refuse, &["refuse", "down"]),
    (F::NeverAnswer, &["never-answer"]),
    (F::ConnectReset, &["connect-reset"]),
    (F::WithheldWindow, &["withheld-window"]),
    (F::TlsExpired, &["tls-expired"]),
    (F::TlsWrongName, &["tls-wrong-name"]),
    (F::TlsSelfSigned, &["tls-self-signed"]),
    (F::TlsUnknownIssuer, &["tls-unknown-issuer"]),
    (F::TlsStall, &["tls-stall"]),
    (F::TlsAlert, &["tls-alert"]),
    (F::TlsOldVersion, &["tls-old-version"]),
];

/// What is no fault here, though toxiproxy has it beside its faults, and what says it.
pub(super) const OTHERS: [(&str, &str); 5] = [
    ("latency", "`delay` = \"200ms\""),
    ("delay", "`delay` = \"200ms\""),
    ("bandwidth", "`bandwidth` = \"64kB/s\""),
    ("slicer", "`bandwidth` = { rate = \"1MB/s\", slice = 1460 }"),
    ("rate_limit", "`rate_limit` = \"10/s\""),
];

impl FaultName {
    /// What says it, where a name is of something that is no fault.
    pub(super) fn other(name: &str) -> Option<&'static str> {
        let wanted = plain(name);
        OTHERS.iter().find(|(name, _)| plain(name) == wanted).map(|(_, hint)| *hint)
    }

    /// The fault that a name means, in any case and with `-` or `_` or neither between its words.
    pub fn of(name: &str) -> Option<Self> {
        let wanted = plain(name);
        let fault = FAULTS.iter().find(|(_, names)| names.iter().any(|it| plain(it) == wanted));
        fault.map(|(fault, _)| *fault)
    }

    /// ringer's own name of it.
    pub fn word(self) -> &'static str {
        let names = FAULTS.iter().find(|(fault, _)| *fault == self);
        names.and_then(|(_, names)| names.first()).copied().unwrap_or_default()
    }

    /// Every fault's own name.
    pub fn words() -> impl Iterator<Item = &'static str> {
        FAULTS.iter().filter_map(|(_, names)| names.first().copied())
    }
}

/// A name without what may differ.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '-' | '_'));
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_its_fault_and_no_other() {
        for (fault, names) in FAULTS {
            for name in names {
                assert_eq!(FaultName::of(name), Some(fault), "{name}");
            }
            assert_eq!(FaultName::of(fault.word()), Some(fault));
        }
        assert_eq!(FaultName::of("Connection_Reset"), Some(F::ConnectionReset));
        assert_eq!(FaultName::of("invalidJson"), Some(F::InvalidJson));
        assert_eq!(FaultName::of("nope"), None);
        assert!(FaultName::other("Rate-Limit").is_some() && FaultName::other("stall").is_none());
    }
}
