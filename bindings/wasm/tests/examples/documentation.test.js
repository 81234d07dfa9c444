/** What the README and the types show for Node.js runs, and does what it says. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { promisify } from "node:util";

import { SHARED_KEY } from "./support.js";

const HOOKSEAL = path.join(import.meta.dirname, "../node_modules/hookseal");
const FOLDER = path.join(import.meta.dirname, "../build/documentation");

before(() => mkdir(FOLDER, { recursive: true }));

/** What is done with that which an example makes. */
const DELIVERED = `
import { sign as signForTest } from "hookseal";
const DELIVERY = '{"delivery":42}';
const SIGNATURE = signForTest(DELIVERY, process.env.HOOKSEAL_SHARED_KEY);
async function deliver(server) {
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  const headers = { "Content-Type": "application/json", "X-JWS-Signature": SIGNATURE };
  const url = "http://127.0.0.1:" + server.address().port + "/webhooks";
  console.log("ANSWER", (await fetch(url, { method: "POST", headers, body: DELIVERY })).status);
  server.closeAllConnections();
  server.close();
}
`;
const DRIVERS = {
  "const app =": `${DELIVERED} await deliver(app.listen(0));`,
  "const server =": `${DELIVERED} await deliver(server.listen(0));`,
  "function handler(":
    `${DELIVERED} const headers = { "x-jws-signature": SIGNATURE };` +
    'console.log("ANSWER", (await handler({ headers, body: DELIVERY })).statusCode);',
};

async function run(name, code) {
  const driver = Object.entries(DRIVERS).find(([made]) => code.includes(made))?.[1] ?? "";
  const file = path.join(FOLDER, `${name}.js`);
  await writeFile(file, code + driver);
  const env = { ...process.env, HOOKSEAL_SHARED_KEY: SHARED_KEY };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { env, timeout: 60_000 });
  return stdout + stderr;
}

/** What each must print: a middleware that is shown with its mistake says so. */
function expected(code) {
  if (code.includes("runs first, and takes the raw body")) return /^ANSWER 500\nbody_parsed Let hookseal see the request/m;
  if (code.includes("startReceiver")) return /^valid \{"hello":"world"\}\n$/;
  if (code.includes("findCommand")) return /^hookseal \d+\.\d+\.\d+/;
  return /^\{ delivery: 42 \}\nANSWER 204\n$/;
}

const readme = await readFile(path.join(HOOKSEAL, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code).filter((code) => /hookseal\/(node|testing)/.test(code));
assert.equal(blocks.length, 4);
for (const [index, code] of blocks.entries()) {
  test(`README, ${code.split("\n").find((line) => line.includes("hookseal/"))} (${index})`, async () => {
    assert.match(await run(`readme-${index}`, code), expected(code));
  });
}

for (const [entry, count] of [
  ["node", 4],
  ["testing", 2],
]) {
  const types = await readFile(path.join(HOOKSEAL, `dist/${entry}.d.ts`), "utf8");
  const examples = [...types.matchAll(/@example\n([^]*?)\*\/\nexport (?:function|class) (\w+)/g)];
  assert.equal(examples.length, count);
  for (const [, text, name] of examples) {
    const code = text.replaceAll(/^ \* ?/gm, "");
    test(`the example of ${name}`, async () => assert.match(await run(name, code), expected(code)));
  }
}
