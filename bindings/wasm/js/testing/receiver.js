import { AssertionError } from "node:assert";
import { randomBytes } from "node:crypto";

import { optionsOf } from "../options.js";
import { Api, unlessRefused } from "./api.js";
import { startProcess } from "./process.js";

/** Which deliveries, in the API's words. */
const FILTERS = { verdict: undefined, code: undefined, path: undefined, method: undefined, q: undefined, since: undefined };

export async function startReceiver(options) {
  const { sharedKey, args } = optionsOf(options, { sharedKey: randomBytes(32).toString("base64url"), args: [] });
  const started = await startProcess(sharedKey, args);
  return new Receiver(OURS, sharedKey, started);
}

const OURS = Symbol("hookseal");

export class Receiver {
  #api;
  #stop;

  constructor(ours, sharedKey, { address, stop } = {}) {
    if (ours !== OURS) throw new TypeError("a Receiver is made by startReceiver()");
    this.sharedKey = sharedKey;
    this.url = `http://${address}`;
    this.#api = new Api(address);
    this.#stop = stop;
  }

  async waitFor(count = 1, options) {
    const { timeout, ...filters } = optionsOf(options, { ...FILTERS, verdict: "valid", timeout: 10_000 });
    const query = { ...queryOf(filters), count, timeout: `${Math.round(timeout)}ms` };
    const said = await this.#api.json("/wait", query, timeout + 20_000);
    if (said.status === 408) throw new UnmetWaitError(said.answer);
    return unlessRefused(said).deliveries;
  }

  async deliveries(options) {
    const query = { ...queryOf(optionsOf(options, FILTERS)), limit: 1000 };
    const deliveries = [];
    do {
      const page = unlessRefused(await this.#api.json("/deliveries", query));
      deliveries.push(...page.deliveries);
      query.cursor = page.next;
    } while (query.cursor !== null);
    return deliveries.reverse();
  }

  async body(delivery) {
    const { status, body } = await this.#api.get(`/deliveries/${encodeURIComponent(delivery.id)}/body`);
    if (status !== 200) throw new Error(`the receiver has no such body: ${body}`);
    return body;
  }

  async stop() {
    await this.#stop();
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }
}

const queryOf = ({ since, ...filters }) => ({ ...filters, since: since instanceof Date ? since.toISOString() : since });

/** A wait ended before enough came. Its message lists what came instead, and why each of it did not count. */
export class UnmetWaitError extends AssertionError {
  constructor({ message, wanted, matched, near_misses }) {
    super({ message, actual: matched, expected: wanted, operator: "waitFor" });
    this.name = "UnmetWaitError";
    this.nearMisses = near_misses;
  }
}
