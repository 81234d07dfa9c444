// The deliveries that a filter means, newest first, page by page.

import { get } from "./api.js";
import { isEmpty, matches } from "./filter.js";
import { row } from "./row.js";

/** @typedef {import("./row.js").Row} Row */

/** The page that is seen comes soon; the others come in few requests. */
const FIRST_PAGE = 100;
const PAGE = 500;

/** More are neither held nor scrolled through. */
const MOST_ROWS = 50_000;

/** What a lost connection kept from the page is made up for up to here. */
const MOST_MISSED = 10_000;

export class Feed {
  /** @type {Row[]} */
  rows = [];
  /** Whether there are older ones. */
  hasMore = true;

  /** @type {Set<string>} */
  #ids = new Set();
  #cursor = "";
  #loading = /** @type {Promise<Row[]> | null} */ (null);
  #stop = new AbortController();

  /** @param {import("./filter.js").Filter} filter */
  constructor(filter) {
    this.filter = filter;
  }

  /**
   * Loads the next page of older ones.
   *
   * @returns {Promise<Row[]>} those that are new
   */
  more() {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** Nothing that is still under way is wanted any more. */
  stop() {
    this.#stop.abort();
    this.hasMore = false;
  }

  /**
   * Puts new ones in front, or where they belong: an event may overtake the answer to a request.
   *
   * @param {Row[]} fresh newest first
   * @returns {Row[]} those that were not there
   */
  prepend(fresh) {
    const added = this.#unknown(fresh);
    this.rows = merged(added, this.rows);
    while (this.rows.length > MOST_ROWS) {
      const dropped = this.rows.pop();
      if (dropped) this.#ids.delete(dropped.id);
      this.hasMore = false;
    }
    return added;
  }

  /**
   * What has come since the newest that is there.
   *
   * @returns {Promise<import("./api.js").Delivery[]>} newest first
   */
  async since() {
    const query = { ...this.filter, limit: PAGE, since: this.rows[0]?.receivedAt };
    /** @type {import("./api.js").Delivery[]} */
    const come = [];
    let cursor = "";
    do {
      const { deliveries, next } = await get("deliveries", { ...query, cursor }, this.#stop.signal);
      come.push(...deliveries);
      cursor = next ?? "";
    } while (cursor !== "" && come.length < MOST_MISSED);
    return come.filter(({ id }) => !this.#ids.has(id));
  }

  /** @param {string} id */
  remove(id) {
    if (this.#ids.delete(id)) this.rows = this.rows.filter((row) => row.id !== id);
  }

  /** @param {Row} row */
  matches(row) {
    return isEmpty(this.filter) || matches(this.filter, row);
  }

  async #load() {
    if (!this.hasMore || this.rows.length >= MOST_ROWS) return [];
    const limit = this.#cursor === "" ? FIRST_PAGE : PAGE;
    const page = await get("deliveries", { ...this.filter, limit, cursor: this.#cursor }, this.#stop.signal);
    const added = this.#unknown(page.deliveries.map(row));
    this.rows = [...this.rows, ...added];
    this.#cursor = page.next ?? "";
    this.hasMore = page.next !== null;
    return added;
  }

  /** @param {Row[]} rows */
  #unknown(rows) {
    const unknown = rows.filter(({ id }) => !this.#ids.has(id));
    for (const { id } of unknown) this.#ids.add(id);
    return unknown;
  }
}

/**
 * Later deliveries have larger ids.
 *
 * @param {Row[]} some newest first
 * @param {Row[]} others newest first
 */
function merged(some, others) {
  const rows = [];
  let at = 0;
  for (const row of some) {
    for (let other = others[at]; other && other.id > row.id; other = others[at]) {
      rows.push(other);
      at += 1;
    }
    rows.push(row);
  }
  return [...rows, ...others.slice(at)];
}
