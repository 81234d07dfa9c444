import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { findCommand } from "./command.js";

/** How many milliseconds the command may take to start or to stop. */
const PATIENCE = 20_000;

/** Starts the command on a port of its own; returns its address, and what stops it. */
export async function startProcess(sharedKey, args) {
  const command = findCommand();
  const folder = await mkdtemp(path.join(tmpdir(), "hookseal-"));
  const child = spawned(command, folder, sharedKey, args);
  // The test run may end, or be broken off, without stopping it.
  const kill = () => child.kill();
  process.on("exit", kill);
  child.unref();

  let stopping;
  const stop = () => (stopping ??= stopOnce());
  async function stopOnce() {
    process.off("exit", kill);
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  }

  try {
    return { address: await ready(child, folder), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function spawned(command, folder, sharedKey, args) {
  // Not what the developer's shell has set for other receivers: a token would close the API.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("HOOKSEAL_"));
  const env = { ...Object.fromEntries(inherited), HOOKSEAL_SHARED_KEY: sharedKey }; // arguments can be seen by every user
  const own = ["receive", "--listen", "127.0.0.1:0", "--log", "off", "--ready-file", path.join(folder, "ready")];
  const log = openSync(path.join(folder, "log"), "w");
  try {
    return spawn(command, [...own, ...args], { env, stdio: ["ignore", log, log] });
  } finally {
    closeSync(log);
  }
}

async function ready(child, folder) {
  let failure;
  child.once("error", (error) => (failure = error));
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const address = await readFile(path.join(folder, "ready"), "utf8").catch(() => "");
    if (address.endsWith("\n")) return address.trim();
    if (failure || hasEnded(child) || Date.now() > deadline) {
      const said = failure?.message ?? (await readFile(path.join(folder, "log"), "utf8")).trim();
      throw new Error(`the receiver did not start: ${said || "it said nothing"}`);
    }
    await sleep(5);
  }
}

const hasEnded = (child) => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function ended(child) {
  if (hasEnded(child)) return;
  const exited = once(child, "exit");
  const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  child.ref();
  child.kill();
  await exited;
  clearTimeout(late);
}
