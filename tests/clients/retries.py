"""Posts once with urllib3, which tries again by a policy of urllib3.Retry, and is content with whatever
comes of it.

    python retries.py URL '{"total": 3, "backoff_factor": 0.2, "status_forcelist": [503]}'
"""

import json
import sys
import uuid

import urllib3

url, policy = sys.argv[1], json.loads(sys.argv[2])
retries = urllib3.Retry(allowed_methods=None, raise_on_status=False, **policy)
http = urllib3.PoolManager(retries=retries)
http.request("POST", url, body=b"{}", headers={"Idempotency-Key": str(uuid.uuid4())})
