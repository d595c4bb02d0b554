"""Reads what a collector gets, with OpenTelemetry's own definition of the protocol.

    python spans.py < BODY

Prints JSON: the attributes of the resource, the scope, and each span with its attributes by name.
"""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def as_protobuf(value, name=""):
    """OTLP writes ids as hexadecimal digits, where Protobuf's JSON has base64."""
    if isinstance(value, dict):
        return {name: as_protobuf(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_protobuf(inner) for inner in value]
    if name in ("traceId", "spanId", "parentSpanId"):
        return base64.b64encode(bytes.fromhex(value)).decode()
    return value


def plain(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(inner) for inner in value.array_value.values]
    return getattr(value, kind)


def named(attributes):
    names = [attribute.key for attribute in attributes]
    assert len(names) == len(set(names)), names
    return {attribute.key: plain(attribute.value) for attribute in attributes}


# An unknown or misspelled member is an error.
request = json_format.ParseDict(as_protobuf(json.load(sys.stdin)), ExportTraceServiceRequest())
(resource_spans,) = request.resource_spans
(scope_spans,) = resource_spans.scope_spans
json.dump(
    {
        "resource": named(resource_spans.resource.attributes),
        "scope": {"name": scope_spans.scope.name, "version": scope_spans.scope.version},
        "spans": [
            {
                "trace": span.trace_id.hex(),
                "span": span.span_id.hex(),
                "parent": span.parent_span_id.hex(),
                "state": span.trace_state,
                "flags": span.flags,
                "name": span.name,
                "kind": span.kind,
                "start": span.start_time_unix_nano,
                "end": span.end_time_unix_nano,
                "attributes": named(span.attributes),
                "status": span.status.code,
            }
            for span in scope_spans.spans
        ],
    },
    sys.stdout,
)
