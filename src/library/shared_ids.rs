//! Two stubs with one id would be one: the later of them is reported and left out.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::Path,
    sync::Arc,
};

use super::{
    loaded::LoadedFile,
    located::{Located, Source},
};
use crate::{
    format::{Problem, rule},
    model::{ServiceName, StubId},
};

/// Which file a stub's id is first in.
pub(super) type Ids = HashMap<(Option<ServiceName>, StubId), Arc<Path>>;

/// Two stubs with one id would be one: the later of them is reported and left out.
pub(super) fn report_shared_ids(first: &mut Ids, files: &mut [LoadedFile]) {
    for file in files {
        let LoadedFile { path, service, stubs, problems, shares_id, .. } = file;
        stubs.retain(|stub| match first.entry((service.clone(), stub.id)) {
            Entry::Vacant(entry) => {
                entry.insert(path.clone());
                true
            }
            Entry::Occupied(entry) => {
                problems.push(shared_id(path, stub.id, entry.get()));
                *shares_id = true;
                false
            }
        });
    }
}

fn shared_id(path: &Path, id: StubId, first: &Path) -> Located {
    let message = format!("the stub's id is also that of one in `{}`", first.display());
    let hint = "leave `id` out, or give it another";
    let id = id.to_string();
    // Seldom enough to read the file again.
    let text = std::fs::read_to_string(path).unwrap_or_default();
    match text.rfind(&id) {
        Some(at) => {
            let span = at..at + id.len();
            let problem = Problem::new(rule::SHARED_ID, span, message).with_hint(hint);
            Source::new(&text).locate(path, problem)
        }
        None => {
            let located = Located::whole_file(path, message, Some(hint.to_owned()));
            Located { rule: rule::SHARED_ID, ..located }
        }
    }
}
