//! Which requests a rule strikes: the keys that each has.

use std::{ops::Range, time::Duration};

use super::{
    condition,
    scalar::{duration, share, share_of, text, whole, whole_of, word},
    short,
    tree::{one_or_more, open},
    wait::time_of,
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, Place, span_of},
        problem::Problems,
    },
    model::{Counted, Json, Ramp, RequestPattern, Turns, When, Window},
};

/// Windows and turns that a rule may have.
const MOST: usize = 1000;

/// The keys of a selection, and what else is known beside them.
macro_rules! selection_keys {
    ($($more:literal),* $(,)?) => {
        &[
            "name", "method", "url", "header", "request_body", "request", "session",
            "probability", "p", "nth", "every", "first", "after", "count", "from", "until", "for",
            "repeat_every", "ramp", "windows", $($more),*
        ]
    };
}
pub(super) use selection_keys;

pub(in crate::format) const WINDOW: Place = Place {
    noun: "key",
    name: "a window",
    known: &["from", "until", "for", "repeat_every", "ramp"],
};

const COUNTED: [(&str, Counted); 2] =
    [("per-stub", Counted::PerStub), ("together", Counted::Together)];

const RAMPS: [(&str, Ramp); 3] = [("flat", Ramp::Flat), ("up", Ramp::Up), ("down", Ramp::Down)];

/// Takes the keys of a selection out of an entry.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> When {
    let request = condition::read(fields, problems);
    let short = fields.take("p");
    if let (Some(short), true) = (&short, fields.has("probability")) {
        problems.add(span_of(short), "`p` is short for `probability`, which is given too");
    }
    let probability = match short {
        Some(node) => share_of(&node, "p", problems),
        None => share(fields, "probability", problems),
    };
    When {
        request: (request != RequestPattern::default()).then_some(request),
        session: text(fields, "session", problems),
        turns: turns(fields, problems),
        counted: word(fields, "count", &COUNTED, problems).unwrap_or_default(),
        windows: windows(fields, problems),
        probability: probability.unwrap_or(1.0),
    }
}

fn turns(fields: &mut Fields, problems: &mut Problems) -> Turns {
    let any = (1, u64::MAX);
    let mut nth = Vec::new();
    if let Some(node) = fields.take("nth") {
        let span = span_of(&node);
        for item in numbers(node) {
            nth.extend(whole_of(&item, "nth", any, problems));
        }
        if nth.len() > MOST {
            problems.add(span, format!("`nth` must have at most {MOST} numbers"));
        }
    }
    Turns {
        after: whole(fields, "after", (0, u64::MAX), problems).unwrap_or_default(),
        first: whole(fields, "first", any, problems),
        every: whole(fields, "every", any, problems),
        nth,
    }
}

/// The numbers of an array, of a text with commas, or the one number.
fn numbers(node: Node) -> Vec<Node> {
    match &node.value {
        NodeValue::String(text) if text.contains(',') => {
            let part = |part: &str| Node { value: NodeValue::String(part.to_owned()), ..node };
            text.split(',').map(part).collect()
        }
        _ => one_or_more(node),
    }
}

fn windows(fields: &mut Fields, problems: &mut Problems) -> Vec<Window> {
    let is_single = WINDOW.known.iter().any(|key| fields.has(key));
    let several = fields.take("windows");
    if let (Some(several), true) = (&several, is_single) {
        problems.add_with_hint(
            span_of(several),
            "`windows` beside `from`, `until`, `for`, `repeat_every` or `ramp`",
            "put that window into the list",
        );
    }
    let Some(several) = several else {
        let window = is_single.then(|| window(fields, problems)).flatten();
        return window.into_iter().collect();
    };
    let span = span_of(&several);
    let items = one_or_more(several);
    if items.len() > MOST {
        problems.add(span, format!("`windows` must have at most {MOST} items"));
        return Vec::new();
    }
    items
        .into_iter()
        .filter_map(|node| {
            let node = match &node.value {
                NodeValue::String(text) => short::parse_within(&node, text, None, problems),
                _ => node,
            };
            window(&mut open(node, &WINDOW, &[], problems)?, problems)
        })
        .collect()
}

fn window(fields: &mut Fields, problems: &mut Problems) -> Option<Window> {
    let span = fields.span.clone();
    let before = problems.count();
    let from = duration(fields, "from", problems).unwrap_or_default();
    let until = duration(fields, "until", problems);
    let length = duration(fields, "for", problems);
    let period = duration(fields, "repeat_every", problems);
    let ramp = word(fields, "ramp", &RAMPS, problems).unwrap_or_default();
    let end = match (until, length) {
        (Some(_), Some(_)) => {
            problems.add(span.clone(), "`until` and `for` say the same: give one");
            None
        }
        (until, None) => until,
        (None, Some(length)) => Some(from.saturating_add(length)),
    };
    check(Window { from, until: end, period, ramp }, span, problems);
    (problems.count() == before).then_some(Window { from, until: end, period, ramp })
}

/// A window that can be.
pub(super) fn check(window: Window, span: Range<usize>, problems: &mut Problems) {
    let Window { from, until, period, ramp } = window;
    if until.is_some_and(|until| until < from) {
        problems.add(span, "`until` must not be before `from`");
    } else if until.is_none() && ramp != Ramp::Flat {
        problems.add(span, "`ramp` needs an end: `until` or `for`");
    } else if until.is_none() && period.is_some() {
        problems.add(span, "`repeat_every` needs an end: `until` or `for`");
    } else if let (Some(until), Some(period)) = (until, period)
        && (period.is_zero() || period < until.saturating_sub(from))
    {
        problems.add(span, "`repeat_every` must be at least as long as the window, more than 0");
    }
}

/// Writes a selection.
pub(super) fn write(when: &When) -> Vec<(String, Json)> {
    let When { request, session, turns, counted, windows, probability } = when;
    let mut members: Vec<(&str, Json)> = Vec::new();
    if let Some(request) = request {
        members.extend(condition::write(request));
    }
    if let Some(session) = session {
        members.push(("session", session.as_str().into()));
    }
    if *probability != 1.0 {
        members.push(("probability", Json::Number(probability.to_string())));
    }
    match turns.nth.as_slice() {
        [] => {}
        [one] => members.push(("nth", (*one).into())),
        several => {
            members.push(("nth", Json::Array(several.iter().map(|it| (*it).into()).collect())));
        }
    }
    members.extend(turns.every.map(|every| ("every", every.into())));
    members.extend(turns.first.map(|first| ("first", first.into())));
    if turns.after > 0 {
        members.push(("after", turns.after.into()));
    }
    if *counted != Counted::default() {
        members.push(("count", "together".into()));
    }
    match windows.as_slice() {
        [] => {}
        [one] => members.extend(write_window(one)),
        several => {
            let one = |window| {
                let members = write_window(window).into_iter();
                Json::Object(members.map(|(name, value)| (name.to_owned(), value)).collect())
            };
            members.push(("windows", Json::Array(several.iter().map(one).collect())));
        }
    }
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn write_window(window: &Window) -> Vec<(&'static str, Json)> {
    let Window { from, until, period, ramp } = window;
    let mut members = Vec::new();
    // A window needs a key to be one.
    if *from > Duration::ZERO || until.is_none() {
        members.push(("from", time_of(*from)));
    }
    members.extend(until.map(|until| ("until", time_of(until))));
    members.extend(period.map(|period| ("repeatEvery", time_of(period))));
    if *ramp != Ramp::Flat {
        let word = RAMPS.iter().find(|(_, it)| it == ramp).map_or("", |(word, _)| *word);
        members.push(("ramp", word.into()));
    }
    members
}
