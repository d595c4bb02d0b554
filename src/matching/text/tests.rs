//! Values against patterns, and the laws that hold for them.

use jiff::Timestamp;

use proptest::prelude::*;

use super::*;
use crate::model::ValuePattern;

#[track_caller]
fn check(pattern: &ValuePattern, values: &[&str], expect: bool) {
    let matcher = TextMatcher::compile(pattern).unwrap();
    assert_eq!(
        matcher.is_match_any(values.iter(), Timestamp::UNIX_EPOCH),
        expect,
        "{pattern:?} on {values:?}"
    );
}

fn equal(text: &str) -> ValuePattern {
    ValuePattern::equal_to(text)
}

#[test]
fn any_of_repeated_values_suffices() {
    check(&equal("a"), &["b", "a"], true);
    check(&equal("a"), &["b", "a,c"], false);
    check(&ValuePattern::DoesNotContain("a".into()), &["a", "b"], true);
}

#[test]
fn negative_patterns_fit_a_missing_value_and_positive_ones_do_not() {
    check(&ValuePattern::DoesNotContain("a".into()), &[], true);
    check(&ValuePattern::DoesNotMatch("a".into()), &[], true);
    check(&ValuePattern::Not(Box::new(equal("a"))), &[], true);
    check(&ValuePattern::Contains(String::new()), &[], false);
    check(&ValuePattern::Matches(".*".into()), &[], false);
    check(&equal(""), &[], false);
}

#[test]
fn absent_fits_only_a_missing_value() {
    check(&ValuePattern::Absent, &[], true);
    check(&ValuePattern::Absent, &[""], false);
    check(&ValuePattern::Not(Box::new(ValuePattern::Absent)), &[""], true);
    check(&ValuePattern::Or(vec![ValuePattern::Absent, equal("a")]), &["a"], true);
    check(&ValuePattern::Or(vec![ValuePattern::Absent, equal("a")]), &[], true);
}

#[test]
fn and_must_hold_within_one_value() {
    let both = ValuePattern::And(vec![
        ValuePattern::Contains("a".into()),
        ValuePattern::Contains("b".into()),
    ]);
    check(&both, &["ab"], true);
    check(&both, &["a", "b"], false);
}

#[test]
fn case_is_ignored_on_request() {
    let pattern = ValuePattern::EqualTo { value: "Été".into(), case_insensitive: Some(true) };
    check(&pattern, &["éTÉ"], true);
    check(&pattern, &["ete"], false);
    check(&equal("A"), &["a"], false);
}

#[test]
fn anything_fits_even_nothing() {
    check(&ValuePattern::Anything, &[], true);
    check(&ValuePattern::Anything, &["a"], true);
}

#[test]
fn lists_of_patterns_look_at_all_values() {
    let list = |texts: &[&str]| texts.iter().map(|text| equal(text)).collect::<Vec<_>>();
    let exactly = |texts: &[&str]| ValuePattern::HasExactly(list(texts));
    let includes = |texts: &[&str]| ValuePattern::Includes(list(texts));
    check(&exactly(&["a", "b"]), &["b", "a"], true);
    check(&exactly(&["a", "b"]), &["a"], false);
    check(&exactly(&["a", "b"]), &["a", "b", "c"], false);
    check(&exactly(&[]), &[], false);
    check(&exactly(&[]), &["a"], false);
    check(&includes(&["a", "b"]), &["c", "b", "a"], true);
    check(&includes(&["a", "b"]), &["a"], false);
    check(&includes(&[]), &["a"], true);
    check(&includes(&[]), &[], false);
    check(&ValuePattern::Includes(vec![ValuePattern::Absent]), &[], false);
}

#[test]
fn one_value_may_fit_two_patterns_of_has_exactly() {
    let twice = || ValuePattern::Contains("a".to_owned());
    check(&ValuePattern::HasExactly(vec![twice(), twice()]), &["a", "b"], true);
    check(&ValuePattern::HasExactly(vec![twice(), twice()]), &["b", "b"], false);
}

#[test]
fn of_a_missing_cookie_only_absent_fits() {
    let fits = |pattern: &ValuePattern, values: &[&str]| {
        let matcher = TextMatcher::compile(pattern).unwrap();
        matcher.is_match_cookie(values.iter().copied(), Timestamp::UNIX_EPOCH)
    };
    let not = ValuePattern::Not(Box::new(equal("a")));
    assert!(fits(&ValuePattern::Absent, &[]) && !fits(&not, &[]) && fits(&not, &["b"]));
    assert!(!fits(&ValuePattern::Anything, &[]) && fits(&equal("a"), &["b", "a"]));
}

#[test]
fn huge_lists_end() {
    let patterns = (0..20_000).map(|n| ValuePattern::Contains(format!("x{n}"))).collect();
    let values: Vec<String> = (0..20_000).map(|n| format!("y{n}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    check(&ValuePattern::HasExactly(patterns), &values, false);
    let equal = values.iter().map(|value| equal(value)).collect();
    check(&ValuePattern::HasExactly(equal), &values, true);
}

fn any_pattern() -> impl Strategy<Value = ValuePattern> {
    let leaf = prop_oneof![
        Just(ValuePattern::Absent),
        Just(ValuePattern::Anything),
        "[ab]{0,2}".prop_map(ValuePattern::equal_to),
        "[ab]{0,2}".prop_map(ValuePattern::Contains),
        "[ab]{0,2}".prop_map(ValuePattern::DoesNotContain),
        "[ab.]{0,2}".prop_map(ValuePattern::Matches),
        "[ab.]{0,2}".prop_map(ValuePattern::DoesNotMatch),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(ValuePattern::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(ValuePattern::Or),
            inner.prop_map(|pattern| ValuePattern::Not(Box::new(pattern))),
        ]
    })
}

fn fits(pattern: &ValuePattern, value: Option<&str>) -> bool {
    TextMatcher::compile(pattern).unwrap().is_match(&Subject::new(value, Timestamp::UNIX_EPOCH))
}

fn not(pattern: ValuePattern) -> ValuePattern {
    ValuePattern::Not(Box::new(pattern))
}

proptest! {
    #[test]
    fn laws_of_logic_hold_for_values_and_their_absence(
        a in any_pattern(), b in any_pattern(), value in prop::option::of("[ab]{0,3}"),
    ) {
        let value = value.as_deref();
        prop_assert_eq!(fits(&not(not(a.clone())), value), fits(&a, value));
        let and = not(ValuePattern::And(vec![a.clone(), b.clone()]));
        let or = not(ValuePattern::Or(vec![a.clone(), b.clone()]));
        prop_assert_eq!(
            fits(&and, value),
            fits(&ValuePattern::Or(vec![not(a.clone()), not(b.clone())]), value)
        );
        prop_assert_eq!(fits(&or, value), fits(&ValuePattern::And(vec![not(a), not(b)]), value));
    }

    #[test]
    fn and_and_or_are_the_same_in_any_order_and_repetition(
        a in any_pattern(), b in any_pattern(), c in any_pattern(),
        value in prop::option::of("[ab]{0,3}"),
    ) {
        let value = value.as_deref();
        for join in [ValuePattern::And, ValuePattern::Or] {
            let both = |one: &ValuePattern, other: &ValuePattern| {
                join(vec![one.clone(), other.clone()])
            };
            prop_assert_eq!(fits(&both(&a, &a), value), fits(&a, value));
            prop_assert_eq!(fits(&both(&a, &b), value), fits(&both(&b, &a), value));
            let flat = join(vec![a.clone(), b.clone(), c.clone()]);
            prop_assert_eq!(fits(&both(&both(&a, &b), &c), value), fits(&flat, value));
            prop_assert_eq!(fits(&both(&a, &both(&b, &c)), value), fits(&flat, value));
        }
        let absorbed = ValuePattern::Or(vec![a.clone(), ValuePattern::And(vec![a.clone(), b])]);
        prop_assert_eq!(fits(&absorbed, value), fits(&a, value));
    }

    #[test]
    fn lists_fit_as_their_definition_says(
        patterns in prop::collection::vec(any_pattern(), 0..4),
        values in prop::collection::vec("[ab]{0,2}", 0..4),
    ) {
        let each = patterns.iter().all(|pattern| values.iter().any(|it| fits(pattern, Some(it))));
        let is_there = !values.is_empty();
        let list = |pattern: ValuePattern| {
            TextMatcher::compile(&pattern).unwrap().is_match_any(values.iter(), Timestamp::UNIX_EPOCH)
        };
        prop_assert_eq!(list(ValuePattern::Includes(patterns.clone())), is_there && each);
        let same = values.len() == patterns.len();
        prop_assert_eq!(list(ValuePattern::HasExactly(patterns)), is_there && each && same);
    }

    #[test]
    fn what_fits_is_at_no_distance(pattern in any_pattern(), value in "[ab]{0,3}") {
        let matcher = TextMatcher::compile(&pattern).unwrap();
        let value = Subject::new(Some(&value), Timestamp::UNIX_EPOCH);
        prop_assert_eq!(matcher.is_match(&value), matcher.distance(&value) == 0.0);
    }
}
