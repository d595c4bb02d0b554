// Works in a session of its own for a while, with wiremock-rest-client, and sees nothing of any other.
//
//     node wiremock_race.mjs URL SESSION SECONDS
//
// Uses the same paths, scenario names and settings as `../wiremock_race.py` does at the same time, with other
// values. Prints how many rounds it made; ends with an error at the first thing that is not its own.

import assert from "node:assert/strict";

import client from "wiremock-rest-client";

const [url, session, seconds] = process.argv.slice(2);
const headers = { "X-Ringer-Session": session, "X-Mark": session };
// This alone puts the client into its session.
const { mappings, requests, scenarios, global } = new client.WireMockRestClient(url, {
  headers,
  logLevel: "silent",
  continueOnFailure: true,
});

const ask = (path, init) => fetch(url + path, { ...init, headers });
const text = async (path, init) => (await ask(path, init)).text();
const status = async (path, init) => (await ask(path, init)).status;
const json = async (path, init) => (await ask(path, init)).json();
const post = (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) });
const metadata = { owner: session };
const stub = (path, body, more) =>
  mappings.createMapping({ request: { method: "GET", url: path }, response: { status: 200, body }, metadata, ...more });
const delay = async () => (await json("/__admin/settings")).settings.fixedDelay;

// A clock that stands still for the whole race, at a time that is this session's alone.
const frozen = `${2031 + Math.floor(Math.random() * 60)}-05-06T07:08:09Z`;
assert.equal((await post("/__admin/ringer/clock/freeze", { now: frozen })).status, 200);

// Whatever this session can see carries its mark: each stub, entry, near miss, state and setting.
async function allMine() {
  for (const it of (await mappings.getAllMappings()).mappings) assert.deepEqual(it.metadata, metadata);
  for (const it of (await requests.getAllRequests()).requests) {
    assert.equal(it.request.headers["X-Mark"] ?? it.request.headers["x-mark"], session);
    if (it.wasMatched) assert.deepEqual(it.stubMapping.metadata, metadata);
  }
  for (const it of (await requests.getUnmatchedNearMisses()).nearMisses) {
    assert.equal(it.request.headers["X-Mark"] ?? it.request.headers["x-mark"], session);
    assert.deepEqual(it.stubMapping.metadata, metadata);
  }
  for (const { state } of (await scenarios.getAllScenarios()).scenarios) {
    assert.ok(state === "Started" || state.startsWith(`${session}-`), state);
  }
  const { settings } = await json("/__admin/settings");
  assert.equal(settings.extended?.owner ?? session, session);
  assert.equal((await json("/__admin/ringer/clock")).now.slice(0, 19) + "Z", frozen);
}

async function round(at) {
  const body = `${session} ${at}`;
  const made = await stub("/same", body);
  const listed = await mappings.getAllMappings();
  assert.deepEqual(listed.mappings.map((it) => it.response.body), [body]);
  assert.equal(listed.meta.total, 1);

  const calls = 1 + Math.floor(Math.random() * 4);
  // At once: this session's requests race with each other too.
  const answers = await Promise.all(Array.from({ length: calls }, () => text("/same")));
  assert.deepEqual(answers, Array(calls).fill(body));
  assert.equal(await status(`/only-${session}`), 404);
  assert.equal((await requests.getCount({ method: "ANY", urlPath: "/same" })).count, calls);
  const seen = (await requests.getAllRequests()).requests.map((it) => it.request.url);
  assert.deepEqual(seen, [`/only-${session}`, ...Array(calls).fill("/same")]);
  const unmatched = (await requests.getUnmatchedRequests()).requests.map((it) => it.url);
  assert.deepEqual(unmatched, [`/only-${session}`]);
  const near = (await requests.getUnmatchedNearMisses()).nearMisses;
  assert.deepEqual(near.map((it) => it.stubMapping.response.body), [body]);

  await allMine();

  // The same scenario, with other states.
  const steps = ["Started", `${session}-2`, `${session}-3`];
  for (const [at, here] of steps.slice(0, 2).entries()) {
    const scenario = { scenarioName: "steps", requiredScenarioState: here, newScenarioState: steps[at + 1] };
    await stub("/step", here, scenario);
  }
  assert.equal(await text("/step"), "Started");
  const states = (await scenarios.getAllScenarios()).scenarios.map((it) => [it.name, it.state]);
  assert.deepEqual(states, [["steps", `${session}-2`]]);
  assert.equal(await text("/step"), `${session}-2`);
  assert.equal(await status("/step"), 404);
  await scenarios.setScenarioState("steps", `${session}-2`);
  assert.equal(await text("/step"), `${session}-2`);
  await scenarios.resetAllScenarios();
  assert.equal(await text("/step"), "Started");

  await allMine();

  assert.equal((await post("/__admin/settings", { extended: metadata })).status, 200);
  await allMine();
  await global.updateGlobalSettings({ fixedDelay: 2 });
  assert.equal(await delay(), 2);
  await global.updateGlobalSettings({ fixedDelay: 0 });

  // What goes wrong here goes wrong nowhere else.
  const fault = JSON.stringify({ url: "/same", status: 502 });
  assert.equal(await status("/__admin/ringer/faults", { method: "POST", body: fault }), 201);
  assert.equal(await status("/same"), 502);
  assert.equal(await status("/__admin/ringer/behaviors", { method: "DELETE" }), 200);
  assert.equal(await text("/same"), body);

  await mappings.updateMapping(made.id, { ...made, response: { status: 200, body: `${body} changed` } });
  assert.equal(await text("/same"), `${body} changed`);
  await mappings.createMapping({
    request: { method: "GET", url: "/now" },
    response: { status: 200, body: "{{now}}", transformers: ["response-template"] },
    metadata,
  });
  assert.equal(await text("/now"), frozen);
  await allMine();
  if (at % 3 === 0) {
    await mappings.removeByMetaData({ matchesJsonPath: { expression: "$.owner", equalTo: session } });
    assert.equal(await status("/same"), 404);
  }
  if (at % 2 === 0) {
    await global.resetAll();
  } else {
    await mappings.deleteAllMappings();
    await requests.deleteAllRequests();
  }
  assert.deepEqual((await mappings.getAllMappings()).mappings, []);
  assert.equal((await requests.getAllRequests()).meta.total, 0);
}

let rounds = 0;
const end = performance.now() + 1000 * Number(seconds);
while (performance.now() < end) {
  await round(rounds);
  rounds += 1;
}
console.log(rounds);
