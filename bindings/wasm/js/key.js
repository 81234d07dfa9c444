import { slotOf } from "./engine.js";
import { BYTES, formatOf, nameOf } from "./key-format.js";
import { keep, keptOf } from "./key-material.js";
import { copyOf, encodeKey } from "./key-octets.js";
import { optionsOf } from "./options.js";
import { Prepared } from "./prepared.js";
import { kindOf } from "./text.js";

/** What only this module has, so that nobody else can make a key. */
const OURS = Symbol("hookseal");

export class Key {
  constructor(ours, material) {
    if (ours !== OURS) throw new TypeError("a Key is made by Key.fromJwkK, Key.fromUtf8 and their siblings");
    // Says now what is wrong with it.
    slotOf(new Prepared([material], { signs: true }));
    keep(this, material);
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
    return nameOf(keptOf(this).format);
  }
}

function ofText(format, text, options) {
  const { allowWeakKey } = optionsOf(options, { allowWeakKey: false });
  if (typeof text !== "string") throw new TypeError(`the key's text must be a string, not ${kindOf(text)}`);
  return new Key(OURS, { octets: encodeKey(text), format: formatOf(format), allowWeakKey });
}
