// Server-sent events, for as long as the page is open.

import { address, ApiError, get } from "./client.js";

/** @typedef {"connecting" | "live" | "lost"} State */

const SOONEST = 500;
const LATEST = 15_000;

export class Stream {
  /** @type {EventSource | null} */
  #source = null;
  #pause = SOONEST;

  /**
   * @param {object} listener
   * @param {Record<string, (data: any) => void>} listener.events by their names
   * @param {(state: State) => void} listener.state
   * @param {() => void} listener.opened something may have happened that no event told of
   * @param {() => void} listener.refused the server asks for its token
   * @param {string} listener.probe an endpoint that tells whether it does
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
    for (const [name, take] of Object.entries(this.listener.events))
      source.addEventListener(name, (event) => take(JSON.parse(event.data)));
    source.addEventListener("error", () => this.#failed(source));
  }

  /** @param {EventSource} source */
  async #failed(source) {
    if (source !== this.#source) return;
    this.listener.state("lost");
    // The browser tries again by itself where the connection broke, and gives up where the server refused.
    if (source.readyState !== EventSource.CLOSED) return;
    try {
      await get(this.listener.probe, { limit: 1 });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return this.listener.refused();
    }
    setTimeout(() => source === this.#source && this.connect(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LATEST);
  }
}
