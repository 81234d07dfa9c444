// A server as a process of its own.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @typedef {Awaited<ReturnType<typeof start>>} Server */

/**
 * @param {string} program which takes `--ready-file`
 * @param {string[]} options
 * @param {Record<string, string>} [more] of the environment
 */
export async function start(program, options, more = {}) {
  const folder = await mkdtemp(join(tmpdir(), "hookseal-browser-"));
  const readyFile = join(folder, "ready");
  const environment = { ...process.env, HOOKSEAL_TOKEN: undefined, ...more };
  const arguments_ = [...options, "--ready-file", readyFile];
  const child = spawn(program, arguments_, { stdio: ["ignore", "ignore", "pipe"], env: environment });
  let said = "";
  child.stderr.on("data", (piece) => (said += piece));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const addresses = await eventually("the server listens", async () => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
    return (await readFile(readyFile, "utf8").catch(() => "")).trim();
  });
  // The second one is the API's, where it has one of its own.
  const [address = "", admin = address] = addresses.split("\n");
  const url = `http://${address}`;
  return {
    address,
    url,
    page: `http://${admin}/_hookseal/`,
    /** @param {string} path below the API */
    api: async (path) => (await fetch(`http://${admin}/_hookseal/api/${path}`)).json(),
    async stop() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Asks again and again until there is an answer.
 *
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function eventually(what, ask) {
  const until = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > until) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Asserts again and again until it holds: a page draws when it has been told. What it said last is thrown.
 *
 * @param {() => Promise<void>} assertion
 */
export async function holds(assertion) {
  const until = Date.now() + 10_000;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
