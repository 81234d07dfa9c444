/** The README's examples run as they stand there; examples/documentation.test.js has those for Node.js. */

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { sign, VerificationError } from "hookseal";

import { SHARED_KEY } from "../api/support.js";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)]
  .map(([, code]) => code)
  .filter((code) => !/hookseal\/(node|testing)/.test(code));

const body = '{"severity":"warning"}';

/** What an example prints, or the module it is. */
async function run(code, signature) {
  // Beside this test, so that it finds the package.
  const file = new URL(`readme-example-${process.pid}.mjs`, import.meta.url);
  const given = { body, sharedKey: SHARED_KEY, oldKey: "x".repeat(43), signature };
  const names = Object.entries(given).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`);
  const printed = [];
  const { log } = console;
  process.env.HOOKSEAL_SHARED_KEY = SHARED_KEY;
  console.log = (...words) => printed.push(words.join(" "));
  try {
    writeFileSync(file, names.join("") + code);
    return { module: await import(`${file}?${Math.random()}`), printed };
  } finally {
    console.log = log;
    rmSync(file);
  }
}

test("all of them are here", () => assert.equal(examples.length, 5));

test("the two lines", async () => {
  await run(examples[0], sign(body, SHARED_KEY));
  await assert.rejects(run(examples[0], sign("{}", SHARED_KEY)), VerificationError);
});

test("verify", async () => {
  assert.deepEqual((await run(examples[1], sign(body, SHARED_KEY))).printed, ["0 jwk"]);
  assert.equal((await run(examples[1], sign("{}", SHARED_KEY))).printed[0], "401 signature_mismatch");
});

test("verifyRequest", async () => {
  const { module } = await run(examples[2], "");
  const send = (signature) =>
    module.default.fetch(new Request("http://example.org", { method: "POST", body, headers: { "X-JWS-Signature": signature } }), {
      SHARED_KEY,
    });
  assert.equal((await send(sign(body, SHARED_KEY))).status, 204);
  assert.deepEqual(await (await send(sign("{}", SHARED_KEY))).json(), { code: "signature_mismatch" });
});

test("sign", () => run(examples[3], ""));

test("explain", async () => {
  const { printed } = await run(examples[4], sign(`${body}\n`, SHARED_KEY));
  assert.match(printed[0], /^The signature matches if /);
});
