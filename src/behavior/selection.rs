//! Which of the requests that fit something befalls: by number and by time.

use std::time::Duration;

use crate::model::{Ramp, Turns, Window};

impl Turns {
    /// Whether it is the turn of the `number`th request, from 1.
    pub fn include(&self, number: u64) -> bool {
        let Some(number) = number.checked_sub(self.after).filter(|number| *number > 0) else {
            return false;
        };
        self.first.is_none_or(|first| number <= first)
            && self.every.is_none_or(|every| number.is_multiple_of(every.max(1)))
            && (self.nth.is_empty() || self.nth.contains(&number))
    }
}

/// How strong something is so long after it came into service, from 0 to 1; without windows it
/// always is.
pub fn strength(windows: &[Window], at: Duration) -> f64 {
    if windows.is_empty() {
        return 1.0;
    }
    windows.iter().map(|window| window.strength(at)).fold(0.0, f64::max)
}

impl Window {
    /// How strong it is so long after its rule came into service, from 0 to 1.
    fn strength(&self, at: Duration) -> f64 {
        let Some(within) = at.checked_sub(self.from) else { return 0.0 };
        let within = match self.period.filter(|period| !period.is_zero()) {
            Some(period) => remainder(within, period),
            None => within,
        };
        let Some(length) = self.until.map(|until| until.saturating_sub(self.from)) else {
            // What never ends has no full strength to come to.
            return 1.0;
        };
        if within >= length {
            return 0.0;
        }
        let share = within.as_secs_f64() / length.as_secs_f64();
        match self.ramp {
            Ramp::Flat => 1.0,
            Ramp::Up => share,
            Ramp::Down => 1.0 - share,
        }
    }

    /// When it next begins or ends after `at`, both since its rule came into service.
    pub fn next_change(&self, at: Duration) -> Option<Duration> {
        let Some(gone) = at.checked_sub(self.from) else { return Some(self.from) };
        let period = self.period.filter(|period| !period.is_zero());
        let within = period.map_or(gone, |period| remainder(gone, period));
        let end = self.until.map(|until| until.saturating_sub(self.from));
        let end = end.and_then(|end| end.checked_sub(within)).filter(|left| !left.is_zero());
        let again = period.and_then(|period| period.checked_sub(within));
        at.checked_add(end.into_iter().chain(again).min()?)
    }
}

fn remainder(time: Duration, period: Duration) -> Duration {
    let nanos = time.as_nanos() % period.as_nanos();
    // Less than a period, which is a duration itself.
    Duration::new(
        u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX),
        u32::try_from(nanos % 1_000_000_000).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn included(turns: &Turns) -> Vec<u64> {
        (0..=12).filter(|&number| turns.include(number)).collect()
    }

    #[test]
    fn turns_are_those_that_all_parts_name() {
        let all = Turns::default();
        let cases = [
            (all.clone(), (1..=12).collect()),
            (Turns { first: Some(3), ..all.clone() }, vec![1, 2, 3]),
            (Turns { after: 10, ..all.clone() }, vec![11, 12]),
            (Turns { every: Some(5), ..all.clone() }, vec![5, 10]),
            (Turns { nth: vec![2, 7], ..all.clone() }, vec![2, 7]),
            // What follows counts from there.
            (Turns { after: 4, first: Some(2), ..all.clone() }, vec![5, 6]),
            (Turns { after: 4, every: Some(3), ..all.clone() }, vec![7, 10]),
            (Turns { after: 4, nth: vec![1], ..all.clone() }, vec![5]),
            (Turns { first: Some(7), every: Some(3), ..all.clone() }, vec![3, 6]),
            (Turns { first: Some(0), ..all }, vec![]),
        ];
        for (turns, expected) in cases {
            assert_eq!(included(&turns), expected, "{turns:?}");
        }
    }

    #[test]
    fn a_window_has_a_beginning_and_an_end_and_comes_again() {
        let s = Duration::from_secs;
        let window =
            Window { from: s(30), until: Some(s(40)), period: Some(s(60)), ramp: Ramp::Flat };
        let on: Vec<u64> = (0..200).filter(|&at| strength(&[window], s(at)) > 0.0).collect();
        let expected: Vec<u64> = (30..40).chain(90..100).chain(150..160).collect();
        assert_eq!(on, expected);
        let open = Window { until: None, period: None, ..window };
        assert!(strength(&[open], s(29)) == 0.0 && strength(&[open], s(1 << 40)) == 1.0);
        assert!(strength(&[], s(0)) == 1.0);
    }

    #[test]
    fn a_ramp_goes_from_nothing_to_full_strength_or_back() {
        let s = Duration::from_secs;
        let up = Window { from: s(10), until: Some(s(20)), period: None, ramp: Ramp::Up };
        let down = Window { ramp: Ramp::Down, ..up };
        let at = |window, at| (strength(&[window], s(at)) * 10.0).round() / 10.0;
        assert_eq!([9, 10, 15, 19, 20].map(|t| at(up, t)), [0.0, 0.0, 0.5, 0.9, 0.0]);
        assert_eq!([9, 10, 15, 19, 20].map(|t| at(down, t)), [0.0, 1.0, 0.5, 0.1, 0.0]);
        // Of several windows the strongest counts.
        assert!((strength(&[up, down], s(12)) - 0.8).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn turns_agree_with_counting_one_by_one(
            after in 0u64..6, first in prop::option::of(0u64..6), every in prop::option::of(1u64..4),
            nth in prop::collection::vec(1u64..8, 0..3),
        ) {
            let turns = Turns { after, first, every, nth: nth.clone() };
            let (mut passed, mut counted) = (0, 0);
            for number in 1..30 {
                let expected = if passed < after {
                    passed += 1;
                    false
                } else {
                    counted += 1;
                    first.is_none_or(|first| counted <= first)
                        && every.is_none_or(|every| counted % every == 0)
                        && (nth.is_empty() || nth.contains(&counted))
                };
                prop_assert_eq!(turns.include(number), expected);
            }
        }

        #[test]
        fn any_window_is_of_some_strength(
            from: u64, until: Option<u64>, period: Option<u64>, at: u64, ramp in 0..3,
        ) {
            let ms = Duration::from_millis;
            let ramp = [Ramp::Flat, Ramp::Up, Ramp::Down][ramp as usize];
            let window = Window { from: ms(from), until: until.map(ms), period: period.map(ms), ramp };
            prop_assert!((0.0..=1.0).contains(&strength(&[window], ms(at))));
        }
    }
}
