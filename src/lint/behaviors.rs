//! Rules that never strike.

use super::finding::Finding;
use crate::{
    format::rule,
    model::{Stub, Turns, When},
};

/// Looks at the behaviours of a stub.
pub(super) fn look(at: usize, stub: &Stub, found: &mut Vec<Finding>) {
    for behavior in stub.behaviors.iter().flat_map(|behaviors| &behaviors.rules) {
        if let Some(why) = never(&behavior.when) {
            let kind = behavior.effect.kind();
            let message = format!("{kind} `{}` never strikes: {why}", behavior.name);
            found.push(Finding::new(rule::NEVER_STRIKES, at, format!("/behavior/{kind}"), message));
        }
    }
}

/// Why nothing can be selected so.
fn never(when: &When) -> Option<String> {
    let Turns { first, every, nth, .. } = &when.turns;
    if when.probability == 0.0 {
        return Some("its probability is 0".to_owned());
    }
    if !when.windows.is_empty() && when.windows.iter().all(|it| it.until == Some(it.from)) {
        return Some("it lasts no time".to_owned());
    }
    if let (Some(first), Some(every)) = (first, every)
        && every > first
    {
        return Some(format!("`every` is {every}, and only the first {first} count"));
    }
    let fits = |number: &u64| {
        first.is_none_or(|first| *number <= first)
            && every.is_none_or(|every| number.is_multiple_of(every))
    };
    (!nth.is_empty() && !nth.iter().any(fits))
        .then(|| "`nth` has no number that `first` and `every` allow".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{format::wiremock, model::StubId};

    fn messages(rule: &str) -> Vec<String> {
        let text = format!(r#"{{"behavior": {{"fault": {{"status": 503, {rule}}}}}}}"#);
        let (stubs, problems) = wiremock::read(&text, None, |_| StubId::default());
        assert_eq!(problems, [], "{text}");
        let mut found = Vec::new();
        look(0, &stubs[0], &mut found);
        found.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_rule_that_selects_nothing_is_found() {
        insta::assert_snapshot!(messages(r#""p": 0"#).concat(), @"fault `status-503` never strikes: its probability is 0");
        insta::assert_snapshot!(messages(r#""for": "0s""#).concat(), @"fault `status-503` never strikes: it lasts no time");
        insta::assert_snapshot!(messages(r#""first": 2, "every": 3"#).concat(), @"fault `status-503` never strikes: `every` is 3, and only the first 2 count");
        insta::assert_snapshot!(messages(r#""nth": [3, 5], "every": 2"#).concat(), @"fault `status-503` never strikes: `nth` has no number that `first` and `every` allow");
        for right in [r#""p": 0.1"#, r#""nth": [3, 4], "every": 2"#, r#""first": 3, "every": 3"#] {
            assert_eq!(messages(right), Vec::<String>::new(), "{right}");
        }
    }
}
