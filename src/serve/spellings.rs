//! How names of fields are spelled that answers get from several sides.

use std::{collections::HashMap, sync::Arc};

use http::Extensions;
use parking_lot::Mutex;

use super::head_case;
use crate::{render::Prepared, store::FieldNames, upstream::HeadTap};

/// Combinations of names whose spelling is kept.
const MAX_SPELLINGS: usize = 500;

/// How the names of an answer's fields are spelled, for who adds some.
#[derive(Clone)]
pub(super) struct Spelled(pub(super) Arc<Prepared>);

impl Spelled {
    /// The names.
    pub(super) fn names(&self) -> &[String] {
        &self.0.spelled
    }
}

/// How names are spelled that answers and limits have together.
#[derive(Default)]
pub(super) struct Spellings(Mutex<HashMap<Vec<String>, Extensions>>);

impl Spellings {
    /// What has hyper spell these names so; see [`head_case`].
    pub(super) async fn of(&self, names: Vec<String>) -> Extensions {
        let known = self.0.lock().get(&names).cloned();
        if let Some(known) = known {
            return known;
        }
        let made = head_case::spelling(&names).await;
        let mut known = self.0.lock();
        if known.len() >= MAX_SPELLINGS {
            known.clear();
        }
        known.insert(names, made.clone());
        made
    }
}

/// Notes for the journal how another server spelled the names of its answer's fields.
pub(super) fn note_names(extensions: &mut Extensions) {
    let head = extensions.get::<HeadTap>().and_then(HeadTap::take);
    if let Some((_, head)) = head {
        let names: Vec<String> = head.fields.into_iter().map(|(name, _)| name).collect();
        extensions.insert(FieldNames(Some(names.into())));
    }
}
