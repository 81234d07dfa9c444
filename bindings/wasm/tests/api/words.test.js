/** The refusals are in the core's own words: `hookseal/explain` has the core's. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { VerificationError, Verifier } from "hookseal";
import { explain } from "hookseal/explain";

import { bodyOf, INVALID, thrownBy } from "./support.js";

describe("the words for invalid.json", () => {
  for (const vector of INVALID.filter(({ key }) => key.format !== "bytes")) {
    test(vector.id, () => {
      const { key, policy, signature, allow_weak_key: allowWeakKey } = vector;
      const options = { keyFormat: key.format, policy, allowWeakKey };
      const body = bodyOf(vector);
      const error = thrownBy(() => new Verifier(key.value, options).verify(body, signature));
      assert.ok(error instanceof VerificationError);
      const { code, message, hint } = explain(key.value, body, signature, options);
      assert.deepEqual({ code: error.code, message: error.message, hint: error.hint }, { code, message, hint });
    });
  }
});

test("the words for two readings, one of which was dropped", () => {
  for (const key of ["correct horse battery staple, and so on", "x".repeat(40), "a".repeat(31) + "=", "b".repeat(43)]) {
    const error = thrownBy(() => new Verifier(key).verify("{}", `${"eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.."}${"A".repeat(43)}`));
    const { message, hint } = explain(key, "{}", `${"eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.."}${"A".repeat(43)}`);
    assert.deepEqual({ message: error.message, hint: error.hint }, { message, hint });
  }
});
