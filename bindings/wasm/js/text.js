/** Half of a surrogate pair, which UTF-8 has no octets for. */
const LONE_SURROGATE = /\p{Cs}/u;

const encoder = new TextEncoder();

/** Where the first half of a surrogate pair stands that has no other half; -1 where there is none. */
export function loneSurrogate(text) {
  return text.isWellFormed?.() ? -1 : text.search(LONE_SURROGATE);
}

export const encode = (text) => encoder.encode(text);

/** Encodes as much of a text as there is room for. */
export const encodeInto = (text, room) => encoder.encodeInto(text, room);

/** What somebody passed, for a message: its type, never its contents. */
export function kindOf(value) {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return "an array";
  try {
    return `an object (${value.constructor.name})`;
  } catch {
    return "an object";
  }
}

/** What somebody passed where a name is expected, for a message. */
export const shown = (name) => (typeof name === "string" ? JSON.stringify(name) : kindOf(name));
