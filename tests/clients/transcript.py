"""What a client observed, one line a fact, so that runs can be compared.

    name=value     the same in every run
    ~name=value    made by the server at random: a replay must bring back what was recorded
"""

import hashlib
import json
import os
import sys

BASE = sys.argv[1] if len(sys.argv) > 1 else ""
WORK = sys.argv[2] if len(sys.argv) > 2 else "."
CA = os.environ.get("RINGER_TEST_CA") or None


def in_json(value):
    if isinstance(value, bytes):
        return f"{len(value)} bytes {hashlib.sha256(value).hexdigest()[:16]}"
    return str(value)


def shown(value):
    # The address is another in each run.
    text = json.dumps(value, sort_keys=True, default=in_json, ensure_ascii=False)
    host = BASE.split("://", 1)[-1]
    # A server behind a proxy does not know whether the client came with TLS.
    return text.replace(f"https://{host}", "BASE").replace(f"http://{host}", "BASE").replace(host, "HOST")


def out(name, value):
    print(f"{name}={shown(value)}", flush=True)


def random(name, value):
    print(f"~{name}={shown(value)}", flush=True)


def noise(length, seed=1):
    """Bytes that cannot be compressed, the same in each run."""
    parts = [hashlib.sha512(f"{seed}/{n}".encode()).digest() for n in range(length // 64 + 1)]
    return b"".join(parts)[:length]
