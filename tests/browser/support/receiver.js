// A receiver as a process of its own, and deliveries to it.

import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { start } from "./program.js";

export { eventually, holds } from "./program.js";

/** A shared key, that of RFC 7797 §4.2. */
export const KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

const PROTECTED = Buffer.from('{"alg":"HS256","b64":false,"crit":["b64"]}').toString("base64url");

const BINARY = process.env.HOOKSEAL_BIN ?? "../../target/release/hookseal";

/** @typedef {Awaited<ReturnType<typeof startReceiver>>} Receiver */

/**
 * @param {string[]} options of `hookseal receive`
 */
export async function startReceiver(...options) {
  const listen = options.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  return start(BINARY, ["receive", "--shared-key", KEY, "--log", "off", ...listen, ...options]);
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
