import { readFileSync } from "node:fs";

const vectors = (name) => {
  const { vectors } = JSON.parse(readFileSync(new URL(`../../../../test-vectors/${name}.json`, import.meta.url), "utf8"));
  if (vectors.length < 50) throw new Error(`${name}.json has only ${vectors.length} vectors`);
  return vectors;
};

export const VALID = vectors("valid");
export const INVALID = vectors("invalid");
export const KEYS = vectors("keys");

/** The example of RFC 7797 §4.2. */
export const SHARED_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
export const BODY = Buffer.from("$.02");
export const SIGNATURE = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";

/** A vector's body. */
export function bodyOf({ body }) {
  const [[form, value], ...more] = Object.entries(body);
  if (more.length > 0) throw new Error(`a body has one form, not ${Object.keys(body)}`);
  switch (form) {
    case "utf8":
      return Buffer.from(value, "utf8");
    case "hex":
      return Buffer.from(value, "hex");
    case "repeat":
      return Buffer.concat(Array.from({ length: value.count }, () => Buffer.from(value.hex, "hex")));
    default:
      throw new Error(`unknown form of a body: ${form}`);
  }
}

export function* inPieces(octets, size) {
  for (let start = 0; start < octets.length; start += size) yield octets.subarray(start, start + size);
}

/** What a call throws; fails when it throws nothing. */
export function thrownBy(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
