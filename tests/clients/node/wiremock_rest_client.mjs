// Drives every function of `wiremock-rest-client` that talks to the admin API.
//
//     node wiremock_rest_client.mjs URL FOLDER [--reference] [--recordings] [--shutdown]
//
// FOLDER is where the server keeps its stubs. `--reference` is for WireMock itself, which does not know one of
// the paths that its client calls. `--recordings` records too, `--shutdown` ends the server. Ends with an
// error at the first answer that is not WireMock's.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import client from "wiremock-rest-client";

import { watch } from "./watch.mjs";

const [url, folder, ...flags] = process.argv.slice(2);
const isReference = flags.includes("--reference");
const isRecording = flags.includes("--recordings");
const isShutdown = flags.includes("--shutdown");

const mock = new client.WireMockRestClient(url, { logLevel: "silent", continueOnFailure: true });
const services = [mock.global, mock.mappings, mock.recordings, mock.requests, mock.scenarios];
const every = watch(...services.map((it) => it.constructor));
const { mappings, requests, scenarios, recordings, global } = mock;

const text = async (path, init) => (await fetch(url + path, init)).text();
const status = async (path, init) => (await fetch(url + path, init)).status;
const stub = (path, body, more) => ({ request: { method: "GET", url: path }, response: { status: 200, body }, ...more });
const urls = (list) => list.map((it) => it.request.url);
function onDisk() {
  const below = join(folder, "mappings");
  if (!existsSync(below)) return [];
  const files = readdirSync(below, { recursive: true }).filter((name) => name.endsWith(".json"));
  return files.map((name) => JSON.parse(readFileSync(join(below, name), "utf8")).request.url).toSorted();
}

// Stubs.
assert.deepEqual(await mappings.deleteAllMappings(), {});
assert.deepEqual(await mappings.getAllMappings(), { mappings: [], meta: { total: 0 } });
const one = await mappings.createMapping(stub("/one", "1", { metadata: { team: "a" } }));
assert.deepEqual(one, { id: one.id, uuid: one.id, ...stub("/one", "1", { metadata: { team: "a" } }) });
assert.equal(await text("/one"), "1");
assert.deepEqual(await mappings.getMapping(one.id), one);
assert.equal(await mappings.getMapping("b5b6b7b8-0000-4000-8000-000000000001"), "");
const changed = await mappings.updateMapping(one.id, stub("/one", "changed"));
assert.deepEqual(changed, { id: one.id, uuid: one.id, ...stub("/one", "changed") });
assert.equal(await text("/one"), "changed");
const mistake = await mappings.createMapping({ request: { odd: 1 } });
assert.equal(mistake.errors[0].code, 10);
assert.equal(mistake.errors[0].source.pointer, "/request/odd");

// Of files below the folder where the script runs.
const place = mkdtempSync(join(tmpdir(), "rest-client-"));
process.chdir(place);
mkdirSync("stubs/deep", { recursive: true });
// As JSON5, which this client reads.
writeFileSync("stubs/a.json", "{request: {url: '/file/a'}, response: {body: 'a'}, /* a comment */}");
writeFileSync("stubs/deep/b.json", JSON.stringify(stub("/file/b", "b", { metadata: { team: "b" } })));
const fromFile = await mappings.createMappingFromFile("stubs/a.json");
assert.equal(fromFile.request.url, "/file/a");
await Promise.all(await mappings.createMappingsFromDir("stubs"));
assert.equal(await text("/file/a"), "a");
assert.equal(await text("/file/b"), "b");
assert.deepEqual(urls((await mappings.getAllMappings()).mappings).toSorted(), ["/file/a", "/file/a", "/file/b", "/one"]);

const teamB = { matchesJsonPath: "$[?(@.team == 'b')]" };
const found = await mappings.findByMetaData(teamB);
assert.deepEqual(urls(found.mappings), ["/file/b"]);
await mappings.removeByMetaData(teamB);
assert.deepEqual((await mappings.findByMetaData(teamB)).mappings, []);
assert.equal(await status("/file/b"), 404);
assert.deepEqual(await mappings.deleteMapping(one.id), {});
assert.equal(await status("/one"), 404);

// On disk.
assert.equal(await mappings.saveAllMappings(), "");
assert.deepEqual(onDisk(), ["/file/a", "/file/a"]);
await mappings.createMapping(stub("/passing", "p"));
await mappings.createMapping(stub("/kept", "k", { persistent: true }));
assert.deepEqual(onDisk(), ["/file/a", "/file/a", "/kept"]);
await mappings.resetAllMappings();
assert.equal(await status("/passing"), 404);
assert.equal(await text("/kept"), "k");
await mappings.deleteAllMappings();
assert.deepEqual(onDisk(), []);

// Requests.
assert.deepEqual(await requests.deleteAllRequests(), {});
await mappings.createMapping(stub("/known", "k", { metadata: { team: "a" } }));
assert.equal(await text("/known", { headers: { "X-A": "1" } }), "k");
assert.equal(await status("/unknown?a=b", { method: "POST", body: "text" }), 404);
const all = await requests.getAllRequests();
assert.equal(all.meta.total, 2);
assert.equal(all.requestJournalDisabled, false);
const [newest, oldest] = all.requests;
assert.deepEqual([newest.wasMatched, oldest.wasMatched], [false, true]);
assert.equal(newest.request.body, "text");
assert.deepEqual(newest.request.queryParams, { a: { key: "a", values: ["b"] } });
assert.equal(newest.responseDefinition.status, 404);
assert.equal(oldest.response.body, "k");
assert.equal(oldest.stubMapping.metadata.team, "a");
for (const part of ["addedDelay", "processTime", "responseSendTime", "serveTime", "totalTime"]) {
  assert.equal(typeof oldest.timing[part], "number", part);
}
assert.deepEqual(await requests.getRequest(newest.id), newest);
assert.equal(await requests.getRequest("b5b6b7b8-0000-4000-8000-000000000001"), "");
assert.deepEqual(await requests.getCount({ method: "ANY", urlPattern: "/.*" }), { count: 2, requestJournalDisabled: false });
const wanted = await requests.findRequests({ method: "GET", url: "/known", headers: { "X-A": { equalTo: "1" } } });
assert.deepEqual(wanted.requests.map((it) => it.absoluteUrl), [`${url}/known`]);
assert.equal(wanted.requestJournalDisabled, false);
assert.deepEqual((await requests.getUnmatchedRequests()).requests.map((it) => it.url), ["/unknown?a=b"]);
const { nearMisses } = await requests.getUnmatchedNearMisses();
assert.equal(nearMisses.length, 1);
assert.equal(nearMisses[0].request.url, "/unknown?a=b");
assert.equal(nearMisses[0].stubMapping.request.url, "/known");
assert.ok(nearMisses[0].matchResult.distance > 0 && nearMisses[0].matchResult.distance < 1);
// This client asks below `requests`, where WireMock has nothing.
assert.equal(await requests.getNearMissesByRequest({ url: "/knwon", method: "GET" }), "");
assert.equal(await requests.getNearMissesByRequestPattern({ url: "/knwon", method: "GET" }), "");
assert.equal((await requests.removeRequestsByMetadata({ equalToJson: { team: "a" } })).serveEvents[0].id, oldest.id);
assert.equal((await requests.getAllRequests()).meta.total, 1);
const removed = await requests.removeRequests({ method: "POST", urlPath: "/unknown" });
assert.deepEqual(removed.serveEvents.map((it) => it.id), [newest.id]);
assert.deepEqual(removed.serveEvents[0].request.body, "text");
await text("/known");
const [last] = (await requests.getAllRequests()).requests;
await requests.deleteRequest(last.id);
assert.equal((await requests.getAllRequests()).meta.total, 0);
await text("/known");
await requests.resetAllRequests();
assert.equal((await requests.getAllRequests()).meta.total, isReference ? 1 : 0);

// Scenarios.
for (const [required, following] of [["Started", "second"], ["second", undefined]]) {
  const scenario = { scenarioName: "steps", requiredScenarioState: required, newScenarioState: following };
  await mappings.createMapping(stub("/step", required, scenario));
}
const state = async () => (await scenarios.getAllScenarios()).scenarios.map((it) => [it.id, it.name, it.state]);
assert.deepEqual(await state(), [["steps", "steps", "Started"]]);
const [scenario] = (await scenarios.getAllScenarios()).scenarios;
assert.deepEqual(scenario.possibleStates.toSorted(), ["Started", "second"]);
assert.deepEqual(scenario.mappings.map((it) => it.response.body).toSorted(), ["Started", "second"]);
assert.equal(await text("/step"), "Started");
assert.deepEqual(await state(), [["steps", "steps", "second"]]);
await scenarios.resetAllScenarios();
assert.deepEqual(await state(), [["steps", "steps", "Started"]]);
await scenarios.setScenarioState("steps", "second");
assert.equal(await text("/step"), "second");
await scenarios.resetScenario("steps");
assert.deepEqual(await state(), [["steps", "steps", "Started"]]);
const noState = await scenarios.setScenarioState("steps", "odd");
assert.equal(noState.errors[0].title, "Scenario steps does not support state odd");
const noScenario = await scenarios.setScenarioState("odd", "Started");
assert.equal(noScenario.errors[0].code, 404);

// Settings.
assert.equal(await global.updateGlobalSettings({ fixedDelay: 300 }), "");
let start = performance.now();
await text("/known");
assert.ok(performance.now() - start >= 299);
assert.equal(await global.updateGlobalSettings({ delayDistribution: { type: "uniform", lower: 100, upper: 101 } }), "");
start = performance.now();
await text("/known");
assert.ok(performance.now() - start >= 99);
await global.updateGlobalSettings({});
assert.equal(await global.resetAll(), "");
assert.deepEqual((await mappings.getAllMappings()).mappings, []);
assert.equal((await requests.getAllRequests()).meta.total, 0);

if (isRecording) {
  const target = createServer((request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ path: request.url, trace: request.headers["x-trace"] }));
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
  const targetBaseUrl = `http://127.0.0.1:${target.address().port}`;

  assert.match((await recordings.getRecordingStatus()).status, /^(NeverStarted|Stopped)$/);
  const idle = await recordings.stopRecording();
  assert.deepEqual(idle, { errors: [{ code: 30, title: "Not currently recording." }] });
  await recordings.startRecording({ targetBaseUrl, captureHeaders: { "X-Trace": {} }, persist: false });
  assert.deepEqual(await recordings.getRecordingStatus(), { status: "Recording" });
  assert.equal(await text("/live?a=1", { headers: { "X-Trace": "t" } }), '{"path":"/live?a=1","trace":"t"}');
  const { mappings: recorded } = await recordings.stopRecording();
  assert.deepEqual(await recordings.getRecordingStatus(), { status: "Stopped" });
  assert.equal(recorded.length, 1);
  assert.equal(recorded[0].request.urlPath, "/live");
  assert.deepEqual(recorded[0].request.headers, { "X-Trace": { equalTo: "t" } });
  assert.deepEqual(recorded[0].request.queryParameters, { a: { hasExactly: [{ equalTo: "1" }] } });

  await mappings.createMapping({ request: { urlPattern: "/.*" }, response: { proxyBaseUrl: targetBaseUrl }, priority: 9 });
  await requests.deleteAllRequests();
  assert.equal(await text("/snap"), '{"path":"/snap"}');
  const snapshot = await recordings.takeSnapshotRecording({ persist: true, repeatsAsScenarios: false });
  assert.deepEqual(urls(snapshot.mappings), ["/snap"]);
  assert.deepEqual(onDisk(), ["/snap"]);
  target.close();
  target.closeAllConnections();
  assert.equal(await text("/snap"), '{"path":"/snap"}');
  assert.equal(await text("/live?a=1", { headers: { "X-Trace": "t" } }), '{"path":"/live?a=1","trace":"t"}');
  await mappings.deleteAllMappings();
} else {
  for (const name of Object.getOwnPropertyNames(recordings.constructor.prototype).slice(1)) {
    every.except(`RecordingService.${name}`);
  }
}

if (isShutdown) {
  assert.equal(await global.shutdown(), "");
  const isOver = async () => fetch(url).then(() => false, () => true);
  while (!(await isOver())) await pause(20);
} else {
  every.except("GlobalService.shutdown");
}
rmSync(place, { recursive: true });
every();
