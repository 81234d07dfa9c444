/**
 * Runs an ES module in a realm that has what ECMAScript has, and of everything else only what is named here; there is
 * nothing to import. `node --experimental-vm-modules plain.js FILE`
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import vm from "node:vm";

import { BODY, SHARED_KEY, SIGNATURE } from "../api/support.js";

const context = vm.createContext({ WebAssembly, TextEncoder, TextDecoder, atob });
const module = new vm.SourceTextModule(readFileSync(process.argv[2], "utf8"), { context });
await module.link((specifier) => assert.fail(`it imports ${specifier}`));
await module.evaluate();

const { Verifier, explain } = module.namespace;
if (Verifier) {
  const verifier = new Verifier(SHARED_KEY);
  assert.equal(verifier.verify(BODY, SIGNATURE).keyFormat, "jwk");
  assert.throws(() => verifier.verify("{}", SIGNATURE), { code: "signature_mismatch" });
  assert.equal(verifier.verify("$.02", [SIGNATURE]).keyIndex, 0);
} else {
  assert.equal(explain(SHARED_KEY, "$.02\n", SIGNATURE).causes[0].id, "body.newline_added");
}
