import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";

import connect from "connect";
import { sign, Verifier } from "hookseal";
import { RawBodyError, signedDelivery } from "hookseal/node";

import { BODY, JSON_BODY, SHARED_KEY, send, serve } from "./support.js";

const require = createRequire(import.meta.url);

/** Answers with what a handler behind the middleware sees. */
function seen(request, response) {
  const { hookseal, rawBody, body } = request;
  response.setHeader("Content-Type", "application/json");
  response.end(
    JSON.stringify({
      format: hookseal.keyFormat,
      raw: hookseal.body.toString("hex"),
      rawBody: rawBody.equals(hookseal.body),
      body: Buffer.isBuffer(body) ? "buffer" : body,
    }),
  );
}

const FRAMEWORKS = {
  "Express 4": { make: () => require("express4")(), parsers: require("express4") },
  "Express 5": { make: () => require("express")(), parsers: require("express") },
  Connect: { make: connect, parsers: require("express4") },
};

for (const [name, { make, parsers }] of Object.entries(FRAMEWORKS)) {
  describe(name, () => {
    async function application(t, ...middlewares) {
      const errors = [];
      const app = make();
      for (const middleware of middlewares) app.use(middleware);
      app.use(seen);
      app.use((error, request, response, next) => {
        errors.push(error);
        response.statusCode = 500;
        response.end("the application is at fault");
      });
      return { url: await serve(t, app), errors };
    }

    async function handsOn(t, middlewares, body, sees, headers) {
      const { url, errors } = await application(t, ...middlewares);
      const [status, text] = await send(url, body, headers);
      assert.deepEqual(errors, []);
      assert.equal(status, 200, text);
      const raw = body.toString("hex");
      assert.deepEqual(JSON.parse(text), { format: "jwk", raw, rawBody: true, body: sees });
    }

    for (const body of [BODY, JSON_BODY, Buffer.alloc(0), Buffer.alloc(300_000, 7)]) {
      test(`hands on ${body.length} octets as they came`, (t) => handsOn(t, [signedDelivery(SHARED_KEY)], body, "buffer"));
    }

    test("leaves the body alone when a parser stands behind it", (t) =>
      handsOn(t, [signedDelivery(SHARED_KEY), parsers.json()], JSON_BODY, "buffer"));

    for (const body of [BODY, Buffer.alloc(0)]) {
      test(`takes the Buffer of express.raw(): ${body.length} octets`, (t) =>
        handsOn(t, [parsers.raw({ type: "*/*" }), signedDelivery(SHARED_KEY)], body, "buffer"));
    }

    test("reads what express.raw() left because of its type", (t) =>
      handsOn(t, [parsers.raw(), signedDelivery(SHARED_KEY)], BODY, "buffer"));

    test("reads what express.json() left because of its type", (t) =>
      handsOn(t, [parsers.json(), signedDelivery(SHARED_KEY)], BODY, "buffer", { "Content-Type": "application/webhook" }));

    test("takes the raw body that express.json() was told to keep, and leaves what it made of it", (t) => {
      const verify = (request, _response, raw) => (request.rawBody = raw);
      return handsOn(t, [parsers.json({ verify }), signedDelivery(SHARED_KEY)], JSON_BODY, { z: 1, a: "é" });
    });

    test("takes a raw body that was kept as text", (t) => {
      const verify = (request, _response, raw) => (request.rawBody = raw.toString());
      return handsOn(t, [parsers.json({ verify }), signedDelivery(SHARED_KEY)], JSON_BODY, { z: 1, a: "é" });
    });

    test("waits for middlewares that take their time", (t) =>
      handsOn(t, [(_request, _response, next) => setTimeout(next, 20), signedDelivery(SHARED_KEY)], BODY, "buffer"));

    for (const [parser, what] of [
      ["json", "an object"],
      ["text", "a string"],
    ]) {
      test(`says that express.${parser}() ran before`, async (t) => {
        const { url, errors } = await application(t, parsers[parser]({ type: "*/*" }), signedDelivery(SHARED_KEY));
        assert.deepEqual(await send(url), [500, "the application is at fault"]);
        assert.ok(errors[0] instanceof RawBodyError);
        assert.equal(errors[0].code, "body_parsed");
        assert.equal(errors[0].httpStatus, 500);
        assert.match(errors[0].message, new RegExp(`^request.body is ${what} already: a body parser ran before`));
        assert.match(errors[0].hint, /mount express\.json\(\) after it.* request\.rawBody = raw/);
      });
    }

    test("says that somebody read the body and kept nothing", async (t) => {
      const drain = (request, _response, next) => request.on("end", () => setImmediate(next)).resume();
      const { url, errors } = await application(t, drain, signedDelivery(SHARED_KEY));
      assert.equal((await send(url))[0], 500);
      assert.equal(errors[0].code, "body_consumed");
      assert.match(errors[0].message, /^the request's body was read before, and the raw octets/);
    });

    test("says that somebody has the body decoded", async (t) => {
      const decode = (request, _response, next) => next(void request.setEncoding("utf8"));
      const { url, errors } = await application(t, decode, signedDelivery(SHARED_KEY));
      assert.equal((await send(url))[0], 500);
      assert.match(errors[0].message, /^request\.setEncoding\(\) has the body decoded/);
    });

    test("knows the empty body, also when a parser has read it", (t) =>
      handsOn(t, [parsers.json(), signedDelivery(SHARED_KEY)], Buffer.alloc(0), "buffer"));

    test("refuses with status and code, and lets nothing through", async (t) => {
      const refused = [];
      const onRefused = (error, request) => refused.push([request.url, error.code, error.hint]);
      const { url, errors } = await application(t, signedDelivery(SHARED_KEY, { onRefused, maxBody: 50 }));
      const otherKey = sign(JSON_BODY, "another key of thirty-two octets or more", { keyFormat: "utf8" });
      assert.deepEqual(await send(`${url}a`, JSON_BODY, { "X-JWS-Signature": "" }), [401, '{"code":"missing_signature"}']);
      assert.deepEqual(await send(`${url}b`, JSON_BODY, { "X-JWS-Signature": otherKey }), [401, '{"code":"signature_mismatch"}']);
      assert.deepEqual(await send(`${url}c`, JSON_BODY, { "X-JWS-Signature": "a.b" }), [400, '{"code":"malformed_compact"}']);
      assert.deepEqual(await send(`${url}d`, Buffer.alloc(51)), [413, '{"code":"body_too_large"}']);
      assert.deepEqual(errors, []);
      assert.deepEqual(
        refused.map(([path, code]) => path + code),
        ["/amissing_signature", "/bsignature_mismatch", "/cmalformed_compact", "/dbody_too_large"],
      );
      assert.ok(refused.every(([, , hint]) => hint.length > 20));
    });

    test("holds a kept body to the limit too", async (t) => {
      const { url } = await application(t, parsers.raw({ type: "*/*" }), signedDelivery(SHARED_KEY, { maxBody: 50 }));
      assert.deepEqual(await send(url, Buffer.alloc(51)), [413, '{"code":"body_too_large"}']);
      assert.equal((await send(url, Buffer.alloc(50)))[0], 200);
    });

    test("takes a body that is compressed as it was signed: as it was on the wire", (t) =>
      handsOn(t, [signedDelivery(SHARED_KEY)], gzipSync(JSON_BODY), "buffer", { "Content-Encoding": "gzip" }));

    test("gives what onRefused throws to the application", async (t) => {
      const onRefused = () => {
        throw new Error("the log is full");
      };
      const { url, errors } = await application(t, signedDelivery(SHARED_KEY, { onRefused }));
      assert.equal((await send(url, JSON_BODY, { "X-JWS-Signature": "" }))[0], 500);
      assert.equal(errors[0].message, "the log is full");
    });
  });
}

test("mistakes are found when the application starts", () => {
  assert.throws(() => signedDelivery(undefined), { name: "TypeError", message: /the shared key is undefined/ });
  assert.throws(() => signedDelivery("short", { keyFormat: "utf8" }), { code: "weak_key" });
  assert.throws(() => signedDelivery(SHARED_KEY, { maxbody: 1 }), /there is no option "maxbody"; there are .*maxBody, onRefused/);
  assert.throws(() => signedDelivery(SHARED_KEY, { maxBody: "1MB" }), /maxBody must be a number of octets, not string/);
  assert.throws(() => signedDelivery(SHARED_KEY, { onRefused: true }), /onRefused must be a function, not boolean/);
  assert.throws(() => signedDelivery(new Verifier(SHARED_KEY), { policy: "fixed" }), /policy must be given to the Verifier/);
  assert.throws(() => signedDelivery(SHARED_KEY)({}, {}), /next must be a function/);
});
