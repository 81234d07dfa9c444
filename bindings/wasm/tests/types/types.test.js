/** The types, as each way of resolving modules finds them. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const folder = new URL("..", import.meta.url).pathname;
const COMMON = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false", "--target", "es2022", "--lib", "es2024,dom,dom.iterable", "--types", "node"];
const WAYS = {
  node16: { module: "node16", files: ["types/cases.ts", "types/cases.cts"] },
  nodenext: { module: "nodenext", files: ["types/cases.ts", "types/cases.cts"] },
  bundler: { module: "esnext", files: ["types/cases.ts"] },
};

for (const [moduleResolution, { module, files }] of Object.entries(WAYS)) {
  test(moduleResolution, () => {
    const options = [...COMMON, "--module", module, "--moduleResolution", moduleResolution, "--ignoreConfig"];
    const { status, stdout, stderr } = spawnSync("node_modules/.bin/tsc", [...options, ...files], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });
}
