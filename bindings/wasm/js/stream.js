import { call, instance, slotOf, wasm, window } from "./engine.js";
import { bodyOf } from "./octets.js";
import { refusal } from "./refusal.js";
import { fits, writePieces, writeValue } from "./window.js";

/** Gives back what streams hold that are dropped before their end. Workers of before May 2025 have no such registry. */
const abandoned = globalThis.FinalizationRegistry
  ? new FinalizationRegistry(({ place, made }) => {
      if (made === instance()) wasm().finish(place, true);
    })
  : undefined;

/** A body that comes in pieces, on the module's side. */
export class Stream {
  #held;
  #dropped;

  /** With the header value where there is one to verify. */
  constructor(prepared, value) {
    const slot = slotOf(prepared);
    const place = call((wasm) => {
      let length = 0;
      if (value !== undefined) {
        if (fits(value)) length = writeValue(value);
        else writePieces(value, (length) => wasm.hold(length));
      }
      return wasm.open(slot, length);
    });
    if (place < 0) throw refusal(window(), prepared.dropped);
    this.#dropped = prepared.dropped;
    this.#held = { place, made: instance() };
    abandoned?.register(this, this.#held, this);
  }

  update(chunk) {
    const octets = bodyOf(chunk);
    const { place } = this.#current();
    writePieces(octets, (length) => call((wasm) => wasm.update(place, length)));
  }

  /** The module's answer. */
  finish() {
    const { place } = this.#current();
    this.#held = undefined;
    abandoned?.unregister(this);
    const answer = call((wasm) => wasm.finish(place, false));
    if (answer < 0) throw refusal(window(), this.#dropped);
    return answer;
  }

  /** Ends it without an answer. */
  drop() {
    const { place } = this.#current();
    this.#held = undefined;
    abandoned?.unregister(this);
    wasm().finish(place, true);
  }

  #current() {
    if (this.#held === undefined) throw new Error("the stream is finished; each body needs a stream of its own");
    if (this.#held.made !== instance()) throw new Error("the stream was cut short; the body needs a new one");
    return this.#held;
  }
}
