//! Which expected element gets which of the actual ones, where each fits several.

use std::collections::VecDeque;

/// Finds an expected element an actual one of its own (an augmenting path, by breadth): the first
/// that fits may be the only one for another.
pub(super) fn place(
    expected: usize,
    fits: &[Vec<usize>],
    taken_by: &mut [Option<usize>],
    mut spend: impl FnMut() -> Option<()>,
) -> bool {
    // For each actual element that was reached, the expected one that it was reached from.
    let mut reached_from: Vec<Option<usize>> = vec![None; taken_by.len()];
    let mut waiting = VecDeque::from([expected]);
    while let Some(from) = waiting.pop_front() {
        for &at in fits.get(from).map(Vec::as_slice).unwrap_or_default() {
            if spend().is_none() {
                return false;
            }
            let Some(reached @ None) = reached_from.get_mut(at) else { continue };
            *reached = Some(from);
            match taken_by.get(at).copied().flatten() {
                Some(holder) => waiting.push_back(holder),
                None => {
                    hand_over(at, expected, fits, &reached_from, taken_by);
                    return true;
                }
            }
        }
    }
    false
}

/// Gives the free element `at` to whom it was reached from, that one's element to the one before,
/// and so on to `expected`.
fn hand_over(
    mut at: usize,
    expected: usize,
    fits: &[Vec<usize>],
    reached_from: &[Option<usize>],
    taken_by: &mut [Option<usize>],
) {
    while let Some(to) = reached_from.get(at).copied().flatten() {
        // What this one held until now, before it gets another.
        let held = fits
            .get(to)
            .into_iter()
            .flatten()
            .copied()
            .find(|&held| held != at && taken_by.get(held).copied().flatten() == Some(to));
        if let Some(slot) = taken_by.get_mut(at) {
            *slot = Some(to);
        }
        match held {
            Some(held) if to != expected => at = held,
            _ => return,
        }
    }
}
