import { call, WINDOW, window } from "./engine.js";
import { InvalidKeyError } from "./errors.js";
import { nameOf } from "./key-format.js";
import { droppedReadings, refusal } from "./refusal.js";

/** Keys as they were given, and where they are prepared: as a verifier, or a single one as a signer. */
export class Prepared {
  constructor(materials, { signs = false, rfc7797 = false } = {}) {
    this.materials = materials;
    this.signs = signs;
    this.rfc7797 = rfc7797;
    this.slot = 0;
    this.dropped = undefined;
  }

  /** Throws where a key cannot be used. */
  prepare(slot) {
    this.materials.forEach((material, index) => {
      if (material.octets.length > WINDOW) throw this.#named(tooLong(material), index);
      const answer = this.#add(slot, material, index > 0);
      if (answer !== 0) throw this.#named(refusal(window()), index);
    });
    if (!this.signs && this.dropped === undefined) {
      call((wasm) => wasm.dropped(slot));
      this.dropped = Object.freeze(droppedReadings(window()));
    }
  }

  /** Says which of several keys it is. */
  #named(error, index) {
    if (this.materials.length > 1) {
      error.keyIndex = index;
      error.message = `${placeOf(index)}: ${error.message}`;
    }
    return error;
  }

  #add(slot, { octets, format, allowWeakKey }, more) {
    window().set(octets);
    return call((wasm) =>
      this.signs
        ? wasm.prepare_signer(slot, format, octets.length, allowWeakKey)
        : wasm.prepare_verifier(slot, format, octets.length, allowWeakKey, more, this.rfc7797),
    );
  }
}

/** Which of several shared keys it is, in a message. */
export const placeOf = (index) => `key ${index} (counted from 0)`;

function tooLong({ octets, format }) {
  return new InvalidKeyError({
    code: "invalid_key",
    httpStatus: 500,
    message: `the key read as ${nameOf(format)} has ${octets.length} octets, which no key has`,
    hint: "Check that the key was passed, and not something else.",
  });
}
