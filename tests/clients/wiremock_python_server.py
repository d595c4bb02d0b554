"""Has the helper of WireMock's Python client start a server.

    python wiremock_python_server.py JAVA FOLDER

JAVA is started as `JAVA -jar JAR --port PORT …`, with FOLDER as root directory.
"""

import os
import sys

import requests

from wiremock.client import Mapping, MappingRequest, MappingResponse, Mappings
from wiremock.constants import Config
from wiremock.server import WireMockServer

java, folder = sys.argv[1:]
with WireMockServer(java_path=java, root_dir=folder, max_attempts=100) as server:
    assert server.is_running
    Config.base_url = f"http://localhost:{server.port}/__admin"
    body = "{{request.method}}"
    # As this helper starts it, a stub is a template where it says so.
    for path, transformers in [("/plain", None), ("/rendered", ["response-template"])]:
        request = MappingRequest(method="GET", url=path)
        Mappings.create_mapping(
            Mapping(request=request, response=MappingResponse(body=body, transformers=transformers), persistent=True)
        )
    session = requests.Session()
    session.trust_env = False
    texts = [session.get(f"http://localhost:{server.port}{path}").text for path in ("/plain", "/rendered")]
    assert texts == [body, "GET"], texts
    assert len(os.listdir(os.path.join(folder, "mappings"))) == 2
try:
    session.get(f"http://localhost:{server.port}/plain")
except requests.ConnectionError:
    pass
else:
    raise SystemExit("it still runs")
