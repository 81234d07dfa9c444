import { octetsOf } from "./octets.js";
import { encode, loneSurrogate } from "./text.js";

/** Raw octets, apart from the caller's, who may write to theirs; undefined where it is something else. */
export function copyOf(object) {
  let octets;
  try {
    octets = octetsOf(object);
  } catch (error) {
    throw new TypeError("the key's buffer is gone: it was transferred elsewhere, or made smaller", { cause: error });
  }
  return octets && Uint8Array.from(octets);
}

/** UTF-8, with half of a surrogate pair as the octets that it would have, so that the core names them. */
export function encodeKey(text) {
  const place = loneSurrogate(text);
  if (place < 0) return encode(text);
  return Uint8Array.from([...encode(text.slice(0, place)), 0xed, 0xa0, 0x80]);
}
