"""requests and httpx against httpbin."""

import base64
import os
import uuid

import httpx
import requests
from transcript import BASE, CA, noise, out, random

session = requests.Session()
session.verify = CA or True
# The variables of whoever runs the tests are no concern of theirs.
session.trust_env = False
# What a real client adds and what no stub may depend on.
session.headers["X-Request-Id"] = str(uuid.uuid4())


def body(answer):
    json = answer.json()
    headers = json.get("headers", {})
    for name in ("Connection", "X-Request-Id"):
        headers.pop(name, None)
    return json


got = session.get(f"{BASE}/get", params=[("a", "1"), ("b", "2"), ("a", "3 +/ä")])
out("get", [got.status_code, body(got)])
for n in range(2):
    page = session.post(f"{BASE}/anything", json={"query": "x", "page": n})
    out(f"page.{n}", [page.status_code, page.json()["json"]])
page = session.post(f"{BASE}/anything", json={"query": "x"})
out("page.none", page.json()["json"])
out("form", session.post(f"{BASE}/post", data={"a": "1", "b": "ü&="}).json()["form"])
files = {"file": ("a.bin", noise(1000), "application/octet-stream")}
sent = session.post(f"{BASE}/post", data={"note": "hi"}, files=files).json()
out("multipart", [sent["form"], base64.b64decode(sent["files"]["file"].split(",", 1)[-1])])
for status in (204, 304, 404, 418, 500):
    answer = session.get(f"{BASE}/status/{status}")
    out(f"status.{status}", [answer.status_code, answer.reason, len(answer.content)])
for coding in ("gzip", "deflate", "brotli"):
    answer = session.get(f"{BASE}/{coding}")
    out(coding, [answer.status_code, answer.headers.get("Content-Encoding"), len(answer.content) > 0])
answer = session.get(f"{BASE}/redirect/2")
out("redirects", [answer.url, [one.status_code for one in answer.history]])
answer = session.get(f"{BASE}/redirect-to", params={"url": f"{BASE}/get", "status_code": 307})
out("absolute", [answer.url, answer.status_code])
session.get(f"{BASE}/cookies/set", params={"flavour": "plain"})
out("cookies", session.get(f"{BASE}/cookies").json())
out("basic.without", session.get(f"{BASE}/basic-auth/joe/secret-word").status_code)
for _ in range(2):
    answer = session.get(f"{BASE}/basic-auth/joe/secret-word", auth=("joe", "secret-word"))
    out("basic.with", [answer.status_code, answer.json()["authenticated"]])
digest = requests.auth.HTTPDigestAuth("joe", "secret-word")
out("digest", session.get(f"{BASE}/digest-auth/auth/joe/secret-word", auth=digest).status_code)
answer = session.get(f"{BASE}/range/100", headers={"Range": "bytes=10-19"})
out("range", [answer.status_code, answer.text, answer.headers["Content-Range"]])
out("range.other", session.get(f"{BASE}/range/100", headers={"Range": "bytes=20-25"}).text)
answer = session.get(f"{BASE}/etag/v1", headers={"If-None-Match": "v1"})
out("etag", [answer.status_code, answer.headers.get("ETag")])
with session.get(f"{BASE}/stream/3", stream=True) as answer:
    out("stream", [len(line) > 0 for line in answer.iter_lines()])
out("bytes", session.get(f"{BASE}/bytes/1000", params={"seed": 7}).content)
random("uuid", session.get(f"{BASE}/uuid").json()["uuid"])
out("head", session.head(f"{BASE}/get").headers.get("Content-Length", "") != "")
out("options", sorted(session.options(f"{BASE}/get").headers["Allow"].split(", ")))
out("put", session.put(f"{BASE}/put", data=noise(200_000, 2)).status_code)
out("chunked", session.post(f"{BASE}/post", data=iter([b"one", b"two"])).status_code)
out("image", session.get(f"{BASE}/image/png").content)

http2 = os.environ.get("RINGER_TEST_HTTP2") == "1"
with httpx.Client(verify=CA or True, http2=http2, trust_env=False) as client:
    answer = client.get(f"{BASE}/headers", headers={"X-Mixed-Case": "kept"})
    out("httpx", [answer.status_code, answer.json()["headers"].get("X-Mixed-Case")])
    with client.stream("GET", f"{BASE}/drip", params={"duration": 0.1, "numbytes": 3}) as answer:
        out("drip", b"".join(answer.iter_raw()))
