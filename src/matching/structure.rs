//! Whether two bodies have one structure, whatever their values.

use super::{members::last_of_each, noise::Change};
use crate::{codec::form::Pair, model::Json};

/// The texts and numbers that differ, `(recorded, now)`; `None` when the structure does: other members,
/// another type somewhere, another number of elements.
pub(super) fn changes(recorded: &Json, now: &Json) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    compare(recorded, now, &mut changes).then_some(changes)
}

/// The values that differ between two lists of fields; `None` when the names do.
pub(super) fn pair_changes(mut recorded: Vec<Pair>, mut now: Vec<Pair>) -> Option<Vec<Change>> {
    recorded.sort_by(|(a, _), (b, _)| a.cmp(b));
    now.sort_by(|(a, _), (b, _)| a.cmp(b));
    let have_same_names =
        recorded.len() == now.len() && recorded.iter().zip(&now).all(|((a, _), (b, _))| a == b);
    have_same_names.then(|| {
        recorded.into_iter().zip(now).map(|((_, recorded), (_, now))| (recorded, now)).collect()
    })
}

fn compare(recorded: &Json, now: &Json, changes: &mut Vec<Change>) -> bool {
    match (recorded, now) {
        (Json::Null, Json::Null) | (Json::Bool(_), Json::Bool(_)) => true,
        (Json::Number(recorded), Json::Number(now))
        | (Json::String(recorded), Json::String(now)) => {
            if recorded != now {
                changes.push((recorded.clone(), now.clone()));
            }
            true
        }
        (Json::Array(recorded), Json::Array(now)) => {
            recorded.len() == now.len()
                && recorded.iter().zip(now).all(|(a, b)| compare(a, b, changes))
        }
        (Json::Object(recorded), Json::Object(now)) => {
            let (mut recorded, mut now) = (last_of_each(recorded), last_of_each(now));
            recorded.sort_by_key(|(name, _)| *name);
            now.sort_by_key(|(name, _)| *name);
            recorded.len() == now.len()
                && recorded
                    .iter()
                    .zip(&now)
                    .all(|((a, recorded), (b, now))| a == b && compare(recorded, now, changes))
        }
        _ => false,
    }
}
