// What fetch makes of connections that go wrong: a JSON line a case, `class` the code of the cause.

import { readFileSync } from "node:fs";

// The code of a DOMException is a number of another age.
const kind = (error) => (error instanceof DOMException ? error.name : (error.code ?? error.name));

for (const { case: name, url, upload, limit } of JSON.parse(readFileSync(process.argv[2]))) {
  const request = { signal: AbortSignal.timeout(limit * 1000) };
  if (upload) Object.assign(request, { method: "POST", body: "x".repeat(upload) });
  let seen;
  try {
    const answer = await fetch(url, request);
    seen = { class: String(answer.status), detail: await answer.text() };
  } catch (error) {
    // What fetch itself says is always the same.
    const cause = error.cause ?? error;
    seen = { class: kind(cause), detail: cause.message };
  }
  console.log(JSON.stringify({ case: name, ...seen }));
}
// Connections that were given up on may still be about to be made.
process.exit(0);
