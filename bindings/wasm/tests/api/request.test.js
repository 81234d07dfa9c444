/** `verifyRequest`, with the requests that Node.js makes. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Key, sign, VerificationError, Verifier, verifyRequest } from "hookseal";

import { SHARED_KEY } from "./support.js";

const BODY = '{"severity":"warnung: größer"}';

const requestOf = (body, { signature = sign(body, SHARED_KEY), ...init } = {}) =>
  new Request("https://example.org/webhooks", {
    method: "POST",
    headers: signature === null ? {} : { "x-jws-signature": signature },
    body,
    ...init,
  });

test("gives the raw octets back", async () => {
  const delivery = await verifyRequest(requestOf(BODY), SHARED_KEY);
  assert.deepEqual(Buffer.from(delivery.body), Buffer.from(BODY));
  assert.equal(delivery.text(), BODY);
  assert.deepEqual(delivery.json(), JSON.parse(BODY));
  assert.deepEqual([delivery.keyIndex, delivery.keyFormat], [0, "jwk"]);
});

test("takes what a Verifier takes, and a Verifier", async () => {
  for (const key of [SHARED_KEY, [`another ${"x".repeat(40)}`, SHARED_KEY], Key.fromJwkK(SHARED_KEY), new Verifier(SHARED_KEY)]) {
    assert.ok(await verifyRequest(requestOf(BODY), key));
  }
  const options = { keyFormat: "utf8", policy: "rfc7797", allowWeakKey: true };
  const signature = sign(BODY, "weak", { keyFormat: "utf8", allowWeakKey: true });
  assert.equal((await verifyRequest(requestOf(BODY, { signature }), "weak", options)).keyFormat, "utf8");
  await assert.rejects(verifyRequest(requestOf(BODY), new Verifier(SHARED_KEY), { policy: "rfc7797" }), TypeError);
});

test("refuses with the code", async () => {
  const refusals = [
    [requestOf(BODY, { signature: null }), "missing_signature"],
    [requestOf(BODY, { signature: sign("other", SHARED_KEY) }), "signature_mismatch"],
    [requestOf(BODY, { signature: "sha256=00" }), "malformed_compact"],
    [requestOf(BODY, { headers: [["x-jws-signature", sign(BODY, SHARED_KEY)], ["X-JWS-Signature", sign(BODY, SHARED_KEY)]] }), "multiple_signatures"],
    [requestOf("x".repeat(1024 * 1024 + 1)), "body_too_large"],
  ];
  for (const [request, code] of refusals) {
    const error = await verifyRequest(request, SHARED_KEY).then(() => assert.fail(code), (error) => error);
    assert.ok(error instanceof VerificationError, error);
    assert.equal(error.code, code);
  }
});

test("does not wait for the body of a request without a signature", async () => {
  let cancelled = false;
  const endless = new ReadableStream({ cancel: () => void (cancelled = true) });
  const request = requestOf(endless, { signature: null, duplex: "half" });
  await assert.rejects(verifyRequest(request, SHARED_KEY), { code: "missing_signature" });
  assert.equal(cancelled, false);
});

test("stops at the limit", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1000)),
    cancel: () => void (cancelled = true),
  });
  const request = requestOf(body, { signature: sign("", SHARED_KEY), duplex: "half" });
  await assert.rejects(verifyRequest(request, SHARED_KEY, { maxBody: 10_000 }), { code: "body_too_large", httpStatus: 413 });
  assert.equal(cancelled, true);
  const announced = requestOf(BODY, { headers: { "x-jws-signature": sign(BODY, SHARED_KEY), "content-length": "9999999" } });
  await assert.rejects(verifyRequest(announced, SHARED_KEY), { code: "body_too_large" });
  assert.ok(await verifyRequest(requestOf(BODY), SHARED_KEY, { maxBody: Buffer.byteLength(BODY) }));
  await assert.rejects(verifyRequest(requestOf(BODY), SHARED_KEY, { maxBody: Buffer.byteLength(BODY) - 1 }), { code: "body_too_large" });
});

test("has no body to read", async () => {
  const delivery = await verifyRequest(requestOf(null, { signature: sign("", SHARED_KEY) }), SHARED_KEY);
  assert.equal(delivery.body.length, 0);
});

test("says that the body was read before", async () => {
  const request = requestOf(BODY);
  await request.json();
  await assert.rejects(verifyRequest(request, SHARED_KEY), { name: "TypeError", message: /the request's body was read before/ });
});

test("hands on what the connection says", async () => {
  const body = new ReadableStream({ start: (controller) => controller.error(new Error("the connection is gone")) });
  await assert.rejects(verifyRequest(requestOf(body, { signature: sign("", SHARED_KEY), duplex: "half" }), SHARED_KEY), /the connection is gone/);
});

test("is rejected for options of the wrong kind", async () => {
  for (const options of [{ maxBody: "1MiB" }, { maxBody: -1 }, { maxBody: NaN }, { limit: 1 }, null]) {
    await assert.rejects(verifyRequest(requestOf(BODY), SHARED_KEY, options), TypeError);
  }
});

describe("a body that comes strangely", () => {
  const headers = { "X-JWS-Signature": sign("{}", SHARED_KEY) };
  const requestOf = (source) =>
    new Request("http://example.org", { method: "POST", headers, body: new ReadableStream(source), duplex: "half" });

  test("in pieces that are no octets is a TypeError, and not another body than was verified", async () => {
    for (const piece of ["{}", new TextEncoder().encode("{}").buffer]) {
      const request = requestOf({ start: (body) => (body.enqueue(piece), body.close()) });
      await assert.rejects(verifyRequest(request, SHARED_KEY), { name: "TypeError", message: /not Uint8Arrays$/ });
    }
  });

  test("and cannot be ended is refused all the same", async () => {
    for (const cancel of [() => new Promise(() => {}), () => Promise.reject(new Error("it goes on"))]) {
      const request = requestOf({ pull: (body) => body.enqueue(new Uint8Array(100)), cancel });
      await assert.rejects(verifyRequest(request, SHARED_KEY, { maxBody: 10 }), { code: "body_too_large" });
    }
  });

  test("to somebody else is a TypeError", async () => {
    const request = requestOf({});
    request.body.getReader();
    await assert.rejects(verifyRequest(request, SHARED_KEY), { name: "TypeError", message: /was read before/ });
  });
});
