/** What is published: its form, its size, and that every way of loading it gives the same. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

import { BODY, SHARED_KEY, SIGNATURE } from "../api/support.js";

const tests = new URL("..", import.meta.url).pathname;
const folder = realpathSync(new URL("../node_modules/hookseal", import.meta.url));
const manifest = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
const require = createRequire(import.meta.url);

function run(tool, ...options) {
  const { status, stdout, stderr } = spawnSync(`${tests}/node_modules/.bin/${tool}`, options, { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
}

describe("the package", () => {
  test("satisfies publint", () => run("publint", "--strict"));

  test("satisfies attw", () => run("attw", "--pack", "."));

  test("has what its manifest names", () => {
    const named = JSON.stringify(manifest).match(/\.\/[\w./-]+/g).filter((path) => path !== "./explain" && !path.endsWith("/"));
    for (const path of named.filter((path) => /\.\w+$/.test(path))) assert.ok(existsSync(`${folder}/${path}`), path);
    for (const text of ["README.md", "LICENSE-MIT", "LICENSE-APACHE"]) assert.ok(existsSync(`${folder}/${text}`), text);
  });

  test("names types first in every condition", () => {
    const visit = (conditions) => {
      if (typeof conditions !== "object") return;
      if ("types" in conditions) assert.equal(Object.keys(conditions)[0], "types");
      Object.values(conditions).forEach(visit);
    };
    visit(manifest.exports);
  });

  test("has the same classes for import and require in Node.js", async () => {
    const imported = await import("hookseal");
    const required = require("hookseal");
    assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
    for (const name of Object.keys(required)) assert.equal(imported[name], required[name]);
  });

  test("waits for nothing when it is loaded", () => {
    for (const name of ["index", "explain"]) {
      const code = readFileSync(`${folder}/dist/${name}.js`, "utf8");
      assert.ok(!/^(const .* = |var .* = )?await |\bfetch\(|instantiateStreaming|\beval\(|new Function/m.test(code));
    }
  });
});

describe("the plain ES module", () => {
  for (const name of ["index", "explain"]) {
    test(`${name}.js needs nothing of Node.js, Deno, Bun or a browser but what all of them have`, () => {
      const script = `${tests}/package/plain.js`;
      const run = spawnSync(process.execPath, ["--experimental-vm-modules", "--no-warnings", script, `${folder}/dist/${name}.js`], { encoding: "utf8" });
      assert.equal(run.status, 0, run.stdout + run.stderr);
    });
  }
});

describe("every build", () => {
  for (const name of ["index.js", "index.cjs", "index.node.js", "index.node.cjs"]) {
    test(`${name} verifies and signs`, async () => {
      const { Verifier, sign } = name.endsWith(".cjs") ? require(`${folder}/dist/${name}`) : await import(`${folder}/dist/${name}`);
      assert.ok(new Verifier(SHARED_KEY).verify(BODY, SIGNATURE));
      for (const size of [0, 200, 1_000, 5_000, 70_000]) {
        const body = Buffer.alloc(size, 0x61);
        assert.equal(sign(body, SHARED_KEY), sign("a".repeat(size), SHARED_KEY));
        assert.ok(new Verifier(SHARED_KEY).verify(body, sign(body, SHARED_KEY)));
      }
    });
  }
});

describe("the verifier's bundle", () => {
  test("is small", async (context) => {
    const contents = 'export { Verifier, VerificationError } from "hookseal";';
    const options = { bundle: true, minify: true, format: "esm", write: false, logLevel: "error" };
    const { outputFiles } = await build({ stdin: { contents, resolveDir: tests }, ...options });
    const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
    context.diagnostic(`${size} octets, minified and gzipped, with its WebAssembly`);
    console.log(`\nverifier's bundle: ${size} octets, minified and gzipped, with its WebAssembly`);
    assert.ok(size <= LARGEST, `${size} octets`);
  });
});

/** In octets. The goal is 12,000; half of what there is is the core, a third of it what errors say. */
const LARGEST = 20_800;
