// What the page knows, asked for again when the notifier says that something changed.

import { ApiError, get } from "./api.js";

/** @typedef {"" | "pending" | "scheduled" | "delivered" | "dead"} DeliveryState */

/** Between two rounds of questions, in milliseconds: a notifier that is busy changes all the time. */
const PAUSE = 1000;

/** Services that are shown at first, and how many more each time. */
const SERVICES = 60;

const DELIVERIES = 25;

/** In one answer. */
const MOST = 1000;

/** Tells of `status`, `integrations`, `deliveries`, `silences` when they are new, and of `failed` with an error. */
export class Desk extends EventTarget {
  /** @type {import("./api.js").Status | null} */
  status = null;
  /** @type {import("./api.js").Integration[]} */
  integrations = [];
  /** @type {import("./api.js").Delivery[]} */
  deliveries = [];
  /** @type {import("./api.js").Silence[]} */
  silences = [];
  /** @type {import("./api.js").Fleet | null} */
  fleet = null;
  hasMoreDeliveries = false;
  /** @type {{ state: DeliveryState, integration: string }} */
  filter = { state: "", integration: "" };
  /** Of services. */
  search = "";
  #services = SERVICES;
  #deliveries = DELIVERIES;
  #asking = false;
  #again = false;
  #asked = 0;

  /** Asks for everything. */
  async load() {
    const asked = this.#wanted();
    const [status, integrations, deliveries, silences, { fleet }] = await Promise.all([
      this.#getStatus(),
      get("integrations"),
      this.#getDeliveries(),
      get("silences"),
      get("fleet"),
    ]);
    this.fleet = fleet;
    this.integrations = integrations.integrations;
    this.silences = silences.silences;
    this.#tell("integrations");
    this.#tell("silences");
    if (asked !== this.#wanted()) return;
    this.#takeStatus(status);
    this.#takeDeliveries(deliveries);
  }

  /** Asks again soon. */
  async refresh() {
    this.#again = true;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#again) {
      const wait = this.#asked + PAUSE - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      this.#again = false;
      this.#asked = performance.now();
      await this.load().catch((error) => this.#failed(error));
    }
    this.#asking = false;
  }

  /** @param {string} text */
  find(text) {
    this.search = text;
    this.#services = SERVICES;
    return this.#askForStatus();
  }

  moreServices() {
    this.#services += SERVICES;
    return this.#askForStatus();
  }

  /** @param {Partial<Desk["filter"]>} filter */
  narrow(filter) {
    this.filter = { ...this.filter, ...filter };
    this.#deliveries = DELIVERIES;
    return this.#askForDeliveries();
  }

  moreDeliveries() {
    this.#deliveries = Math.min(MOST, this.#deliveries + 2 * DELIVERIES);
    return this.#askForDeliveries();
  }

  async #askForStatus() {
    const asked = this.#wanted();
    const status = await this.#getStatus();
    if (asked === this.#wanted()) this.#takeStatus(status);
  }

  async #askForDeliveries() {
    const asked = this.#wanted();
    const deliveries = await this.#getDeliveries();
    if (asked === this.#wanted()) this.#takeDeliveries(deliveries);
  }

  /** What is asked for now: an answer to something else comes too late. */
  #wanted() {
    return JSON.stringify([this.search, this.#services, this.filter, this.#deliveries]);
  }

  /** @returns {Promise<import("./api.js").Status>} */
  #getStatus() {
    return get("status", { q: this.search, limit: this.#services });
  }

  /** @returns {Promise<{ deliveries: import("./api.js").Delivery[], next: string | null }>} */
  #getDeliveries() {
    return get("deliveries", { ...this.filter, limit: this.#deliveries });
  }

  /** @param {import("./api.js").Status} status */
  #takeStatus(status) {
    this.status = status;
    this.#tell("status");
  }

  /** @param {{ deliveries: import("./api.js").Delivery[], next: string | null }} answer */
  #takeDeliveries({ deliveries, next }) {
    this.deliveries = deliveries;
    this.hasMoreDeliveries = next !== null && this.#deliveries < MOST;
    this.#tell("deliveries");
  }

  /** @param {unknown} error */
  #failed(error) {
    // No answer: the stream of events says so, and asks again.
    if (!(error instanceof ApiError && error.status === 0)) this.#tell("failed", error);
  }

  /**
   * @param {string} what
   * @param {unknown} [detail]
   */
  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
