"""Works in a session of its own for a while, with WireMock's Python client, and sees nothing of any other.

    python wiremock_race.py URL SESSION SECONDS [API]

Uses the same paths, scenario names and settings as `node/wiremock_race.mjs` does at the same time, with other
values. Prints how many rounds it made; ends with an error at the first thing that is not its own.
"""

import random
import sys
import time

import requests

from wiremock.client import (
    GlobalSetting,
    GlobalSettings,
    Mapping,
    MappingRequest,
    MappingResponse,
    Mappings,
    NearMissMatchPatternRequest,
    Requests,
    Scenarios,
)
from wiremock.constants import Config

url, session, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
# Only who is given an API records.
api = sys.argv[4] if len(sys.argv) > 4 else None
Config.base_url = f"{url}/__admin"
# This alone puts the client into its session.
Config.headers["X-Ringer-Session"] = session
http = requests.Session()
http.trust_env = False
http.headers["X-Ringer-Session"] = session
http.headers["X-Mark"] = session


def same(found, expected, what):
    if found != expected:
        raise SystemExit(f"{session}: {what}: found {found!r}, expected {expected!r}")


def ask(path, method="GET", **more):
    return http.request(method, url + path, timeout=30, **more)


def stub(path, body, **more):
    request = MappingRequest(method="GET", url=path)
    response = more.pop("response", None) or MappingResponse(status=200, body=body)
    metadata = {"owner": session}
    return Mappings.create_mapping(Mapping(request=request, response=response, metadata=metadata, **more))


def count(path):
    return Requests.get_matching_request_count(NearMissMatchPatternRequest(method="ANY", url_path=path)).count


def change_settings(milliseconds):
    try:
        GlobalSettings.update_global_settings(GlobalSetting(fixed_delay=milliseconds))
    except requests.JSONDecodeError:
        # The client would read settings from the answer, which has none.
        pass


def set_up():
    """What stays for the whole race: a clock that stands still, at a time that is this session's alone."""
    frozen = f"{random.randint(2031, 2099)}-03-04T05:06:07Z"
    same(ask("/__admin/ringer/clock/freeze", "POST", json={"now": frozen}).status_code, 200, "clock")
    return frozen


def all_mine():
    """Whatever this session can see carries its mark: each stub, entry, near miss, state and setting."""
    for it in ask("/__admin/mappings").json()["mappings"]:
        same(it["metadata"]["owner"], session, "owner of a stub")
    for it in ask("/__admin/requests").json()["requests"]:
        same(it["request"]["headers"].get("X-Mark"), session, "mark of an entry")
        if it["request"]["url"].startswith("/recorded/"):
            same(it["request"]["url"], f"/recorded/{session}", "recorded entry")
        elif it["wasMatched"]:
            same(it["stubMapping"]["metadata"]["owner"], session, "owner of an entry's stub")
    near = ask("/__admin/requests/unmatched/near-misses").json()["nearMisses"]
    for it in near:
        same(it["request"]["headers"].get("X-Mark"), session, "mark of a near miss")
        same(it["stubMapping"]["metadata"]["owner"], session, "owner of a near miss")
    for it in ask("/__admin/scenarios").json()["scenarios"]:
        if it["state"] != "Started":
            same(it["state"].rpartition("-")[0], session, "state")
    settings = ask("/__admin/settings").json()["settings"]
    same(settings.get("extended", {}).get("owner", session), session, "settings")
    same(ask("/__admin/ringer/clock").json()["now"][:19] + "Z", frozen, "clock")


def recorded(api):
    """What a recording has is this session's, and no other's requests go to the API."""
    same(ask("/__admin/recordings/start", "POST", json={"targetBaseUrl": api}).status_code, 200, "start")
    path = f"/recorded/{session}"
    same(ask(path).status_code, 200, "recorded")
    stubs = ask("/__admin/recordings/stop", "POST").json()["mappings"]
    same([it["request"]["url"] for it in stubs], [path], "recorded stubs")
    for it in stubs:
        same(ask(f"/__admin/mappings/{it['id']}", "DELETE").status_code, 200, "recorded stub")


def one_round(at):
    body = f"{session} {at}"
    made = stub("/same", body)
    listed = Mappings.retrieve_all_mappings()
    same([it.response.body for it in listed.mappings], [body], "stubs")
    same(listed.meta.total, 1, "number of stubs")

    calls = random.randint(1, 4)
    for _ in range(calls):
        same(ask("/same").text, body, "answer")
    same(ask(f"/only-{session}").status_code, 404, "no stub")
    same(count("/same"), calls, "count")
    seen = [it.request.url for it in Requests.get_all_received_requests(parameters={}).requests]
    same(seen, [f"/only-{session}"] + ["/same"] * calls, "journal")
    same([it.url for it in Requests.get_unmatched_requests().requests], [f"/only-{session}"], "unmatched")

    all_mine()

    # The same scenario, with other states.
    steps = ["Started", f"{session}-2", f"{session}-3"]
    for here, following in zip(steps, steps[1:]):
        stub(
            "/step", here, scenario_name="steps", required_scenario_state=here, new_scenario_state=following
        )
    same(ask("/step").text, "Started", "scenario")
    state = ask("/__admin/scenarios").json()["scenarios"]
    same([(it["name"], it["state"]) for it in state], [("steps", f"{session}-2")], "state")
    same(ask("/step").text, f"{session}-2", "scenario")
    same(ask("/step").status_code, 404, "scenario")
    Scenarios.reset_all_scenarios()
    same(ask("/step").text, "Started", "scenario")

    all_mine()

    same(ask("/__admin/settings", "POST", json={"extended": {"owner": session}}).status_code, 200, "settings")
    all_mine()
    change_settings(1)
    same(ask("/__admin/settings").json()["settings"].get("fixedDelay"), 1, "settings")
    change_settings(0)

    # What goes wrong here goes wrong nowhere else.
    same(ask("/__admin/ringer/faults", "POST", json={"url": "/same", "status": 503}).status_code, 201, "fault")
    same(ask("/same").status_code, 503, "fault")
    same(ask("/__admin/ringer/behaviors", "DELETE").status_code, 200, "no fault")
    same(ask("/same").text, body, "no fault")

    made.response.body = f"{body} changed"
    Mappings.update_mapping(made)
    same(ask("/same").text, f"{body} changed", "change")
    stub(
        "/now",
        None,
        response=MappingResponse(status=200, body="{{now}}", transformers=["response-template"]),
    )
    same(ask("/now").text, frozen, "clock")
    if api and at % 5 == 0:
        recorded(api)
    all_mine()
    if at % 3 == 0:
        Mappings.delete_mapping(made)
        same(ask("/same").status_code, 404, "deleted")
    if at % 2 == 0:
        same(ask("/__admin/reset", "POST").status_code, 200, "reset")
    else:
        Mappings.reset_mappings()
        Requests.reset_request_journal()
    same(Mappings.retrieve_all_mappings().mappings, [], "stubs after a reset")
    same(Requests.get_all_received_requests(parameters={}).meta.total, 0, "requests after a reset")


rounds = 0
frozen = set_up()
end = time.monotonic() + seconds
while time.monotonic() < end:
    one_round(rounds)
    rounds += 1
print(rounds)
