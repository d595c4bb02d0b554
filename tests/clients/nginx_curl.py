"""curl against nginx: ranges, conditions, codings, uploads, redirects, methods."""

import os
import subprocess

from transcript import BASE, WORK, noise, out

BODY, HEAD, UPLOAD = (os.path.join(WORK, name) for name in ("body", "head", "upload"))


def curl(name, *arguments, keep=(), given=None):
    for path in (BODY, HEAD):
        if os.path.exists(path):
            os.unlink(path)
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "30", "--noproxy", "*", "-o", BODY, "-D", HEAD,
         "-w", "%{http_code} %{size_download} %{num_redirects} %{content_type}", *arguments],
        capture_output=True, input=given, timeout=60,
    )
    # With -I the head stands here, too.
    has_body = os.path.exists(BODY) and "-I" not in arguments
    body = open(BODY, "rb").read() if has_body else b""
    fields = open(HEAD, encoding="latin-1").read().splitlines() if os.path.exists(HEAD) else []
    kept = [line for line in fields if line.split(":")[0].lower() in keep]
    out(name, [done.returncode, done.stdout.decode(), body, kept])


SIZED = ("content-length", "content-range", "accept-ranges", "etag", "last-modified", "allow")
curl("get", f"{BASE}/small.txt", keep=SIZED)
curl("head", "-I", f"{BASE}/large.bin", keep=SIZED)
curl("range", "-r", "5-9", f"{BASE}/small.txt", keep=SIZED)
curl("range.other", "-r", "0-1", f"{BASE}/small.txt", keep=SIZED)
curl("range.end", "-r", "-4", f"{BASE}/small.txt", keep=SIZED)
curl("range.beyond", "-r", "999999-", f"{BASE}/small.txt", keep=SIZED)
curl("range.deep", "-r", "4000000-4099999", f"{BASE}/large.bin", keep=SIZED)
curl("large", f"{BASE}/large.bin", keep=SIZED)
curl("unmodified", "-z", "2026-06-01", f"{BASE}/small.txt")
curl("gzip", "-H", "Accept-Encoding: gzip", f"{BASE}/page.html", keep=("content-encoding", "vary"))
curl("ungzipped", "--compressed", f"{BASE}/page.html", keep=("content-encoding",))
curl("plain", f"{BASE}/page.html", keep=("content-encoding", "content-length"))
curl("query", f"{BASE}/echo?a=1&b=2&a=3")
curl("query.order", f"{BASE}/echo?b=2&a=3&a=1")
curl("query.empty", f"{BASE}/echo?")
curl("path", "--path-as-is", f"{BASE}/echo/a//b/%7Ec/;p=1")
curl("method", "-X", "BREW", f"{BASE}/echo")
curl("refused", "-X", "POST", "-d", "x", f"{BASE}/small.txt")
curl("empty", f"{BASE}/empty", keep=("content-length", "content-type"))
curl("forbidden", f"{BASE}/fields", keep=("x-camelcase", "x-lower", "set-cookie"))
curl("missing", f"{BASE}/none")
curl("http10", "--http1.0", f"{BASE}/small.txt")
curl("redirect", "-L", f"{BASE}/moved")
curl("redirect.absolute", "-L", f"{BASE}/moved-absolute", keep=("location",))
with open(UPLOAD, "wb") as file:
    file.write(noise(3 << 20, 3))
curl("put", "-T", UPLOAD, f"{BASE}/dav/up.bin")
curl("put.read", f"{BASE}/dav/up.bin")
curl("put.expect", "-H", "Expect: 100-continue", "-T", UPLOAD, f"{BASE}/dav/other.bin")
curl("put.chunked", "-T", "-", f"{BASE}/dav/chunked.txt", given=b"from stdin\n" * 1000)
curl("put.chunked.read", f"{BASE}/dav/chunked.txt")
curl("copy", "-X", "COPY", "-H", f"Destination: {BASE}/dav/copy.txt", f"{BASE}/dav/chunked.txt")
curl("delete", "-X", "DELETE", f"{BASE}/dav/copy.txt")
curl("deleted", f"{BASE}/dav/copy.txt")
