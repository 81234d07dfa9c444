// Deliveries as they come.

import { Stream } from "./shared/stream.js";

export class Live {
  /** @type {import("./api.js").Delivery[]} */
  #come = [];

  /**
   * @param {object} listener
   * @param {(deliveries: import("./api.js").Delivery[]) => void} listener.deliveries oldest first, at most once a frame
   * @param {(state: import("./shared/stream.js").State) => void} listener.state
   * @param {() => void} listener.opened there may be deliveries that no event told of
   * @param {(id: string) => void} listener.removed
   * @param {() => void} listener.reset what is known is out of date: the receiver began anew, or removed many
   * @param {() => void} listener.refused the receiver asks for its token
   */
  constructor(listener) {
    this.listener = listener;
    const { state, opened, refused } = listener;
    const events = {
      delivery: (/** @type {import("./api.js").Delivery} */ delivery) => this.#take(delivery),
      removed: (/** @type {{ id: string }} */ { id }) => listener.removed(id),
      reset: () => listener.reset(),
    };
    this.stream = new Stream({ events, state, opened, refused, probe: "deliveries" });
  }

  connect() {
    this.stream.connect();
  }

  /** @param {import("./api.js").Delivery} delivery */
  #take(delivery) {
    this.#come.push(delivery);
    if (this.#come.length > 1) return;
    // A hidden page has no frames.
    const soon = document.hidden ? (/** @type {() => void} */ run) => setTimeout(run, 250) : requestAnimationFrame;
    soon(() => this.listener.deliveries(this.#come.splice(0)));
  }
}
