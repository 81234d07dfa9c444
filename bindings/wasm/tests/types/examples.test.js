/** The examples that the types show in an editor. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

const AsyncFunction = (async () => {}).constructor;
const exported = { assert, ...(await import("hookseal")), ...(await import("hookseal/explain")) };

const entries = { index: await import("hookseal"), explain: await import("hookseal/explain") };
/** What an example shows by being there. */
const SPOKEN_FOR = ["HEADER_NAME", "PROTECTED_HEADER", "HookSealError", "InvalidKeyError", "VerificationError"];

for (const [entry, module] of Object.entries(entries)) {
  const types = readFileSync(new URL(`../../types/${entry}.d.ts`, import.meta.url), "utf8");
  const examples = [...types.matchAll(/@example\n((?: *\*.*\n)+?) *\*\/\n *(?:export (?:class|function) )?(\w+)/g)];
  describe(entry, () => {
    for (const [, lines, name] of examples) {
      test(name, async () => {
        const code = lines.replaceAll(/^ *\* ?/gm, "");
        assert.match(code, /assert/);
        await new AsyncFunction(...Object.keys(exported), code)(...Object.values(exported));
      });
    }
    test("every export has one", () => {
      const named = new Set([...examples.map(([, , name]) => name), ...SPOKEN_FOR]);
      for (const name of Object.keys(module)) assert.ok(named.has(name), name);
    });
  });
}
