//! Entries of the journal as WireMock shows them (`ServeEvent`, `LoggedRequest`).

use std::{borrow::Cow, collections::HashMap, time::SystemTime};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, header::CONTENT_ENCODING};

use super::{exchange, json::object, mapping::shown};
use crate::{
    codec::{
        encoding, form,
        view::{MAX_DECODED_BODY, RequestView},
    },
    model::{Coding, Headers, Json, Request, text_of, usual_spelling},
    store::{LoggedAnswer, ServeEvent},
};

/// The id of what stands for the stub of a request that none matched; WireMock makes one up at its start.
const NO_STUB: &str = "00000000-0000-0000-0000-000000000000";

/// A whole entry.
pub(super) fn event(event: &ServeEvent) -> Json {
    let stub = event.stub();
    let mapping = stub.map(|(live, _)| shown(&live.stub));
    let definition = stub.map(|(live, step)| {
        let mut mapping = shown(&live.stub);
        let steps = mapping.remove("responses");
        let one = match steps {
            Some(Json::Array(steps)) => steps.into_iter().nth(step),
            _ => mapping.remove("response"),
        };
        one.unwrap_or_else(|| Json::Object(Vec::new()))
    });
    let answer = answer(event);
    let definition = definition.map(|definition| rendered(definition, answer.as_ref()));
    let mut members = vec![
        ("id".to_owned(), event.id.to_string().into()),
        ("request".to_owned(), request(event)),
        ("responseDefinition".to_owned(), definition.unwrap_or_else(|| unmatched(event))),
    ];
    if let Some(answer) = answer {
        members.push(("response".to_owned(), response(event, &answer)));
    }
    members.push(("wasMatched".to_owned(), event.is_matched().into()));
    members.push(("timing".to_owned(), timing(event)));
    let notes = event.notes().into_iter().map(|note| {
        let nanos = u64::try_from(note.at.as_nanos()).unwrap_or(u64::MAX);
        object([("type", note.kind.into()), ("timeOffsetNanos", nanos.into()), ("data", note.data)])
    });
    members.push(("subEvents".to_owned(), Json::Array(notes.collect())));
    let mapping = mapping.unwrap_or_else(|| {
        object([
            ("id", NO_STUB.into()),
            ("request", object([("method", "ANY".into())])),
            ("response", unmatched(event)),
            ("uuid", NO_STUB.into()),
        ])
    });
    members.push(("stubMapping".to_owned(), mapping));
    if let Some(own) = exchange::own(event) {
        members.push(("ringer".to_owned(), own));
    }
    Json::Object(members)
}

/// The answer of an entry as WireMock shows it.
pub(super) fn answer(event: &ServeEvent) -> Option<LoggedAnswer> {
    refused(event).or_else(|| event.answer()).or_else(|| broken(event))
}

/// Of an answer from a template, WireMock gives the text that came of it for its definition's body.
fn rendered(mut definition: Json, answer: Option<&LoggedAnswer>) -> Json {
    let is_template = definition.member("transformers").is_some_and(|names| match names {
        Json::Array(names) => names.iter().any(|name| name.as_str() == Some("response-template")),
        _ => false,
    });
    if let Some(answer) = answer.filter(|answer| !answer.headers.contains_key(CONTENT_ENCODING))
        && is_template
        && definition.member("body").is_some()
    {
        definition.set("body", String::from_utf8_lossy(answer.body.shown()).into_owned().into());
    }
    definition
}

/// Of a request that no stub matched: what is said of it is in the entry's notes, not in its answer.
fn refused(event: &ServeEvent) -> Option<LoggedAnswer> {
    let is_refused = event.notes().iter().any(|note| note.kind == "REQUEST_NOT_MATCHED");
    is_refused.then(|| LoggedAnswer { status: 404, ..LoggedAnswer::default() })
}

/// Of a stub whose answer breaks off before it begins: what it would have been.
fn broken(event: &ServeEvent) -> Option<LoggedAnswer> {
    let (live, step) = event.stub()?;
    let spec = live.response(step).filter(|spec| spec.extras.fault.is_some())?;
    Some(LoggedAnswer { status: spec.status, ..LoggedAnswer::default() })
}

fn unmatched(event: &ServeEvent) -> Json {
    let status = event.limited().map_or(404, |limited| limited.status);
    object([("status", u64::from(status).into()), ("fromConfiguredStub", false.into())])
}

fn timing(event: &ServeEvent) -> Json {
    let milliseconds =
        |time: std::time::Duration| Json::from(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    let (delay, total) = (event.delay(), event.total().unwrap_or_default());
    let own = total.saturating_sub(delay);
    object([
        ("addedDelay", milliseconds(delay)),
        ("processTime", milliseconds(own)),
        ("responseSendTime", 0.into()),
        ("serveTime", milliseconds(own)),
        ("totalTime", milliseconds(total)),
    ])
}

/// Whether a request was passed on: by a stub that proxies, or because no stub answers it.
pub(super) fn is_passed_on(event: &ServeEvent) -> bool {
    match event.stub() {
        Some((live, step)) => live.response(step).is_some_and(|spec| spec.extras.proxy.is_some()),
        None => event.is_matched() && event.limited().is_none(),
    }
}

/// The fields of an answer, spelled as they are shown.
pub(super) fn answer_fields(event: &ServeEvent, answer: &LoggedAnswer) -> Headers {
    let stub = event.stub();
    let own = stub.and_then(|(live, step)| live.response(step)).map(|spec| &spec.headers);
    let mut fields = Headers::new();
    for (name, value) in &answer.headers {
        fields.push(answer_name(own, answer, name), text_of(value.as_bytes()));
    }
    fields
}

/// How the name of an answer's field is spelled: as its stub does, or the server that answered.
fn answer_name(own: Option<&Headers>, answer: &LoggedAnswer, name: &HeaderName) -> String {
    let name = name.as_str();
    let mut known = own.into_iter().flat_map(Headers::iter);
    let known = known.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(own, _)| own);
    known.or_else(|| answer.names.spelled(name)).map_or_else(|| usual_spelling(name), str::to_owned)
}

/// The answer; of a body that was compressed for this client, the plain one.
pub(super) fn response(event: &ServeEvent, answer: &LoggedAnswer) -> Json {
    let stub = event.stub();
    let spec = stub.and_then(|(live, step)| live.response(step));
    let own: Cow<'_, Headers> =
        spec.map_or_else(|| Cow::Owned(Headers::new()), |spec| Cow::Borrowed(&spec.headers));
    let mut fields = answer.headers.clone();
    let mut body: Cow<'_, [u8]> = Cow::Borrowed(answer.body.shown());
    let coding = fields.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    if let Some(coding) = coding.and_then(Coding::from_token)
        && !own.contains("content-encoding")
        && let Ok(plain) = encoding::decode(coding, &body, MAX_DECODED_BODY)
    {
        body = Cow::Owned(plain);
        fields.remove(CONTENT_ENCODING);
    }
    let mut members = vec![("status".to_owned(), u64::from(answer.status).into())];
    if !fields.is_empty() {
        let spelled = |name: &HeaderName| answer_name(Some(&own), answer, name);
        members.push(("headers".to_owned(), fields_shown(&fields, spelled)));
    }
    if let Some(fault) = spec.and_then(|spec| spec.extras.fault) {
        members.push(("fault".to_owned(), fault.wiremock_name().into()));
    }
    members.push(("bodyAsBase64".to_owned(), BASE64_STANDARD.encode(&body).into()));
    members.push(("body".to_owned(), String::from_utf8_lossy(&body).into_owned().into()));
    Json::Object(members)
}

/// The request of an entry alone.
pub(super) fn request(event: &ServeEvent) -> Json {
    let spelled = |name: &HeaderName| event.spelled(name.as_str());
    shown_request(event.request(), event.protocol(), event.is_proxied(), spelled)
}

fn shown_request(
    request: &Request,
    protocol: &str,
    is_proxied: bool,
    spelled: impl Fn(&HeaderName) -> String,
) -> Json {
    let view = RequestView::new(request);
    let (host, port) = host_and_port(request);
    let url = request.target.as_str();
    let cookies = view.cookies().iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    let body = view.decoded_body().unwrap_or_default();
    let (milliseconds, date) = logged_date(request.received);
    let mut members = vec![
        ("url".to_owned(), url.into()),
        (
            "absoluteUrl".to_owned(),
            format!("{}://{}{url}", request.scheme.as_str(), request.authority).into(),
        ),
        ("method".to_owned(), request.method.as_str().into()),
    ];
    if let Some(client) = view.client_address() {
        members.push(("clientIp".to_owned(), client.into()));
    }
    let form =
        if view.content_type().is_some_and(|it| form::is_form(&it)) { view.form() } else { &[] };
    members.extend([
        ("headers".to_owned(), fields_shown(&request.headers, spelled)),
        ("cookies".to_owned(), grouped(cookies)),
        ("browserProxyRequest".to_owned(), is_proxied.into()),
        ("loggedDate".to_owned(), milliseconds.into()),
        ("bodyAsBase64".to_owned(), BASE64_STANDARD.encode(body).into()),
        ("body".to_owned(), view.body_text_lossy().unwrap_or_default().into_owned().into()),
        ("protocol".to_owned(), protocol.into()),
        ("scheme".to_owned(), request.scheme.as_str().into()),
        ("host".to_owned(), host.into()),
        ("port".to_owned(), u64::from(port).into()),
        ("loggedDateString".to_owned(), date.into()),
        ("queryParams".to_owned(), parameters(view.query_pairs())),
        ("formParams".to_owned(), parameters(form)),
    ]);
    Json::Object(members)
}

fn host_and_port(request: &Request) -> (&str, u16) {
    let authority = request.authority.as_str();
    let default = request.scheme.default_port();
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(default)),
        _ => (authority, default),
    }
}

/// Milliseconds since 1970, and the same as RFC 3339 to the millisecond.
pub(super) fn logged_date(at: SystemTime) -> (u64, String) {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let milliseconds = u64::try_from(since.as_millis()).unwrap_or_default();
    let stamp = i64::try_from(milliseconds).ok();
    let stamp = stamp.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    (milliseconds, stamp.unwrap_or_default().to_string())
}

/// Header fields: one value as a text, several as a list.
fn fields_shown(fields: &HeaderMap, spelled: impl Fn(&HeaderName) -> String) -> Json {
    let all = fields.iter().map(|(name, value)| (spelled(name), text_of(value.as_bytes()).into()));
    grouped(all)
}

fn grouped(pairs: impl Iterator<Item = (String, Json)>) -> Json {
    let values = by_name(pairs).into_iter().map(|(name, mut values)| match values.pop() {
        Some(one) if values.is_empty() => (name, one),
        last => {
            values.extend(last);
            (name, Json::Array(values))
        }
    });
    Json::Object(values.collect())
}

/// The values of each name, in the order in which the names come first. Clients may send very many.
fn by_name(pairs: impl Iterator<Item = (String, Json)>) -> Vec<(String, Vec<Json>)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<(String, Vec<Json>)> = Vec::new();
    for (name, value) in pairs {
        let place = *places.entry(name).or_insert_with_key(|name| {
            all.push((name.clone(), Vec::new()));
            all.len() - 1
        });
        if let Some((_, values)) = all.get_mut(place) {
            values.push(value);
        }
    }
    all
}

pub(super) fn parameters(pairs: &[form::Pair]) -> Json {
    let values = pairs.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    let members = by_name(values).into_iter().map(|(name, values)| {
        let parameter = object([("key", name.as_str().into()), ("values", Json::Array(values))]);
        (name, parameter)
    });
    Json::Object(members.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_text_and_several_are_a_list() {
        let pair = |name: &str, value: &str| (name.to_owned(), Json::from(value));
        let shown =
            grouped([pair("a", "1"), pair("b", "2"), pair("a", "3"), pair("a", "4")].into_iter());
        assert_eq!(
            super::super::json::pretty(&shown).replace("\n", ""),
            r#"{  "a" : [ "1", "3", "4" ],  "b" : "2"}"#
        );
    }
}
