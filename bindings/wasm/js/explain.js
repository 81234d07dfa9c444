/** Why a signature does not verify. Its module of WebAssembly is another one, so that the one that verifies stays small. */

import bindings from "#glue";
import module from "#module";

import { BYTES, AUTO, formatOf, nameOf } from "./key-format.js";
import { copyOf, encodeKey } from "./key-octets.js";
import { bodyOf, lengthOf, plain } from "./octets.js";
import { optionsOf, VERIFIER_OPTIONS } from "./options.js";
import { policyOf } from "./policy.js";
import { joinedSignatures } from "./signature.js";
import { encode, kindOf } from "./text.js";

/** The core hashes no more than that. */
const MAX_BODY = 64 * 1024 * 1024;

export function explain(sharedKeys, body, signature, options) {
  const { keyFormat, policy, allowWeakKey } = optionsOf(options, VERIFIER_OPTIONS);
  const format = formatOf(keyFormat, true);
  const rfc7797 = policyOf(policy);
  const keys = keysOf(Array.isArray(sharedKeys) ? sharedKeys : [sharedKeys], format);
  const octets = octetsOf(bodyOf(body));
  const value = encode(joinedSignatures(signature));
  const { explanation, message, hint } = JSON.parse(run(keys, allowWeakKey, rfc7797, octets, value));
  const { valid, code, key, causes, notes, tried, exhausted, ruled_out: ruledOut } = explanation;
  return {
    valid,
    code,
    message,
    hint,
    keyIndex: key?.index ?? null,
    keyFormat: key?.format ?? null,
    causes,
    notes,
    tried,
    exhausted,
    ruledOut,
  };
}

function octetsOf(body) {
  const octets = typeof body === "string" ? encode(body) : plain(body);
  if (octets.length <= MAX_BODY) return octets;
  throw new RangeError(`a body of ${octets.length} octets is not explained; at most ${MAX_BODY} are`);
}

function keysOf(sharedKeys, format) {
  if (sharedKeys.length === 0) throw new TypeError("the array of shared keys is empty");
  const keys = sharedKeys.map((sharedKey) => keyOf(sharedKey, format));
  const [first] = keys;
  if (keys.every((key) => key.format === first.format)) return { octets: keys.map(({ octets }) => octets), format: first.format };
  throw new TypeError("the shared keys must be all strings or all octets, so that they are read alike");
}

function keyOf(sharedKey, format) {
  if (typeof sharedKey === "string") return { octets: encodeKey(sharedKey), format };
  const octets = copyOf(sharedKey);
  if (octets) return { octets, format: BYTES };
  throw new TypeError(
    `a shared key is explained as it is configured, a string, or as its raw octets, a Uint8Array, not ${kindOf(sharedKey)}`,
  );
}

/** Each time in a memory of its own, which holds the keys and the body no longer than that. */
function run({ octets: keys, format }, allowWeakKey, rfc7797, body, value) {
  const glue = bindings();
  const instance = new WebAssembly.Instance(module, { "./explain_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start?.();
  const lengths = Uint32Array.from(keys, lengthOf);
  const joined = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  keys.reduce((start, key) => (joined.set(key, start), start + key.length), 0);
  const name = format === AUTO ? undefined : nameOf(format);
  try {
    return glue.explain(joined, lengths, name, allowWeakKey, rfc7797, body, value);
  } catch (error) {
    throw new Error("the explanation was cut short", { cause: error });
  }
}
