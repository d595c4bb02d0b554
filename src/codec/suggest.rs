//! "Did you mean": the nearest of the words that would have been right.

/// The word of `words` nearest to `wrong`, if one is near enough to be meant.
pub fn nearest<'w>(wrong: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let wrong = wrong.to_lowercase();
    let tolerance = (wrong.chars().count() / 3).clamp(1, 4);
    words
        .into_iter()
        .map(|word| (distance(&wrong, &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Edits from one text to another: insert, delete, replace, or swap two neighbours.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut two_above: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (row, a) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &b_char) in b.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&above, column) + usize::from(a != b_char))
                .min(at(&above, column + 1) + 1)
                .min(at(&current, column) + 1);
            let before = column.checked_sub(1);
            if let Some(before) = before
                && b.get(before) == Some(&a)
                && last_a == Some(b_char)
            {
                best = best.min(at(&two_above, before) + 1);
            }
            current.push(best);
        }
        two_above = std::mem::replace(&mut above, current);
        last_a = Some(a);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let words = ["equalTo", "contains", "matches", "urlPath", "urlPathPattern"];
        let meant = |wrong| nearest(wrong, words);
        assert_eq!(meant("equalsTo"), Some("equalTo"));
        assert_eq!(meant("eqaulTo"), Some("equalTo"));
        assert_eq!(meant("EQUALTO"), Some("equalTo"));
        assert_eq!(meant("match"), None);
        assert_eq!(meant("urlpathpatern"), Some("urlPathPattern"));
        assert_eq!(meant("banana"), None);
    }

    #[test]
    fn counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("same", "same"), 0);
    }
}
