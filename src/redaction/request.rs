//! A request sanitised as a whole: the same whether it is recorded or about to be matched.

use std::{borrow::Cow, collections::BTreeMap};

use http::{HeaderMap, HeaderValue, uri::PathAndQuery};

use super::{
    body::Label,
    class::Class,
    pass::{Finding, Pass, Reach, Side},
    pseudonym::Pseudonyms,
    taint::Taint,
};
use crate::model::{Request, RequestBody, message::text_of};

/// The parts of a request that sanitising looks at.
pub(super) struct Parts<'r> {
    pub(super) target: &'r str,
    pub(super) headers: Vec<(&'r str, Cow<'r, str>)>,
    /// `None` when it is not in memory.
    pub(super) body: Option<&'r [u8]>,
}

/// What has to change in it.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) target: Option<String>,
    /// By place in the list of fields.
    pub(super) headers: BTreeMap<usize, String>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) found: Vec<Finding>,
}

impl Changes {
    /// Whether the request stays as it is.
    pub(super) fn is_empty(&self) -> bool {
        self.target.is_none() && self.headers.is_empty() && self.body.is_none()
    }

    /// Whether the client sent a password in a field of its own, as one does to log in.
    pub(super) fn is_login(&self) -> bool {
        self.found.iter().any(|found| {
            found.class == Class::Password
                && (found.place.starts_with("body") || found.place.starts_with("query"))
        })
    }
}

/// What a list of header fields says about the body.
pub(super) fn label<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> Label<'h> {
    let mut label = Label::default();
    headers.for_each(|(name, value)| label.read(name, value));
    label
}

/// Sanitises a request by what it says itself: its own credentials are replaced in all of it, those
/// of other exchanges are not looked for. Its result depends on the request and the key alone, which
/// is what lets a replayed request match a recorded one.
pub(super) fn sanitise(keys: &Pseudonyms, parts: &Parts<'_>) -> Changes {
    let label = label(parts.headers.iter().map(|(name, value)| (*name, &**value)));
    let mut changes = Changes::default();

    let mut pass = Pass::new(keys, Side::Request);
    walk(&mut pass, parts, label, &mut changes);
    if pass.found.is_empty() {
        return changes;
    }

    let mut own = Taint::default();
    pass.spread(&mut own, Reach::Exchange);
    changes.found = std::mem::take(&mut pass.found);
    if !own.is_empty() {
        let mut pass = Pass::new(keys, Side::Request);
        pass.taints.push(&own);
        pass.again = true;
        walk(&mut pass, parts, label, &mut changes);
        changes.found.append(&mut pass.found);
    }
    changes
}

/// Whether [`sanitise`] would find nothing; `None` stands for a value that is not UTF-8, of which that
/// is not known.
pub(super) fn is_clean<'r>(
    keys: &Pseudonyms,
    target: &str,
    fields: impl Iterator<Item = (&'r str, Option<&'r str>)>,
    body: Option<&[u8]>,
) -> bool {
    let mut pass = Pass::new(keys, Side::Request);
    let mut label = Label::default();
    for (name, value) in fields {
        let Some(value) = value else { return false };
        if pass.header(name, value).is_some() {
            return false;
        }
        label.read(name, value);
    }
    let changed =
        pass.target(target).is_some() || body.is_some_and(|body| pass.body(label, body).is_some());
    !changed && pass.found.is_empty()
}

/// Looks at every part, in the form it has by now.
fn walk(pass: &mut Pass<'_>, parts: &Parts<'_>, label: Label<'_>, changes: &mut Changes) {
    for (at, (name, value)) in parts.headers.iter().enumerate() {
        let value = changes.headers.get(&at).map_or(&**value, String::as_str);
        if pass.again && !pass.knows_any(value.as_bytes()) {
            continue;
        }
        if let Some(replaced) =
            pass.at(|| format!("headers.{name}"), |pass| pass.header(name, value))
        {
            changes.headers.insert(at, replaced);
        }
    }
    let target = changes.target.as_deref().unwrap_or(parts.target);
    if (!pass.again || pass.knows_any(target.as_bytes()))
        && let Some(replaced) = pass.target(target)
    {
        changes.target = Some(replaced);
    }
    if let Some(body) = changes.body.as_deref().or(parts.body)
        && let Some(replaced) = pass.at(|| "body".to_owned(), |pass| pass.body(label, body))
    {
        changes.body = Some(replaced);
    }
}

/// Names and values as text, values borrowed where they are UTF-8.
pub(super) fn fields(headers: &HeaderMap) -> Vec<(&str, Cow<'_, str>)> {
    headers
        .iter()
        .map(|(name, value)| {
            let text = match std::str::from_utf8(value.as_bytes()) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => Cow::Owned(text_of(value.as_bytes())),
            };
            (name.as_str(), text)
        })
        .collect()
}

pub(super) fn change_request(changes: Changes, request: &mut Request) {
    if let Some(target) = changes.target
        && let Ok(target) = PathAndQuery::try_from(target)
    {
        request.target = target;
    }
    if !changes.headers.is_empty() {
        for (at, value) in request.headers.values_mut().enumerate() {
            let Some(new) = changes.headers.get(&at) else {
                continue;
            };
            let is_utf8 = std::str::from_utf8(value.as_bytes()).is_ok();
            let new = if is_utf8 {
                HeaderValue::from_bytes(new.as_bytes())
            } else {
                // Read as Latin-1, so written as that.
                let bytes: Vec<u8> = new.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
                HeaderValue::from_bytes(&bytes)
            };
            if let Ok(new) = new {
                *value = new;
            }
        }
    }
    if let Some(body) = changes.body {
        if let Ok(length) = HeaderValue::from_str(&body.len().to_string())
            && let Some(field) = request.headers.get_mut(http::header::CONTENT_LENGTH)
        {
            *field = length;
        }
        request.body = RequestBody::Whole(body.into());
    }
}
