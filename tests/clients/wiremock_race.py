"""Works in a session of its own for a while, with WireMock's Python client, and sees nothing of any other.

    python wiremock_race.py URL SESSION SECONDS

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
Config.base_url = f"{url}/__admin"
# This alone puts the client into its session.
Config.headers["X-Ringer-Session"] = session
http = requests.Session()
http.trust_env = False
http.headers["X-Ringer-Session"] = session


def same(found, expected, what):
    if found != expected:
        raise SystemExit(f"{session}: {what}: found {found!r}, expected {expected!r}")


def ask(path, method="GET", **more):
    return http.request(method, url + path, timeout=30, **more)


def stub(path, body, **more):
    request = MappingRequest(method="GET", url=path)
    response = more.pop("response", None) or MappingResponse(status=200, body=body)
    return Mappings.create_mapping(Mapping(request=request, response=response, **more))


def count(path):
    return Requests.get_matching_request_count(NearMissMatchPatternRequest(method="ANY", url_path=path)).count


def change_settings(milliseconds):
    try:
        GlobalSettings.update_global_settings(GlobalSetting(fixed_delay=milliseconds))
    except requests.JSONDecodeError:
        # The client would read settings from the answer, which has none.
        pass


def one_round(at):
    body = f"{session} {at}"
    made = stub("/same", body, metadata={"owner": session})
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
end = time.monotonic() + seconds
while time.monotonic() < end:
    one_round(rounds)
    rounds += 1
print(rounds)
