"""What requests and httpx make of each fault: faults.py CLIENT BASE FAULT…

One line of JSON a fault. The class is the exception and the one at its root (of HTTP/2, what came and
its code), or, where nothing was raised, what is other than at BASE/healthy.
"""

import json
import re
import sys

import httpx
import requests

TIMEOUT = 3
# The bytes as they are: a fault of coded bytes would be one of their coding.
ACCEPT = {"Accept": "application/json", "Accept-Encoding": "identity"}


def of_requests(url):
    # Both take a new connection for each, so that none suffers from the one before.
    answer = requests.get(url, timeout=TIMEOUT, headers=ACCEPT)
    return answer.status_code, answer.headers, answer.raw.headers, answer.content


def of_httpx(url, **options):
    with httpx.Client(timeout=TIMEOUT, trust_env=False, **options) as client:
        answer = client.get(url, headers=ACCEPT)
        return answer.status_code, answer.headers, answer.headers, answer.content


CLIENTS = {
    "requests": of_requests,
    "httpx": of_httpx,
    "httpx2": lambda url: of_httpx(url, http1=False, http2=True),
}


def count(fields, name):
    for method in ("getlist", "get_list"):
        if hasattr(fields, method):
            return len(getattr(fields, method)(name))
    raise TypeError(fields)


def root(error):
    """The exception that an exception is about."""
    for _ in range(20):
        inner = error.__cause__ or error.__context__ or next(
            (argument for argument in reversed(error.args) if isinstance(argument, Exception)),
            getattr(error, "reason", None),
        )
        if not isinstance(inner, Exception):
            return error
        error = inner
    return error


def observed(get, url, healthy):
    try:
        status, fields, all_fields, body = get(url)
    except Exception as error:  # noqa: BLE001 - its class is what is asked for
        http2 = re.search(r"<(\w+) .*error_code:(?:ErrorCodes\.)?(\w+)", str(error))
        inner = " ".join(http2.groups()) if http2 else type(root(error)).__name__
        return f"{type(error).__name__} {inner}"
    if status != 200:
        return f"status {status}"
    if "grpc-status" in fields:
        return f"grpc-status {fields['grpc-status']}"
    if fields.get("content-type") != "application/json":
        return f"type {fields.get('content-type')}"
    if count(all_fields, "etag") != 1:
        return f"etags {count(all_fields, 'etag')}"
    if len(body) == len(healthy) and body != healthy and url.endswith("/corrupted"):
        return "other bytes"
    try:
        json.loads(body)
    except ValueError as error:
        return type(error).__name__
    return "healthy" if body == healthy else "other bytes"


get, base = CLIENTS[sys.argv[1]], sys.argv[2]
healthy = get(f"{base}/healthy")[3]
for fault in sys.argv[3:]:
    seen = observed(get, f"{base}/{fault}", healthy)
    print(json.dumps({"fault": fault, "class": seen}), flush=True)
