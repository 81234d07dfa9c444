/** A million verifications leave nothing behind; `cargo xtask soak npm` does ten million. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { sign, verifyRequest } from "hookseal";

import { SHARED_KEY } from "../api/support.js";

const run = new URL("run.js", import.meta.url).pathname;

for (const build of ["hookseal", "../node_modules/hookseal/dist/index.js"]) {
  test(`no memory grows in ${build}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", run, "1000000", build], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });
}

test("a request whose body comes octet by octet takes no more memory than its body", async () => {
  const length = 200_000;
  const octet = Uint8Array.of(0x61);
  let sent = 0;
  let most = 0;
  const body = new ReadableStream(
    {
      async pull(controller) {
        if (sent === length) return controller.close();
        controller.enqueue(octet);
        sent += 1;
        if (sent % 20_000 !== 0) return;
        // Lets go of what nobody holds any more.
        await new Promise(setImmediate);
        globalThis.gc();
        most = Math.max(most, held());
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { "X-JWS-Signature": sign("a".repeat(length), SHARED_KEY) };
  const request = new Request("https://example.org/", { method: "POST", duplex: "half", headers, body });
  globalThis.gc();
  const before = held();
  const delivery = await verifyRequest(request, SHARED_KEY);
  assert.equal(delivery.body.length, length);
  // Three times the body, while it is copied to where it has room, and what the engine takes; pieces that are kept take more
  // than two hundred times as much as they hold.
  assert.ok(most - before < 32 * length, `${most - before} octets for a body of ${length}`);
});

function held() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
