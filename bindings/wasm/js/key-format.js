import { shown } from "./text.js";

/** In the order of `FORMATS` in `refusal.rs`; `auto` is both readings of a shared key. */
const FORMATS = ["jwk", "jwk-lenient", "utf8", "base64", "hex", "bytes", "auto"];

export const BYTES = FORMATS.indexOf("bytes");
export const AUTO = FORMATS.indexOf("auto");

/** In the order in which they are tried. */
export const AUTO_READINGS = [FORMATS.indexOf("jwk"), FORMATS.indexOf("utf8")];

export const nameOf = (format) => FORMATS[format];

/** The number of a format that text can be read in; `auto` only where it is allowed to guess. */
export function formatOf(name, guess) {
  const format = FORMATS.indexOf(name);
  if (format < 0 || format === BYTES || (format === AUTO && !guess)) {
    const known = FORMATS.filter((_, known) => known < BYTES || (guess && known === AUTO)).join(", ");
    throw new TypeError(
      `keyFormat must be one of ${known}, not ${shown(name)} (a key of raw octets is passed as a Uint8Array)`,
    );
  }
  return format;
}
