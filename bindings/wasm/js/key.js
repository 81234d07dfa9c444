import { slotOf } from "./engine.js";
import { BYTES, formatOf, nameOf } from "./key-format.js";
import { copyOf, encodeKey } from "./key-octets.js";
import { optionsOf } from "./options.js";
import { Prepared } from "./prepared.js";
import { kindOf } from "./text.js";

/** What only this module has, so that nobody else can make a key. */
const OURS = Symbol("hookseal");

/** Looks into a key. */
let materialIn;

export class Key {
  #material;

  constructor(ours, material) {
    if (ours !== OURS) throw new TypeError("a Key is made by Key.fromJwkK, Key.fromUtf8 and their siblings");
    // Says now what is wrong with it.
    slotOf(new Prepared([material], { signs: true }));
    this.#material = material;
  }

  static {
    materialIn = (object) => (#material in object ? object.#material : undefined);
  }

  static fromJwkK(k, options) {
    return ofText("jwk", k, options);
  }

  static fromJwkKLenient(k, options) {
    return ofText("jwk-lenient", k, options);
  }

  static fromUtf8(text, options) {
    return ofText("utf8", text, options);
  }

  static fromBase64(text, options) {
    return ofText("base64", text, options);
  }

  static fromHex(text, options) {
    return ofText("hex", text, options);
  }

  static fromBytes(octets, options) {
    const { allowWeakKey } = optionsOf(options, { allowWeakKey: false });
    const copy = copyOf(octets);
    if (copy) return new Key(OURS, { octets: copy, format: BYTES, allowWeakKey });
    throw new TypeError(
      `a key's raw octets are a Uint8Array or an ArrayBuffer, not ${kindOf(octets)}; ` +
        "a string is read by fromJwkK, fromUtf8, fromBase64 or fromHex",
    );
  }

  get format() {
    return nameOf(this.#material.format);
  }
}

function ofText(format, text, options) {
  const { allowWeakKey } = optionsOf(options, { allowWeakKey: false });
  if (typeof text !== "string") throw new TypeError(`the key's text must be a string, not ${kindOf(text)}`);
  return new Key(OURS, { octets: encodeKey(text), format: formatOf(format), allowWeakKey });
}

/**
 * A shared key as it is configured: text is read in a format, octets are the key itself, and a Key is ready.
 */
export function materialOf(sharedKey, format, allowWeakKey) {
  if (typeof sharedKey === "string") return { octets: encodeKey(sharedKey), format, allowWeakKey };
  if (typeof sharedKey === "object" && sharedKey !== null) {
    const material = materialIn(sharedKey);
    if (material) return material;
    const octets = copyOf(sharedKey);
    if (octets) return { octets, format: BYTES, allowWeakKey };
  }
  const hint = sharedKey === undefined || sharedKey === null ? ": is the setting or environment variable there?" : "";
  throw new TypeError(
    hint
      ? `the shared key is ${sharedKey}${hint}`
      : `a shared key is a string (as it is configured), a Uint8Array (its raw octets) or a Key, not ${kindOf(sharedKey)}`,
  );
}
