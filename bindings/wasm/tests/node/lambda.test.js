import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { sign, Verifier } from "hookseal";
import { RawBodyError, verifyLambdaEvent } from "hookseal/node";

import { BODY, JSON_BODY, SHARED_KEY } from "./support.js";

const verifier = new Verifier(SHARED_KEY);
const SIGNATURE = sign(JSON_BODY, SHARED_KEY);
const TEXT = JSON_BODY.toString();

/** What each gateway makes of one and the same request, cut down to what matters. */
const EVENTS = {
  "API Gateway, REST": {
    resource: "/hook",
    httpMethod: "POST",
    headers: { "X-JWS-Signature": SIGNATURE },
    multiValueHeaders: { "X-JWS-Signature": [SIGNATURE] },
    body: TEXT,
    isBase64Encoded: false,
  },
  "API Gateway, HTTP, payload 1.0": {
    version: "1.0",
    headers: { "x-jws-signature": SIGNATURE },
    multiValueHeaders: { "x-jws-signature": [SIGNATURE] },
    body: TEXT,
    isBase64Encoded: false,
  },
  "API Gateway, HTTP, payload 2.0": {
    version: "2.0",
    routeKey: "POST /hook",
    headers: { "x-jws-signature": SIGNATURE, "content-type": "application/json" },
    body: TEXT,
    isBase64Encoded: false,
  },
  "a function URL": { version: "2.0", headers: { "x-jws-signature": SIGNATURE }, body: TEXT, isBase64Encoded: false },
  "a load balancer": { requestContext: { elb: {} }, headers: { "x-jws-signature": SIGNATURE }, body: TEXT, isBase64Encoded: false },
  "a load balancer with multi-value headers": {
    requestContext: { elb: {} },
    multiValueHeaders: { "x-jws-signature": [SIGNATURE] },
    body: TEXT,
    isBase64Encoded: false,
  },
};

for (const [gateway, event] of Object.entries(EVENTS)) {
  describe(gateway, () => {
    test("gives the raw body with the verdict", () => {
      const delivery = verifyLambdaEvent(event, SHARED_KEY);
      assert.equal(delivery.keyFormat, "jwk");
      assert.ok(Buffer.isBuffer(delivery.body) && delivery.body.equals(JSON_BODY));
      assert.deepEqual(delivery.json(), { z: 1, a: "é" });
    });

    test("decodes what the gateway encoded", () => {
      const encoded = { ...event, body: JSON_BODY.toString("base64"), isBase64Encoded: true };
      assert.ok(verifyLambdaEvent(encoded, verifier).body.equals(JSON_BODY));
    });

    test("another body does not verify", () => {
      const other = { ...event, body: `${TEXT} ` };
      assert.throws(() => verifyLambdaEvent(other, verifier), { code: "signature_mismatch", httpStatus: 401 });
    });
  });
}

test("octets that are no text come through base64", () => {
  const headers = { "x-jws-signature": sign(BODY, SHARED_KEY) };
  const event = { headers, body: BODY.toString("base64"), isBase64Encoded: true };
  assert.ok(verifyLambdaEvent(event, verifier).body.equals(BODY));
});

test("a body that is not there is empty", () => {
  const headers = { "x-jws-signature": sign("", SHARED_KEY) };
  for (const body of [null, undefined, ""]) {
    assert.equal(verifyLambdaEvent({ headers, body, isBase64Encoded: false }, verifier).body.length, 0);
  }
});

test("signatures are counted, however the gateway hands them out", () => {
  const refused = (event) =>
    assert.throws(() => verifyLambdaEvent({ body: TEXT, ...event }, verifier), { code: "multiple_signatures", httpStatus: 400 });
  refused({ headers: { "x-jws-signature": SIGNATURE }, multiValueHeaders: { "x-jws-signature": [SIGNATURE, SIGNATURE] } });
  refused({ headers: { "x-jws-signature": `${SIGNATURE},${SIGNATURE}` } });
  refused({ headers: { "x-jws-signature": SIGNATURE, "X-JWS-Signature": SIGNATURE } });
});

test("a signature that is missing is said to be so", () => {
  for (const headers of [{}, { host: "a" }, { "x-jws-signature": undefined }]) {
    assert.throws(() => verifyLambdaEvent({ headers, body: TEXT }, verifier), { code: "missing_signature" });
  }
});

test("the limit holds for the decoded body", () => {
  const event = { headers: { "x-jws-signature": sign(Buffer.alloc(50), SHARED_KEY) }, isBase64Encoded: true };
  const body = (length) => ({ ...event, body: Buffer.alloc(length).toString("base64") });
  assert.equal(verifyLambdaEvent(body(50), verifier, { maxBody: 50 }).body.length, 50);
  assert.throws(() => verifyLambdaEvent(body(51), verifier, { maxBody: 50 }), { code: "body_too_large", httpStatus: 413 });
});

test("a body that was parsed before is said to be so", () => {
  const event = { headers: { "x-jws-signature": SIGNATURE }, body: { z: 1 } };
  assert.throws(
    () => verifyLambdaEvent(event, verifier),
    (error) => error instanceof RawBodyError && error.code === "body_parsed" && /httpJsonBodyParser/.test(error.hint),
  );
});

test("what is no HTTP request is a TypeError", () => {
  for (const event of [undefined, null, "{}", {}, { Records: [] }, { "detail-type": "Scheduled Event" }]) {
    assert.throws(() => verifyLambdaEvent(event, verifier), { name: "TypeError", message: /must be an HTTP request of API Gateway/ });
  }
  const event = { headers: { "x-jws-signature": SIGNATURE }, body: TEXT, isBase64Encoded: true };
  assert.throws(() => verifyLambdaEvent(event, verifier), { name: "TypeError", message: /event\.body is not base64/ });
});
