//! Numbers, times and demands in words.

use std::time::Duration;

use crate::{
    behavior::duration,
    model::{Jitter, SameBy, Statuses, Times},
};

/// `1 request`, `3 requests`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    let plural = noun.strip_suffix('y').map_or_else(|| format!("{noun}s"), |it| format!("{it}ies"));
    if number == 1 { format!("1 {noun}") } else { format!("{number} {plural}") }
}

/// `never`, `once`, `at most 3 times`, `2 to 4 times`.
pub(super) fn times(times: Times) -> String {
    let exactly = |number: u64| match number {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        number => format!("{number} times"),
    };
    match times {
        Times { at_least, at_most: Some(most) } if at_least == most => exactly(most),
        Times { at_least: 0, at_most: Some(most) } => format!("at most {}", exactly(most)),
        Times { at_least, at_most: None } => match at_least {
            0 => "any number of times".to_owned(),
            least => format!("at least {}", exactly(least)),
        },
        Times { at_least, at_most: Some(most) } => format!("{at_least} to {most} times"),
    }
}

/// A time as it can be typed, to the microsecond: `1.204s`, `80ms`.
pub(super) fn time(time: Duration) -> String {
    let micros = time.as_micros();
    if micros < 1000 {
        return duration::print(Duration::from_micros(u64::from(time.subsec_micros())));
    }
    if time.as_secs() >= 600 {
        return duration::print(Duration::from_secs(time.as_secs()));
    }
    let (whole, unit) = if micros < 1_000_000 { (1000, "ms") } else { (1_000_000, "s") };
    let digits = if whole == 1000 { 1 } else { 3 };
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let number = micros as f64 / f64::from(whole);
    let text = format!("{number:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{unit}")
}

/// `25%`
pub(super) fn share(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

/// `429, 500-599`
pub(super) fn statuses(all: &[Statuses]) -> String {
    let one = |it: &Statuses| match it {
        Statuses { from, to } if from == to => from.to_string(),
        Statuses { from, to } if from % 100 == 0 && *to == from + 99 => format!("{}xx", from / 100),
        Statuses { from, to } => format!("{from}-{to}"),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `of 25% in either direction`
pub(super) fn jitter(jitter: Jitter) -> String {
    match jitter {
        Jitter::Full => "down to nothing".to_owned(),
        Jitter::Share(0.0) => String::new(),
        Jitter::Share(by) => format!("±{}", share(by)),
    }
}

/// What tries of one operation have in common: `method, URL and body`.
pub(super) fn same_by(all: &[SameBy]) -> String {
    let one = |it: &SameBy| match it {
        SameBy::Body => "body".to_owned(),
        SameBy::Client => "client".to_owned(),
        SameBy::Header(name) => format!("header {name}"),
        SameBy::Path => "method and path".to_owned(),
        SameBy::Query(name) => format!("parameter {name}"),
        SameBy::Request => "method, URL and body".to_owned(),
        SameBy::Url => "method and URL".to_owned(),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The values of a header field, shortened.
pub(super) fn value(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(MOST).collect::<String>())
}
