/** A million verifications leave nothing behind; `cargo xtask soak npm` does ten million. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

for (const conditions of [[], ["--conditions=hookseal-plain"]]) {
  test(`no memory grows ${conditions}`, () => {
    const run = new URL("run.js", import.meta.url).pathname;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", ...conditions, run, "1000000"], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });
}
