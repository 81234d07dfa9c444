import { cutShort, WINDOW, wasm, window } from "./engine.js";
import { InvalidKeyError } from "./errors.js";
import { AUTO, AUTO_READINGS, nameOf } from "./key-format.js";
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

  /** The octets of each key, with the answer that names it. */
  octets() {
    return this.materials.flatMap((material, keyIndex) =>
      this.#readings(material, keyIndex).map((format) => {
        window().set(material.octets);
        const length = wasm().octets(format, material.octets.length);
        const octets = window().slice(0, length);
        window().fill(0, 0, length);
        return { answer: (keyIndex << 3) | format, octets };
      }),
    );
  }

  #readings({ format }, keyIndex) {
    if (format !== AUTO) return [format];
    const isDropped = (format) =>
      this.dropped.some((dropped) => dropped.keyIndex === keyIndex && dropped.keyFormat === nameOf(format));
    return AUTO_READINGS.filter((format) => !isDropped(format));
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
