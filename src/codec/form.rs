//! `application/x-www-form-urlencoded` (WHATWG URL §5): pairs of a query string or a form body.

/// A decoded name and value.
pub type Pair = (String, String);

/// The pairs in order, `+` and `%xx` decoded; bytes that are not UTF-8 become U+FFFD. A name without
/// `=` has the empty value.
pub fn pairs(text: &[u8]) -> Vec<Pair> {
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// As [`pairs`], of a body in Latin-1.
pub fn latin1_pairs(text: &[u8]) -> Vec<Pair> {
    let decoded = |bytes: &[u8]| -> String {
        let spaced: Vec<u8> =
            bytes.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
        percent_encoding::percent_decode(&spaced).map(char::from).collect()
    };
    text.split(|&byte| byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let mut half = || decoded(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect()
}

/// Whether a `Content-Type` value is that of a form body, parameters aside.
pub fn is_form(content_type: &str) -> bool {
    content_type
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str)]) {
        let expect: Vec<Pair> =
            expect.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(pairs(text.as_bytes()), expect);
    }

    #[test]
    fn pairs_keep_order_and_repeats() {
        check("b=1&a=2&b=3", &[("b", "1"), ("a", "2"), ("b", "3")]);
    }

    #[test]
    fn plus_and_percent_are_decoded() {
        check("a=x+y%20z%C3%A9&%26=%3D", &[("a", "x y zé"), ("&", "=")]);
    }

    #[test]
    fn a_name_alone_has_the_empty_value() {
        check("a&b=&&=c", &[("a", ""), ("b", ""), ("", "c")]);
    }

    #[test]
    fn bytes_of_latin1_are_characters() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(latin1_pairs(b"a=%E9+\xe9&b"), [pair("a", "é é"), pair("b", "")]);
    }

    #[test]
    fn content_type_may_carry_a_charset() {
        assert!(is_form("application/x-www-form-urlencoded; charset=UTF-8"));
        assert!(!is_form("multipart/form-data; boundary=x"));
    }
}
