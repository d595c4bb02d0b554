//! Credentials in request targets, query strings and forms.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::{names, pass::Pass, taint::percent};

impl Pass<'_> {
    /// Path and query.
    pub(super) fn target(&mut self, target: &str) -> Option<String> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let new_path = self.at(|| "path".to_owned(), |pass| pass.field_text(path));
        let new_query =
            query.and_then(|query| self.at(|| "query".to_owned(), |pass| pass.pairs(query)));
        if new_path.is_none() && new_query.is_none() {
            return None;
        }
        let mut out = new_path.unwrap_or_else(|| path.to_owned());
        if let Some(query) = query {
            out.push('?');
            out.push_str(new_query.as_deref().unwrap_or(query));
        }
        Some(out)
    }

    /// `name=value&…`, as a query or as a body. Pairs without credentials keep their spelling.
    pub(super) fn pairs(&mut self, text: &str) -> Option<String> {
        let graphql = text.contains("variables=").then(|| graphql_query(text)).flatten();
        let mut out: Option<String> = None;
        let mut at = 0;
        for pair in text.split('&') {
            if let Some(replaced) = self.pair(pair, graphql.as_deref()) {
                let out = out.get_or_insert_with(|| text.get(..at).unwrap_or_default().to_owned());
                out.push_str(&replaced);
            } else if let Some(out) = &mut out {
                out.push_str(pair);
            }
            at += pair.len();
            if at < text.len() {
                if let Some(out) = &mut out {
                    out.push('&');
                }
                at += 1;
            }
        }
        out
    }

    fn pair(&mut self, pair: &str, graphql: Option<&str>) -> Option<String> {
        let Some((raw_name, raw)) = pair.split_once('=') else {
            return self.field_text(pair);
        };
        let name = decode(raw_name);
        let value = decode(raw);
        if value.is_empty() {
            return None;
        }
        let replaced = self.at(
            || format!(".{name}"),
            |pass| {
                let by_name = names::parameter(&name).and_then(|named| pass.named(named, &value));
                by_name.or_else(|| match (&*name, graphql) {
                    ("query", Some(_)) => pass.graphql(&value),
                    ("variables", Some(query)) => pass.graphql_variables(&value, query)?,
                    _ if value.starts_with(['{', '[']) => match pass.json(&value) {
                        Some(replaced) => replaced,
                        None => pass.string(&value),
                    },
                    _ => pass.string(&value),
                })
            },
        )?;
        // What was not escaped before need not be now, where nothing asks for it.
        let is_plain = !raw.contains(['%', '+'])
            && replaced.bytes().all(|byte| byte.is_ascii_graphic() && !b"%&#+\"<>".contains(&byte));
        let encoded = if is_plain { replaced } else { percent(&replaced, raw.contains('+')) };
        Some(format!("{raw_name}={encoded}"))
    }
}

fn graphql_query(text: &str) -> Option<String> {
    text.split('&').find_map(|pair| pair.strip_prefix("query=")).map(|raw| decode(raw).into_owned())
}

fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.contains(['%', '+']) {
        return Cow::Borrowed(raw);
    }
    let spaced = raw.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}
