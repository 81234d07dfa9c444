/** The keys of a verifier or a signer, for an HMAC that is not the module's. */

import { call, window } from "../engine.js";
import { AUTO, AUTO_READINGS, nameOf } from "../key-format.js";
import { openssl } from "./openssl.js";

/** Each key with the answer that names it. */
export function candidatesOf(prepared) {
  prepared.candidates ??= prepared.materials.flatMap((material, keyIndex) =>
    readingsOf(material, keyIndex, prepared.dropped).map((format) => {
      const octets = octetsOf(material, format);
      try {
        return { answer: (keyIndex << 3) | format, hmac: openssl.hmac(octets) };
      } finally {
        octets.fill(0);
      }
    }),
  );
  return prepared.candidates;
}

function readingsOf({ format }, keyIndex, dropped) {
  if (format !== AUTO) return [format];
  const isDropped = (format) => dropped.some((dropped) => dropped.keyIndex === keyIndex && dropped.keyFormat === nameOf(format));
  return AUTO_READINGS.filter((format) => !isDropped(format));
}

/** What the module makes of a key, taken out of its window. */
function octetsOf({ octets }, format) {
  window().set(octets);
  const length = call((wasm) => wasm.octets(format, octets.length));
  const taken = window().slice(0, length);
  window().fill(0, 0, length);
  return taken;
}
