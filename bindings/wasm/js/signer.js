import { handover } from "#handover";

import { cutShort, slotOf, wasm, window } from "./engine.js";
import { formatOf } from "./key-format.js";
import { materialOf } from "./key-material.js";
import { bodyOf } from "./octets.js";
import { optionsOf } from "./options.js";
import { Prepared } from "./prepared.js";
import { Stream } from "./stream.js";
import { writeBody } from "./window.js";

const SIGNER_OPTIONS = { keyFormat: "jwk", allowWeakKey: false };

export function sign(body, sharedKey, options) {
  return new Signer(sharedKey, options).sign(body);
}

export class Signer {
  #prepared;

  constructor(sharedKey, options) {
    const { keyFormat, allowWeakKey } = optionsOf(options, SIGNER_OPTIONS);
    const material = materialOf(sharedKey, formatOf(keyFormat, false), allowWeakKey);
    this.#prepared = new Prepared([material], { signs: true });
    slotOf(this.#prepared);
  }

  sign(body) {
    const octets = bodyOf(body);
    if (handover?.takes(octets)) return handover.sign(this.#prepared, octets);
    const slot = slotOf(this.#prepared);
    const length = writeBody(octets);
    if (length < 0) {
      const stream = new Stream(this.#prepared);
      stream.update(octets);
      return text(stream.finish());
    }
    let answer;
    try {
      answer = wasm().sign(slot, length);
    } catch (error) {
      throw cutShort(error);
    }
    return text(answer);
  }

  stream() {
    return new SignStream(OURS, new (handover?.PieceStream ?? Stream)(this.#prepared));
  }
}

const OURS = Symbol("hookseal");

export class SignStream {
  #stream;

  constructor(ours, stream) {
    if (ours !== OURS) throw new TypeError("a SignStream is made by signer.stream()");
    this.#stream = stream;
  }

  update(chunk) {
    this.#stream.update(chunk);
  }

  finish() {
    return text(this.#stream.finish());
  }
}

/** The header's value that is in the window, or that came from elsewhere. */
const text = (made) => (typeof made === "string" ? made : String.fromCharCode(...window().subarray(0, made)));
