/** The receiver for tests, with the real command. */

import assert, { AssertionError } from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { promisify } from "node:util";

import { sign } from "hookseal";
import { findCommand, Receiver, startReceiver, UnmetWaitError } from "hookseal/testing";

const BODY = '{"a":1}';

async function post(receiver, path, body = BODY, signature = sign(body, receiver.sharedKey)) {
  const response = await fetch(receiver.url + path, { method: "POST", headers: { "X-JWS-Signature": signature }, body });
  return [response.status, await response.text()];
}

const FORGED = `${sign("", "k".repeat(43)).split("..")[0]}..${"A".repeat(43)}`;

describe("a receiver", () => {
  let receiver;
  before(async () => {
    receiver = await startReceiver();
  });
  after(() => receiver.stop());

  test("waits for deliveries, lists them, and has their bodies", async () => {
    for (const number of [0, 1, 2]) assert.deepEqual(await post(receiver, `/hook/${number}`), [204, ""]);
    const deliveries = await receiver.waitFor(3, { path: "/hook/*" });
    assert.deepEqual(
      deliveries.map(({ path, verdict, key }) => [path, verdict, key]),
      ["/hook/0", "/hook/1", "/hook/2"].map((path) => [path, "valid", { index: 0, format: "jwk" }]),
    );
    assert.deepEqual(await receiver.deliveries({ path: "/hook/*" }), deliveries);
    assert.equal(String(await receiver.body(deliveries[0])), BODY);
  });

  test("waits for what is yet to come", async () => {
    const waiting = receiver.waitFor(1, { path: "/later" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await post(receiver, "/later");
    const [delivery] = await waiting;
    assert.deepEqual(await receiver.deliveries({ path: "/later", since: new Date(0) }), [delivery]);
    assert.deepEqual(await receiver.deliveries({ since: new Date(Date.now() + 60_000) }), []);
  });

  test("takes any verdict that is asked for", async () => {
    assert.deepEqual(await post(receiver, "/forged", BODY, FORGED), [401, '{"code":"signature_mismatch"}\n']);
    const [delivery] = await receiver.waitFor(1, { path: "/forged", verdict: null });
    assert.deepEqual([delivery.verdict, delivery.code], ["invalid", "signature_mismatch"]);
    assert.deepEqual(await receiver.waitFor(1, { verdict: "invalid", code: "signature_mismatch" }), [delivery]);
  });

  test("a failed wait says what came instead, and why it did not count", async () => {
    await post(receiver, "/near", BODY, FORGED);
    const unmet = await receiver.waitFor(2, { path: "/wanted", timeout: 50 }).catch((error) => error);
    assert.ok(unmet instanceof UnmetWaitError && unmet instanceof AssertionError);
    assert.match(unmet.message, /^0 of 2 deliveries came within 50 ms\n {2}- POST \/hook\/0 \(7 octets, .*\): went to \/hook\/0, not \/wanted\n/);
    assert.match(unmet.message, /- POST \/near .*: is invalid \(signature_mismatch\), not valid, went to \/near, not \/wanted/);
    assert.deepEqual([unmet.actual, unmet.expected], [0, 2]);
    const near = unmet.nearMisses.find(({ delivery }) => delivery.path === "/near");
    assert.deepEqual(near.reasons, ["is invalid (signature_mismatch), not valid", "went to /near, not /wanted"]);
  });

  test("a wrong question is an error", async () => {
    await assert.rejects(receiver.waitFor(1, { verdict: "right" }), /the receiver refuses: .* \(invalid_query\)/);
    await assert.rejects(receiver.waitFor(1, { within: 5 }), /there is no option "within"/);
    await assert.rejects(receiver.body({ id: "nonsense" }), /the receiver has no such body/);
  });

  test("more than a page of deliveries is read", async () => {
    const listed = await receiver.deliveries();
    const many = Array.from({ length: 1001 }, (_, number) => `/many/${String(number).padStart(4, "0")}`);
    await Promise.all(many.map((path) => post(receiver, path)));
    const all = await receiver.deliveries();
    assert.deepEqual(all.slice(0, listed.length), listed);
    assert.deepEqual(all.slice(listed.length).map(({ path }) => path).sort(), many);
  });
});

test("the key and more arguments can be chosen", async () => {
  const receiver = await startReceiver({ sharedKey: "k".repeat(43), args: ["--max-body", "2B"] });
  try {
    assert.equal(receiver.sharedKey, "k".repeat(43));
    assert.deepEqual(await post(receiver, "/", "{}"), [204, ""]);
    assert.deepEqual(await post(receiver, "/", "{ }"), [413, '{"code":"body_too_large"}\n']);
  } finally {
    await receiver.stop();
  }
});

test("what the shell has set for others plays no part", async (t) => {
  const set = { HOOKSEAL_TOKEN: "secret", HOOKSEAL_SHARED_KEY: "another", http_proxy: "http://127.0.0.1:9", NODE_USE_ENV_PROXY: "1" };
  Object.assign(process.env, set);
  t.after(() => Object.keys(set).forEach((name) => delete process.env[name]));
  const receiver = await startReceiver();
  t.after(() => receiver.stop());
  assert.deepEqual(await receiver.deliveries(), []);
});

test("it stops, once or more often, and leaves nothing", async () => {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), "hookseal-test-"));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const receiver = await startReceiver();
    assert.equal((await readdir(folder)).length, 1);
    await Promise.all([receiver.stop(), receiver[Symbol.asyncDispose]()]);
    assert.deepEqual(await readdir(folder), []);
    await assert.rejects(receiver.deliveries(), { code: "ECONNREFUSED" });
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await rm(folder, { recursive: true });
  }
});

test("it ends with the process that forgot it, and does not keep that from ending", async () => {
  const script = 'import { startReceiver } from "hookseal/testing"; console.log((await startReceiver()).url)';
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd: import.meta.dirname });
  const { stdout } = await run;
  const gone = async () => (await fetch(stdout.trim()).catch(() => undefined)) === undefined;
  for (let tries = 0; !(await gone()); tries += 1) {
    assert.ok(tries < 200, "the receiver is still there");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("what does not start says why", async () => {
  await assert.rejects(startReceiver({ sharedKey: "c2hvcnQ" }), /the receiver did not start: error: HOOKSEAL_SHARED_KEY: the shared key gives/);
  await assert.rejects(startReceiver({ args: ["--nonsense"] }), /unexpected argument '--nonsense'/);
  await assert.rejects(startReceiver({ key: "k" }), /there is no option "key"; there are sharedKey, args/);
  assert.throws(() => new Receiver(), /made by startReceiver\(\)/);
});

describe("the command", () => {
  const platform = `@hookseal/cli-${process.platform}-${process.arch}`;
  const environment = { HOOKSEAL_BIN: process.env.HOOKSEAL_BIN, PATH: process.env.PATH };
  let folder;
  let home;
  before(() => {
    home = process.cwd();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(await realpath(tmpdir()), "hookseal-test-"));
    process.chdir(folder);
  });
  afterEach(async () => {
    process.chdir(home);
    Object.assign(process.env, environment);
    await rm(folder, { recursive: true });
  });

  async function install(...place) {
    const packages = path.join(folder, ...place, "node_modules");
    const command = path.join(packages, platform, "bin", "hookseal");
    await mkdir(path.dirname(command), { recursive: true });
    await writeFile(path.join(packages, platform, "package.json"), JSON.stringify({ name: platform }));
    await writeFile(command, "");
    return command;
  }

  test("is the one that the variable names", () => {
    process.env.HOOKSEAL_BIN = "/somewhere/hookseal";
    assert.equal(findCommand(), "/somewhere/hookseal");
  });

  test("else that of the platform's package, beside @hookseal/cli or below it", async () => {
    process.env.HOOKSEAL_BIN = "";
    const cli = path.join(folder, "node_modules/@hookseal/cli");
    await mkdir(cli, { recursive: true });
    await writeFile(path.join(cli, "package.json"), '{"name":"@hookseal/cli"}');
    const nested = await install("node_modules/@hookseal/cli");
    assert.equal(findCommand(), nested);
    const beside = await install();
    assert.equal(findCommand(), beside);
  });

  test("else the one on the PATH", async () => {
    process.env.HOOKSEAL_BIN = "";
    const file = path.join(folder, "bin", "hookseal");
    await mkdir(path.dirname(file));
    await writeFile(file, "");
    process.env.PATH = ["/nowhere", path.dirname(file)].join(path.delimiter);
    assert.throws(findCommand, { message: /^there is no hookseal command: npm install --save-dev @hookseal\/cli, or name/ });
    await chmod(file, 0o755);
    assert.equal(findCommand(), file);
  });
});
