//! A request that a client describes, in the form in which logged requests are shown (`LoggedRequest`).

use std::time::{Duration, SystemTime};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header::COOKIE, uri::PathAndQuery};

use super::{json::object, logged, problem::Problem};
use crate::{
    codec::form,
    model::{Json, Request, RequestBody, Scheme},
};

/// Stands for the method of a request that is described without one: only stubs for all methods fit.
const NO_METHOD: &[u8] = b"-";

/// A described request, and how it is shown again: no more than what was said of it.
pub(super) struct Described {
    pub(super) request: Request,
    pub(super) shown: Json,
}

/// The members that are texts, and are shown as they came.
const TEXTS: [&str; 8] =
    ["url", "absoluteUrl", "method", "clientIp", "bodyAsBase64", "protocol", "scheme", "host"];

/// Reads a description. `body` beside `bodyAsBase64` is for people, as in WireMock.
///
/// # Errors
///
/// 422: it is no JSON, or a member is of another type.
pub(super) fn read(text: &str) -> Result<Described, Problem> {
    let Json::Object(members) = Problem::or_json(text)? else {
        return Err(Problem::at("/", "an object that describes a request is expected"));
    };
    let members = members.into_iter().map(|(name, value)| {
        let value = checked(&name, value)
            .map_err(|what| Problem::at(&format!("/{name}"), format!("`{name}` must be {what}")))?;
        Ok((name, value))
    });
    let value = Json::Object(members.collect::<Result<_, Problem>>()?);
    let request = request_of(&value);
    let shown = shown(&value, &request);
    Ok(Described { request, shown })
}

/// A member as Jackson takes it: of what is to be a text, numbers and truth values are it too. Or what
/// it would have to be.
fn checked(name: &str, value: Json) -> Result<Json, &'static str> {
    if value == Json::Null {
        return Ok(value);
    }
    let is_scalar =
        |value: &Json| matches!(value, Json::String(_) | Json::Number(_) | Json::Bool(_));
    let all = |value: &Json, is: &dyn Fn(&Json) -> bool| match value {
        Json::Object(members) => members.iter().all(|(_, value)| is(value)),
        _ => false,
    };
    let each = |value: &Json, is: &dyn Fn(&Json) -> bool| match value {
        Json::Array(items) => items.iter().all(is),
        one => is(one),
    };
    let right = |is_right: bool, what| if is_right { Ok(value.clone()) } else { Err(what) };
    match name {
        "method" => right(value.as_str().is_some(), "a string"),
        "bodyAsBase64" => {
            let is_right = value.as_str().is_some_and(|text| BASE64_STANDARD.decode(text).is_ok());
            right(is_right, "a string in base64")
        }
        name if TEXTS.contains(&name) || name == "body" => match value {
            Json::Number(text) => Ok(text.into()),
            Json::Bool(is) => Ok(is.to_string().into()),
            Json::String(_) => Ok(value),
            _ => Err("a string"),
        },
        "port" => {
            let is_right = matches!(&value, Json::Number(text) if text.parse::<i32>().is_ok());
            right(is_right, "a whole number")
        }
        "loggedDate" => match &value {
            Json::Number(_) => Ok(value),
            Json::String(text) => {
                let date: jiff::Timestamp = text.parse().map_err(|_| "milliseconds or a date")?;
                Ok(Json::Number(date.as_millisecond().to_string()))
            }
            _ => Err("milliseconds or a date"),
        },
        "headers" => {
            let is_text = |value: &Json| value.as_str().is_some();
            right(all(&value, &|it| each(it, &is_text)), "an object of strings and lists of them")
        }
        "cookies" => {
            right(all(&value, &|it| each(it, &is_scalar)), "an object of strings and lists of them")
        }
        "queryParams" | "formParams" => {
            let is_parameter = |it: &Json| {
                it.member("key").is_none_or(|key| key.as_str().is_some())
                    && matches!(it.member("values"), Some(values @ Json::Array(_))
                        if each(values, &|value| value.as_str().is_some()))
            };
            right(
                all(&value, &is_parameter),
                "an object of `{\"key\": \"a\", \"values\": [\"1\"]}`",
            )
        }
        _ => Ok(value),
    }
}

fn text_of<'j>(value: &'j Json, name: &str) -> Option<&'j str> {
    value.member(name).and_then(Json::as_str)
}

fn absolute(value: &Json) -> Option<Uri> {
    let uri: Uri = text_of(value, "absoluteUrl")?.parse().ok()?;
    uri.authority().is_some().then_some(uri)
}

fn request_of(value: &Json) -> Request {
    let text = |name: &str| text_of(value, name).unwrap_or_default();
    let absolute = absolute(value);
    let mut target: Option<PathAndQuery> = match text("url") {
        "" => absolute.as_ref().and_then(|uri| uri.path_and_query().cloned()),
        url => url.parse().ok(),
    };
    if let Some(pairs) = value.member("queryParams").map(pairs).filter(|pairs| !pairs.is_empty()) {
        let path = target.as_ref().map_or("/", PathAndQuery::path);
        let query: String =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        target = format!("{path}?{query}").parse().ok();
    }
    let is_https = absolute.as_ref().and_then(Uri::scheme_str).unwrap_or_else(|| text("scheme"));
    let body = BASE64_STANDARD.decode(text("bodyAsBase64")).unwrap_or_default();
    let method = match text("method") {
        "" => NO_METHOD,
        method => method.as_bytes(),
    };
    let logged = value.member("loggedDate").and_then(Json::as_u64).unwrap_or_default();
    let received = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(logged));
    Request {
        method: Method::from_bytes(method).unwrap_or_default(),
        scheme: if is_https == "https" { Scheme::Https } else { Scheme::Http },
        authority: absolute
            .and_then(|uri| uri.authority().map(ToString::to_string))
            .unwrap_or_default(),
        target: target.unwrap_or_else(|| PathAndQuery::from_static("/")),
        headers: headers(value),
        body: RequestBody::Whole(Bytes::from(body)),
        client: text("clientIp").parse().ok(),
        received: received.unwrap_or(SystemTime::UNIX_EPOCH),
    }
}

/// The header fields, and the cookies as one more.
fn headers(value: &Json) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in value.member("headers").map(values).unwrap_or_default() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    let cookies = value.member("cookies").map(values).unwrap_or_default();
    let cookies: Vec<String> =
        cookies.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    if !cookies.is_empty()
        && let Ok(value) = HeaderValue::try_from(cookies.join("; "))
    {
        headers.append(COOKIE, value);
    }
    headers
}

/// The values of an object whose members are texts or lists of them.
fn values(value: &Json) -> Vec<(&str, &str)> {
    let Json::Object(members) = value else { return Vec::new() };
    let all = members.iter().flat_map(|(name, values)| {
        let values = match values {
            Json::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        values.iter().filter_map(|value| Some((name.as_str(), value.as_str()?)))
    });
    all.collect()
}

/// The values of `{"a": {"key": "a", "values": […]}}`.
fn pairs(value: &Json) -> Vec<(&str, &str)> {
    let Json::Object(members) = value else { return Vec::new() };
    let all = members.iter().flat_map(|(name, parameter)| {
        let values = match parameter.member("values") {
            Some(Json::Array(values)) => values.as_slice(),
            _ => &[],
        };
        values.iter().filter_map(|value| Some((name.as_str(), value.as_str()?)))
    });
    all.collect()
}

fn shown(value: &Json, request: &Request) -> Json {
    let absolute = absolute(value);
    let mut members: Vec<(String, Json)> = Vec::new();
    let mut put = |name: &str, value: Option<Json>| {
        if let Some(value) = value.filter(|value| *value != Json::Null) {
            members.push((name.to_owned(), value));
        }
    };
    let given = |name: &str| value.member(name).cloned();
    for name in ["url", "absoluteUrl", "method", "clientIp", "headers", "cookies"] {
        put(name, given(name));
    }
    let is_proxied = value.member("browserProxyRequest").and_then(Json::as_bool);
    put("browserProxyRequest", Some(is_proxied.unwrap_or_default().into()));
    let logged = value.member("loggedDate").and_then(Json::as_u64);
    put("loggedDate", logged.map(Json::from));
    if let (Some(encoded), RequestBody::Whole(body)) =
        (text_of(value, "bodyAsBase64"), &request.body)
    {
        put("bodyAsBase64", Some(encoded.into()));
        put("body", Some(String::from_utf8_lossy(body).into_owned().into()));
    }
    put("protocol", given("protocol"));
    let of_url = |part: Option<&str>, name: &str| part.map(Json::from).or_else(|| given(name));
    put("scheme", of_url(absolute.as_ref().and_then(Uri::scheme_str), "scheme"));
    put("host", of_url(absolute.as_ref().and_then(Uri::host), "host"));
    let port = absolute.as_ref().map(|uri| {
        Json::from(u64::from(uri.port_u16().unwrap_or_else(|| request.scheme.default_port())))
    });
    // WireMock's number where nothing is known.
    let unknown = || given("port").unwrap_or_else(|| Json::Number("-1".to_owned()));
    put("port", Some(port.unwrap_or_else(unknown)));
    put("loggedDateString", logged.map(|_| logged::logged_date(request.received).1.into()));
    let query = || {
        let query = text_of(value, "url").and_then(|url| url.split_once('?'));
        logged::parameters(
            &query.map(|(_, query)| form::pairs(query.as_bytes())).unwrap_or_default(),
        )
    };
    put("queryParams", Some(given("queryParams").unwrap_or_else(query)));
    put("formParams", Some(given("formParams").unwrap_or_else(|| object([]))));
    Json::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    #[test]
    fn a_described_request_is_read() {
        let text = r#"{"url": "/x?a=1", "absoluteUrl": "https://h:8443/x?a=1", "method": "POST",
            "headers": {"A": ["1", "2"], "B": "3"}, "cookies": {"c": "d"}, "body": "ho",
            "bodyAsBase64": "aGk="}"#;
        let Ok(Described { request, .. }) = read(text) else { panic!("it can be read") };
        assert_eq!(request.target.as_str(), "/x?a=1");
        assert_eq!((request.authority.as_str(), request.scheme), ("h:8443", Scheme::Https));
        assert_eq!(request.headers.get_all("a").iter().count(), 2);
        assert_eq!(request.headers["cookie"], "c=d");
        assert!(matches!(request.body, RequestBody::Whole(body) if body == "hi"));
    }

    #[test]
    fn scalars_are_texts() {
        let Ok(Described { shown, .. }) = read(r#"{"url": 5, "clientIp": true}"#) else {
            panic!("it can be read")
        };
        assert_eq!(
            (shown.member("url"), shown.member("clientIp")),
            (Some(&"5".into()), Some(&"true".into()))
        );
    }

    #[test]
    fn no_more_is_shown_than_what_was_said() {
        let check = |text: &str, expect: &str| {
            let Ok(Described { shown, .. }) = read(text) else { panic!("{text} can be read") };
            assert_eq!(shown, json::parse(expect).unwrap());
        };
        check(
            r#"{"url": "/x?a=1", "method": null, "cookies": {"c": "d"}, "body": "b"}"#,
            r#"{"url": "/x?a=1", "cookies": {"c": "d"}, "browserProxyRequest": false, "port": -1,
                "queryParams": {"a": {"key": "a", "values": ["1"]}}, "formParams": {}}"#,
        );
        check(
            r#"{"absoluteUrl": "http://h/x", "method": "GET", "loggedDate": 1339083581823,
                "loggedDateString": "odd", "browserProxyRequest": true, "bodyAsBase64": "aGk="}"#,
            r#"{"absoluteUrl": "http://h/x", "method": "GET", "browserProxyRequest": true,
                "loggedDate": 1339083581823, "bodyAsBase64": "aGk=", "body": "hi",
                "scheme": "http", "host": "h", "port": 80,
                "loggedDateString": "2012-06-07T15:39:41.823Z", "queryParams": {}, "formParams": {}}"#,
        );
    }

    #[test]
    fn what_describes_no_request_is_refused() {
        for text in [
            "[]",
            "{",
            r#"{"url": []}"#,
            r#"{"cookies": "a"}"#,
            r#"{"cookies": {"a": {}}}"#,
            r#"{"headers": 1}"#,
            r#"{"headers": {"a": null}}"#,
            r#"{"headers": {"a": ["b", 1]}}"#,
            r#"{"method": true}"#,
            r#"{"bodyAsBase64": "%"}"#,
            r#"{"port": {}}"#,
            r#"{"loggedDate": "x"}"#,
            r#"{"queryParams": {"a": ["1"]}}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
