"""Drives every function of WireMock's Python client that talks to the admin API.

    python wiremock_python.py URL FOLDER [--reference]

FOLDER is where the server keeps its stubs. Ends with an error at the first answer that is not WireMock's.
`--reference` is for WireMock itself, which does not know one of the paths that its client calls.
"""

import base64
import functools
import inspect
import json
import pathlib
import sys

import requests

from wiremock.client import (
    AllMappings,
    BasicAuthCredentials,
    DelayDistribution,
    GlobalSetting,
    GlobalSettings,
    HttpMethods,
    Mapping,
    MappingRequest,
    MappingResponse,
    Mappings,
    NearMisses,
    NearMissMatchPatternRequest,
    NearMissMatchRequest,
    NearMissMatchResponse,
    Requests,
    ResponseFaultType,
    Scenarios,
    WireMockMatchers,
)
from wiremock.constants import Config
from wiremock.exceptions import ClientException, InvalidInputException, NotFoundException

CLASSES = [Mappings, NearMisses, Requests, Scenarios, GlobalSettings]
url = sys.argv[1]
folder = pathlib.Path(sys.argv[2])
is_reference = "--reference" in sys.argv
called = set()


def watch():
    """Has `called` filled; all functions that there are."""
    every = set()
    for kind in CLASSES:
        for name, member in list(vars(kind).items()):
            if not isinstance(member, classmethod) or name.startswith(("_", "endpoint", "entity_class")):
                continue
            every.add(f"{kind.__name__}.{name}")
            function = getattr(kind, name)

            @functools.wraps(function)
            def watched(*given, _function=function, _name=f"{kind.__name__}.{name}", **named):
                called.add(_name)
                return _function(*given, **named)

            setattr(kind, name, watched)
    return every


def same(found, expected, what=None):
    if found != expected:
        line = inspect.stack()[1].lineno
        raise SystemExit(f"line {line}: {what or ''}\n  found    {found!r}\n  expected {expected!r}")


def refused(kind, call):
    try:
        call()
    except kind as error:
        return str(error)
    raise SystemExit(f"line {inspect.stack()[1].lineno}: no {kind.__name__}")


def ask(method, path, **more):
    session = requests.Session()
    session.trust_env = False
    return session.request(method, url + path, timeout=30, **more)


def stub(path, body, **more):
    """A stub with its metadata, as the client's user would write it."""
    return Mapping(
        request=MappingRequest(method=HttpMethods.GET, url=path),
        response=MappingResponse(status=200, body=body),
        **more,
    )


def on_disk():
    return {file.name: json.loads(file.read_text()) for file in (folder / "mappings").rglob("*.json")}


def mappings():
    Mappings.delete_all_mappings()
    same(Mappings.retrieve_all_mappings().mappings, [])

    # Every field that the client knows.
    full = Mapping(
        priority=3,
        persistent=False,
        request=MappingRequest(
            method=HttpMethods.POST,
            url_path="/full",
            basic_auth_credentials=BasicAuthCredentials(username="u", password="p"),
            cookies={"c": {WireMockMatchers.EQUAL_TO: "1"}},
            headers={"X-A": {WireMockMatchers.CONTAINS: "b"}},
            query_parameters={"q": {WireMockMatchers.MATCHES: "[0-9]+"}},
            body_patterns=[{WireMockMatchers.EQUAL_TO_JSON: '{"a": 1}', WireMockMatchers.IGNORE_EXTRA_ELEMENTS: True}],
        ),
        response=MappingResponse(
            status=201,
            status_message="Made",
            json_body={"made": True},
            headers={"Content-Type": "application/json"},
            delay_distribution=DelayDistribution(distribution_type="uniform", lower=0, upper=1),
            fixed_delay_milliseconds=1,
            transformers=["response-template"],
            transformer_parameters={"p": "v"},
        ),
        metadata={"team": "full"},
    )
    made = Mappings.create_mapping(full)
    same(len(made.id), 36)
    same(made.priority, 3)
    same(made.request.url_path, "/full")
    same(made.request.basic_auth_credentials.get_json_data(), {"username": "u", "password": "p"})
    same(made.request.cookies, {"c": {"equalTo": "1"}})
    same(made.request.headers, {"X-A": {"contains": "b"}})
    same(made.request.query_parameters, {"q": {"matches": "[0-9]+"}})
    same(made.request.body_patterns, [{"equalToJson": '{"a": 1}', "ignoreExtraElements": True}])
    same(made.response.status_message, "Made")
    same(made.response.json_body, {"made": True})
    same(made.response.delay_distribution.get_json_data(), {"type": "uniform", "lower": 0, "upper": 1})
    same(made.response.fixed_delay_milliseconds, 1)
    same(made.response.transformers, ["response-template"])
    same(made.response.transformer_parameters, {"p": "v"})
    same(made.metadata, {"team": "full"})
    answer = ask(
        "POST", "/full?q=12", auth=("u", "p"), cookies={"c": "1"}, headers={"X-A": "abc"}, json={"a": 1, "b": 2}
    )
    same((answer.status_code, answer.reason, answer.json()), (201, "Made", {"made": True}))
    same(ask("POST", "/full?q=12", cookies={"c": "1"}, headers={"X-A": "abc"}, json={"a": 1}).status_code, 404)
    got = Mappings.retrieve_mapping(made.id)
    same(got.get_json_data(), made.get_json_data())
    # An entity does as well as its id.
    same(Mappings.retrieve_mapping(made).id, made.id)

    one = Mappings.create_mapping(stub("/one", "1", metadata={"team": "a"}))
    two = Mappings.create_mapping(stub("/two", "2", metadata={"team": "b"}))
    listed = Mappings.retrieve_all_mappings()
    same(type(listed), AllMappings)
    same([it.id for it in listed.mappings], [made.id, two.id, one.id])
    same(listed.meta.total, 3)
    page = Mappings.retrieve_all_mappings(parameters={"limit": 1, "offset": 1})
    same(([it.id for it in page.mappings], page.meta.total), ([two.id], 3))

    one.response.body = "changed"
    changed = Mappings.update_mapping(one)
    same((changed.id, changed.response.body), (one.id, "changed"))
    same(ask("GET", "/one").text, "changed")
    same([it.id for it in Mappings.retrieve_all_mappings().mappings], [made.id, two.id, one.id])
    unknown = Mapping(id="b5b6b7b8-0000-4000-8000-000000000001", request=one.request, response=one.response)
    same(refused(NotFoundException, lambda: Mappings.update_mapping(unknown)), "")
    same(refused(NotFoundException, lambda: Mappings.retrieve_mapping(unknown.id)), "")
    same(refused(NotFoundException, lambda: Mappings.delete_mapping(unknown.id)), "")
    text = refused(ClientException, lambda: Mappings.retrieve_mapping("no-id"))
    same(json.loads(text), {"errors": [{"code": 10, "title": "no-id is not a valid UUID"}]})
    wrong = Mapping(request=MappingRequest(method="GET", url="/x"), response=MappingResponse(status="odd"))
    text = refused(InvalidInputException, lambda: Mappings.create_mapping(wrong))
    same(json.loads(text)["errors"][0]["source"]["pointer"], "/response/status")

    Mappings.delete_mapping_by_metadata({"matchesJsonPath": {"expression": "$.team", "equalTo": "b"}})
    same([it.id for it in Mappings.retrieve_all_mappings().mappings], [made.id, one.id])
    same(ask("GET", "/two").status_code, 404)
    same(Mappings.delete_mapping(one).status_code, 200)
    same(ask("GET", "/one").status_code, 404)
    Mappings.delete_all_mappings()

    # Kept: by `persistent`, and by the call that keeps all.
    before = set(on_disk())
    kept = Mappings.create_mapping(stub("/kept", "kept", persistent=True))
    same(kept.persistent, True)
    same([it["request"]["url"] for name, it in on_disk().items() if name not in before], ["/kept"])
    Mappings.create_mapping(stub("/passing", "p"))
    Mappings.reset_mappings()
    same(ask("GET", "/kept").text, "kept")
    same(ask("GET", "/passing").status_code, 404)
    Mappings.create_mapping(stub("/saved", "s"))
    same(Mappings.persist_mappings().status_code, 200)
    Mappings.reset_mappings()
    same(ask("GET", "/saved").text, "s")
    same(sorted(it["request"]["url"] for it in on_disk().values()), ["/kept", "/saved"])
    Mappings.delete_all_mappings()
    same(on_disk(), {})

    # Answers of all kinds.
    Mappings.create_mapping(
        Mapping(
            request=MappingRequest(method=HttpMethods.ANY, url_pattern="/any/[a-z]+"),
            response=MappingResponse(base64_body=base64.b64encode(b"\x00\xff").decode()),
        )
    )
    same(ask("PATCH", "/any/thing").content, b"\x00\xff")
    (folder / "__files").mkdir(exist_ok=True)
    (folder / "__files/answer.txt").write_text("from a file")
    Mappings.create_mapping(
        Mapping(
            request=MappingRequest(method="GET", url_path_pattern="/file/.*"),
            response=MappingResponse(body_file_name="answer.txt"),
        )
    )
    same(ask("GET", "/file/x?y=z").text, "from a file")
    Mappings.create_mapping(
        Mapping(
            request=MappingRequest(method="GET", url="/broken"),
            response=MappingResponse(fault=ResponseFaultType.EMPTY_RESPONSE),
        )
    )
    try:
        ask("GET", "/broken")
    except requests.ConnectionError:
        pass
    else:
        raise SystemExit("no fault")
    Mappings.create_mapping(
        Mapping(
            request=MappingRequest(method="GET", url="/proxied/file/p"),
            response=MappingResponse(proxy_base_url=url, additional_proxy_request_headers={"X-Through": "1"}),
        )
    )


def journal():
    Mappings.delete_all_mappings()
    if is_reference:
        refused(NotFoundException, Requests.reset_request_journal)
        ask("DELETE", "/__admin/requests")
    else:
        same(Requests.reset_request_journal().status_code, 200)
    made = Mappings.create_mapping(stub("/known", "k"))
    ask("GET", "/known", headers={"X-Test": "1"})
    ask("POST", "/unknown?a=b", data="body", headers={"Content-Type": "text/plain"})

    every = Requests.get_all_received_requests()
    same((every.meta.total, every.request_journal_disabled), (2, False))
    newest, oldest = every.requests
    same((newest.request.method, newest.request.url, newest.request.body), ("POST", "/unknown?a=b", "body"))
    same((newest.response_definition.status, newest.response_definition.from_configured_stub), (404, False))
    same(oldest.request.absolute_url, url + "/known")
    same((oldest.request.client_ip, oldest.request.browser_proxy_request), ("127.0.0.1", False))
    same(oldest.request.headers["X-Test"], "1")
    same(oldest.request.body_as_base64, "")
    same(type(oldest.request.logged_date), int)
    same(oldest.response_definition.status, 200)
    limited = Requests.get_all_received_requests(limit=1, parameters={})
    same(([it.id for it in limited.requests], limited.meta.total), ([newest.id], 2))
    later = Requests.get_all_received_requests(since="2999-01-01T00:00:00Z", parameters={})
    same(later.requests, [])
    got = Requests.get_request(newest.id)
    same((got.id, got.request.url), (newest.id, "/unknown?a=b"))
    unknown = "b5b6b7b8-0000-4000-8000-000000000001"
    same(refused(NotFoundException, lambda: Requests.get_request(unknown)), "")

    def pattern(**more):
        return NearMissMatchPatternRequest(**more)

    same(Requests.get_matching_request_count(pattern(method="GET", url="/known")).count, 1)
    same(Requests.get_matching_request_count(pattern(method="ANY", url_pattern="/.*")).count, 2)
    same(Requests.get_matching_request_count(pattern(url_path="/unknown", query_parameters={"a": {"equalTo": "c"}})).count, 0)
    found = Requests.get_matching_requests(pattern(method="ANY", url_path_pattern="/.*known"))
    same([it.url for it in found.requests], ["/known", "/unknown?a=b"])
    found = Requests.get_matching_requests(pattern(headers={"X-Test": {"equalTo": "1"}}, method="GET"))
    same([it.url for it in found.requests], ["/known"])
    same([it.url for it in Requests.get_unmatched_requests().requests], ["/unknown?a=b"])
    misses = Requests.get_unmatched_requests_near_misses()
    same(type(misses), NearMissMatchResponse)
    same([it.request.url for it in misses.near_misses], ["/unknown?a=b"])
    same(0 < misses.near_misses[0].match_result.distance < 1, True)

    misses = NearMisses.find_nearest_misses_by_request(NearMissMatchRequest(url="/knwon", method="GET"))
    same(len(misses.near_misses), 1)
    miss = misses.near_misses[0]
    same((miss.request.url, 0 < miss.match_result.distance < 1), ("/knwon", True))
    misses = NearMisses.find_nearest_misses_by_request_pattern(pattern(url="/knownn", method="GET"))
    same([it.request.url for it in misses.near_misses], ["/known", "/unknown?a=b"])
    same(misses.near_misses[0].request_pattern.url, "/knownn")
    same(misses.near_misses[0].match_result.distance < misses.near_misses[1].match_result.distance, True)
    Mappings.delete_mapping(made)


def scenarios():
    def step(required, following, body):
        return Mappings.create_mapping(
            stub(
                "/step", body, scenario_name="steps", required_scenario_state=required, new_scenario_state=following
            )
        )

    first = step("Started", "second", "1")
    same((first.scenario_name, first.required_scenario_state, first.new_scenario_state), ("steps", "Started", "second"))
    step("second", None, "2")
    same([ask("GET", "/step").text for _ in range(3)], ["1", "2", "2"])
    same(Scenarios.reset_all_scenarios().status_code, 200)
    same(ask("GET", "/step").text, "1")


def settings():
    def set_delay(milliseconds):
        # The client would read settings from the answer, which has none from WireMock 3 either.
        entity = GlobalSetting(fixed_delay=milliseconds)
        refused(requests.JSONDecodeError, lambda: GlobalSettings.update_global_settings(entity))

    Mappings.create_mapping(stub("/late", "l"))
    set_delay(300)
    same(ask("GET", "/__admin/settings").json()["settings"]["fixedDelay"], 300)
    same(ask("GET", "/late").elapsed.total_seconds() >= 0.3, True)
    set_delay(0)
    same(ask("GET", "/__admin/settings").json()["settings"]["fixedDelay"], 0)


every = watch()
Config.base_url = f"{url}/__admin"
for part in [mappings, journal, scenarios, settings]:
    part()
Mappings.delete_all_mappings()
same(sorted(called), sorted(every))
