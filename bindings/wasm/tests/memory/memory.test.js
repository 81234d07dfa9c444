/** A million verifications leave nothing behind; `cargo xtask soak npm` does ten million. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const run = new URL("run.js", import.meta.url).pathname;

for (const build of ["hookseal", "../node_modules/hookseal/dist/index.js"]) {
  test(`no memory grows in ${build}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", run, "1000000", build], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });
}
