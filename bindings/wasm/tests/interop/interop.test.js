/** Other implementations, in both directions, on random bodies. */

import assert from "node:assert/strict";
import { createHmac, randomBytes, randomInt } from "node:crypto";
import { describe, test } from "node:test";
import { sign, Verifier } from "hookseal";
import { FlattenedSign, flattenedVerify } from "jose";

const HEADER = { alg: "HS256", b64: false, crit: ["b64"] };
const ENCODED_HEADER = Buffer.from(JSON.stringify(HEADER)).toString("base64url");
const SIZES = [0, 1, 2, 63, 64, 65, 127, 128, 200, 1_495, 4_096, 5_000, 65_535, 65_536, 65_537];

function* cases() {
  for (let round = 0; round < 100; round += 1) {
    const key = randomBytes([32, 48, 64, 65, 100][round % 5]);
    const size = round < SIZES.length ? SIZES[round] : randomInt(100_000);
    yield { key, body: randomBytes(size), verifier: new Verifier(key.toString("base64url"), { keyFormat: "jwk" }) };
  }
}

const refused = (call) => assert.throws(call, { code: "signature_mismatch" });

describe("node:crypto", () => {
  test("signs as we do", () => {
    for (const { key, body, verifier } of cases()) {
      const mac = createHmac("sha256", key).update(`${ENCODED_HEADER}.`).update(body).digest("base64url");
      const value = `${ENCODED_HEADER}..${mac}`;
      assert.equal(sign(body, key), value);
      assert.equal(sign(body, key.toString("base64url")), value);
      assert.equal(verifier.verify(body, value).keyFormat, "jwk");
      refused(() => verifier.verify(Buffer.concat([body, Buffer.from("\n")]), value));
      const stream = verifier.stream(value);
      for (let start = 0; start < body.length; start += 777) stream.update(body.subarray(start, start + 777));
      assert.ok(stream.finish());
    }
  });
});

test("one verifier takes bodies of every size under changing headers", () => {
  const key = randomBytes(32);
  const verifier = new Verifier(key, { policy: "rfc7797" });
  const headers = [HEADER, { ...HEADER, kid: "a" }, { ...HEADER, kid: "a key with a longer name" }];
  for (let round = 0; round < 300; round += 1) {
    const encoded = Buffer.from(JSON.stringify(headers[randomInt(headers.length)])).toString("base64url");
    const body = randomBytes(randomInt(randomInt(10) ? 1_000 : 6_000));
    const mac = createHmac("sha256", key).update(`${encoded}.`).update(body).digest("base64url");
    assert.ok(verifier.verify(body, `${encoded}..${mac}`));
    refused(() => verifier.verify(Buffer.concat([body, Buffer.from("!")]), `${encoded}..${mac}`));
  }
});

describe("jose", () => {
  test("verifies what we sign", async () => {
    for (const { key, body } of cases()) {
      const [header, , signature] = sign(body, key).split(".");
      const jws = { protected: header, payload: body, signature };
      await flattenedVerify(jws, key, { algorithms: ["HS256"], crit: { b64: true } });
      await assert.rejects(flattenedVerify({ ...jws, payload: Buffer.concat([body, body, Buffer.from("!")]) }, key));
    }
  });

  test("signs what we verify", async () => {
    for (const { key, body, verifier } of cases()) {
      const jws = await new FlattenedSign(body).setProtectedHeader(HEADER).sign(key);
      const value = `${jws.protected}..${jws.signature}`;
      assert.equal(verifier.verify(body, value).keyFormat, "jwk");
      refused(() => verifier.verify(Buffer.concat([body, Buffer.from("!")]), value));
    }
  });

  test("signs with more in its header", async () => {
    for (const { key, body } of cases()) {
      const jws = await new FlattenedSign(body).setProtectedHeader({ ...HEADER, kid: "ü", typ: "JOSE" }).sign(key);
      const value = `${jws.protected}..${jws.signature}`;
      const verified = new Verifier(key, { policy: "rfc7797" }).verify(body, value);
      assert.deepEqual(verified.headerParameters, { kid: "ü", typ: "JOSE" });
      assert.throws(() => new Verifier(key).verify(body, value), { code: "header_not_allowed" });
    }
  });
});
