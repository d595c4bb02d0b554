// Makes sure that a script calls every function of the classes that a client consists of.

import assert from "node:assert/strict";

/** Watches classes; what it returns fails unless all their functions were called, except those given to its `except`. */
export function watch(...classes) {
  const missing = new Set();
  for (const { name: owner, prototype } of classes) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      // TypeScript's `protected` leaves no trace: these two make no call.
      if (typeof value !== "function" || ["constructor", "makeUrl", "mergeWireMockFeatures"].includes(name)) continue;
      missing.add(`${owner}.${name}`);
      prototype[name] = function (...given) {
        missing.delete(`${owner}.${name}`);
        return value.apply(this, given);
      };
    }
  }
  const check = () => assert.deepEqual([...missing], [], "all functions are called");
  check.except = (name) => assert.ok(missing.delete(name), name);
  return check;
}
