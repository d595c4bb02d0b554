//! Credentials that are known by their own form, wherever they stand.
//!
//! Providers give their keys a prefix so that scanners find them; the table lists those, and a
//! handful of forms that need code. The prefix is not secret and stays.

use std::{ops::Range, sync::LazyLock};

use super::{card, class::Class, jwt, opaque};

/// A credential in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What must not be seen: the credential without its prefix.
    pub(super) secret: Range<usize>,
    /// Where to look on.
    pub(super) end: usize,
    pub(super) class: Class,
    pub(super) form: Form,
}

/// What has to be known of a credential to replace it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `user:password` in base64.
    Basic,
    /// Digits with a check digit.
    Card,
    /// A JSON Web Token, which starts at the given place.
    Jwt(usize),
    /// Nothing.
    Token,
}

/// Characters that may follow a prefix.
#[derive(Clone, Copy)]
enum Alphabet {
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
    fn has(self, byte: u8) -> bool {
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

struct Shape {
    prefix: &'static str,
    alphabet: Alphabet,
    least: usize,
    most: usize,
    class: Class,
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
const SHAPES: &[Shape] = &[
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

/// For each byte, the shapes whose prefix starts with it, longest prefix first.
static BY_FIRST: LazyLock<Vec<Vec<&'static Shape>>> = LazyLock::new(|| {
    let mut lists: Vec<Vec<&'static Shape>> = vec![Vec::new(); 256];
    for shape in SHAPES {
        let first = shape.prefix.bytes().next().map_or(0, usize::from);
        if let Some(list) = lists.get_mut(first) {
            list.push(shape);
            list.sort_by_key(|shape| std::cmp::Reverse(shape.prefix.len()));
        }
    }
    lists
});

/// Bytes at which a credential may begin, or the part of it that gives it away.
static STARTS: LazyLock<[bool; 256]> = LazyLock::new(|| {
    let mut starts = [false; 256];
    for (start, list) in starts.iter_mut().zip(BY_FIRST.iter()) {
        *start = !list.is_empty();
    }
    for byte in [b'e', b'B', b'b', b'-', b':', b'_'] {
        if let Some(start) = starts.get_mut(usize::from(byte)) {
            *start = true;
        }
    }
    starts
});

/// The next credential at or after `from`, card numbers aside.
pub(super) fn find(text: &[u8], from: usize) -> Option<Found> {
    let starts = &*STARTS;
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        at += rest.iter().position(|&byte| starts.get(usize::from(byte)) == Some(&true))?;
        if let Some(found) = at_place(text, at) {
            return Some(found);
        }
        at += 1;
    }
}

/// The next card number at or after `from`.
pub(super) fn find_card(text: &[u8], from: usize) -> Option<Found> {
    let secret = card::find(text, from)?;
    Some(Found { end: secret.end, secret, class: Class::CardNumber, form: Form::Card })
}

fn at_place(text: &[u8], at: usize) -> Option<Found> {
    let rest = text.get(at..)?;
    let first = *rest.first()?;
    match first {
        b':' => return user_information(text, at).or_else(|| bot_token(text, at)),
        b'_' => return client_secret(text, at),
        b'-' => return private_key(text, at),
        _ => {}
    }
    if at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|&byte| is_inner(byte)) {
        return None;
    }
    match first {
        b'e' => {
            if let Some((length, signature)) = jwt::at_start(rest) {
                return Some(Found {
                    secret: at + signature.start..at + signature.end,
                    end: at + length,
                    class: Class::Token,
                    form: Form::Jwt(at),
                });
            }
        }
        b'B' | b'b' => {
            if let Some(found) = scheme(text, at) {
                return Some(found);
            }
        }
        _ => {}
    }
    BY_FIRST.get(usize::from(first))?.iter().find_map(|shape| {
        let body = rest.strip_prefix(shape.prefix.as_bytes())?;
        let length = run(body, shape.alphabet, shape.most + 1);
        let start = at + shape.prefix.len();
        (shape.least..=shape.most).contains(&length).then(|| Found {
            secret: start..start + length,
            end: start + length,
            class: shape.class,
            form: Form::Token,
        })
    })
}

/// A byte before which no key begins: it would be part of a longer word.
fn is_inner(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+')
}

fn run(text: &[u8], alphabet: Alphabet, limit: usize) -> usize {
    text.iter().take(limit).take_while(|&&byte| alphabet.has(byte)).count()
}

/// `Bearer …` and `Basic …` in the middle of a text.
fn scheme(text: &[u8], at: usize) -> Option<Found> {
    let word = text.get(at..at + 7)?;
    let (start, form) = if word.eq_ignore_ascii_case(b"bearer ") {
        (at + 7, Form::Token)
    } else if word.get(..6)?.eq_ignore_ascii_case(b"basic ") {
        (at + 6, Form::Basic)
    } else {
        return None;
    };
    let body = text.get(start..)?;
    let length = run(body, Alphabet::Wide, 8192);
    let value = std::str::from_utf8(body.get(..length)?).ok()?;
    if form == Form::Token && jwt::whole(value).is_some() {
        return None;
    }
    let is_credential = match form {
        Form::Basic => super::basic::decode(value).is_some(),
        _ => opaque::looks_opaque(value),
    };
    is_credential.then_some(Found {
        secret: start..start + length,
        end: start + length,
        class: Class::Authorization,
        form,
    })
}

/// The password of `scheme://user:password@host`.
fn user_information(text: &[u8], at: usize) -> Option<Found> {
    let rest = text.get(at..)?.strip_prefix(b"://")?;
    let is_end = |byte: &u8| {
        matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'@')
            || *byte <= b' '
    };
    let length = rest.iter().take(1024).position(is_end)?;
    if rest.get(length) != Some(&b'@') {
        return None;
    }
    let colon = rest.get(..length)?.iter().position(|&byte| byte == b':')?;
    let start = at + 3 + colon + 1;
    let end = at + 3 + length;
    (start < end).then_some(Found {
        secret: start..end,
        end,
        class: Class::Password,
        form: Form::Token,
    })
}

/// `123456789:AA…`, the token of a Telegram bot.
fn bot_token(text: &[u8], at: usize) -> Option<Found> {
    text.get(at.checked_sub(1)?).filter(|byte| byte.is_ascii_digit())?;
    let body = text.get(at..)?.strip_prefix(b":AA")?;
    (run(body, Alphabet::Word, 34) == 33).then_some(Found {
        secret: at + 1..at + 36,
        end: at + 36,
        class: Class::Token,
        form: Form::Token,
    })
}

/// `pi_…_secret_…` of Stripe.
fn client_secret(text: &[u8], at: usize) -> Option<Found> {
    let body = text.get(at..)?.strip_prefix(b"_secret_")?;
    text.get(at.checked_sub(1)?).filter(|byte| byte.is_ascii_alphanumeric())?;
    let length = run(body, Alphabet::Alnum, 129);
    let start = at + "_secret_".len();
    (16..=128).contains(&length).then_some(Found {
        secret: start..start + length,
        end: start + length,
        class: Class::Secret,
        form: Form::Token,
    })
}

/// The longest key that is looked for, in bytes.
const LONGEST_KEY: usize = 16 * 1024;

/// The lines of `-----BEGIN … PRIVATE KEY-----`.
fn private_key(text: &[u8], at: usize) -> Option<Found> {
    let rest = text.get(at..)?;
    let label = rest.strip_prefix(b"-----BEGIN ")?;
    let label_end = label.iter().take(64).position(|&byte| byte == b'-')?;
    let label = std::str::from_utf8(label.get(..label_end)?).ok()?;
    if !label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK") {
        return None;
    }
    let start = at + "-----BEGIN ".len() + label_end + "-----".len();
    // Line ends stay, also where JSON has escaped them.
    let line_end = text.get(start..)?.iter().take_while(|byte| b"\\rn\r\n".contains(byte)).count();
    let start = start + line_end;
    let body = text.get(start..)?;
    let body = body.get(..body.len().min(LONGEST_KEY))?;
    let length = body.windows(9).position(|window| window == b"-----END ").unwrap_or(body.len());
    (length > 0).then_some(Found {
        secret: start..start + length,
        end: start + length,
        class: Class::PrivateKey,
        form: Form::Token,
    })
}

/// The part of a whole value that is secret: without a scheme word, a provider's prefix or a short
/// one such as `tok_`.
pub(super) fn secret_part(value: &str) -> Range<usize> {
    let bytes = value.as_bytes();
    for word in ["bearer ", "basic ", "token ", "apikey "] {
        if value.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)) {
            let inner = secret_part(value.get(word.len()..).unwrap_or_default());
            return inner.start + word.len()..inner.end + word.len();
        }
    }
    if let Some(found) = find(bytes, 0)
        && found.end == value.len()
        && !matches!(found.form, Form::Basic)
    {
        return found.secret;
    }
    // A credential scope (AWS, Google): the key's name, then the day and more that is no secret.
    if let Some((key, scope)) = value.split_once('/')
        && scope.get(..8).is_some_and(|day| day.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return secret_part(key);
    }
    if let Some(prefix) = ["AKIA", "ASIA"].iter().find(|prefix| value.starts_with(**prefix)) {
        return prefix.len()..value.len();
    }
    short_prefix(value)..value.len()
}

/// The length of `tok_`, `sk_test_`, …: one or two short words in lower case before a token.
fn short_prefix(value: &str) -> usize {
    let mut length = 0;
    for _ in 0..2 {
        let rest = value.get(length..).unwrap_or_default();
        let Some(word) = rest.find('_').filter(|&word| (2..=5).contains(&word)) else {
            break;
        };
        if !rest.bytes().take(word).all(|byte| byte.is_ascii_lowercase()) {
            break;
        }
        length += word + 1;
    }
    let rest = value.get(length..).unwrap_or_default();
    let is_token = rest.len() >= 10
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && rest.bytes().any(|byte| byte.is_ascii_digit());
    if is_token { length } else { 0 }
}
