// Deliveries as they come, over server-sent events; reconnecting for as long as the page is open.

import { address, get, ApiError } from "./api.js";

/** @typedef {"connecting" | "live" | "lost"} State */

const SOONEST = 500;
const LATEST = 15_000;

export class Live {
  /** @type {EventSource | null} */
  #source = null;
  #pause = SOONEST;
  /** @type {import("./api.js").Delivery[]} */
  #come = [];

  /**
   * @param {object} listener
   * @param {(deliveries: import("./api.js").Delivery[]) => void} listener.deliveries oldest first, at most once a frame
   * @param {(state: State) => void} listener.state
   * @param {() => void} listener.opened there may be deliveries that no event told of
   * @param {(id: string) => void} listener.removed
   * @param {() => void} listener.reset what is known is out of date: the receiver began anew, or removed many
   * @param {() => void} listener.refused the receiver asks for its token
   */
  constructor(listener) {
    this.listener = listener;
  }

  connect() {
    this.#source?.close();
    this.listener.state("connecting");
    const source = new EventSource(address("events"));
    this.#source = source;
    source.addEventListener("open", () => {
      this.#pause = SOONEST;
      this.listener.state("live");
      this.listener.opened();
    });
    source.addEventListener("delivery", (event) => this.#take(JSON.parse(event.data)));
    source.addEventListener("removed", (event) => this.listener.removed(JSON.parse(event.data).id));
    source.addEventListener("reset", () => this.listener.reset());
    source.addEventListener("error", () => this.#failed(source));
  }

  /** @param {import("./api.js").Delivery} delivery */
  #take(delivery) {
    this.#come.push(delivery);
    if (this.#come.length > 1) return;
    // A hidden page has no frames.
    const soon = document.hidden ? (/** @type {() => void} */ run) => setTimeout(run, 250) : requestAnimationFrame;
    soon(() => this.listener.deliveries(this.#come.splice(0)));
  }

  /** @param {EventSource} source */
  async #failed(source) {
    if (source !== this.#source) return;
    this.listener.state("lost");
    // The browser tries again by itself where the connection broke, and gives up where the receiver refused.
    if (source.readyState !== EventSource.CLOSED) return;
    try {
      await get("deliveries", { limit: 1 });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return this.listener.refused();
    }
    setTimeout(() => source === this.#source && this.connect(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LATEST);
  }
}
