import { handover } from "#handover";

import { cutShort, slotOf, wasm, window } from "./engine.js";
import { formatOf } from "./key-format.js";
import { materialOf } from "./key-material.js";
import { bodyOf } from "./octets.js";
import { optionsOf, VERIFIER_OPTIONS } from "./options.js";
import { policyOf } from "./policy.js";
import { placeOf, Prepared } from "./prepared.js";
import { refusal } from "./refusal.js";
import { singleSignature } from "./signature.js";
import { Stream } from "./stream.js";
import { verified } from "./verified.js";
import { writeBody, writeUsual } from "./window.js";

export class Verifier {
  #prepared;

  constructor(sharedKeys, options) {
    const { keyFormat, policy, allowWeakKey } = optionsOf(options, VERIFIER_OPTIONS);
    const format = formatOf(keyFormat, true);
    const rfc7797 = policyOf(policy);
    const given = Array.isArray(sharedKeys) ? sharedKeys : [sharedKeys];
    if (given.length === 0) throw new TypeError("the array of shared keys is empty");
    const materials = Array.from(given, (sharedKey, index) =>
      materialOf(sharedKey, format, allowWeakKey, given.length > 1 ? placeOf(index) : undefined),
    );
    this.#prepared = new Prepared(materials, { rfc7797 });
    slotOf(this.#prepared);
  }

  verify(body, signature) {
    const octets = bodyOf(body);
    const value = singleSignature(signature);
    const prepared = this.#prepared;
    if (handover?.takes(octets)) return verified(handover.verify(prepared, octets, value), value, prepared.rfc7797);
    const slot = slotOf(prepared);
    const length = writeBody(octets);
    if (length < 0 || !writeUsual(value)) return this.#verifyInPieces(octets, value);
    let answer;
    try {
      answer = wasm().verify(slot, length);
    } catch (error) {
      throw cutShort(error);
    }
    if (answer < 0) throw refusal(window(), prepared.dropped);
    return verified(answer, value, prepared.rfc7797);
  }

  #verifyInPieces(octets, value) {
    const stream = new Stream(this.#prepared, value);
    stream.update(octets);
    return verified(stream.finish(), value, this.#prepared.rfc7797);
  }

  stream(signature) {
    const value = singleSignature(signature);
    return new VerifyStream(OURS, new (handover?.PieceStream ?? Stream)(this.#prepared, value), value, this.#prepared.rfc7797);
  }

  get dropped() {
    return this.#prepared.dropped;
  }
}

const OURS = Symbol("hookseal");

export class VerifyStream {
  #stream;
  #value;
  #rfc7797;

  constructor(ours, stream, value, rfc7797) {
    if (ours !== OURS) throw new TypeError("a VerifyStream is made by verifier.stream(signature)");
    this.#stream = stream;
    this.#value = value;
    this.#rfc7797 = rfc7797;
  }

  update(chunk) {
    this.#stream.update(chunk);
  }

  finish() {
    return verified(this.#stream.finish(), this.#value, this.#rfc7797);
  }
}
