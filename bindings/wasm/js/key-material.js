import { BYTES } from "./key-format.js";
import { copyOf, encodeKey } from "./key-octets.js";
import { kindOf } from "./text.js";

/** What each Key is made of. */
const materials = new WeakMap();

export const keep = (key, material) => materials.set(key, material);
export const keptOf = (key) => materials.get(key);

/**
 * A shared key as it is configured: text is read in a format, octets are the key itself, and a Key is ready.
 */
export function materialOf(sharedKey, format, allowWeakKey, name = "the shared key") {
  if (typeof sharedKey === "string") return { octets: encodeKey(sharedKey), format, allowWeakKey };
  if (sharedKey === undefined || sharedKey === null) {
    throw new TypeError(`${name} is ${sharedKey}: is the setting or environment variable there?`);
  }
  const material = keptOf(sharedKey);
  if (material) return material;
  const octets = copyOf(sharedKey);
  if (octets) return { octets, format: BYTES, allowWeakKey };
  throw new TypeError(
    `${name} must be a string (as it is configured), a Uint8Array (its raw octets) or a Key, not ${kindOf(sharedKey)}`,
  );
}
