//! What tells random characters from words: how often digits, small and capital letters take turns.

/// Random tokens are at least this long; shorter ones could be product codes or short names.
const MIN_RANDOM: usize = 16;
/// Letters of one case this long cannot be taken for a word.
const LONG_WORD: usize = 40;
/// Longer runs are data, not tokens.
const MAX_RANDOM: usize = 1024;

/// `cus` of `cus_NffrFeUfNV2Hib`: words before an underscore say what kind of thing it is.
pub(super) fn word_prefix(token: &str) -> &str {
    let is_word = |text: &str| {
        text.split('_').all(|word| {
            (2..=12).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase())
        })
    };
    match token.rsplit_once('_') {
        // In base64 of random bytes `_` and `-` stand anywhere, behind a prefix is only base62.
        Some((prefix, rest))
            if is_word(prefix)
                && rest.len() <= 32
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            prefix
        }
        _ => "",
    }
}

/// `tmpk3j9x0_q`: the names that Python gives to temporary files.
fn is_temporary_name(token: &str) -> bool {
    token.len() == 11
        && token.starts_with("tmp")
        && token.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
}

pub(super) fn is_random(token: &str) -> bool {
    if is_temporary_name(token) {
        return true;
    }
    let prefix = word_prefix(token);
    let body = if prefix.is_empty() {
        token.trim_start_matches('-')
    } else {
        token.get(prefix.len() + 1..).unwrap_or_default()
    };
    let body = body.trim_end_matches('=');
    // Behind a prefix that says what it is, 14 characters are an id: `cus_NffrFeUfNV2Hib`.
    let min_length = if prefix.is_empty() { MIN_RANDOM } else { 14 };
    if body.len() < min_length || !is_token(token) {
        return false;
    }
    let has = |wanted: u8| body.bytes().any(|byte| class(byte) == wanted);
    let (has_digit, has_lower, has_upper) = (has(DIGIT), has(LOWER), has(UPPER));
    let has_separator = has(OTHER);
    let alphanumeric = body.bytes().filter(u8::is_ascii_alphanumeric).map(class);
    let n_turns = turns(alphanumeric) as f64 / body.len().saturating_sub(1).max(1) as f64;
    // Random base62 turns at 62% of its places, base36 at 40%; CamelCase at 30%, words with a number
    // at their end hardly at all. Only base64 has separators inside, and it has both cases.
    match (has_digit, has_lower && has_upper) {
        (true, true) => n_turns >= if body.contains(['-', '_']) { 0.36 } else { 0.3 },
        (true, false) => !has_separator && (has_lower || has_upper) && n_turns >= 0.13,
        (false, true) => {
            // Names have a capital at most at every third place.
            let n_upper = body.bytes().filter(u8::is_ascii_uppercase).count() as f64;
            n_turns >= 0.3 && (0.35..=0.7).contains(&(n_upper / body.len() as f64))
        }
        // No word of any language is as long as this.
        (false, false) => body.len() >= LONG_WORD && !has_separator,
    }
}

/// Whether a token without the look of a draw may be one of the same kind as `draw`.
pub(super) fn is_like_draw(token: &str, draw: &str) -> bool {
    let cases =
        |text: &str| [LOWER, UPPER].map(|case| text.bytes().any(|byte| class(byte) == case));
    if !is_token(token) || cases(token) != cases(draw) {
        return false;
    }
    let alphanumeric = token.bytes().filter(u8::is_ascii_alphanumeric);
    if cases(token) == [true, true] {
        // Names with capitals and underscores turn less often than this.
        turns(alphanumeric.map(class)) * 4 >= token.len()
    } else {
        alphanumeric.count() == token.trim_end_matches('=').len()
    }
}

/// Made of the characters of base64, and neither a path nor data.
fn is_token(token: &str) -> bool {
    (MIN_RANDOM..=MAX_RANDOM).contains(&token.len())
        && token
            .trim_end_matches('=')
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-_+/".contains(&it))
        && !looks_like_path(token)
}

/// Slashes come from base64 only where the rest does too: padding, a plus, no word between them.
fn looks_like_path(token: &str) -> bool {
    if !token.contains('/') || (!token.starts_with('/') && token.contains(['+', '='])) {
        return false;
    }
    let is_short = |piece: &str| token.starts_with('/') && (1..8).contains(&piece.len());
    let is_base64 = token.contains(['+', '=']);
    token.split('/').any(|piece| is_path_word(piece) || (!is_base64 && is_short(piece)))
}

/// A piece between slashes that reads as a word: the whole is a path, not base64.
fn is_path_word(piece: &str) -> bool {
    piece.len() >= 4
        && (piece.bytes().all(|byte| byte.is_ascii_lowercase())
            || piece.bytes().all(|byte| byte.is_ascii_uppercase()))
}

const DIGIT: u8 = 0;
const LOWER: u8 = 1;
const UPPER: u8 = 2;
const OTHER: u8 = 3;

pub(super) fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => DIGIT,
        b'a'..=b'z' => LOWER,
        b'A'..=b'Z' => UPPER,
        _ => OTHER,
    }
}

/// How often neighbours are of different classes.
pub(super) fn turns(mut classes: impl Iterator<Item = u8>) -> usize {
    let Some(mut last) = classes.next() else { return 0 };
    classes.filter(|&next| std::mem::replace(&mut last, next) != next).count()
}

/// Whether two tokens differ nearly everywhere, as two draws do. What they share at the ends does not
/// count (time comes first in ULIDs), if enough is left that is random.
pub(super) fn is_unlike(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let longest = a.len().max(b.len());
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(head..).unwrap_or_default(), b.get(head..).unwrap_or_default());
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let rest = a.len().max(b.len()).saturating_sub(tail);
    let n_same = a.iter().zip(b).take(rest).filter(|(x, y)| x == y).count();
    (rest * 2 > longest || rest >= 12) && n_same <= rest / 3 + 1
}
