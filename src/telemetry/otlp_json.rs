//! Spans as OTLP has them in JSON (OTLP 1.x, "JSON Protobuf encoding"): ids as hexadecimal digits, enums
//! as numbers, 64-bit numbers as strings.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use super::{
    span::{Attribute, Span, Value},
    trace_context::hex,
};

/// `SPAN_KIND_SERVER`
const SERVER: u8 = 2;
/// `STATUS_CODE_ERROR`
const ERROR: u8 = 2;
/// It is known whether the parent is in another process, and it is (`SpanFlags`).
const REMOTE: u32 = 0x300;
/// It is known whether the parent is in another process: there is none, or it is not.
const LOCAL: u32 = 0x100;

/// An `ExportTraceServiceRequest` of these spans; `resource` says who made them.
pub(super) fn request(resource: &[(String, String)], version: &str, spans: &[Span]) -> String {
    let resource: Vec<Json> =
        resource.iter().map(|(name, value)| attribute(name, &Value::Text(value.clone()))).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{
            "scope": {"name": "ringer", "version": version},
            "spans": spans.iter().map(span).collect::<Vec<_>>(),
        }],
    }]})
    .to_string()
}

fn span(span: &Span) -> Json {
    let place = if span.parent.is_some() { REMOTE } else { LOCAL };
    let attributes: Vec<Json> =
        span.attributes.iter().map(|(name, value): &Attribute| attribute(name, value)).collect();
    let mut json = json!({
        "traceId": hex(&span.context.trace),
        "spanId": hex(&span.context.span),
        "flags": u32::from(span.context.flags) | place,
        "name": span.name,
        "kind": SERVER,
        "startTimeUnixNano": nanoseconds(span.start),
        "endTimeUnixNano": nanoseconds(span.start + span.duration),
        "attributes": attributes,
        "status": {},
    });
    if let Some(parent) = &span.parent {
        json["parentSpanId"] = hex(parent).into();
    }
    if let Some(state) = &span.state {
        json["traceState"] = state.as_str().into();
    }
    if span.is_error {
        json["status"] = json!({"code": ERROR});
    }
    json
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_nanos().to_string()
}

fn attribute(name: &str, value: &Value) -> Json {
    let value = match value {
        Value::Text(text) => json!({"stringValue": text}),
        Value::Whole(number) => json!({"intValue": number.to_string()}),
        Value::List(texts) => {
            let values: Vec<_> = texts.iter().map(|text| json!({"stringValue": text})).collect();
            json!({"arrayValue": {"values": values}})
        }
    };
    json!({"key": name, "value": value})
}

/// What a collector says of a batch that it took.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Spans of the batch that it did not take.
    pub(super) refused: u64,
    /// Why.
    pub(super) message: String,
}

/// Reads an `ExportTraceServiceResponse`; one that cannot be read says nothing.
pub(super) fn taken(body: &[u8]) -> Taken {
    let Ok(json) = serde_json::from_slice::<Json>(body) else { return Taken::default() };
    let partial = &json["partialSuccess"];
    let refused = &partial["rejectedSpans"];
    let refused = refused.as_u64().or_else(|| refused.as_str().and_then(|text| text.parse().ok()));
    Taken {
        refused: refused.unwrap_or_default(),
        message: partial["errorMessage"].as_str().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::TraceContext;

    #[test]
    fn a_span_has_the_form_that_collectors_read() {
        let context = TraceContext { trace: [0xab; 16], span: [0xcd; 8], flags: 1 };
        let span = Span {
            context,
            parent: Some([0xef; 8]),
            state: Some("vendor=1".to_owned()),
            name: "GET".to_owned(),
            start: UNIX_EPOCH + Duration::from_millis(1_700_000_000_001),
            duration: Duration::from_micros(1500),
            attributes: vec![
                ("http.request.method", "GET".into()),
                ("http.response.status_code", 503.into()),
                ("ringer.behaviors", Value::List(vec!["fault: reset".to_owned()])),
            ],
            is_error: true,
        };
        let root = Span { parent: None, state: None, is_error: false, ..span.clone() };
        let resource = [("service.name".to_owned(), "ringer".to_owned())];
        let json: Json = serde_json::from_str(&request(&resource, "1.2.3", &[span, root])).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
    }

    #[test]
    fn a_partial_success_is_read_whichever_way_it_writes_its_number() {
        let taken_of = |text: &str| taken(text.as_bytes());
        let some = Taken { refused: 3, message: "too old".to_owned() };
        let text = r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#;
        assert_eq!(taken_of(text), some);
        assert_eq!(taken_of(&text.replace("\"3\"", "3")), some);
        for nothing in ["", "{}", "[]", "not json", r#"{"partialSuccess":null}"#] {
            assert_eq!(taken_of(nothing), Taken::default(), "{nothing}");
        }
    }
}
