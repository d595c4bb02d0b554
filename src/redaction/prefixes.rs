//! Prefixes that providers give to their keys. A new one is a line in this table.

use super::{class::Class, opaque};

/// Characters that may follow a prefix.
#[derive(Clone, Copy)]
pub(super) enum Alphabet {
    /// `[0-9a-z]`, `[0-9A-Z]` and `[0-9A-Za-z]`
    Alnum,
    /// `[0-9a-fA-F]`
    Hex,
    /// `[0-9a-f]`
    LowerHex,
    /// `[0-9A-Z]`
    Upper,
    /// `[0-9A-Za-z_-]`
    Word,
    /// Base64, URL-safe base64 and dots.
    Wide,
}

impl Alphabet {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::LowerHex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Wide => opaque::is_token_byte(byte),
        }
    }
}

/// A credential of a provider.
pub(super) struct Shape {
    pub(super) prefix: &'static str,
    pub(super) alphabet: Alphabet,
    /// Characters after the prefix.
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) class: Class,
}

const fn shape(
    prefix: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
    class: Class,
) -> Shape {
    Shape { prefix, alphabet, least, most, class }
}

/// A run that is longer than this is data, not a key.
const MOST: usize = 512;

#[rustfmt::skip]
pub(super) const SHAPES: &[Shape] = &[
    shape("A3T", Alphabet::Upper, 17, 17, Class::ApiKey),
    shape("ABIA", Alphabet::Upper, 16, 16, Class::ApiKey),
    shape("AC", Alphabet::LowerHex, 32, 32, Class::ApiKey),
    shape("ACCA", Alphabet::Upper, 16, 16, Class::ApiKey),
    shape("AGE-SECRET-KEY-1", Alphabet::Upper, 58, 58, Class::PrivateKey),
    shape("AIza", Alphabet::Word, 35, 35, Class::ApiKey),
    shape("AKIA", Alphabet::Upper, 16, 16, Class::ApiKey),
    shape("ASIA", Alphabet::Upper, 16, 16, Class::ApiKey),
    shape("ATATT3", Alphabet::Wide, 50, MOST, Class::Token),
    shape("EAAA", Alphabet::Word, 60, 60, Class::Token),
    shape("GOCSPX-", Alphabet::Word, 28, 28, Class::Secret),
    shape("HRKU-", Alphabet::Word, 36, 70, Class::ApiKey),
    shape("NRAK-", Alphabet::Upper, 27, 27, Class::ApiKey),
    shape("PMAK-", Alphabet::Word, 59, 59, Class::ApiKey),
    shape("SG.", Alphabet::Wide, 66, 66, Class::ApiKey),
    shape("SK", Alphabet::LowerHex, 32, 32, Class::ApiKey),
    shape("access-development-", Alphabet::Word, 36, 36, Class::Token),
    shape("access-production-", Alphabet::Word, 36, 36, Class::Token),
    shape("access-sandbox-", Alphabet::Word, 36, 36, Class::Token),
    shape("dapi", Alphabet::LowerHex, 32, 34, Class::ApiKey),
    shape("doo_v1_", Alphabet::LowerHex, 64, 64, Class::Token),
    shape("dop_v1_", Alphabet::LowerHex, 64, 64, Class::Token),
    shape("dor_v1_", Alphabet::LowerHex, 64, 64, Class::Token),
    shape("figd_", Alphabet::Word, 40, MOST, Class::Token),
    shape("gho_", Alphabet::Alnum, 36, 255, Class::Token),
    shape("ghp_", Alphabet::Alnum, 36, 255, Class::Token),
    shape("ghr_", Alphabet::Alnum, 36, 255, Class::Token),
    shape("ghs_", Alphabet::Alnum, 36, 255, Class::Token),
    shape("ghu_", Alphabet::Alnum, 36, 255, Class::Token),
    shape("github_pat_", Alphabet::Word, 60, 100, Class::Token),
    shape("glcbt-", Alphabet::Word, 20, 70, Class::Token),
    shape("glc_", Alphabet::Wide, 32, MOST, Class::Token),
    shape("gldt-", Alphabet::Word, 20, 70, Class::Token),
    shape("glpat-", Alphabet::Wide, 20, 120, Class::Token),
    shape("glptt-", Alphabet::Word, 20, 70, Class::Token),
    shape("glrt-", Alphabet::Wide, 20, 120, Class::Token),
    shape("glsa_", Alphabet::Word, 32, 70, Class::Token),
    shape("glsoat-", Alphabet::Word, 20, 70, Class::Token),
    shape("hf_", Alphabet::Alnum, 30, 50, Class::Token),
    shape("hooks.slack.com/services/", Alphabet::Wide, 20, 100, Class::Secret),
    shape("hvb.", Alphabet::Word, 24, 400, Class::Token),
    shape("hvs.", Alphabet::Word, 24, 400, Class::Token),
    shape("lin_api_", Alphabet::Alnum, 32, 64, Class::ApiKey),
    shape("npm_", Alphabet::Alnum, 36, 36, Class::Token),
    shape("ntn_", Alphabet::Alnum, 40, 60, Class::Token),
    shape("pscale_tkn_", Alphabet::Wide, 32, 64, Class::Token),
    shape("pul-", Alphabet::LowerHex, 40, 40, Class::Token),
    shape("pypi-AgEIcHlwaS5vcmc", Alphabet::Word, 50, MOST, Class::Token),
    shape("rk_live_", Alphabet::Alnum, 10, 247, Class::ApiKey),
    shape("rk_test_", Alphabet::Alnum, 10, 247, Class::ApiKey),
    shape("rubygems_", Alphabet::LowerHex, 48, 48, Class::Token),
    shape("shpat_", Alphabet::Hex, 32, 32, Class::Token),
    shape("shpca_", Alphabet::Hex, 32, 32, Class::Token),
    shape("shppa_", Alphabet::Hex, 32, 32, Class::Token),
    shape("shpss_", Alphabet::Hex, 32, 32, Class::Secret),
    shape("sk-", Alphabet::Alnum, 32, 64, Class::ApiKey),
    shape("sk-admin-", Alphabet::Word, 20, 300, Class::ApiKey),
    shape("sk-ant-", Alphabet::Word, 20, 300, Class::ApiKey),
    shape("sk-or-", Alphabet::Word, 20, 300, Class::ApiKey),
    shape("sk-proj-", Alphabet::Word, 20, 300, Class::ApiKey),
    shape("sk-svcacct-", Alphabet::Word, 20, 300, Class::ApiKey),
    shape("sk_live_", Alphabet::Alnum, 10, 247, Class::ApiKey),
    shape("sk_prod_", Alphabet::Alnum, 10, 247, Class::ApiKey),
    shape("sk_test_", Alphabet::Alnum, 10, 247, Class::ApiKey),
    shape("sntrys_", Alphabet::Wide, 40, MOST, Class::Token),
    shape("sntryu_", Alphabet::LowerHex, 64, 64, Class::Token),
    shape("sq0atp-", Alphabet::Word, 22, 60, Class::Token),
    shape("sq0csp-", Alphabet::Word, 22, 60, Class::Secret),
    shape("whsec_", Alphabet::Wide, 24, 100, Class::Secret),
    shape("xapp-", Alphabet::Word, 20, 200, Class::Token),
    shape("xkeysib-", Alphabet::Word, 64, 100, Class::ApiKey),
    shape("xoxa-", Alphabet::Word, 10, 300, Class::Token),
    shape("xoxb-", Alphabet::Word, 10, 300, Class::Token),
    shape("xoxe-", Alphabet::Word, 10, 300, Class::Token),
    shape("xoxe.xoxp-", Alphabet::Word, 10, 300, Class::Token),
    shape("xoxp-", Alphabet::Word, 10, 300, Class::Token),
    shape("xoxr-", Alphabet::Word, 10, 300, Class::Token),
    shape("xoxs-", Alphabet::Word, 10, 300, Class::Token),
    shape("ya29.", Alphabet::Wide, 20, MOST, Class::Token),
];
