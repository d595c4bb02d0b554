//! What matching asks of a request, each answer computed at most once and only when asked.

use std::{borrow::Cow, sync::OnceLock};

use http::{
    HeaderName, HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, GetAll, HOST},
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    aws_chunked, cookie, encoding, form, json,
    multipart::{self, Part},
    xml::Document,
};
use crate::model::{Json, Request, RequestBody};

/// A request body that would be larger than this when decoded is taken as it came.
pub const MAX_DECODED_BODY: usize = 64 << 20;

/// A request, seen as its parts.
#[derive(Debug)]
pub struct RequestView<'r> {
    request: &'r Request,
    query: OnceLock<Vec<form::Pair>>,
    cookies: OnceLock<Vec<(String, String)>>,
    decoded: OnceLock<Option<Cow<'r, [u8]>>>,
    text: OnceLock<Option<Cow<'r, str>>>,
    json: OnceLock<Option<Json>>,
    xml: OnceLock<Option<Document>>,
    form: OnceLock<Vec<form::Pair>>,
    parts: OnceLock<Option<Vec<Part>>>,
    raw_sha256: OnceLock<[u8; 32]>,
    decoded_sha256: OnceLock<[u8; 32]>,
}

impl<'r> RequestView<'r> {
    /// Computes nothing yet.
    pub fn new(request: &'r Request) -> Self {
        Self {
            request,
            query: OnceLock::new(),
            cookies: OnceLock::new(),
            decoded: OnceLock::new(),
            text: OnceLock::new(),
            json: OnceLock::new(),
            xml: OnceLock::new(),
            form: OnceLock::new(),
            parts: OnceLock::new(),
            raw_sha256: OnceLock::new(),
            decoded_sha256: OnceLock::new(),
        }
    }

    /// The request itself.
    pub fn request(&self) -> &'r Request {
        self.request
    }

    /// When its head had come: what `now` is to patterns of dates.
    pub fn received(&self) -> Timestamp {
        Timestamp::try_from(self.request.received).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The method token.
    pub fn method(&self) -> &'r str {
        self.request.method.as_str()
    }

    /// The path, percent-encoding as sent.
    pub fn path(&self) -> &'r str {
        self.request.target.path()
    }

    /// The query as sent, without `?`; `None` when there is none or it is empty.
    pub fn query(&self) -> Option<&'r str> {
        self.request.target.query().filter(|query| !query.is_empty())
    }

    /// Path and query as sent; an empty query is as none.
    pub fn path_and_query(&self) -> &'r str {
        let whole = self.request.target.as_str();
        if self.request.target.query() == Some("") {
            whole.strip_suffix('?').unwrap_or(whole)
        } else {
            whole
        }
    }

    /// Query parameters in order, decoded; `?a` and `?a=` are both the empty string.
    pub fn query_pairs(&self) -> &[form::Pair] {
        self.query.get_or_init(|| form::pairs(self.query().unwrap_or_default().as_bytes()))
    }

    /// The values of a header field in order, as [`header`](Self::header), for a name parsed before.
    pub fn header_named<'a>(
        &'a self,
        name: &'a HeaderName,
    ) -> impl Iterator<Item = Cow<'r, str>> + use<'a, 'r> {
        self.values(&self.request.headers.get_all(name), name == HOST)
    }

    /// The values of a header field in order, whatever the case of the name. `Host` is answered from
    /// the authority where HTTP/2 has no such field.
    pub fn header<'a>(&'a self, name: &str) -> impl Iterator<Item = Cow<'r, str>> + use<'a, 'r> {
        let is_host = name.eq_ignore_ascii_case(HOST.as_str());
        self.values(&self.request.headers.get_all(name), is_host)
    }

    fn values(
        &self,
        fields: &GetAll<'r, HeaderValue>,
        is_host: bool,
    ) -> impl Iterator<Item = Cow<'r, str>> + use<'r> {
        let request = self.request;
        let is_missing_host =
            is_host && !request.headers.contains_key(HOST) && !request.authority.is_empty();
        let authority = is_missing_host.then_some(Cow::Borrowed(request.authority.as_str()));
        fields.iter().map(|value| latin1_or_utf8(value.as_bytes())).chain(authority)
    }

    /// Cookies of all `Cookie` fields in order.
    pub fn cookies(&self) -> &[(String, String)] {
        self.cookies.get_or_init(|| {
            self.header(COOKIE.as_str())
                .flat_map(|field| {
                    cookie::pairs(&field)
                        .map(|(name, value)| (name.to_owned(), value.to_owned()))
                        .collect::<Vec<_>>()
                })
                .collect()
        })
    }

    /// The `Content-Type` field.
    pub fn content_type(&self) -> Option<Cow<'r, str>> {
        self.request.headers.get(CONTENT_TYPE).map(|value| latin1_or_utf8(value.as_bytes()))
    }

    /// The body as it came; `None` when only its digest is known.
    pub fn raw_body(&self) -> Option<&'r [u8]> {
        match &self.request.body {
            RequestBody::Whole(bytes) => Some(bytes),
            RequestBody::Hashed { .. } => None,
        }
    }

    /// The body without content coding and `aws-chunked` framing, or as it came when those cannot be
    /// undone; `None` when only its digest is known.
    pub fn decoded_body(&self) -> Option<&[u8]> {
        self.decoded().as_deref()
    }

    /// The decoded body as text: UTF-8, or Latin-1 or UTF-16 where Content-Type says so; `None`
    /// for anything else.
    pub fn body_text(&self) -> Option<&str> {
        let text = self.text.get_or_init(|| match self.decoded().as_ref()? {
            // Borrowed from the request where nothing was decoded, so that no byte is copied.
            Cow::Borrowed(bytes) => self.to_text(bytes),
            Cow::Owned(bytes) => Some(Cow::Owned(self.to_text(bytes)?.into_owned())),
        });
        text.as_deref()
    }

    /// The decoded body as text, bytes that are none replaced by U+FFFD: what a search inside a body
    /// with binary parts looks at.
    pub fn body_text_lossy(&self) -> Option<Cow<'_, str>> {
        match self.body_text() {
            Some(text) => Some(Cow::Borrowed(text)),
            None => self.decoded_body().map(String::from_utf8_lossy),
        }
    }

    /// The decoded body as JSON, as tolerantly as WireMock reads it; `None` when it is not.
    pub fn json(&self) -> Option<&Json> {
        let parse = || self.body_text().and_then(|text| json::parse_tolerant(text).ok());
        self.json.get_or_init(parse).as_ref()
    }

    /// The decoded body as XML; `None` when it is not.
    pub fn xml(&self) -> Option<&Document> {
        let parse = || self.body_text().and_then(|text| Document::parse(text).ok());
        self.xml.get_or_init(parse).as_ref()
    }

    /// The host that the client named, in lower case and without its port; `None` when it named none.
    pub fn host(&self) -> Option<String> {
        let (host, _) = self.host_and_port();
        Some(host.to_ascii_lowercase()).filter(|host| !host.is_empty())
    }

    /// The client's address: what `X-Forwarded-For` says, else that of the connection
    /// (`JettyHttpServletRequestAdapter.getClientIp` of WireMock).
    pub fn client_address(&self) -> Option<String> {
        let forwarded = self.header("x-forwarded-for").next().filter(|value| !value.is_empty());
        forwarded
            .map(|value| value.into_owned())
            .or_else(|| self.request.client.map(|address| address.to_canonical().to_string()))
    }

    /// The port that the client named, or that its scheme implies.
    pub fn port(&self) -> u16 {
        let (_, port) = self.host_and_port();
        port.and_then(|port| port.parse().ok())
            .unwrap_or_else(|| self.request.scheme.default_port())
    }

    /// A target in absolute form goes before `Host` (RFC 9112 §3.2.2), so the authority does.
    fn host_and_port(&self) -> (&'r str, Option<&'r str>) {
        let authority = self.request.authority.as_str();
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host_end = authority.rfind(']').map_or(0, |at| at + 1);
        match authority.get(host_end..).and_then(|rest| rest.find(':')) {
            Some(colon) => {
                let (host, port) = authority.split_at(host_end + colon);
                (host, port.strip_prefix(':'))
            }
            None => (authority, None),
        }
    }

    /// Fields of a form body, decoded; empty when Content-Type is another.
    pub fn form(&self) -> &[form::Pair] {
        self.form.get_or_init(|| match self.decoded_body() {
            Some(body) if self.content_type().is_some_and(|kind| form::is_form(&kind)) => {
                match self.charset() {
                    Charset::Latin1 => form::latin1_pairs(body),
                    _ => form::pairs(body),
                }
            }
            _ => Vec::new(),
        })
    }

    /// Parts of a multipart body, cut from [`decoded_body`](Self::decoded_body); `None` when it is
    /// not one.
    pub fn parts(&self) -> Option<&[Part]> {
        self.parts
            .get_or_init(|| {
                let boundary = multipart::boundary(&self.content_type()?)?;
                multipart::parts(self.decoded_body()?, &boundary)
            })
            .as_deref()
    }

    /// SHA-256 of the body as it came.
    pub fn body_sha256(&self) -> [u8; 32] {
        match &self.request.body {
            RequestBody::Whole(bytes) => {
                *self.raw_sha256.get_or_init(|| Sha256::digest(bytes).into())
            }
            RequestBody::Hashed { sha256, .. } => *sha256,
        }
    }

    /// Length in bytes of the body as it came.
    pub fn body_length(&self) -> u64 {
        match &self.request.body {
            RequestBody::Whole(bytes) => bytes.len() as u64,
            RequestBody::Hashed { length, .. } => *length,
        }
    }

    /// SHA-256 of the decoded body; `None` when only a digest is known.
    pub fn decoded_sha256(&self) -> Option<[u8; 32]> {
        let decoded = self.decoded_body()?;
        Some(*self.decoded_sha256.get_or_init(|| Sha256::digest(decoded).into()))
    }

    fn decoded(&self) -> &Option<Cow<'r, [u8]>> {
        self.decoded.get_or_init(|| self.raw_body().map(|raw| self.decode(raw)))
    }

    fn decode(&self, raw: &'r [u8]) -> Cow<'r, [u8]> {
        let codings: Vec<Cow<'_, str>> = self.header(CONTENT_ENCODING.as_str()).collect();
        let codings = codings.join(",");
        let decoded = if !encoding::is_identity(&codings) {
            encoding::decode_all(&codings, raw, MAX_DECODED_BODY).ok()
        } else if self.is_aws_stream() {
            // Some SDKs frame the body without saying so in Content-Encoding.
            aws_chunked::decode(raw).ok()
        } else {
            None
        };
        decoded.map_or(Cow::Borrowed(raw), Cow::Owned)
    }

    fn is_aws_stream(&self) -> bool {
        self.request
            .headers
            .get("x-amz-content-sha256")
            .is_some_and(|value| value.as_bytes().starts_with(b"STREAMING-"))
    }

    fn to_text<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        match self.charset() {
            Charset::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Charset::Latin1 if bytes.is_ascii() => {
                std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
            }
            Charset::Latin1 => Some(bytes.iter().map(|&byte| byte as char).collect()),
            Charset::Utf16(is_big) => utf16(bytes, is_big).map(Cow::Owned),
        }
    }

    fn charset(&self) -> Charset {
        let named = self.content_type().and_then(|kind| multipart::parameter(&kind, "charset"));
        match named.unwrap_or_default().to_ascii_lowercase().as_str() {
            "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "windows-1252" | "cp1252" => {
                Charset::Latin1
            }
            "utf-16" | "utf16" => Charset::Utf16(None),
            "utf-16be" => Charset::Utf16(Some(true)),
            "utf-16le" => Charset::Utf16(Some(false)),
            _ => Charset::Utf8,
        }
    }
}

/// How a body's bytes spell text; what is not known counts as UTF-8.
#[derive(Clone, Copy)]
enum Charset {
    Latin1,
    Utf8,
    /// Big end first or not, or as a byte order mark says.
    Utf16(Option<bool>),
}

fn utf16(bytes: &[u8], is_big: Option<bool>) -> Option<String> {
    let (is_big, bytes) = match (is_big, bytes) {
        (None, [0xff, 0xfe, rest @ ..]) => (false, rest),
        (None, [0xfe, 0xff, rest @ ..]) => (true, rest),
        (is_big, bytes) => (is_big.unwrap_or(true), bytes),
    };
    let units = bytes.chunks_exact(2).filter_map(|pair| {
        let pair: [u8; 2] = pair.try_into().ok()?;
        Some(if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    });
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

fn latin1_or_utf8(value: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.iter().map(|&byte| byte as char).collect()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;
    use crate::{
        codec::encoding::encode,
        model::{Coding, Scheme},
    };

    fn request(target: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        Request {
            method: Method::POST,
            scheme: Scheme::Http,
            authority: "api.test:80".to_owned(),
            target: target.parse().unwrap(),
            headers: map,
            body: RequestBody::Whole(Bytes::copy_from_slice(body)),
            client: None,
            received: std::time::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_empty_query_is_as_none() {
        let request = request("/p?", &[], b"");
        let view = RequestView::new(&request);
        assert_eq!((view.path_and_query(), view.query()), ("/p", None));
    }

    #[test]
    fn the_authority_stands_in_for_a_missing_host() {
        let over_h2 = request("/", &[], b"");
        let over_h1 = request("/", &[("Host", "other.test")], b"");
        let host = |request| RequestView::new(request).header("HOST").collect::<Vec<_>>();
        assert_eq!(host(&over_h2), ["api.test:80"]);
        assert_eq!(host(&over_h1), ["other.test"]);
    }

    #[test]
    fn cookies_of_several_fields_are_one_list() {
        let request = request("/", &[("Cookie", "a=1; b=2"), ("Cookie", "a=3")], b"");
        let view = RequestView::new(&request);
        let expect =
            [("a", "1"), ("b", "2"), ("a", "3")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(view.cookies(), expect);
    }

    #[test]
    fn a_coded_body_is_seen_decoded_and_hashed_both_ways() {
        let gzip = encode(Coding::Gzip, br#"{"a":1}"#).unwrap();
        let request = request("/", &[("Content-Encoding", "gzip")], &gzip);
        let view = RequestView::new(&request);
        assert_eq!(view.raw_body(), Some(gzip.as_slice()));
        assert_eq!(view.body_text(), Some(r#"{"a":1}"#));
        assert_eq!(view.json().and_then(|json| json.member("a")?.as_u64()), Some(1));
        let plain: [u8; 32] = Sha256::digest(br#"{"a":1}"#).into();
        assert_eq!(view.decoded_sha256(), Some(plain));
        assert_ne!(view.body_sha256(), plain);
    }

    #[test]
    fn a_body_that_cannot_be_decoded_is_taken_as_it_came() {
        for coding in ["gzip", "unheard-of"] {
            let request = request("/", &[("Content-Encoding", coding)], b"plain");
            assert_eq!(RequestView::new(&request).body_text(), Some("plain"));
        }
    }

    #[test]
    fn a_signed_stream_is_seen_without_its_framing() {
        let framed = b"3;chunk-signature=0\r\nabc\r\n0;chunk-signature=1\r\n\r\n";
        for (name, value) in [
            ("Content-Encoding", "aws-chunked"),
            ("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ] {
            let request = request("/", &[(name, value)], framed);
            assert_eq!(RequestView::new(&request).body_text(), Some("abc"), "{name}");
        }
    }

    #[test]
    fn charset_of_the_content_type_is_honoured() {
        let latin1 = request("/", &[("Content-Type", "text/plain; charset=ISO-8859-1")], b"\xe9");
        assert_eq!(RequestView::new(&latin1).body_text(), Some("é"));
        for (charset, body) in [
            ("utf-16", &b"\xff\xfe\xe9\x00"[..]),
            ("UTF-16BE", b"\x00\xe9"),
            ("\"utf-16le\"", b"\xe9\x00"),
        ] {
            let kind = format!("text/plain; charset={charset}");
            let wide = request("/", &[("Content-Type", kind.as_str())], body);
            assert_eq!(RequestView::new(&wide).body_text(), Some("é"), "{charset}");
        }
        let unknown = request("/", &[("Content-Type", "text/plain")], b"\xe9");
        assert_eq!(RequestView::new(&unknown).body_text(), None);
    }

    #[test]
    fn form_fields_need_their_content_type() {
        let form = request("/", &[("Content-Type", "application/x-www-form-urlencoded")], b"a=1");
        assert_eq!(RequestView::new(&form).form(), [("a".to_owned(), "1".to_owned())]);
        assert!(RequestView::new(&request("/", &[], b"a=1")).form().is_empty());
    }

    #[test]
    fn multipart_is_cut_at_the_boundary_of_the_content_type() {
        let request = request(
            "/",
            &[("Content-Type", "multipart/form-data; boundary=q")],
            b"--q\r\nContent-Disposition: form-data; name=a\r\n\r\none\r\n--q--\r\n",
        );
        let view = RequestView::new(&request);
        let parts = view.parts().unwrap();
        assert_eq!(parts[0].body(view.decoded_body().unwrap()), b"one");
    }

    #[test]
    fn of_a_hashed_body_only_length_and_digest_are_known() {
        let mut request = request("/", &[], b"");
        request.body = RequestBody::Hashed { length: 9, sha256: [7; 32] };
        let view = RequestView::new(&request);
        assert_eq!((view.body_length(), view.body_sha256()), (9, [7; 32]));
        assert!(view.decoded_body().is_none() && view.json().is_none() && view.parts().is_none());
        assert!(view.form().is_empty());
    }
}
