//! How unlike two texts or two paths are: 0 is equal, 1 has nothing in common. For ranking only.

/// Beyond this many bytes of unlike middle, texts are compared by what they share at both ends.
const EXACT_LIMIT: usize = 256;

/// Edits between two texts, by the length of the longer one.
pub fn text_distance(a: &str, b: &str) -> f64 {
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 0.0;
    }
    let (a, b) = unlike_middle(a.as_bytes(), b.as_bytes());
    let edits =
        if a.len().max(b.len()) <= EXACT_LIMIT { edits(a, b) } else { a.len().max(b.len()) };
    (edits as f64 / longest as f64).min(1.0)
}

/// As [`text_distance`], but only by what both share at their ends: linear, for many candidates.
pub fn rough_distance(a: &str, b: &str) -> f64 {
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 0.0;
    }
    let (a, b) = unlike_middle(a.as_bytes(), b.as_bytes());
    a.len().max(b.len()) as f64 / longest as f64
}

/// Edits between two paths by segment: a segment that is missing or strange costs 1, one that is
/// nearly right costs what is wrong with it. `None` in `a` stands for any segment.
pub fn path_distance(a: &[Option<&str>], b: &[&str]) -> f64 {
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 0.0;
    }
    let mut row: Vec<f64> = (0..=b.len()).map(|at| at as f64).collect();
    for (i, expected) in a.iter().enumerate() {
        let mut diagonal = row.first().copied().unwrap_or_default();
        if let Some(first) = row.first_mut() {
            *first = i as f64 + 1.0;
        }
        for (j, actual) in b.iter().enumerate() {
            let substitution = diagonal
                + match expected {
                    Some(expected) => text_distance(expected, actual),
                    None if actual.is_empty() => 1.0,
                    None => 0.0,
                };
            let (left, above) = (row.get(j).copied(), row.get(j + 1).copied());
            diagonal = above.unwrap_or_default();
            if let Some(cell) = row.get_mut(j + 1) {
                let insertion = left.unwrap_or_default() + 1.0;
                *cell = substitution.min(insertion).min(diagonal + 1.0);
            }
        }
    }
    (row.last().copied().unwrap_or_default() / longest as f64).min(1.0)
}

/// What is left of both without what they share at the beginning and at the end.
fn unlike_middle<'t>(a: &'t [u8], b: &'t [u8]) -> (&'t [u8], &'t [u8]) {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(head..).unwrap_or_default(), b.get(head..).unwrap_or_default());
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    (a.get(..a.len() - tail).unwrap_or_default(), b.get(..b.len() - tail).unwrap_or_default())
}

/// Levenshtein distance in bytes.
fn edits(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let above = *cell;
            left = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits(b"kitten", b"sitting"), 3);
        assert_eq!(edits(b"", b"abc"), 3);
        assert_eq!(edits(b"abc", b""), 3);
    }

    #[test]
    fn a_letter_less_is_nearer_than_another_segment() {
        let request = ["v1", "charge"];
        let typo = path_distance(&[Some("v1"), Some("charges")], &request);
        let other = path_distance(&[Some("v1"), Some("refunds")], &request);
        let deeper = path_distance(&[Some("v1"), Some("charge"), Some("x")], &request);
        assert!(typo < 0.1 && typo < other && typo < deeper, "{typo} {other} {deeper}");
        assert_eq!(path_distance(&[Some("v1"), None], &request), 0.0);
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_bounded(a in "[ab/]{0,12}", b in "[ab/]{0,12}") {
            let distance = text_distance(&a, &b);
            prop_assert_eq!(distance, text_distance(&b, &a));
            prop_assert!((0.0..=1.0).contains(&distance));
            prop_assert_eq!(distance == 0.0, a == b);
            prop_assert!(rough_distance(&a, &b) >= distance);
        }
    }
}
