//! What templates see of a request: `request`, `parameters`. Nothing is computed that no template
//! names. Follows `RequestTemplateModel` of WireMock 3.13.2.

use std::{cell::OnceCell, sync::Arc};

use base64::Engine as _;
use percent_encoding::percent_decode_str;

use super::{
    language::{Model, Step},
    template::{PathValue, Value},
};
use crate::{
    codec::{RequestView, base64::STANDARD, multipart::Part},
    model::Scheme,
};

/// What is known of a request beside the request itself.
#[derive(Clone, Copy, Debug)]
pub struct RequestInfo<'a> {
    /// Its id in the journal (`request.id`).
    pub id: &'a str,
    /// The address that the client has (`request.clientIp`).
    pub client_ip: &'a str,
    /// What the variables of the stub's path template stand for in this request, percent-encoding as
    /// sent; `None` when the stub has no path template.
    pub path_variables: Option<&'a [(String, String)]>,
}

/// A request as the model of templates.
pub struct RequestModel<'v, 'r> {
    view: &'v RequestView<'r>,
    info: RequestInfo<'v>,
    /// What it is called: `request`, in webhooks `originalRequest`.
    name: &'static str,
    /// `parameters`
    parameters: Option<&'v Value>,
    body: OnceCell<Value>,
    path: OnceCell<Value>,
}

impl<'v, 'r> RequestModel<'v, 'r> {
    /// The request as `request`.
    pub fn new(view: &'v RequestView<'r>, info: RequestInfo<'v>) -> Self {
        Self {
            view,
            info,
            name: "request",
            parameters: None,
            body: OnceCell::new(),
            path: OnceCell::new(),
        }
    }

    /// The request as `originalRequest`: in webhooks.
    #[must_use]
    pub fn as_original(mut self) -> Self {
        self.name = "originalRequest";
        self
    }

    /// With `parameters`, a map.
    #[must_use]
    pub fn with_parameters(mut self, parameters: Option<&'v Value>) -> Self {
        self.parameters = parameters;
        self
    }

    /// A member of `request` by name, further steps looked at where that saves work.
    fn member(&self, name: &str, next: Option<&str>) -> Option<(Value, usize)> {
        if let Some(key) = next {
            let found = match name {
                "headers" => multi(self.view.header(key).map(|value| Arc::from(&*value))),
                "query" => multi(pairs_named(self.view.query_pairs(), key)),
                "cookies" => multi(pairs_named(self.view.cookies(), key)),
                "requestLine" => {
                    return self
                        .line(key)
                        .map_or(Some((Value::Absent, 2)), |value| Some((value, 2)));
                }
                // What `RequestMethod` has.
                "method" if matches!(key, "name" | "value") => {
                    Some(Value::text(self.view.request().method.as_str()))
                }
                "method" => Some(Value::Absent),
                _ => None,
            };
            if let Some(value) = found {
                return Some((value, 2));
            }
        }
        self.plain(name).map(|value| (value, 1))
    }

    fn plain(&self, name: &str) -> Option<Value> {
        let text = |text: &str| Value::text(text);
        Some(match name {
            "body" => self.body(),
            "bodyAsBase64" => {
                Value::text(STANDARD.encode(self.view.decoded_body().unwrap_or_default()))
            }
            "binary" => Value::Bool(is_binary(
                self.view.content_type().as_deref(),
                self.view.decoded_body().unwrap_or_default(),
            )),
            "cookies" => Value::map(grouped(self.view.cookies())),
            "headers" => self.headers(),
            "id" => text(self.info.id),
            "isMultipart" | "multipart" => Value::Bool(self.is_multipart()),
            "parts" => self.parts(),
            "path" => self.path(),
            "requestLine" => Value::map(
                [
                    "method",
                    "scheme",
                    "host",
                    "port",
                    "path",
                    "pathSegments",
                    "url",
                    "query",
                    "baseUrl",
                    "clientIp",
                ]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), self.line(name)?)))
                .collect(),
            ),
            _ => return self.line(name),
        })
    }

    /// Members that `request` and `request.requestLine` have in common.
    fn line(&self, name: &str) -> Option<Value> {
        let request = self.view.request();
        let (host, port) = self.host_and_port();
        let scheme = request.scheme;
        Some(match name {
            "baseUrl" if port == scheme.default_port() => {
                Value::text(format!("{}://{host}", scheme.as_str()))
            }
            "baseUrl" => Value::text(format!("{}://{host}:{port}", scheme.as_str())),
            "clientIp" => Value::text(self.info.client_ip),
            "host" => Value::text(host),
            "method" => Value::Word(request.method.as_str().into()),
            "path" => Value::text(self.view.path()),
            "pathSegments" => self.path(),
            "port" => Value::int(port.into()),
            "query" => Value::map(in_hash_order(grouped(self.view.query_pairs()))),
            "scheme" => Value::text(scheme.as_str()),
            "url" => Value::text(request.target.as_str()),
            _ => return None,
        })
    }

    /// As the client named them; the port of the scheme where it named none.
    fn host_and_port(&self) -> (String, u16) {
        let request = self.view.request();
        let named = self.view.header("host").next().unwrap_or_default().into_owned();
        let named = if named.is_empty() { request.authority.clone() } else { named };
        let default: Scheme = request.scheme;
        match named.rsplit_once(':') {
            // A colon within brackets is part of an IPv6 address.
            Some((host, port)) if !port.contains(']') => {
                (host.to_owned(), port.parse().unwrap_or_else(|_| default.default_port()))
            }
            _ => (named, default.default_port()),
        }
    }

    fn body(&self) -> Value {
        let body = || match self.view.decoded_body() {
            Some(bytes) => Value::text(&*String::from_utf8_lossy(bytes)),
            None => Value::Absent,
        };
        self.body.get_or_init(body).clone()
    }

    fn path(&self) -> Value {
        self.path.get_or_init(|| path_value(self.view.path(), self.info.path_variables)).clone()
    }

    /// Sorted by name as in WireMock's `TreeMap`. The spelling of names is not known any more; they
    /// get the usual one.
    fn headers(&self) -> Value {
        let mut names: Vec<&str> =
            self.view.request().headers.keys().map(http::HeaderName::as_str).collect();
        if self.view.header("host").next().is_some() {
            names.push("host");
        }
        names.sort_unstable();
        names.dedup();
        let entry = |name: &str| {
            let values = multi(self.view.header(name).map(|value| Arc::from(&*value)))?;
            Some((usual_spelling(name), values))
        };
        Value::map_ignoring_case(names.into_iter().filter_map(entry).collect())
    }

    fn is_multipart(&self) -> bool {
        self.view.content_type().is_some_and(|kind| {
            kind.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
        })
    }

    fn parts(&self) -> Value {
        let whole = self.view.decoded_body().unwrap_or_default();
        let parts = self.view.parts().unwrap_or_default();
        Value::map(in_hash_order(
            parts.iter().filter_map(|part| Some((part.name()?, part_value(part, whole)))).collect(),
        ))
    }

    fn request(&self) -> Value {
        let names = [
            "id",
            "url",
            "path",
            "pathSegments",
            "query",
            "headers",
            "cookies",
            "method",
            "host",
            "port",
            "scheme",
            "baseUrl",
            "clientIp",
            "body",
            "bodyAsBase64",
            "binary",
            "multipart",
            "parts",
            "requestLine",
        ];
        let member = |name: &str| Some((name.to_owned(), self.plain(name)?));
        Value::map(names.into_iter().filter_map(member).collect())
    }

    fn parameters(&self) -> Value {
        self.parameters.cloned().unwrap_or_else(|| Value::map(Vec::new()))
    }
}

impl Model for RequestModel<'_, '_> {
    fn resolve(&self, path: &[Step]) -> Option<(Value, usize)> {
        let first = path.first()?.name()?;
        if first == "parameters" {
            return Some((self.parameters(), 1));
        }
        if first != self.name {
            return None;
        }
        let name = |at: usize| path.get(at).and_then(Step::name);
        match path.get(1) {
            Some(Step::Property(member)) => match self.member(member, name(2)) {
                Some((value, taken)) => Some((value, taken + 1)),
                None => Some((Value::Absent, 2)),
            },
            _ => Some((self.request(), 1)),
        }
    }

    fn whole(&self) -> Value {
        Value::map(vec![
            (self.name.to_owned(), self.request()),
            ("parameters".to_owned(), self.parameters()),
        ])
    }
}

fn multi(values: impl Iterator<Item = Arc<str>>) -> Option<Value> {
    let values: Vec<Arc<str>> = values.collect();
    (!values.is_empty()).then(|| Value::Multi(Arc::new(values)))
}

fn pairs_named<'p>(
    pairs: &'p [(String, String)],
    name: &'p str,
) -> impl Iterator<Item = Arc<str>> + 'p {
    pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| Arc::from(value.as_str()))
}

/// Pairs as a map of repeated values, in order of first occurrence.
fn grouped(pairs: &[(String, String)]) -> Vec<(String, Value)> {
    let mut groups: Vec<(&str, Vec<Arc<str>>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (name, value) in pairs {
        let place = *places.entry(name.as_str()).or_insert_with(|| {
            groups.push((name, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, values)) = groups.get_mut(place) {
            values.push(value.as_str().into());
        }
    }
    let group = |(name, values): (&str, _)| (name.to_owned(), Value::Multi(Arc::new(values)));
    groups.into_iter().map(group).collect()
}

/// The order in which a `java.util.HashMap` that was filled in this order lists its entries: by the
/// low bits of the hash, those that agree in them as they came.
fn in_hash_order(mut entries: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let mut buckets: u32 = 16;
    while entries.len() as u64 * 4 > u64::from(buckets) * 3 {
        buckets *= 2;
    }
    entries.sort_by_key(|(name, _)| {
        let hash = name
            .encode_utf16()
            .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
        (hash ^ (hash >> 16)) & (buckets - 1)
    });
    entries
}

/// `UrlPath` is decoded as a whole before it is cut; `TemplatedUrlPath` is not decoded.
fn path_value(path: &str, variables: Option<&[(String, String)]>) -> Value {
    let text: Arc<str> = match variables {
        Some(_) => path.into(),
        None => (&*percent_decode_str(path).decode_utf8_lossy()).into(),
    };
    let mut segments: Vec<Arc<str>> =
        text.strip_prefix('/').unwrap_or(&text).split('/').map(Arc::from).collect();
    // As `String.split`: empty ones at the end do not count.
    while segments.last().is_some_and(|last| last.is_empty()) {
        segments.pop();
    }
    let named = |(name, value): &(String, String)| (name.clone(), Arc::from(value.as_str()));
    Value::Path(Arc::new(PathValue {
        text,
        segments,
        is_templated: variables.is_some(),
        variables: variables.unwrap_or_default().iter().map(named).collect(),
    }))
}

fn part_value(part: &Part, whole: &[u8]) -> Value {
    let body = part.body(whole);
    let content_type = part.header("content-type").next();
    let pair = |(name, value): &(String, String)| (name.to_ascii_lowercase(), value.clone());
    let mut headers: Vec<_> = part.headers.iter().map(pair).collect();
    headers.sort_by(|(left, _), (right, _)| left.cmp(right));
    Value::map(vec![
        ("name".to_owned(), part.name().map_or(Value::Null, Value::text)),
        ("body".to_owned(), Value::text(&*String::from_utf8_lossy(body))),
        ("bodyAsBase64".to_owned(), Value::text(STANDARD.encode(body))),
        ("binary".to_owned(), Value::Bool(is_binary(content_type, body))),
        ("headers".to_owned(), Value::map_ignoring_case(grouped(&headers))),
    ])
}

/// By the content type where there is one, else by the bytes.
fn is_binary(content_type: Option<&str>, body: &[u8]) -> bool {
    let Some(kind) = content_type else {
        return std::str::from_utf8(body).is_err() || body.contains(&0);
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = kind.starts_with("text/")
        || kind.starts_with("multipart/")
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || kind.ends_with("javascript")
        || kind.ends_with("x-www-form-urlencoded")
        || kind.ends_with("yaml");
    !is_text
}

/// `x-request-id` becomes `X-Request-Id`.
fn usual_spelling(name: &str) -> String {
    let mut is_start = true;
    let spell = |c: char| {
        let spelled = if is_start { c.to_ascii_uppercase() } else { c };
        is_start = c == '-';
        spelled
    };
    name.chars().map(spell).collect()
}
