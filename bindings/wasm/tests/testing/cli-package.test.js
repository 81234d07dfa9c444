/** The npm packages that bring the command, as npm lays them out in a project. */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";

const COMMAND = process.env.HOOKSEAL_BIN;
const PROJECT = path.join(import.meta.dirname, "../build/cli");
const PACKAGES = path.join(PROJECT, "node_modules/@hookseal");
const PLATFORM = `cli-${process.platform}-${process.arch}`;
const SCRIPT = path.join(PACKAGES, "cli/hookseal.js");
const node = (args, options) => promisify(execFile)(process.execPath, args, { cwd: PROJECT, ...options });
const manifestOf = async (name) => JSON.parse(await readFile(path.join(PACKAGES, name, "package.json"), "utf8"));

before(async () => {
  const build = path.join(import.meta.dirname, "../../../../cli/npm/build.mjs");
  await mkdir(PROJECT, { recursive: true });
  await node([build, "--command", COMMAND, "--out", PACKAGES, "--version", "1.2.3"]);
});

test("each machine gets the package that is made for it", async () => {
  const cli = await manifestOf("cli");
  const platform = await manifestOf(PLATFORM);
  assert.deepEqual([cli.name, cli.version, cli.bin], ["@hookseal/cli", "1.2.3", { hookseal: "hookseal.js" }]);
  assert.equal(cli.optionalDependencies[platform.name], platform.version);
  assert.deepEqual([platform.os, platform.cpu], [[process.platform], [process.arch]]);
  assert.equal(platform.name, `@hookseal/${PLATFORM}`);
});

describe("npx hookseal", () => {
  test("runs the command, with its input and its exit status", async () => {
    const { stdout } = await node([SCRIPT, "--version"]);
    assert.equal(stdout, (await promisify(execFile)(COMMAND, ["--version"])).stdout);
    const wrong = await node([SCRIPT, "sign", "--nonsense"]).catch((error) => error);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /unexpected argument '--nonsense'/);
    const signing = node([SCRIPT, "sign", "-", "--shared-key", "k".repeat(43)]);
    signing.child.stdin.end("{}");
    assert.match((await signing).stdout, /^eyJ[^.]+\.\.[\w-]{43}\n$/);
  });

  test("stops the command when it is stopped", { timeout: 60_000 }, async (t) => {
    const child = spawn(process.execPath, [SCRIPT, "receive", "--listen", "127.0.0.1:0", "--accept-all"], { stdio: ["ignore", "ignore", "pipe"] });
    t.after(() => child.kill("SIGKILL"));
    let output = "";
    while (!/http:\/\/[\d.]+:\d+\s/.test(output)) output += String((await once(child.stderr, "data"))[0]);
    const [url] = /http:\/\/[\d.]+:\d+/.exec(output);
    assert.equal((await fetch(`${url}/_hookseal/healthz`)).status, 200);
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
    await assert.rejects(fetch(url));
  });
});

test("hookseal/testing finds the command there", async () => {
  const script = `
    import { findCommand, startReceiver } from ${JSON.stringify(import.meta.resolve("hookseal/testing"))};
    console.log(findCommand());
    await (await startReceiver()).stop();`;
  const env = { ...process.env, HOOKSEAL_BIN: "", PATH: "" };
  const { stdout } = await node(["--input-type=module", "--eval", script], { env });
  assert.equal(stdout.trim(), path.join(PACKAGES, PLATFORM, "bin", path.basename(COMMAND)));
});

test("a package that was left out is named", async () => {
  await rm(path.join(PACKAGES, PLATFORM), { recursive: true });
  const { code, stderr } = await node([SCRIPT, "--version"]).catch((error) => error);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^error: the package @hookseal/${PLATFORM} is not there\\. .* cargo install hookseal-cli\n$`));
});
