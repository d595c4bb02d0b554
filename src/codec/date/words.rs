//! Names of months and days, as Java writes them in English.

/// Names of the months, January first.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of the days, Monday first.
pub(super) const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The names' first three letters, which are their short forms.
pub(super) fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// The name at a place counted from 1.
pub(super) fn nth(names: &'static [&'static str], place: i8) -> &'static str {
    usize::try_from(place).ok().and_then(|n| names.get(n.checked_sub(1)?)).copied().unwrap_or("")
}
