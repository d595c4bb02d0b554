//! Reads XML 1.0 text. What a document says about itself (its encoding, its type) is read over.
//!
//! Entities are not defined, whatever a document type declaration says: `super::doctype`.

use std::borrow::Cow;

use super::{
    doctype,
    document::{Document, MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_NODES},
    error::XmlError,
    reader::Builder,
    scan::{Scanner, is_char, is_space},
};

impl Document {
    /// Reads `text`. Prefixes need not be declared: see [`Document::check_namespaces`].
    ///
    /// # Errors
    ///
    /// The first place where `text` is not well-formed (XML 1.0 §2.1), defines an entity, or is
    /// more than [`MAX_BYTES`], [`MAX_DEPTH`], [`MAX_NODES`] or [`MAX_ATTRIBUTES`] allow.
    pub fn parse(text: &str) -> Result<Self, XmlError> {
        if text.len() > MAX_BYTES {
            return Err(XmlError::at(text, 0, format!("more than {MAX_BYTES} bytes of XML")));
        }
        let mut parser = Parser { text, scan: Scanner::new(text), builder: Builder::new(text) };
        parser.document()?;
        Ok(parser.builder.build())
    }
}

struct Parser<'t> {
    text: &'t str,
    scan: Scanner<'t>,
    builder: Builder<'t>,
}

impl<'t> Parser<'t> {
    fn error<T>(&self, offset: usize, message: impl Into<String>) -> Result<T, XmlError> {
        Err(XmlError::at(self.text, offset, message))
    }

    fn document(&mut self) -> Result<(), XmlError> {
        let is_declared =
            self.text.strip_prefix("<?xml").is_some_and(|rest| rest.starts_with(is_space));
        if is_declared && self.declaration().is_none() {
            return self.error(0, "the XML declaration is not well-formed");
        }
        let (mut has_root, mut has_type) = (false, false);
        loop {
            let at = self.scan.at;
            if self.builder.is_full() {
                return self.error(at, format!("more than {MAX_NODES} nodes and attributes"));
            }
            let is_inside = self.builder.depth() > 0;
            if is_inside && !self.scan.rest().starts_with('<') {
                self.text(at)?;
            } else if !is_inside && self.scan.spaces() {
            } else if self.scan.take("<!--") {
                self.comment(at)?;
            } else if self.scan.take("<![CDATA[") && is_inside {
                let Some(text) = self.scan.until("]]>") else {
                    return self.error(at, "the CDATA section does not end; expected `]]>`");
                };
                self.check_chars(text)?;
                self.builder.cdata(&lines(text));
            } else if self.scan.take("<?") {
                self.instruction(at)?;
            } else if self.scan.take("<!DOCTYPE") && !has_root && !has_type {
                has_type = true;
                doctype::skip(&mut self.scan)
                    .map_err(|message| XmlError::at(self.text, self.scan.at, message))?;
            } else if is_inside && self.scan.take("</") {
                self.end_tag(at)?;
            } else if (is_inside || !has_root) && self.scan.take("<") {
                has_root = true;
                self.start_tag(at)?;
            } else if self.scan.rest().is_empty() && has_root {
                return Ok(());
            } else {
                let expected = if has_root { "nothing" } else { "an element" };
                return self.error(at, format!("expected {expected} here"));
            }
        }
    }

    fn declaration(&mut self) -> Option<()> {
        let mut scan = Scanner::new(self.scan.until("?>")?);
        scan.take("<?xml");
        let mut expected = ["version", "encoding", "standalone"].iter();
        let mut has_version = false;
        while scan.spaces() && !scan.rest().is_empty() {
            let name = scan.name()?;
            expected.find(|&&known| known == name)?;
            has_version |= name == "version";
            scan.spaces();
            scan.take("=").then_some(())?;
            scan.spaces();
            scan.quoted()?;
        }
        (has_version && scan.rest().is_empty()).then_some(())
    }

    fn check_chars(&self, part: &str) -> Result<(), XmlError> {
        let Some((at, c)) = part.char_indices().find(|&(_, c)| !is_char(c)) else { return Ok(()) };
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        self.error(start + at, format!("the character U+{:04X} may not be in XML", c as u32))
    }

    fn comment(&mut self, at: usize) -> Result<(), XmlError> {
        let Some(text) = self.scan.until("--") else {
            return self.error(at, "the comment does not end; expected `-->`");
        };
        if !self.scan.take(">") {
            return self.error(self.scan.at, "`--` may not be in a comment");
        }
        self.check_chars(text)?;
        self.builder.aside(None, &lines(text));
        Ok(())
    }

    fn instruction(&mut self, at: usize) -> Result<(), XmlError> {
        let Some(target) = self.scan.name() else {
            return self.error(at, "expected a name after `<?`");
        };
        if target.eq_ignore_ascii_case("xml") {
            return self.error(at, "the XML declaration may stand only at the very beginning");
        }
        let has_data = self.scan.spaces();
        let Some(data) = self.scan.until("?>") else {
            return self.error(at, "the instruction does not end; expected `?>`");
        };
        if !has_data && !data.is_empty() {
            return self.error(at, "expected white space after the instruction's name");
        }
        self.check_chars(data)?;
        self.builder.aside(Some(target), &lines(data));
        Ok(())
    }

    fn text(&mut self, at: usize) -> Result<(), XmlError> {
        let text = self.scan.take_while(|c| c != '<');
        if self.scan.rest().is_empty() {
            let name = self.builder.open_name();
            return self.error(self.scan.at, format!("`<{name}>` is not closed"));
        }
        if let Some(inside) = text.find("]]>") {
            return self.error(at + inside, "`]]>` may not be in text; write `]]&gt;`");
        }
        self.check_chars(text)?;
        let text = lines(text);
        let value = self.references(at, &text)?;
        self.builder.text(&value);
        Ok(())
    }

    /// Undoes `&amp;`, `&#65;` and their like; `at` is where `text` stands.
    fn references<'v>(&self, at: usize, text: &'v str) -> Result<Cow<'v, str>, XmlError> {
        if !text.contains('&') {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::with_capacity(text.len());
        let mut parts = text.split('&');
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let Some((name, after)) = part.split_once(';') else {
                return self.error(at, "`&` begins no reference; write `&amp;`");
            };
            match reference(name) {
                Some(c) => out.push(c),
                None if name.starts_with('#') => {
                    return self.error(at, format!("`&{name};` is no character of XML"));
                }
                None => {
                    return self.error(at, format!("the entity `&{name};` is not defined"));
                }
            }
            out.push_str(after);
        }
        Ok(Cow::Owned(out))
    }

    fn start_tag(&mut self, at: usize) -> Result<(), XmlError> {
        let Some(name) = self.scan.name() else {
            return self.error(at, "expected a name after `<`");
        };
        if self.builder.depth() >= MAX_DEPTH {
            return self.error(at, format!("elements are nested more than {MAX_DEPTH} deep"));
        }
        let mut attributes: Vec<(&str, String)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let is_empty = loop {
            let has_space = self.scan.spaces();
            if self.scan.take("/>") {
                break true;
            }
            if self.scan.take(">") {
                break false;
            }
            let from = self.scan.at;
            let Some(key) = self.scan.name().filter(|_| has_space) else {
                return self.error(from, format!("expected an attribute or `>` in `<{name}`"));
            };
            self.scan.spaces();
            let has_equals = self.scan.take("=");
            self.scan.spaces();
            let Some(value) = self.scan.quoted().filter(|_| has_equals) else {
                return self.error(from, format!("expected `{key}=\"...\"`"));
            };
            if value.contains('<') {
                return self.error(from, format!("`<` may not be in `{key}`; write `&lt;`"));
            }
            if !seen.insert(key) {
                return self.error(from, format!("the attribute `{key}` is there twice"));
            }
            if attributes.len() >= MAX_ATTRIBUTES {
                return self.error(from, format!("more than {MAX_ATTRIBUTES} attributes"));
            }
            self.check_chars(value)?;
            let value = lines(value).replace(is_space, " ");
            attributes.push((key, self.references(from, &value)?.into_owned()));
        };
        self.builder.start(at, name, attributes);
        if is_empty {
            self.builder.end();
        }
        Ok(())
    }

    fn end_tag(&mut self, at: usize) -> Result<(), XmlError> {
        let name = self.scan.name().unwrap_or_default();
        self.scan.spaces();
        let open = self.builder.open_name();
        if name != open || !self.scan.take(">") {
            return self.error(at, format!("expected `</{open}>`"));
        }
        self.builder.end();
        Ok(())
    }
}

/// Line ends as one `\n` each (XML 1.0 §2.11).
fn lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// What `&name;` stands for.
fn reference(name: &str) -> Option<char> {
    let code = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let (digits, radix) = code.strip_prefix('x').map_or((code, 10), |hex| (hex, 16));
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, radix).ok()?).filter(|&c| is_char(c))
}
