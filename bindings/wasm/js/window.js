/** Writing into the window: header values, and bodies in as many pieces as they need. */

import { VALUE, valueRoom, WINDOW, window } from "./engine.js";
import { lengthOf, plain } from "./octets.js";
import { encodeInto } from "./text.js";

/**
 * Writes a header value that is as long as the platform's to its place behind the window; false, where it is of another
 * length.
 */
export const writeUsual = (value) => value.length === VALUE && encodeInto(value, valueRoom()).read === VALUE;

/** Writes any header value that fits to the window's start and returns its length. */
export const writeValue = (value) => encodeInto(value, window()).written;

/** Whether a header value is sure to fit. */
export const fits = (value) => value.length * 3 <= WINDOW;

/** Writes a body and returns its length; -1 where there is no room for it. */
export function writeBody(body) {
  const room = window();
  if (typeof body !== "string") {
    const length = lengthOf(body);
    if (length > WINDOW) return -1;
    room.set(body);
    return length;
  }
  if (body.length > WINDOW) return -1;
  const { read, written } = encodeInto(body, room);
  return read === body.length ? written : -1;
}

/** Writes a body piece by piece, and calls with the length of each. */
export function writePieces(body, take) {
  if (typeof body === "string") {
    for (let rest = body; rest.length > 0; ) {
      const { read, written } = encodeInto(rest, window());
      take(written);
      rest = rest.slice(read);
    }
    return;
  }
  const length = lengthOf(body);
  if (length <= WINDOW) {
    window().set(body);
    take(length);
    return;
  }
  const octets = plain(body);
  for (let start = 0; start < length; start += WINDOW) {
    const piece = octets.subarray(start, start + WINDOW);
    window().set(piece);
    take(piece.length);
  }
}
