"""What httpx makes of connections that go wrong: a JSON line a case, `class` the exception's."""

import json
import ssl
import sys

import httpx

cases, ca = json.load(open(sys.argv[1])), sys.argv[2]
trusting = ssl.create_default_context(cafile=ca)


def seen(case):
    body = b"x" * case["upload"] if case["upload"] else None
    # A client of its own: nothing is left over from the case before.
    with httpx.Client(verify=trusting, http2=True, trust_env=False, timeout=case["limit"]) as client:
        try:
            answer = client.request("POST" if body else "GET", case["url"], content=body)
            return str(answer.status_code), answer.text
        except httpx.HTTPError as error:
            return type(error).__name__, str(error)


for case in cases:
    kind, detail = seen(case)
    print(json.dumps({"case": case["case"], "class": kind, "detail": detail}), flush=True)
