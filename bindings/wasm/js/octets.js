import { kindOf, loneSurrogate } from "./text.js";

const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const tagOf = getter(typedArray, Symbol.toStringTag);
const byteLengthOf = getter(typedArray, "byteLength");
const byteOffsetOf = getter(typedArray, "byteOffset");
const bufferOf = getter(typedArray, "buffer");
const data = DataView.prototype;

/**
 * The octets of a buffer or of a view of one, without a copy; undefined where it is neither.
 *
 * It asks the views themselves and not their properties, which a subclass can replace, and it takes those of other realms.
 */
export function octetsOf(object) {
  if (ArrayBuffer.isView(object)) {
    const tag = tagOf.call(object);
    if (tag === "Uint8Array") {
      if (byteLengthOf.call(object) === 0) typedArray.at.call(object, 0); // throws where the buffer is gone
      return object;
    }
    if (tag) {
      typedArray.at.call(object, 0);
      return plain(object);
    }
    const of = (name) => getter(data, name).call(object);
    return new Uint8Array(of("buffer"), of("byteOffset"), of("byteLength"));
  }
  if (!isBuffer(object)) return undefined;
  const octets = new Uint8Array(object);
  return octets.buffer === object ? octets : undefined;
}

function isBuffer(object) {
  try {
    return typeof object === "object" && /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(object));
  } catch {
    return false;
  }
}

/** The same octets as a view that is no subclass of anybody's. */
export const plain = (octets) =>
  new Uint8Array(bufferOf.call(octets), byteOffsetOf.call(octets), byteLengthOf.call(octets));

/** How many octets there are, whatever a subclass says. */
export const lengthOf = (octets) => byteLengthOf.call(octets);

/** A body: octets as they are, or text that is not yet encoded. */
export function bodyOf(body) {
  if (typeof body === "string") return wellFormed(body);
  let octets;
  try {
    octets = octetsOf(body);
  } catch (error) {
    throw new TypeError("the body's buffer is gone: it was transferred elsewhere, or made smaller", { cause: error });
  }
  if (octets) return octets;
  throw new TypeError(
    `the body must be a Uint8Array (a Buffer is one), an ArrayBuffer or a string, not ${kindOf(body)}; pass the raw body as it ` +
      "came, before anything parses it: await request.arrayBuffer() (Fetch), express.raw({ type: '*/*' }) (Express)",
  );
}

function wellFormed(text) {
  const place = loneSurrogate(text);
  if (place < 0) return text;
  throw new TypeError(
    `the body's character ${place + 1} is half of a surrogate pair, which UTF-8 has no octets for; pass the raw octets`,
  );
}
