/** Writing into the window: header values, and bodies in as many pieces as they need. */

import { WINDOW, window } from "./engine.js";
import { lengthOf, plain } from "./octets.js";
import { encodeInto } from "./text.js";

/** How every value of the platform's starts, and where its signature does. */
export const FIXED = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..";
const FIXED_LENGTH = FIXED.length + 43;
export const fixed = Uint8Array.from(FIXED, (character) => character.charCodeAt(0));

/** Writes a header value that fits to the window's start and returns its length. */
export function writeValue(value) {
  const room = window();
  if (value.length === FIXED_LENGTH && value.startsWith(FIXED)) {
    room.set(fixed);
    let seen = 0;
    for (let place = FIXED.length; place < FIXED_LENGTH; place += 1) {
      const code = value.charCodeAt(place);
      seen |= code;
      room[place] = code;
    }
    if (seen < 0x80) return FIXED_LENGTH;
  }
  return encodeInto(value, room).written;
}

/** Whether a header value is sure to fit. */
export const fits = (value) => value.length * 3 <= WINDOW;

/** Writes a body behind what is in the window and returns its length; -1 where there is no room for it. */
export function writeBody(body, start) {
  const room = window();
  if (typeof body !== "string") {
    const length = lengthOf(body);
    if (length > WINDOW - start) return -1;
    room.set(body, start);
    return length;
  }
  if (body.length > WINDOW - start) return -1;
  const { read, written } = encodeInto(body, room.subarray(start));
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
