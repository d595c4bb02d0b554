//! One walk through a message: what is known at its start, what it found.

use std::ops::Range;

use super::{
    basic, card,
    class::Class,
    jwt,
    names::{self, HeaderRule, Named, Weight},
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
    pub(super) found: Vec<Finding>,
}

impl<'k> Pass<'k> {
    pub(super) fn new(keys: &'k Pseudonyms, side: Side) -> Self {
        Self { keys, side, taints: Vec::new(), login: None, again: false, found: Vec::new() }
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

    /// The value of an `Authorization` field: its scheme stays, and so do the user name of `Basic`
    /// and the parameters that are not secret.
    pub(super) fn authorization(&mut self, value: &str) -> Option<String> {
        let Some((scheme, rest)) = value.split_once(' ') else {
            return self.whole_authorization(value);
        };
        let replaced = match scheme.to_ascii_lowercase().as_str() {
            "basic" => self.basic(rest),
            "bearer" | "negotiate" | "ntlm" => self.whole_authorization(rest),
            _ => match self.parameters(rest) {
                Some(parameters) => parameters,
                None => self.whole_authorization(rest),
            },
        };
        replaced.map(|rest| format!("{scheme} {rest}"))
    }

    fn whole_authorization(&mut self, value: &str) -> Option<String> {
        let named = Named { class: Class::Authorization, weight: Weight::Strong };
        self.named(named, value)
    }

    /// What follows `Basic `.
    pub(super) fn basic(&mut self, encoded: &str) -> Option<String> {
        let Some((user, password)) = basic::decode(encoded) else {
            return self.whole_authorization(encoded);
        };
        let secret = basic_stand_in(self.keys, &user, &password)?;
        for (value, pseudonym) in &secret.values {
            self.note(Class::Authorization, value, pseudonym, Reach::Recording);
        }
        let class = Class::Authorization;
        let encoded = Finding::new(class, encoded.trim(), &secret.encoded, Reach::Recording);
        self.found.push(Finding { verbatim: true, ..encoded });
        Some(secret.encoded)
    }

    /// `name=value, name="value"`: the outer `None` when it is no such list, the inner one when
    /// nothing in it had to be replaced.
    fn parameters(&mut self, text: &str) -> Option<Option<String>> {
        let mut out = String::new();
        let mut rest = text;
        let mut is_changed = false;
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=')?;
            let bare = name.trim_matches(|c: char| c == ',' || c.is_ascii_whitespace());
            let is_name = !bare.is_empty()
                && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-*".contains(&byte));
            if !is_name {
                return None;
            }
            out.push_str(name);
            out.push('=');
            let (quote, value) = match after.strip_prefix('"') {
                Some(quoted) => ("\"", quoted.split('"').next().unwrap_or_default()),
                None => ("", after.split(',').next().unwrap_or_default()),
            };
            let replaced = self.parameter(bare, value);
            is_changed |= replaced.is_some();
            out.push_str(quote);
            out.push_str(replaced.as_deref().unwrap_or(value));
            let used = quote.len() + value.len();
            rest = after.get(used..).unwrap_or_default();
            if let Some(closed) = rest.strip_prefix('"') {
                out.push('"');
                rest = closed;
            }
        }
        if is_changed {
            Some(Some(out))
        } else if is_pseudonym(text) {
            Some(None)
        } else {
            None
        }
    }

    fn parameter(&mut self, name: &str, value: &str) -> Option<String> {
        let class = match name.to_ascii_lowercase().as_str() {
            "response" | "signature" | "oauth_signature" | "mac" => Class::Signature,
            "credential" | "oauth_consumer_key" | "id" | "key" => Class::ApiKey,
            "auth" => Class::Token,
            _ => names::parameter(name)?.class,
        };
        self.named(Named { class, weight: Weight::Strong }, value)
    }

    /// A header field's value.
    pub(super) fn header(&mut self, name: &str, value: &str) -> Option<String> {
        if value.is_empty() {
            return None;
        }
        match names::header(name) {
            Some(HeaderRule::Authorization) => self.authorization(value),
            Some(HeaderRule::Challenge) => None,
            Some(HeaderRule::Cookie) => self.cookies(value),
            Some(HeaderRule::SetCookie) => self.set_cookie(value),
            Some(HeaderRule::Link) | None => self.field_text(value),
            Some(HeaderRule::Whole(Class::Signature)) => self.signature(value),
            Some(HeaderRule::Whole(class)) => {
                self.named(Named { class, weight: Weight::Strong }, value)
            }
        }
    }

    /// `sha256=…`, `t=1492774577,v1=…`: what is long in it.
    fn signature(&mut self, value: &str) -> Option<String> {
        let mut is_changed = false;
        let pieces: Vec<String> = value
            .split(',')
            .map(|piece| {
                let start = piece.find('=').filter(|&at| at < 12).map_or(0, |at| at + 1);
                let (label, signature) = piece.split_at(start);
                let replaced = (signature.len() >= 16)
                    .then(|| self.secret(Class::Signature, signature, Reach::Here))
                    .flatten();
                is_changed |= replaced.is_some();
                [label, replaced.as_deref().unwrap_or(signature)].concat()
            })
            .collect();
        is_changed.then(|| pieces.join(","))
    }

    fn cookies(&mut self, value: &str) -> Option<String> {
        let mut is_changed = false;
        let pieces: Vec<String> = value
            .split(';')
            .map(|piece| {
                let replaced = self.cookie(piece);
                is_changed |= replaced.is_some();
                replaced.unwrap_or_else(|| piece.to_owned())
            })
            .collect();
        is_changed.then(|| pieces.join(";"))
    }

    fn set_cookie(&mut self, value: &str) -> Option<String> {
        let (pair, attributes) = match value.find(';') {
            Some(at) => value.split_at(at),
            None => (value, ""),
        };
        self.cookie(pair).map(|pair| pair + attributes)
    }

    /// One `name=value`; spaces and quotes around the value stay.
    fn cookie(&mut self, pair: &str) -> Option<String> {
        let (name, raw) = pair.split_once('=')?;
        let value = raw.trim_matches(|c: char| c == '"' || c.is_ascii_whitespace());
        let class = match names::cookie(name) {
            Some(class) if value.len() >= 4 && !opaque::is_placeholder(value) => class,
            _ if opaque::looks_opaque(value) => Class::Cookie,
            _ => {
                let replaced = self.string(value)?;
                return Some(format!("{name}={}", raw.replacen(value, &replaced, 1)));
            }
        };
        let replaced = self.secret(class, value, Reach::Recording)?;
        Some(format!("{name}={}", raw.replacen(value, &replaced, 1)))
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
        _ if is_one_word => value.len() >= 6,
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
    Some((range.clone(), keys.of(secret)))
}

/// Whether the token whose signature starts at `signature` is one that answers keep.
fn is_kept(value: &str, signature: usize) -> bool {
    let start = value.rfind(' ').map_or(0, |at| at + 1);
    start < signature
        && value.get(start..).is_some_and(|token| {
            jwt::whole(token).is_some() && jwt::is_short_lived(token.as_bytes())
        })
}

/// What stands for `user:password` in base64.
pub(super) struct BasicStandIn {
    pub(super) encoded: String,
    /// The secrets in it and their pseudonyms.
    pub(super) values: Vec<(String, String)>,
}

/// `None` when there is nothing in it to replace. Some APIs take a key as user name, with no
/// password or a fixed one.
pub(super) fn basic_stand_in(
    keys: &Pseudonyms,
    user: &str,
    password: &str,
) -> Option<BasicStandIn> {
    let user_is_key = matches!(password, "" | "x" | "X" | "x-oauth-basic" | "api_token")
        || shapes::find(user.as_bytes(), 0).is_some();
    let mut values = Vec::new();
    let mut replace = |value: &str, is_secret: bool| -> String {
        let range = shapes::secret_part(value);
        let secret = value.get(range.clone()).unwrap_or_default();
        if !is_secret || secret.is_empty() || is_pseudonym(value) {
            return value.to_owned();
        }
        let pseudonym = keys.of(secret);
        values.push((secret.to_owned(), pseudonym.clone()));
        [
            value.get(..range.start).unwrap_or_default(),
            &pseudonym,
            value.get(range.end..).unwrap_or_default(),
        ]
        .concat()
    };
    let user = replace(user, user_is_key);
    let password =
        replace(password, !matches!(password, "x" | "X" | "x-oauth-basic" | "api_token"));
    (!values.is_empty()).then(|| BasicStandIn { encoded: basic::encode(&user, &password), values })
}
