/**
 * In Node.js, OpenSSL hashes what has two blocks or more, since WebAssembly has no instructions for SHA-256; what a
 * header value is worth is still the module's to say.
 */

import { VALUE } from "../engine.js";
import { bodyOf, lengthOf, plain } from "../octets.js";
import { signatureMismatch } from "../refusal.js";
import { FIXED } from "../scheme.js";
import { Stream } from "../stream.js";
import { encode } from "../text.js";
import { candidatesOf } from "./candidates.js";
import { openssl } from "./openssl.js";

/** How every signing input of the platform's starts: up to the first of the two dots. */
const FIXED_PREFIX = encode(FIXED.slice(0, -1));

/** Whether a body of this kind is handed over. */
function takes(body) {
  const length = typeof body === "string" ? body.length : lengthOf(body);
  return length >= openssl.from && length <= openssl.upTo;
}

/** Verifies a whole body and returns the module's answer. */
function verify(prepared, body, value) {
  const octets = octetsOf(body);
  const { prefix, signature } = taken(prepared, value);
  for (const { answer, hmac } of candidatesOf(prepared)) {
    if (openssl.areSame(hmac.of(prefix, octets, lengthOf(octets)), signature)) return answer;
  }
  throw mismatch(prepared, value);
}

/** Signs a whole body. */
function sign(prepared, body) {
  const [{ hmac }] = candidatesOf(prepared);
  const octets = octetsOf(body);
  return FIXED + hmac.of(FIXED_PREFIX, octets, lengthOf(octets));
}

/** A body that comes in pieces, with the interface of Stream. */
class PieceStream {
  #prepared;
  #value;
  #signature;
  #hashes;

  constructor(prepared, value) {
    const { prefix, signature } = value === undefined ? { prefix: FIXED_PREFIX } : taken(prepared, value);
    this.#prepared = prepared;
    this.#value = value;
    this.#signature = signature;
    this.#hashes = candidatesOf(prepared).map((candidate) => ({ ...candidate, hash: candidate.hmac.start(prefix) }));
  }

  update(chunk) {
    const octets = octetsOf(bodyOf(chunk));
    const hashes = this.#unfinished();
    for (const piece of piecesOf(octets)) {
      for (const { hash } of hashes) hash.update(piece);
    }
  }

  finish() {
    const hashes = this.#unfinished();
    this.#hashes = undefined;
    const macs = hashes.map(({ answer, hash, hmac }) => ({ answer, mac: hmac.finish(hash) }));
    if (this.#signature === undefined) return FIXED + macs[0].mac;
    const found = macs.find(({ mac }) => openssl.areSame(mac, this.#signature));
    if (found === undefined) throw mismatch(this.#prepared, this.#value);
    return found.answer;
  }

  #unfinished() {
    if (this.#hashes === undefined) throw new Error("the stream is finished; each body needs a stream of its own");
    return this.#hashes;
  }
}

const octetsOf = (body) => (typeof body === "string" ? encode(body) : body);

/** Octets in pieces that are small enough to be handed over. */
function* piecesOf(octets) {
  const length = lengthOf(octets);
  if (length <= openssl.upTo) return yield octets;
  for (let start = 0; start < length; start += openssl.upTo) yield plain(octets).subarray(start, start + openssl.upTo);
}

/** A header value taken apart, unless something is wrong with it; a signature of the right length may still be no base64url. */
function taken(prepared, value) {
  // `startsWith` takes three times as long.
  if (value.length === VALUE && value.slice(0, FIXED.length) === FIXED) {
    return { prefix: FIXED_PREFIX, signature: value.slice(FIXED.length) };
  }
  // Throws what the module finds.
  new Stream(prepared, value).drop();
  const dot = value.indexOf(".");
  return { prefix: encode(value.slice(0, dot + 1)), signature: value.slice(dot + 2) };
}

/** The refusal of a body that no key signed; or of a header value that only the module looks at closely. */
function mismatch(prepared, value) {
  new Stream(prepared, value).drop();
  return signatureMismatch(candidatesOf(prepared).length, prepared.dropped);
}

export const handover = openssl && { takes, verify, sign, PieceStream };
