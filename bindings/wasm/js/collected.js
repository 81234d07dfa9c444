import { bodyTooLarge } from "./refusal.js";

/**
 * A body as it comes in, up to a limit.
 *
 * Its pieces are copied together: each costs more than it holds when a stranger sends single octets.
 */
export class Collected {
  #limit;
  #octets = new Uint8Array(0);
  #length = 0;

  constructor(limit) {
    this.#limit = limit;
  }

  push(piece) {
    const length = this.#length + piece.length;
    if (length > this.#limit) throw bodyTooLarge(this.#limit);
    if (length > this.#octets.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#octets.length));
      larger.set(this.#octets.subarray(0, this.#length));
      this.#octets = larger;
    }
    this.#octets.set(piece, this.#length);
    this.#length = length;
  }

  whole() {
    return this.#length === this.#octets.length ? this.#octets : this.#octets.slice(0, this.#length);
  }
}
