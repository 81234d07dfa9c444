import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http2";
import http2 from "node:http2";
import { once } from "node:events";
import { Readable } from "node:stream";
import { test } from "node:test";
import { promisify } from "node:util";

import { sign, VerificationError, Verifier } from "hookseal";
import { RawBodyError, signedDelivery, verifyNodeRequest } from "hookseal/node";

import { BODY, JSON_BODY, SHARED_KEY, exchange, send, serve } from "./support.js";

const verifier = new Verifier(SHARED_KEY);
const SIGNATURE = sign(BODY, SHARED_KEY);

/** A listener that keeps what came of each request, and answers with its code. */
function judging(options) {
  const outcomes = [];
  const listener = async (request, response) => {
    const outcome = await verifyNodeRequest(request, verifier, options).catch((error) => error);
    outcomes.push(outcome);
    response.writeHead(outcome.httpStatus ?? 200).end(outcome.code);
  };
  return { listener, outcomes };
}

test("gives the raw body back with the verdict", async (t) => {
  const { listener, outcomes } = judging();
  assert.deepEqual(await send(await serve(t, listener), JSON_BODY), [200, ""]);
  const [delivery] = outcomes;
  assert.deepEqual([delivery.keyIndex, delivery.keyFormat, delivery.headerParameters], [0, "jwk", {}]);
  assert.ok(Buffer.isBuffer(delivery.body) && delivery.body.equals(JSON_BODY));
  assert.equal(delivery.text(), JSON_BODY.toString());
  assert.deepEqual(delivery.json(), { z: 1, a: "é" });
});

test("counts signatures by the lines of the header", async (t) => {
  const { listener, outcomes } = judging();
  const url = await serve(t, listener);
  const lines = `x-jws-signature: ${SIGNATURE}\r\nX-JWS-Signature: ${SIGNATURE}\r\n`;
  const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${BODY.length}\r\n${lines}\r\n`;
  const answer = await exchange(url, [head, BODY]);
  assert.match(answer, /^HTTP\/1\.1 400 .*multiple_signatures/s);
  assert.equal(outcomes[0].code, "multiple_signatures");
  assert.equal(outcomes[0].message, "there are 2 signatures where exactly one is expected");
});

test("takes a body in pieces, and without an announced size", async (t) => {
  const { listener, outcomes } = judging();
  const url = await serve(t, listener);
  const pieces = [...BODY].map((octet) => Buffer.from([...Buffer.from("1\r\n"), octet, ...Buffer.from("\r\n")]));
  const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nX-JWS-Signature: ${SIGNATURE}\r\n\r\n`;
  assert.match(await exchange(url, [head, ...pieces, "0\r\n\r\n"]), /^HTTP\/1\.1 200 /);
  assert.ok(outcomes[0].body.equals(BODY));
});

test("refuses by the header before the body is there", async (t) => {
  const { listener } = judging();
  const url = await serve(t, listener);
  const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-JWS-Signature: a.b\r\n\r\n";
  assert.match(await exchange(url, [head], /malformed_compact/), /^HTTP\/1\.1 400 /);
});

test("refuses an announced size unread", async (t) => {
  const { listener } = judging({ maxBody: 10 });
  const url = await serve(t, listener);
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nX-JWS-Signature: ${SIGNATURE}\r\n\r\n`;
  assert.match(await exchange(url, [head], /body_too_large/), /^HTTP\/1\.1 413 /);
});

test("reads no further than the limit, and the sender gets the answer", async (t) => {
  const { listener, outcomes } = judging({ maxBody: 100_000 });
  const url = await serve(t, listener);
  const body = Readable.toWeb(Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(64 * 1024))));
  const headers = { "X-JWS-Signature": SIGNATURE };
  const response = await fetch(url, { method: "POST", headers, body, duplex: "half" });
  assert.deepEqual([response.status, await response.text()], [413, "body_too_large"]);
  assert.ok(outcomes[0] instanceof VerificationError);
  assert.match(outcomes[0].message, /larger than 100000 octets/);
  // The connection is of use again.
  assert.equal((await send(url, JSON_BODY))[0], 200);
});

test("a sender that hangs up half-way is not waited for", async (t) => {
  const settled = new Promise((resolve) => {
    serve(t, (request) => {
      verifyNodeRequest(request, verifier).catch(resolve);
      request.once("data", () => request.socket.destroy());
    }).then((url) => {
      const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY.length}\r\nX-JWS-Signature: ${SIGNATURE}\r\n\r\n`;
      return exchange(url, [head, BODY.subarray(0, 5)]);
    });
  });
  const error = await settled;
  assert.ok(error instanceof RawBodyError);
  assert.deepEqual([error.code, error.httpStatus], ["request_aborted", 400]);
});

test("nothing behind the middleware runs when the sender has hung up", async (t) => {
  let went = "";
  const heard = new Promise((resolve) => {
    const middleware = signedDelivery(verifier, { onRefused: (error) => setTimeout(resolve, 20, error.code) });
    serve(t, (request, response) => {
      middleware(request, response, (error) => (went = `on: ${error}`));
      request.once("data", () => request.socket.destroy());
    }).then((url) =>
      exchange(url, [`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nX-JWS-Signature: ${SIGNATURE}\r\n\r\n`, "12345"]),
    );
  });
  assert.equal(await heard, "request_aborted");
  assert.equal(went, "");
});

test("a request that was cut off before is not waited for either", async (t) => {
  const heard = new Promise((resolve) => {
    serve(t, (request) => {
      request.on("close", () => verifyNodeRequest(request, verifier).catch(resolve));
      request.socket.destroy();
    }).then((url) =>
      exchange(url, [`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nX-JWS-Signature: ${SIGNATURE}\r\n\r\n`]),
    );
  });
  assert.equal((await heard).code, "request_aborted");
});

test("works over HTTP/2", async (t) => {
  const { listener, outcomes } = judging();
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = http2.connect(`http://127.0.0.1:${server.address().port}`);
  t.after(() => server.close(session.close()));
  const stream = session.request({ ":method": "POST", "x-jws-signature": SIGNATURE }).end(BODY);
  const [headers] = await once(stream, "response");
  assert.equal(headers[":status"], 200);
  assert.ok(outcomes[0].body.equals(BODY));
});

test("other requests are a TypeError that says what to pass", async (t) => {
  const refused = (request, message) => assert.rejects(verifyNodeRequest(request, verifier), { name: "TypeError", message });
  await refused(new Request("http://a"), /must be one of node:http, not an object \(Request\); for the Fetch API's there is verifyRequest/);
  await refused(undefined, /not undefined/);
  let wrapped;
  await send(await serve(t, (request, response) => response.end(void (wrapped = { raw: request }))));
  await refused(wrapped, /; pass request\.raw$/);
});

test("NODE_DEBUG=hookseal says why, as data", async () => {
  const script = `
    import { createServer } from "node:http";
    import { signedDelivery } from "hookseal/node";
    const middleware = signedDelivery(${JSON.stringify(SHARED_KEY)});
    const server = createServer((request, response) => middleware(request, response, () => response.end())).listen(0, async () => {
      await fetch("http://localhost:" + server.address().port + "/%1b[31m?x", { method: "POST", body: "{}" });
      server.closeAllConnections();
      server.close();
    });`;
  const options = { env: { ...process.env, NODE_DEBUG: "hookseal" }, cwd: import.meta.dirname };
  const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], options);
  assert.match(stderr, /refused a delivery to "\/%1b\[31m\?x": there is no X-JWS-Signature.*\(missing_signature\)\. Set a shared key/);
});
