import { cutShort, WINDOW, wasm, window } from "./engine.js";
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
      const answer = this.#add(slot, material, index > 0);
      if (answer !== 0) throw refusal(window());
    });
    if (!this.signs && this.dropped === undefined) {
      wasm().dropped(slot);
      this.dropped = Object.freeze(droppedReadings(window()));
    }
  }

  #add(slot, { octets, format, allowWeakKey }, more) {
    if (octets.length > WINDOW) throw tooLong(octets.length, format);
    window().set(octets);
    try {
      return this.signs
        ? wasm().prepare_signer(slot, format, octets.length, allowWeakKey)
        : wasm().prepare_verifier(slot, format, octets.length, allowWeakKey, more, this.rfc7797);
    } catch (error) {
      throw cutShort(error);
    }
  }
}

function tooLong(length, format) {
  return new InvalidKeyError({
    code: "invalid_key",
    httpStatus: 500,
    message: `the key read as ${nameOf(format)} has ${length} octets, which no key has`,
    hint: "Check that the key was passed, and not something else.",
  });
}
