//! Credentials in text of any kind: by form, by name where a name is told from a value, and by
//! having been seen before.
//!
//! All rules look at the same text and propose edits; where two overlap, the one that starts first
//! wins. So the result does not depend on the order of the rules, and a long text can be cut where
//! no edit is (see [`super::stream`]).

use std::{ops::Range, sync::LazyLock};

use percent_encoding::percent_decode;
use regex::bytes::Regex;

use super::{
    basic, card, glance, jwt,
    kind::Kind,
    name_tables::Weight,
    names::{self, Named},
    opaque,
    pass::{self, Finding, Pass, Reach, Side},
    pseudonym::is_pseudonym,
    shapes::{self, Form, Found},
    stand_in, taint,
    written::{Written, string_end, value_end},
};

/// A proposal to replace a part of the text.
pub(super) struct Edit {
    /// What it is about; nothing else may touch it.
    span: Range<usize>,
    /// What is replaced; `None` when the span is to stay as it is.
    replace: Option<(Range<usize>, Vec<u8>)>,
    found: Vec<Finding>,
}

impl Edit {
    /// What it is about.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl Pass<'_> {
    /// A text with its credentials replaced; `None` when there are none.
    pub(super) fn string(&mut self, text: &str) -> Option<String> {
        self.bytes(text.as_bytes(), Kind::Text).and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// As [`Self::string`], for a header field.
    pub(super) fn field_text(&mut self, text: &str) -> Option<String> {
        self.bytes(text.as_bytes(), Kind::Field).and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// As [`Self::string`], for bytes.
    pub(super) fn bytes(&mut self, text: &[u8], kind: Kind) -> Option<Vec<u8>> {
        let edits = self.edits(text, kind);
        (!edits.is_empty()).then(|| self.apply(text, edits)).flatten()
    }

    /// All proposals for a text, in order; some may overlap.
    pub(super) fn edits(&self, text: &[u8], kind: Kind) -> Vec<Edit> {
        let mut edits = Vec::new();
        if !glance::is_plain(text, kind) {
            self.ruled_edits(text, kind, &mut edits);
        }
        self.known_edits(text, kind, &mut edits);
        // Of two that start together the longer one says more.
        edits.sort_by_key(|edit| (edit.span.start, std::cmp::Reverse(edit.span.end)));
        edits
    }

    /// By form, by name and within encodings.
    pub(super) fn ruled_edits(&self, text: &[u8], kind: Kind, edits: &mut Vec<Edit>) {
        let mut from = 0;
        while let Some(found) = shapes::find(text, from) {
            from = found.end.max(from + 1);
            edits.extend(self.shape_edit(text, found, kind));
        }
        if kind == Kind::Text {
            from = 0;
            while let Some(found) = shapes::find_card(text, from) {
                from = found.end;
                edits.extend(self.shape_edit(text, found, kind));
            }
        }
        if kind != Kind::Binary {
            self.named_edits(text, edits);
            edits.extend(self.encoded(text).into_iter().map(|encoded| Edit {
                span: encoded.range.clone(),
                replace: Some((encoded.range, encoded.replacement)),
                found: encoded.found,
            }));
        }
    }

    /// By having been seen before.
    fn known_edits(&self, text: &[u8], kind: Kind, edits: &mut Vec<Edit>) {
        for taint in &self.taints {
            let mut from = 0;
            while let Some(hit) = taint.find(text, from) {
                from = hit.range.end;
                let replacement = match kind {
                    Kind::Binary => hit.in_place,
                    _ => Some(hit.replacement),
                };
                let Some(replacement) = replacement else {
                    continue;
                };
                edits.push(Edit {
                    span: hit.range.clone(),
                    found: vec![Finding::new(hit.class, hit.value, "", Reach::Here)],
                    replace: Some((hit.range, replacement.to_vec())),
                });
            }
        }
    }

    /// Carries out the proposals, except those that overlap an earlier one.
    pub(super) fn apply(&mut self, text: &[u8], edits: Vec<Edit>) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(text.len() + 16);
        let mut done = 0;
        let mut free = 0;
        let mut is_changed = false;
        for edit in edits {
            if edit.span.start < free {
                continue;
            }
            free = edit.span.end;
            let Some((range, replacement)) = edit.replace else {
                continue;
            };
            if text.get(range.clone()) == Some(&replacement) {
                continue;
            }
            out.extend_from_slice(text.get(done..range.start).unwrap_or_default());
            out.extend_from_slice(&replacement);
            done = range.end;
            is_changed = true;
            self.found.extend(edit.found);
        }
        out.extend_from_slice(text.get(done..).unwrap_or_default());
        is_changed.then_some(out)
    }

    fn shape_edit(&self, text: &[u8], found: Found, kind: Kind) -> Option<Edit> {
        let raw = text.get(found.secret.clone())?;
        let secret = std::str::from_utf8(raw).ok()?;
        let mut span = found.secret.clone();
        if let Form::Jwt(start) = found.form {
            span.start = start;
            if self.side == Side::Answer && jwt::is_kept(text.get(start..found.end)?) {
                return Some(Edit { span, replace: None, found: Vec::new() });
            }
        }
        if is_pseudonym(secret) {
            return None;
        }
        let reach = if found.class.taints() { Reach::Recording } else { Reach::Here };
        let (replacement, values) = match found.form {
            Form::Basic => {
                let (user, password) = basic::decode(secret)?;
                let stand_in = stand_in::of(self.keys, &user, &password)?;
                (stand_in.encoded, stand_in.values)
            }
            Form::Card => {
                let digits = card::digits_only(secret)?;
                let made = self.keys.of_card(secret, &digits);
                (made.clone(), vec![(secret.to_owned(), made)])
            }
            Form::Jwt(_) | Form::Token if kind == Kind::Binary => {
                let made = self.keys.of_equal_length(secret)?;
                (made, vec![(secret.to_owned(), self.keys.of(secret))])
            }
            Form::Token if secret.contains('%') => {
                let decoded = percent_decode(raw).decode_utf8().ok()?;
                let made = self.keys.of(&decoded);
                (taint::percent(&made, false), vec![(decoded.into_owned(), made)])
            }
            Form::Jwt(_) | Form::Token => {
                let made = self.keys.of(secret);
                (made.clone(), vec![(secret.to_owned(), made)])
            }
        };
        if kind == Kind::Binary && replacement.len() != raw.len() {
            return None;
        }
        let found_values = values
            .iter()
            .map(|(value, pseudonym)| Finding::new(found.class, value, pseudonym, reach))
            .collect();
        Some(Edit {
            span,
            replace: Some((found.secret, replacement.into_bytes())),
            found: found_values,
        })
    }

    fn named_edits(&self, text: &[u8], edits: &mut Vec<Edit>) {
        if !text.iter().any(|byte| matches!(byte, b'=' | b'<' | b'"' | b'\''))
            || !WORDS.is_match(text)
        {
            return;
        }
        for head in PAIR.captures_iter(text) {
            let (Some(before), Some(name), Some(whole)) = (head.get(1), head.get(2), head.get(0))
            else {
                continue;
            };
            let is_link = matches!(before.as_bytes().last(), Some(b'?' | b'&'))
                || before.as_bytes() == b"&amp;";
            let end = value_end(text, whole.end(), |byte| {
                byte <= b' ' || b"&\"'<>#;,\\`)]}".contains(&byte)
            });
            self.named_edit(
                text,
                name.as_bytes(),
                whole.end()..end,
                Written::Url { is_link },
                edits,
            );
        }
        for head in MEMBER.captures_iter(text) {
            let (Some(name), Some(quote), Some(whole)) = (head.get(1), head.get(2), head.get(0))
            else {
                continue;
            };
            let Some(end) = string_end(text, whole.end(), quote.as_bytes()) else {
                continue;
            };
            let is_escaped = quote.len() > 1;
            self.named_edit(
                text,
                name.as_bytes(),
                whole.end()..end,
                if is_escaped { Written::Plain } else { Written::Json },
                edits,
            );
        }
        for head in ELEMENT.captures_iter(text) {
            let (Some(name), Some(whole)) = (head.get(1), head.get(0)) else {
                continue;
            };
            let in_cdata = whole.as_bytes().ends_with(b"[");
            let end =
                value_end(text, whole.end(), |byte| byte == b'<' || (in_cdata && byte == b']'));
            let after = text.get(end..).unwrap_or_default();
            if after.starts_with(if in_cdata { b"]]></" } else { b"</" }) {
                self.named_edit(text, name.as_bytes(), whole.end()..end, Written::Xml, edits);
            }
        }
        for head in ATTRIBUTE.captures_iter(text) {
            let (Some(name), Some(quote), Some(whole)) = (head.get(1), head.get(2), head.get(0))
            else {
                continue;
            };
            let quote = quote.as_bytes().first().copied().unwrap_or(b'"');
            let end = value_end(text, whole.end(), |byte| byte == quote || byte == b'<');
            self.named_edit(text, name.as_bytes(), whole.end()..end, Written::Xml, edits);
        }
    }

    fn named_edit(
        &self,
        text: &[u8],
        name: &[u8],
        range: Range<usize>,
        written: Written,
        edits: &mut Vec<Edit>,
    ) {
        let edit = || -> Option<Edit> {
            let name = percent_decode(name).decode_utf8().ok()?;
            let named = names::parameter(&name)?;
            let raw = std::str::from_utf8(text.get(range.clone())?).ok()?;
            let value = written.decode(raw);
            if !self.applies_in_text(named, &value, written) {
                return None;
            }
            // A link is followed: what stands in it must be what the target will become.
            let is_link = matches!(written, Written::Url { is_link: true });
            let side = if is_link { Side::Request } else { self.side };
            let mut walk = Pass::new(self.keys, side);
            let replaced = walk.named(named, &value)?;
            Some(Edit {
                span: range.clone(),
                replace: Some((range.clone(), written.encode(&replaced, raw).into_bytes())),
                found: walk.found,
            })
        };
        edits.extend(edit());
    }

    fn applies_in_text(&self, named: Named, value: &str, written: Written) -> bool {
        let is_token = value.bytes().all(opaque::is_token_byte);
        let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
        match written {
            Written::Url { is_link: true } => pass::applies(Side::Request, named, value),
            Written::Url { is_link: false } => {
                named.weight == Weight::Strong
                    && pass::applies(self.side, named, value)
                    && (self.side == Side::Request || (is_token && has_digit))
            }
            // In XML `Key` and `Code` are the commonest of names.
            Written::Xml => {
                named.weight == Weight::Strong && pass::applies(self.side, named, value)
            }
            Written::Json | Written::Plain => pass::applies(self.side, named, value),
        }
    }
}

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles them")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("constant pattern")
}

/// Parts of the names of credentials: without any of them no name rule can apply.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i-u)pass|pwd|pw|token|secret|key|sess|csrf|xsrf|sig|cv[cv]|csc|pan|card|ccn|otp|code\
         |assert|saml|auth|cred|jwt|nonce|state|pin|hmac|sas|bearer|sid|connectionstring",
    )
});

/// `&name=` before a value: the separator and the name.
static PAIR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?-u)(^|&amp;|[?&;,\s])([A-Za-z_][A-Za-z0-9_.%\[\]-]{0,63})="));

/// `"name": "` before a value: the name and the quotation mark.
static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?-u)["']([A-Za-z_$@][A-Za-z0-9_.:$@-]{0,63})\\?["']\s{0,8}:\s{0,8}(\\?["'])"#)
});

/// `<name …>` before a value: the name.
static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?-u)<([A-Za-z_][A-Za-z0-9_.:-]{0,63})(?:\s[^<>]{0,512})?>(?:<!\[CDATA\[)?")
});

/// `name="` before a value: the name and the quotation mark.
static ATTRIBUTE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?-u)\s([A-Za-z_][A-Za-z0-9_.:-]{0,63})\s?=\s?(["'])"#));
