//! Credentials in header fields, by the grammar of each.

use super::{
    basic,
    class::Class,
    name_tables::{HeaderRule, Weight},
    names::{self, Named},
    opaque,
    pass::{Finding, Pass, Reach},
    pseudonym::is_pseudonym,
    stand_in,
};

impl Pass<'_> {
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
        let secret = stand_in::of(self.keys, &user, &password)?;
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
            None => self.field_text(value),
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
}
