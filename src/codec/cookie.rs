//! The `Cookie` request field (RFC 6265 §4.2) as pairs; tolerant, as servers are.

/// Names and values in order. White space around them and quotes around a value are taken off, pieces
/// without `=` are skipped.
pub fn pairs(field: &str) -> impl Iterator<Item = (&str, &str)> {
    field.split(';').filter_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        Some((name.trim(), unquoted(value.trim())))
    })
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_order_and_repeats() {
        let found: Vec<_> = pairs("a=1; b=x=y;a=\"2\"; flag;c=").collect();
        assert_eq!(found, [("a", "1"), ("b", "x=y"), ("a", "2"), ("c", "")]);
    }
}
