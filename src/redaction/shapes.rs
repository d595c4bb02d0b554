//! Credentials that are known by their own form, wherever they stand.
//!
//! Providers give their keys a prefix so that scanners find them: those are in the table of
//! [`super::prefixes`]. Here is how they are found, and the handful of forms that need code. A prefix
//! is not secret and stays.

use std::{ops::Range, sync::LazyLock};

use super::{
    basic, card,
    class::Class,
    eights::{Eight, Places, eights},
    jwt, opaque,
    prefixes::{Alphabet, SHAPES, Shape},
};

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

/// Pairs of bytes with which a credential may begin: a set of 65,536 bits that rules out nearly every
/// word of ordinary text.
static STARTS: [u64; 1024] = {
    const OTHERS: [&str; 11] = ["ey", "Be", "be", "BE", "Ba", "ba", "BA", "--", "://", ":AA", "_s"];
    let mut starts = [0; 1024];
    let mut at = 0;
    while at < SHAPES.len() + OTHERS.len() {
        let prefix = match at.checked_sub(SHAPES.len()) {
            None => SHAPES[at].prefix.as_bytes(),
            Some(other) => OTHERS[other].as_bytes(),
        };
        let pair = ((prefix[0] as usize) << 8) | prefix[1] as usize;
        starts[pair / 64] |= 1 << (pair % 64);
        at += 1;
    }
    starts
};

/// The places at which a credential may begin, or the part of it that gives it away: where a word
/// starts, and some characters within. `is_inner` tells of the byte before.
#[inline]
pub(super) fn places(eight: &Eight, is_inner: &mut bool) -> Places {
    let words = eight.alphanumeric().or(eight.any_of([b'_', b'+'])).starts(is_inner);
    words.or(eight.any_of([b':', b'_', b'-']))
}

/// The credential that starts at one of [`places`].
#[inline]
pub(super) fn starting(text: &[u8], at: usize) -> Option<Found> {
    let first = *text.get(at)?;
    let pair = (usize::from(first) << 8) | usize::from(*text.get(at + 1)?);
    let may_start = STARTS.get(pair / 64).is_some_and(|word| (word >> (pair % 64)) & 1 == 1);
    if may_start { at_place(text, at) } else { None }
}

/// The next credential at or after `from`, card numbers aside.
pub(super) fn find(text: &[u8], from: usize) -> Option<Found> {
    let mut is_inner =
        from.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|&byte| is_inner(byte));
    eights(text, from).find_map(|eight| {
        places(&eight, &mut is_inner).find_map(|at| starting(text, eight.at + at))
    })
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
#[inline]
fn is_inner(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | matches!(byte, b'_' | b'+')
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
        Form::Basic => basic::decode(value).is_some(),
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
        && is_scope(scope)
    {
        return secret_part(key);
    }
    if let Some(prefix) = ["AKIA", "ASIA"].iter().find(|prefix| value.starts_with(**prefix)) {
        return prefix.len()..value.len();
    }
    short_prefix(value)..value.len()
}

/// `20260101/eu-west-1/s3/aws4_request`
fn is_scope(text: &str) -> bool {
    let (day, rest) = text.split_at_checked(8).unwrap_or((text, ""));
    day.len() == 8
        && day.bytes().all(|byte| byte.is_ascii_digit())
        && (rest.is_empty() || rest.starts_with('/'))
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte))
        && find(rest.as_bytes(), 0).is_none()
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
