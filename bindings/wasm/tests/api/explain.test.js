/** `hookseal/explain` beside the command: the same answer to every case that other people's tools have made. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { explain } from "hookseal/explain";

const CASES = readFileSync(new URL("../../../../tests/explain/cases.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

let folder;
before(async () => (folder = await mkdtemp(path.join(tmpdir(), "hookseal-explain-"))));
after(() => rm(folder, { recursive: true }));

/** What `hookseal explain --json` prints, whether or not a cause is proved. */
async function command({ shared_key: sharedKey, format, body, signature }) {
  const file = path.join(folder, "body");
  await writeFile(file, Buffer.from(body, "base64"));
  const args = ["explain", file, "--json", "--key-format", format, "--shared-key", sharedKey, "--signature", signature];
  const printed = await new Promise((resolve) => execFile(process.env.HOOKSEAL_BIN, args, (error, stdout) => resolve(stdout)));
  return JSON.parse(printed);
}

describe("the command's answer, and the tools' cause", () => {
  assert.ok(CASES.length > 100, `only ${CASES.length} cases`);
  for (const [place, entry] of CASES.entries()) {
    test(`${place}: ${entry.causes.join(" and ") || "nothing"}`, async () => {
      const body = Buffer.from(entry.body, "base64");
      const { message, hint, ...said } = explain(entry.shared_key, body, entry.signature, { keyFormat: entry.format });
      assert.deepEqual(said.causes.map(({ id }) => id).sort(), entry.causes);
      assert.ok(message && (hint === null || hint.length > 0));
      const { key, ruled_out: ruledOut, ...rest } = await command(entry);
      assert.deepEqual(said, { ...rest, keyIndex: key?.index ?? null, keyFormat: key?.format ?? null, ruledOut });
    });
  }
});
