/**
 * The package beside what people write by hand, and beside jose: nanoseconds of processor time for one verification.
 *
 * Processor time, since other programs share the machine; the three take turns, and the best turn of each counts.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { sign, Verifier } from "hookseal";
import { flattenedVerify } from "jose";

const SIZES = [127, 128, 200, 512, 1_024, 1_495, 4_096, 16_384, 65_536, 262_144, 1_048_576];
const TURNS = 15;
const NANOSECONDS_PER_TURN = 30e6;

const secret = randomBytes(32);
const sharedKey = secret.toString("base64url");
const verifier = new Verifier(sharedKey);
const cryptoKey = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
const HEADER = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19";

function recipe(body, value) {
  const [header, payload, signature] = value.split(".");
  if (header !== HEADER || payload !== "") return false;
  const mac = createHmac("sha256", secret).update(`${header}.`).update(body).digest();
  const given = Buffer.from(signature, "base64url");
  return given.length === mac.length && timingSafeEqual(given, mac);
}

async function withJose(body, value) {
  const [header, , signature] = value.split(".");
  await flattenedVerify({ protected: header, payload: body, signature }, cryptoKey, { algorithms: ["HS256"], crit: { b64: true } });
}

async function nanoseconds(verify, count) {
  const start = process.cpuUsage();
  for (let done = 0; done < count; done += 1) {
    const verified = verify();
    if (verified instanceof Promise) await verified;
  }
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1000) / count;
}

for (const size of SIZES) {
  const body = randomBytes(size);
  const value = sign(body, sharedKey);
  if (!recipe(body, value)) throw new Error("the recipe is wrong");
  const contestants = {
    hookseal: () => verifier.verify(body, value),
    recipe: () => recipe(body, value),
    jose: () => withJose(body, value),
  };
  const best = {};
  const counts = {};
  for (const [name, verify] of Object.entries(contestants)) {
    await nanoseconds(verify, 2_000);
    counts[name] = Math.ceil(NANOSECONDS_PER_TURN / (await nanoseconds(verify, 200)));
    best[name] = Infinity;
  }
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [name, verify] of Object.entries(contestants)) {
      best[name] = Math.min(best[name], await nanoseconds(verify, counts[name]));
    }
  }
  console.log(JSON.stringify({ size, ...best }));
}
