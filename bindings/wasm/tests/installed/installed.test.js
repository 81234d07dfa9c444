/** The package as it is installed: in every module system, bundler and runtime that it is made for. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";

import * as esbuild from "esbuild";
import * as vite from "vite";

import { roundTrip } from "./app/round-trip.js";
import { APP, emptyFolder, OUTCOME, outcomeOf, PROJECT, serveFiles } from "./support.js";

const require = createRequire(import.meta.url);
const run = (program, args) => promisify(execFile)(process.execPath, [path.join(PROJECT, "node_modules", program), ...args], { cwd: PROJECT });

describe("Node.js", () => {
  test("by import", async () => {
    assert.deepEqual(await roundTrip(), OUTCOME);
    assert.match(import.meta.resolve("hookseal"), /node_modules\/hookseal\/dist\/index\.node\.js$/);
  });

  for (const entry of ["hookseal", "hookseal/node", "hookseal/testing"]) {
    test(`import and require of ${entry} give the same`, async () => {
      const imported = await import(entry);
      const required = require(entry);
      assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).sort());
      for (const [name, value] of Object.entries(required)) assert.equal(imported[name], value, name);
      assert.ok(Object.keys(required).length >= 3);
    });
  }

  test("the entries share the errors of the core", async () => {
    const { VerificationError } = await import("hookseal");
    const { verifyLambdaEvent } = require("hookseal/node");
    assert.throws(
      () => verifyLambdaEvent({ headers: {}, body: "" }, "a shared key of at least 32 octets"),
      (error) => error instanceof VerificationError,
    );
  });

  test("nothing else can be imported", async () => {
    await assert.rejects(import("hookseal/dist/index.node.js"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
    assert.equal(require("hookseal/package.json").name, "hookseal");
  });
});

test("the package needs no other, and runs nothing when it is installed", () => {
  const manifest = require("hookseal/package.json");
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.scripts, undefined);
});

describe("TypeScript", () => {
  for (const resolution of ["nodenext", "bundler"]) {
    test(resolution, async () => {
      const tsc = run("typescript/bin/tsc", ["--project", path.join(import.meta.dirname, "typescript", `${resolution}.json`)]);
      await tsc.catch(({ stdout }) => assert.fail(stdout));
    });
  }
});

describe("esbuild", () => {
  const bundle = (options) =>
    esbuild.build({ absWorkingDir: PROJECT, entryPoints: [path.join(APP, "main.js")], bundle: true, minify: true, format: "esm", ...options });

  test("for a browser", async (t) => {
    const outdir = await emptyFolder("esbuild");
    await bundle({ entryPoints: [path.join(APP, "main.js"), path.join(APP, "index.html")], loader: { ".html": "copy" }, outdir });
    assert.deepEqual(await outcomeOf(t, `${await serveFiles(t, outdir)}/index.html`), OUTCOME);
  });

  for (const format of ["esm", "cjs"]) {
    test(`for Node.js, as ${format}`, async () => {
      const outfile = path.join(await emptyFolder(`esbuild-${format}`), format === "esm" ? "app.mjs" : "app.cjs");
      const contents = 'export { roundTrip } from "./round-trip.js"; export { verifyLambdaEvent } from "hookseal/node";';
      await bundle({ entryPoints: undefined, stdin: { contents, resolveDir: APP }, platform: "node", format, outfile });
      const { roundTrip, verifyLambdaEvent } = await import(outfile);
      assert.deepEqual(await roundTrip(), OUTCOME);
      const unsigned = () => verifyLambdaEvent({ headers: {}, body: "" }, "a shared key of at least 32 octets");
      assert.throws(unsigned, { name: "VerificationError", code: "missing_signature" });
    });
  }
});

describe("Vite", () => {
  const config = { root: APP, configFile: false, logLevel: "error", cacheDir: path.join(PROJECT, "build/vite-cache") };

  test("builds", async (t) => {
    const outDir = await emptyFolder("vite");
    await vite.build({ ...config, build: { outDir } });
    assert.deepEqual(await outcomeOf(t, `${await serveFiles(t, outDir)}/index.html`), OUTCOME);
  });

  test("serves while one develops", async (t) => {
    const server = await vite.createServer({ ...config, server: { host: "127.0.0.1", port: 0, fs: { allow: [PROJECT] } } });
    t.after(() => server.close());
    await server.listen();
    assert.deepEqual(await outcomeOf(t, server.resolvedUrls.local[0]), OUTCOME);
  });
});

test("a browser, as plain modules and under a policy that allows WebAssembly and nothing else", async (t) => {
  assert.deepEqual(await outcomeOf(t, `${await serveFiles(t, PROJECT)}/installed/app/plain.html`), OUTCOME);
});
