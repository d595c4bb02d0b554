// Drives every function of `wiremock-captain` that talks to the admin API.
//
//     node wiremock_captain.mjs URL
//
// Ends with an error at the first answer that is not WireMock's.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

import {
  BodyType,
  DelayType,
  EndpointFeature,
  MatchingAttributes,
  WireMock,
  WireMockAPI,
  WireMockFault,
} from "wiremock-captain";

import { watch } from "./watch.mjs";

const [url] = process.argv.slice(2);
const every = watch(WireMock, WireMockAPI);
const mock = new WireMock(url);

const ask = (path, init) => fetch(url + path, init);
const text = async (path, init) => (await ask(path, init)).text();
const status = async (path, init) => (await ask(path, init)).status;

assert.equal((await mock.clearAllMappings()).status, 200);
assert.equal((await mock.clearAllRequests()).status, 200);
assert.deepEqual(await mock.getAllMappings(), []);
assert.deepEqual(await mock.getAllRequests(), []);

// Every matcher and every form of answer that it can write.
const made = await mock.register(
  {
    method: "POST",
    endpoint: "/full",
    body: { a: 1, list: [1, 2] },
    cookies: { session: "s-1" },
    headers: { "X-A": "[a-c]+" },
    queryParameters: { q: "1" },
    metadata: { team: "a" },
  },
  { status: 201, headers: { "X-B": "b" }, body: { made: true } },
  {
    requestEndpointFeature: EndpointFeature.UrlPath,
    requestIgnoreArrayOrder: true,
    requestIgnoreExtraElements: true,
    requestHeaderFeatures: { "X-A": MatchingAttributes.Matches },
    stubPriority: 2,
  },
);
assert.match(made.id, /^[0-9a-f-]{36}$/);
assert.deepEqual(made, {
  id: made.id,
  uuid: made.id,
  request: {
    urlPath: "/full",
    method: "POST",
    headers: { "X-A": { matches: "[a-c]+" } },
    queryParameters: { q: { equalTo: "1" } },
    cookies: { session: { equalTo: "s-1" } },
    bodyPatterns: [
      { equalToJson: { a: 1, list: [1, 2] }, ignoreArrayOrder: true, ignoreExtraElements: true },
    ],
  },
  response: {
    status: 201,
    jsonBody: { made: true },
    headers: { "Content-Type": "application/json; charset=utf-8", "X-B": "b" },
  },
  priority: 2,
  metadata: { team: "a" },
});
const fits = {
  method: "POST",
  headers: { "X-A": "abc", Cookie: "session=s-1", "Content-Type": "application/json" },
  body: '{"list": [2, 1], "a": 1, "more": true}',
};
const answer = await ask("/full?q=1", fits);
assert.equal(answer.status, 201);
assert.equal(answer.headers.get("X-B"), "b");
assert.equal(answer.headers.get("Content-Type"), "application/json; charset=utf-8");
assert.deepEqual(await answer.json(), { made: true });
assert.equal(await status("/full?q=1", { ...fits, headers: { ...fits.headers, "X-A": "d" } }), 404);
assert.equal(await status("/full?q=2", fits), 404);

await mock.register(
  { method: "POST", endpoint: "/form", formParameters: { name: "v" } },
  { status: 200, body: "aGk=" },
  { responseBodyType: BodyType.Base64Body },
);
assert.equal(await text("/form", { method: "POST", body: new URLSearchParams({ name: "v" }) }), "hi");

for (const [feature, body, good, bad] of [
  [MatchingAttributes.Contains, "b", "abc", "ac"],
  [MatchingAttributes.DoesNotMatch, "a+", "b", "aa"],
  [MatchingAttributes.EqualTo, "x", "x", "y"],
  [MatchingAttributes.EqualToXml, "<a><b/></a>", "<a> <b></b> </a>", "<a/>"],
  [MatchingAttributes.Matches, "a+", "aa", "b"],
  [MatchingAttributes.MatchesJsonPath, "$.a", '{"a": 1}', '{"b": 1}'],
  [MatchingAttributes.BinaryEqualTo, "aGk=", "hi", "ho"],
  [MatchingAttributes.EqualToJson, "[1]", "[ 1 ]", "[2]"],
]) {
  const endpoint = `/body/${feature}`;
  await mock.register(
    { method: "POST", endpoint, body },
    { status: 200, body: feature },
    { requestBodyFeature: feature, responseBodyType: BodyType.Body },
  );
  assert.equal(await text(endpoint, { method: "POST", body: good }), feature);
  assert.equal(await status(endpoint, { method: "POST", body: bad }), 404, feature);
}

for (const [type, more] of [
  [DelayType.FIXED, { constantDelay: 60 }],
  [DelayType.UNIFORM, { lower: 60, upper: 70 }],
  [DelayType.LOG_NORMAL, { median: 100, sigma: 0 }],
  [DelayType.CHUNKED_DRIBBLE, { numberOfChunks: 2, totalDuration: 60 }],
]) {
  const endpoint = `/late/${type}`;
  await mock.register({ method: "GET", endpoint }, { status: 200, body: type }, {
    responseBodyType: BodyType.Body,
    responseDelay: { type, ...more },
  });
  const start = performance.now();
  assert.equal(await text(endpoint), type);
  // Of a dribble, at least one pause.
  assert.ok(performance.now() - start >= 29, type);
}

for (const fault of Object.values(WireMockFault)) {
  const endpoint = `/fault/${fault}`;
  const { response } = await mock.register({ method: "GET", endpoint }, { status: 200 }, { fault });
  assert.equal(response.fault, fault);
  // Some break the connection, some the body.
  await assert.rejects(() => text(endpoint), undefined, fault);
}

await mock.register(
  { method: "GET", endpoint: "/templated/.*" },
  { status: 200, body: "{{request.path.[1]}}" },
  {
    requestEndpointFeature: EndpointFeature.UrlPathPattern,
    responseBodyType: BodyType.Body,
    responseTransformers: ["response-template"],
  },
);
assert.equal(await text("/templated/x?y=z"), "x");

// Webhooks, to a server of our own.
const hooks = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    response.end();
    hooks.emit("hook", { method: request.method, url: request.url, kind: request.headers["x-kind"], body });
  });
}).listen(0, "127.0.0.1");
await once(hooks, "listening");
await mock.register({ method: "GET", endpoint: "/hooked" }, { status: 200 }, {
  webhook: {
    method: "POST",
    url: `http://127.0.0.1:${hooks.address().port}/called`,
    headers: { "X-Kind": "hook", "Content-Type": "application/json" },
    body: { type: "JSON", data: { called: 1 } },
    delay: { type: DelayType.FIXED, constantDelay: 1 },
  },
});
const hook = once(hooks, "hook");
assert.equal(await status("/hooked"), 200);
assert.deepEqual(await hook, [{ method: "POST", url: "/called", kind: "hook", body: '{"called":1}' }]);
hooks.close();

// Stubs by id and by metadata.
assert.deepEqual(await mock.getMapping(made.id), made);
assert.ok((await mock.getAllMappings()).some((it) => it.id === made.id));
const byTeam = { expression: "$.team", equalTo: "a" };
assert.deepEqual(await mock.findMappingByMetadata(byTeam, MatchingAttributes.MatchesJsonPath), [made]);
assert.deepEqual(await mock.findMappingByMetadata({ team: "b" }, MatchingAttributes.EqualToJson), []);
assert.equal((await mock.deleteMapping(made.id)).status, 200);
assert.equal((await mock.deleteMapping(made.id)).status, 404);
const other = await mock.register(
  { method: "GET", endpoint: "/other", metadata: { team: "a" } },
  { status: 200, body: {} },
);
await mock.removeMappingByMetadata({ team: "a" }, MatchingAttributes.EqualToJson);
assert.ok(!(await mock.getAllMappings()).some((it) => it.id === other.id));
assert.equal((await mock.resetMappings()).status, 200);
assert.deepEqual(await mock.getAllMappings(), []);

// One endpoint, its requests.
await mock.clearAllRequests();
const api = new WireMockAPI(url, "/api", "PUT", { responseBodyType: BodyType.Body });
await api.registerDefaultResponse({ status: 200, body: "default" });
await api.register({ headers: { "X-A": "1" } }, { status: 202, body: "first" });
assert.equal(await text("/api", { method: "PUT", headers: { "X-A": "1" } }), "first");
assert.equal(await text("/api", { method: "PUT" }), "default");
assert.equal(await status("/api", { method: "GET" }), 404);
const requests = await api.getRequestsForAPI();
assert.deepEqual(requests.map((it) => [it.request.method, it.response.status]), [["PUT", 200], ["PUT", 202]]);
assert.equal((await mock.getRequestsForAPI("GET", "/api"))[0].wasMatched, false);
const [newest] = await mock.getAllRequests();
assert.equal(newest.request.absoluteUrl, `${url}/api`);
assert.equal((await mock.getAllRequests()).length, 3);
const unmatched = await mock.getUnmatchedRequests();
assert.deepEqual(unmatched.map((it) => [it.method, it.url]), [["GET", "/api"]]);

// Scenarios.
for (const [required, following] of [["Started", "second"], ["second", "third"]]) {
  await mock.register({ method: "GET", endpoint: "/step" }, { status: 200, body: required }, {
    responseBodyType: BodyType.Body,
    scenario: { scenarioName: "steps", requiredScenarioState: required, newScenarioState: following },
  });
}
assert.equal(await text("/step"), "Started");
const [scenario] = await mock.getAllScenarios();
assert.equal(scenario.id, "steps");
assert.equal(scenario.name, "steps");
assert.equal(scenario.state, "second");
assert.deepEqual(scenario.possibleStates.toSorted(), ["Started", "second", "third"]);
assert.equal(scenario.mappings.length, 2);
assert.equal(await text("/step"), "second");
assert.equal(await status("/step"), 404);
assert.equal((await mock.resetAllScenarios()).status, 200);
assert.equal(await text("/step"), "Started");

assert.deepEqual((await mock.clearAllExceptDefault()).map((it) => it.status), [200, 200]);
assert.deepEqual((await mock.clearAll()).map((it) => it.status), [200, 200]);
assert.deepEqual(await mock.getAllRequests(), []);
every();
