/** The examples run as they stand, with the frameworks that they are for. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { promisify } from "node:util";

import { build } from "esbuild";
import { Log, LogLevel, Miniflare } from "miniflare";

import { BODY, check, copyExamples, EXAMPLES, listening, send, SHARED_KEY } from "./support.js";

before(copyExamples);

const SERVERS = ["connect.js", "express.js", "fastify.js", "hono.js", "http.js"];

for (const example of SERVERS) {
  test(example, async (t) => {
    const server = await listening(t, process.execPath, [example], /Listening on port (\d+)/);
    await check(assert, {
      send: (signature) => send(`${server.url}/webhooks`, signature),
      printed: () => server.output,
    });
    if (["express.js", "fastify.js"].includes(example)) {
      assert.deepEqual(await send(`${server.url}/echo`, undefined, '{ "a": 1 }'), [200, '{"a":1}']);
    }
  });
}

test("lambda.js", async () => {
  const script = `
    import { handler } from "./lambda.js";
    console.log("ANSWER", JSON.stringify(await handler(JSON.parse(process.argv[1]))));`;
  let printed = "";
  await check(assert, {
    async send(signature) {
      const event = { version: "2.0", headers: { "x-jws-signature": signature }, body: btoa(utf8(BODY)), isBase64Encoded: true };
      const args = ["--input-type=module", "--eval", script, JSON.stringify(event)];
      const env = { ...process.env, HOOKSEAL_SHARED_KEY: SHARED_KEY };
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: EXAMPLES, env });
      printed += stdout;
      const { statusCode, body = "" } = JSON.parse(/^ANSWER (.*)$/m.exec(stdout)[1]);
      return [statusCode, body];
    },
    printed: () => printed,
  });
});

const utf8 = (text) => String.fromCharCode(...new TextEncoder().encode(text));

test("worker.js, in workerd", async (t) => {
  const { outputFiles } = await build({
    absWorkingDir: EXAMPLES,
    entryPoints: ["worker.js"],
    outdir: "worker",
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
  });
  let printed = "";
  class Printed extends Log {
    log(message) {
      printed += message;
    }
  }
  const worker = new Miniflare({
    modules: outputFiles
      .map(({ path: file, contents }) =>
        file.endsWith(".wasm")
          ? { type: "CompiledWasm", path: path.basename(file), contents }
          : { type: "ESModule", path: path.basename(file), contents: new TextDecoder().decode(contents) },
      )
      .reverse(),
    compatibilityDate: "2026-01-01",
    bindings: { HOOKSEAL_SHARED_KEY: SHARED_KEY },
    log: new Printed(LogLevel.INFO),
    handleRuntimeStdio(stdout, stderr) {
      for (const stream of [stdout, stderr]) stream.on("data", (text) => (printed += text));
    },
  });
  t.after(() => worker.dispose());
  await check(assert, {
    async send(signature) {
      const headers = signature ? { "X-JWS-Signature": signature } : {};
      const response = await worker.dispatchFetch("http://localhost/webhooks", { method: "POST", headers, body: BODY });
      return [response.status, await response.text()];
    },
    printed: () => printed,
  });
});

test("next/, built and started", async (t) => {
  const next = path.resolve(EXAMPLES, "../../node_modules/next/dist/bin/next");
  const project = { cwd: path.join(EXAMPLES, "next"), env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" } };
  await promisify(execFile)(process.execPath, [next, "build"], project);
  const server = await listening(t, process.execPath, [next, "start", "--port", "0"], /localhost:(\d+)[^]*Ready/, project);
  await check(assert, {
    send: (signature) => send(`${server.url}/webhooks`, signature),
    printed: () => server.output,
  });
});

test("every example is run, and listed", async () => {
  const files = (await readdir(EXAMPLES)).filter((name) => name !== "README.md");
  assert.deepEqual(files.sort(), [...SERVERS, "lambda.js", "next", "worker.js"].sort());
});
