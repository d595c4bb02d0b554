//! The answer to one request, for the journal: what it says itself, and the credentials of its request
//! wherever it gives them back.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use super::{
    body::kind_of,
    pass::{Finding, Pass, Reach, Side},
    pseudonym::Pseudonyms,
    request::{Changes, label},
    taint::Taint,
};
use crate::{
    codec::encoding,
    model::{Request, RequestBody, message::text_of},
};

/// Of a body that was cut off, the last bytes are not told: a credential may begin in them.
const UNDECIDED: usize = 4 * 1024;

/// The credentials of one request, as far as its answer may give them back.
#[derive(Clone, Default)]
pub struct Credentials {
    found: Vec<Finding>,
    is_login: bool,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("n", &self.found.len()).finish_non_exhaustive()
    }
}

impl Credentials {
    pub(super) fn of(changes: &mut Changes) -> Self {
        let is_login = changes.is_login();
        let mut found = std::mem::take(&mut changes.found);
        found.retain(|found| found.reach != Reach::Here);
        Self { found, is_login }
    }

    /// What they take of memory, in bytes.
    pub fn size(&self) -> usize {
        let texts = |found: &Finding| {
            found.place.len() + found.secret.len() + found.pseudonym.len() + size_of::<Finding>()
        };
        self.found.iter().map(texts).sum()
    }
}

/// An answer that somebody is to see.
#[derive(Debug)]
pub struct SeenAnswer<'a> {
    /// Header fields.
    pub headers: &'a mut HeaderMap,
    /// The body, or its beginning.
    pub body: &'a mut Bytes,
    /// Whether it is only the beginning.
    pub is_cut: bool,
}

/// Sanitises an answer to the request that was `asked`.
pub(super) fn sanitise(
    keys: &Pseudonyms,
    seen: &Arc<Taint>,
    answer: SeenAnswer<'_>,
    credentials: &Credentials,
    asked: &Request,
) {
    let SeenAnswer { headers, body, is_cut } = answer;
    let mut own = Taint::default();
    let mut pass = Pass::new(keys, Side::Answer);
    pass.found.clone_from(&credentials.found);
    pass.spread(&mut own, Reach::Exchange);
    let mut pass = Pass::new(keys, Side::Answer);
    pass.taints = [&**seen, &own].into_iter().filter(|taint| !taint.is_empty()).collect();
    let sent = credentials.is_login.then(|| text_of_request(asked));
    pass.login = sent.as_deref();
    walk(&mut pass, headers, body, is_cut);

    let mut revealed = Taint::default();
    pass.spread(&mut revealed, Reach::Exchange);
    if !revealed.is_empty() {
        let mut pass = Pass::new(keys, Side::Answer);
        pass.taints.push(&revealed);
        pass.again = true;
        walk(&mut pass, headers, body, is_cut);
    }
}

/// All that a client sent: a value in it is not one that the answer hands out.
fn text_of_request(request: &Request) -> String {
    let mut text = request.target.to_string();
    for value in request.headers.values() {
        text.push('\n');
        text.push_str(&text_of(value.as_bytes()));
    }
    if let RequestBody::Whole(bytes) = &request.body {
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(bytes));
    }
    text
}

fn walk(pass: &mut Pass<'_>, headers: &mut HeaderMap, body: &mut Bytes, is_cut: bool) {
    let field = |name| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (content_type, coding) =
        (field(http::header::CONTENT_TYPE), field(http::header::CONTENT_ENCODING));
    let told = [("content-type", content_type.as_str()), ("content-encoding", coding.as_str())];
    let label = label(told.into_iter());
    let before = body.len();
    if is_cut && !pass.again {
        *body = head(pass, &content_type, &coding, body);
    } else if let Some(replaced) = pass.body(label, body) {
        *body = replaced.into();
    }
    for (name, value) in headers.iter_mut() {
        let text = text_of(value.as_bytes());
        if pass.again && !pass.knows_any(text.as_bytes()) {
            continue;
        }
        if let Some(replaced) = pass.header(name.as_str(), &text)
            && let Ok(replaced) = HeaderValue::from_bytes(replaced.as_bytes())
        {
            *value = replaced;
        }
    }
    if !is_cut
        && before != body.len()
        && let Some(length) = headers.get_mut(http::header::CONTENT_LENGTH)
        && length.as_bytes() == before.to_string().as_bytes()
    {
        *length = HeaderValue::from(body.len());
    }
}

/// The beginning of a body as far as it can be told what in it is a credential. Of a body in a content
/// coding nothing can be.
fn head(pass: &mut Pass<'_>, content_type: &str, coding: &str, head: &Bytes) -> Bytes {
    if !encoding::is_identity(coding) {
        return Bytes::new();
    }
    let kind = kind_of(content_type, head);
    let mut edits = pass.edits(head, kind);
    let mut decided = head.len().saturating_sub(UNDECIDED);
    for edit in edits.iter().rev() {
        if edit.span().start < decided && edit.span().end > decided {
            decided = edit.span().start;
        }
    }
    edits.retain(|edit| edit.span().end <= decided);
    let told = head.slice(..decided);
    if edits.is_empty() {
        return told;
    }
    pass.apply(&told, edits).map_or(told, Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{Method, uri::PathAndQuery};

    use super::*;
    use crate::{model::Scheme, redaction::Redactor};

    const TOKEN: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

    fn seen(body: &str, is_cut: bool) -> (HeaderMap, String) {
        let redactor = Redactor::new(b"a key of some length");
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
        let request = Request {
            method: Method::GET,
            scheme: Scheme::Http,
            authority: "h".to_owned(),
            target: PathAndQuery::from_static("/"),
            headers,
            body: RequestBody::Whole(Bytes::new()),
            client: None,
            received: SystemTime::UNIX_EPOCH,
        };
        let (asked, credentials) = redactor.examined(&request);
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("content-length", HeaderValue::from(body.len()));
        headers.insert("x-echo", HeaderValue::from_static(TOKEN));
        let mut body = Bytes::copy_from_slice(body.as_bytes());
        let answer = SeenAnswer { headers: &mut headers, body: &mut body, is_cut };
        redactor.answer(answer, &credentials, &asked);
        (headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn what_a_client_sent_is_replaced_where_it_is_given_back() {
        let (headers, body) = seen(&format!(r#"{{"you": "{TOKEN}", "n": 1}}"#), false);
        assert!(!body.contains(TOKEN) && body.ends_with(r#""n": 1}"#), "{body}");
        assert_ne!(headers["x-echo"], TOKEN);
        assert_eq!(headers["content-length"].to_str().unwrap(), body.len().to_string());
    }

    #[test]
    fn of_a_beginning_nothing_is_told_that_a_cut_may_have_hidden() {
        let long =
            format!(r#"{{"you": "{TOKEN}", "x": "{}", "again": "{TOKEN}"#, "z ".repeat(4000));
        for end in [long.len(), long.len() - 10] {
            let (_, body) = seen(&long[..end], true);
            assert!(body.len() > 1000 && body.len() < long.len() - UNDECIDED + 100);
            assert!(!body.contains("4eC39HqLyj"), "{body}");
        }
        let (_, body) = seen(r#"{"password": "sec"#, true);
        assert_eq!(body, "");
    }
}
