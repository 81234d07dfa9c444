import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, rm } from "node:fs/promises";
import path from "node:path";

import { sign } from "hookseal";

export const SHARED_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/** The white space would not survive a parser. */
export const BODY = '{ "id":  "42",\n "severity": "w\u00e4rning" }\n';

/** A copy of the examples below this project, whose `node_modules` have the package and the frameworks. */
export const EXAMPLES = path.join(import.meta.dirname, "../build/examples");

export async function copyExamples() {
  await rm(EXAMPLES, { recursive: true, force: true });
  await mkdir(EXAMPLES, { recursive: true });
  await cp(path.join(import.meta.dirname, "../../examples"), EXAMPLES, { recursive: true });
}

/** Runs a server for the length of a test, until it names its port. What it prints is in `output`. */
export async function listening(t, command, args, announced, options) {
  const env = { ...process.env, HOOKSEAL_SHARED_KEY: SHARED_KEY, PORT: "0", NEXT_TELEMETRY_DISABLED: "1", ...options?.env };
  const child = spawn(command, args, { cwd: EXAMPLES, stdio: ["ignore", "pipe", "pipe"], ...options, env });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  const server = { output: "" };
  const port = await new Promise((resolve, reject) => {
    const hear = (text) => {
      server.output += text;
      const said = announced.exec(server.output);
      if (said) resolve(said[1]);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear);
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`${command} ${args.join(" ")} ended:\n${server.output}`)));
  });
  return Object.assign(server, { url: `http://127.0.0.1:${port}` });
}

/** Sends what a platform sends; returns status and body of the answer. */
export async function send(url, signature, body = BODY) {
  const headers = { "Content-Type": "application/json", ...(signature && { "X-JWS-Signature": signature }) };
  const response = await fetch(url, { method: "POST", headers, body });
  return [response.status, await response.text()];
}

/** What every example does: prints a delivery that verifies, and refuses the others with their code. */
export async function check(assert, { send, printed }) {
  assert.deepEqual(await send(sign(BODY, SHARED_KEY)), [204, ""]);
  await until(assert, () => /'?wärning'?/.test(printed()));
  assert.deepEqual(codeOf(await send(undefined)), [401, "missing_signature"]);
  assert.deepEqual(codeOf(await send(sign("{}", SHARED_KEY))), [401, "signature_mismatch"]);
  assert.deepEqual(codeOf(await send("nonsense")), [400, "malformed_compact"]);
}

const codeOf = ([status, text]) => [status, JSON.parse(text).code];

async function until(assert, holds) {
  for (let tries = 0; !holds(); tries += 1) {
    assert.ok(tries < 200, "the delivery was not printed");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
