/** The condition `workerd`: Cloudflare's runtime, which compiles no octets and imports the module instead. */

import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { sign } from "hookseal";
import { Miniflare } from "miniflare";

import { SHARED_KEY } from "../api/support.js";

const folder = new URL(".", import.meta.url).pathname;
const dist = `${realpathSync(`${folder}/../node_modules/hookseal`)}/dist`;

/** Today's, and one from before Workers had a FinalizationRegistry (May 2025) and Node.js's modules (September 2024). */
const COMPATIBILITY_DATES = ["2026-06-01", "2024-09-01"];

for (const compatibilityDate of COMPATIBILITY_DATES) describe(`a Worker of ${compatibilityDate}`, () => {
  let worker;

  before(async () => {
    const { outputFiles } = await build({
      entryPoints: [`${folder}/worker.js`],
      bundle: true,
      format: "esm",
      conditions: ["workerd", "worker"],
      external: ["*.wasm"],
      write: false,
    });
    worker = new Miniflare({
      modules: [
        { type: "ESModule", path: "worker.js", contents: outputFiles[0].text },
        { type: "CompiledWasm", path: "hookseal.wasm", contents: readFileSync(`${dist}/hookseal.wasm`) },
      ],
      modulesRoot: "/",
      compatibilityDate,
      bindings: { SHARED_KEY },
      host: "127.0.0.1",
    });
    await worker.ready;
  });

  after(() => worker?.dispose());

  const send = (body, signature) =>
    worker.dispatchFetch("http://example.org/", { method: "POST", body, headers: { "X-JWS-Signature": signature } });

  test("verifies", async () => {
    for (const text of ["", "x".repeat(500), "ü".repeat(100_000)]) {
      const body = JSON.stringify({ text });
      const response = await send(body, sign(body, SHARED_KEY));
      assert.deepEqual(await response.json(), { key: "jwk", body: { text } });
    }
  });

  test("refuses", async () => {
    const response = await send("{}", sign("{ }", SHARED_KEY));
    assert.equal(response.status, 401);
    assert.deepEqual(await response.json(), { code: "signature_mismatch" });
  });
});
