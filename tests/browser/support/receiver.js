// A receiver as a process of its own, and deliveries to it.

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A shared key, that of RFC 7797 §4.2. */
export const KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

const PROTECTED = Buffer.from('{"alg":"HS256","b64":false,"crit":["b64"]}').toString("base64url");

const BINARY = process.env.HOOKSEAL_BIN ?? "../../target/release/hookseal";

/** @typedef {Awaited<ReturnType<typeof startReceiver>>} Receiver */

/**
 * @param {string[]} options of `hookseal receive`
 */
export async function startReceiver(...options) {
  const folder = await mkdtemp(join(tmpdir(), "hookseal-browser-"));
  const readyFile = join(folder, "ready");
  const listen = options.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const arguments_ = ["receive", "--shared-key", KEY, "--log", "off", "--ready-file", readyFile, ...listen, ...options];
  const environment = { ...process.env, HOOKSEAL_TOKEN: undefined };
  const child = spawn(BINARY, arguments_, { stdio: ["ignore", "ignore", "pipe"], env: environment });
  let said = "";
  child.stderr.on("data", (piece) => (said += piece));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const addresses = await eventually("the receiver listens", async () => {
    if (child.exitCode !== null) throw new Error(`the receiver ended: ${said}`);
    return (await readFile(readyFile, "utf8").catch(() => "")).trim();
  });
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

/** @param {string | Buffer} body */
export function signature(body) {
  const key = Buffer.from(KEY, "base64url");
  return `${PROTECTED}..${createHmac("sha256", key).update(`${PROTECTED}.`).update(body).digest("base64url")}`;
}

/**
 * Sends a request octet for octet as it is given, which no HTTP client would do with all of them, and resolves to the
 * answer's status.
 *
 * @param {Receiver} receiver
 * @param {{ method?: string, target?: string, headers?: [string, string | Buffer][], body?: string | Buffer, signed?: boolean | string | Buffer }} request
 * @returns {Promise<number>}
 */
export function deliver(receiver, { method = "POST", target = "/health", headers = [], body = "", signed = true }) {
  const lines = [
    ["host", receiver.address],
    ["content-length", String(Buffer.byteLength(body))],
    ["connection", "close"],
    ...headers,
  ];
  if (signed !== false) lines.push(["x-jws-signature", signature(signed === true ? body : signed)]);
  const head = lines.flatMap(([name, value]) => [
    Buffer.from(`${name}: `),
    Buffer.from(value ?? ""),
    Buffer.from("\r\n"),
  ]);
  const octets = Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n`),
    ...head,
    Buffer.from("\r\n"),
    Buffer.from(body),
  ]);
  const [host, port] = receiver.address.split(":");
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), host, () => socket.write(octets));
    socket.on("data", (piece) => (answer += piece.toString("latin1")));
    socket.on("error", reject);
    socket.on("close", () => resolve(Number(answer.split(" ")[1] ?? 0)));
  });
}

/**
 * A health notification.
 *
 * @param {Record<string, unknown>} [payload]
 * @param {string} [text]
 */
export function notification(
  payload = {},
  text = "Disk space on app is low: 1.9 GB of 10 GB free (19 %), below the warning line of 20 %.",
) {
  return JSON.stringify({
    id: crypto.randomUUID(),
    created_at: new Date().toISOString(),
    type: "health.low_disk",
    project: "xk4tq2mlpdy7e",
    environments: ["main"],
    payload: {
      severity: "warning",
      previous: "ok",
      service: "app",
      resource: "disk",
      available: 1_900_000_000,
      total: 10_000_000_000,
      percent: 19,
      threshold: { severity: "warning", percent: 20, available: 2_000_000_000 },
      ...payload,
    },
    text,
  });
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
