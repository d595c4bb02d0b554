//! Texts that say when: they differ from run to run and name nothing.

/// Whether a whole text is a date or a time: RFC 3339 and its relatives, RFC 9110 and its obsolete
/// forms, seconds or milliseconds since 1970.
pub(super) fn is_date(text: &str) -> bool {
    let text = text.trim();
    is_epoch(text) || is_iso(text) || is_named(text)
}

/// 2001 to 2100, in seconds (with or without fraction) or milliseconds.
fn is_epoch(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && match whole.len() {
            10 => ("1000000000".."4102444800").contains(&whole),
            13 => ("1000000000000".."4102444800000").contains(&whole),
            _ => false,
        }
}

/// `2026-11-23`, `2026-11-23T06:40:12.5+01:00`, `20261123T064012Z`.
fn is_iso(text: &str) -> bool {
    let is_made_of = |extra: &str| {
        text.chars().all(|c| c.is_ascii_digit() || extra.contains(c)) && text.len() <= 40
    };
    let digits = |range| {
        text.get(range).is_some_and(|part: &str| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let dashed = digits(0..4)
        && text.get(4..5) == Some("-")
        && digits(5..7)
        && text.get(7..8) == Some("-")
        && digits(8..10);
    let basic = text.len() >= 15 && digits(0..8) && text.get(8..9) == Some("T") && digits(9..15);
    (dashed || basic) && is_made_of("-:.,+TZtz ")
}

/// Something with the name of a month and a time of day.
fn is_named(text: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    text.len() <= 40
        && MONTHS.iter().any(|month| text.contains(month))
        && text.split([' ', ',']).any(|word| {
            let mut parts = word.split(':');
            parts
                .by_ref()
                .take(3)
                .filter(|part| part.len() == 2 && part.parse::<u8>().is_ok())
                .count()
                == 3
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_common_spellings_are_dates() {
        for text in [
            "2026-11-23",
            "2026-11-23T06:40:12Z",
            "2026-11-23 06:40:12.123456+00:00",
            "20261123T064012Z",
            "Mon, 23 Nov 2026 06:40:12 GMT",
            "Monday, 23-Nov-26 06:40:12 GMT",
            "Mon Nov 23 06:40:12 2026",
            "1763880012",
            "1763880012.123",
            "1763880012123",
        ] {
            assert!(is_date(text), "{text}");
        }
    }

    #[test]
    fn names_and_numbers_are_not() {
        for text in
            ["cus_9xk2", "123456789", "9999999999", "2026-11-23-build", "Mayor 12", "12:30", ""]
        {
            assert!(!is_date(text), "{text}");
        }
    }
}
