//! One walk through a message: what is known at its start, what it found.

use std::ops::Range;

use super::{
    card,
    class::Class,
    jwt,
    name_tables::Weight,
    names::Named,
    opaque,
    pseudonym::{Pseudonyms, is_pseudonym},
    shapes,
    taint::Taint,
};

/// Who wrote the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Answer,
}

/// A credential and its stand-in.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) class: Class,
    /// Where, from the outermost step on: `request.body.$.source`. Steps are put before it on the
    /// way out of the walk, so that a walk that finds nothing builds no path.
    pub(super) place: String,
    /// Without its prefix.
    pub(super) secret: String,
    pub(super) pseudonym: String,
    /// The secret is an encoding of another one: it is looked for as it stands.
    pub(super) verbatim: bool,
    /// How far it is looked for.
    pub(super) reach: Reach,
}

impl Finding {
    pub(super) fn new(class: Class, secret: &str, pseudonym: &str, reach: Reach) -> Self {
        Self {
            class,
            place: String::new(),
            secret: secret.to_owned(),
            pseudonym: pseudonym.to_owned(),
            verbatim: false,
            reach,
        }
    }
}

/// Where else a credential is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nowhere: it was found by looking for it, or it means nothing elsewhere.
    Here,
    /// In its exchange: the name alone says little.
    Exchange,
    /// In all later answers too.
    Recording,
}

/// A walk through a message.
pub(super) struct Pass<'k> {
    pub(super) keys: &'k Pseudonyms,
    pub(super) side: Side,
    /// Credentials known before.
    pub(super) taints: Vec<&'k Taint>,
    /// What was sent, when this is the answer to a request with a password: tokens in it that the
    /// client did not know are its credentials from now on.
    pub(super) login: Option<&'k str>,
    /// Whether this is the second walk, which only looks for what is known now.
    pub(super) again: bool,
    /// How many layers of base64 this one is in.
    pub(super) depth: u8,
    pub(super) found: Vec<Finding>,
}

impl<'k> Pass<'k> {
    pub(super) fn new(keys: &'k Pseudonyms, side: Side) -> Self {
        Self {
            keys,
            side,
            taints: Vec::new(),
            login: None,
            again: false,
            depth: 0,
            found: Vec::new(),
        }
    }

    /// Does something one step further in: what is found there gets that step in its place.
    pub(super) fn at<T>(
        &mut self,
        step: impl FnOnce() -> String,
        walk: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.found.len();
        let result = walk(self);
        if self.found.len() > outer {
            let step = step();
            self.found.iter_mut().skip(outer).for_each(|found| found.place.insert_str(0, &step));
        }
        result
    }

    /// The stand-in for a value that a name calls a credential; `None` when it is none or is a
    /// stand-in already.
    pub(super) fn named(&mut self, named: Named, value: &str) -> Option<String> {
        if !applies(self.side, named, value) {
            return None;
        }
        let reach = match named.weight {
            _ if !named.class.taints() => Reach::Here,
            Weight::Weak => Reach::Exchange,
            Weight::Strong | Weight::Sent => Reach::Recording,
        };
        self.secret(named.class, value, reach)
    }

    /// The stand-in for a value that is a credential as a whole.
    pub(super) fn secret(&mut self, class: Class, value: &str, reach: Reach) -> Option<String> {
        let (secret, pseudonym) = stand_in(self.keys, self.side, class, value)?;
        let start = secret.start;
        let end = secret.end;
        let replaced = [
            value.get(..start).unwrap_or_default(),
            &pseudonym,
            value.get(end..).unwrap_or_default(),
        ]
        .concat();
        let secret = value.get(secret).unwrap_or_default();
        self.note(class, secret, &pseudonym, reach);
        Some(replaced)
    }

    pub(super) fn note(&mut self, class: Class, secret: &str, pseudonym: &str, reach: Reach) {
        self.found.push(Finding::new(class, secret, pseudonym, reach));
    }

    /// What is to be looked for after this walk, by how far.
    pub(super) fn spread(&self, taint: &mut Taint, least: Reach) {
        for finding in &self.found {
            let reaches = match least {
                Reach::Recording => finding.reach == Reach::Recording,
                Reach::Exchange | Reach::Here => finding.reach != Reach::Here,
            };
            if reaches && finding.verbatim {
                taint.add_verbatim(&finding.secret, &finding.pseudonym, finding.class);
            } else if reaches {
                taint.add(self.keys, &finding.secret, &finding.pseudonym, finding.class);
            }
        }
    }
}

/// Whether a value under a name can be a credential.
pub(super) fn applies(side: Side, named: Named, value: &str) -> bool {
    if opaque::is_placeholder(value) || is_pseudonym(value) {
        return false;
    }
    let is_one_word = !value.contains(|c: char| c.is_whitespace());
    match (named.class, named.weight) {
        (Class::CardNumber, _) => {
            card::digits_only(value).is_some_and(|digits| !card::is_harmless(&digits))
        }
        (Class::CardCode, _) => {
            (3..=4).contains(&value.len())
                && value.bytes().all(|byte| byte.is_ascii_digit())
                && !value.bytes().all(|byte| byte == b'9')
        }
        (class, Weight::Weak) => {
            side == Side::Request
                && opaque::looks_opaque(value)
                && !(class == Class::ApiKey && value.contains('/'))
        }
        (_, Weight::Sent) if side == Side::Answer => false,
        (Class::Password, _) if side == Side::Request => true,
        _ if side == Side::Request => value.len() >= 4,
        (Class::Password, _) => value.len() >= 4 && is_one_word,
        (Class::Session | Class::Csrf | Class::Signature, _) => {
            opaque::looks_opaque(value) || (value.len() >= 16 && is_one_word)
        }
        (Class::PrivateKey, _) => value.len() >= 6,
        _ if is_one_word => {
            value.len() >= 6 && (value.len() >= 16 || !opaque::is_spelled_as_a_word(value))
        }
        // `Bearer …` in one string.
        _ => {
            let part = shapes::secret_part(value);
            part.start > 0 && !value.get(part).unwrap_or(" ").contains(' ')
        }
    }
}

/// The secret part of a whole value and what stands for it.
fn stand_in(
    keys: &Pseudonyms,
    side: Side,
    class: Class,
    value: &str,
) -> Option<(Range<usize>, String)> {
    if let Some(digits) = card::digits_only(value)
        && shapes::find_card(value.as_bytes(), 0).is_some()
    {
        return Some((0..value.len(), keys.of_card(value, &digits)));
    }
    let range = shapes::secret_part(value);
    let secret = value.get(range.clone()).unwrap_or_default();
    if secret.is_empty() || is_pseudonym(secret) {
        return None;
    }
    if side == Side::Answer && is_kept(value, range.start) {
        return None;
    }
    // All nines stand for three or four digits.
    if class == Class::CardCode {
        return Some((range, "9".repeat(secret.len())));
    }
    Some((range, keys.of(secret)))
}

/// Whether the token whose signature starts at `signature` is one that answers keep.
fn is_kept(value: &str, signature: usize) -> bool {
    let start = value.rfind(' ').map_or(0, |at| at + 1);
    start < signature
        && value
            .get(start..)
            .is_some_and(|token| jwt::whole(token).is_some() && jwt::is_kept(token.as_bytes()))
}
