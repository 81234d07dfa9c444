/**
 * Octets as a text of printable ASCII, in which gzip finds nearly all that it finds in the octets: each is a character,
 * with another one in front from 92 on. Base64, whose characters straddle octets, is a third larger once it is compressed.
 */

const FIRST = 35; // behind the space, the exclamation mark and the quotation mark
const BLOCK = 92; // up to the tilde

/** The text for some octets. */
export function textOf(octets) {
  return Array.from(octets, (octet) => {
    const block = Math.floor(octet / BLOCK);
    return ["", " ", "!"][block] + String.fromCharCode(FIRST + (octet % BLOCK));
  }).join("");
}

/** The octets of a text, of which there are so many. */
export function octetsOf(text, length) {
  const octets = new Uint8Array(length);
  let start = 0;
  let place = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < FIRST) start = BLOCK * (code - 31);
    else {
      octets[place++] = start + code - FIRST;
      start = 0;
    }
  }
  return octets;
}
