// What the page knows: every delivery it has heard of, those that the filter leaves, which is picked, which are unread.

import { Feed } from "./feed.js";
import { isEmpty } from "./filter.js";
import { row } from "./row.js";

/** @typedef {import("./row.js").Row} Row */
/** @typedef {import("./api.js").Delivery} Delivery */

/** So many are counted and plotted from what was there before the page was. */
const MOST_HISTORY = 10_000;

/** A filter that looks into bodies asks the receiver about new deliveries at most so often, in milliseconds. */
const ASK_EVERY = 300;

/**
 * Tells of `list` (with how many rows are new in front), `picked`, `unread`, `counts`, `arrived` (rows), `following`.
 */
export class Store extends EventTarget {
  all = new Feed({});
  shown = this.all;
  /** @type {Set<string>} */
  unread = new Set();
  picked = "";
  /** Whether the newest delivery is picked as it comes. */
  following = true;
  /** Whether the picked delivery can be seen; what is picked while nobody looks stays unread. */
  isSeen = () => true;
  counts = { valid: 0, invalid: 0, unsigned: 0 };

  /** @type {Set<string>} */
  #known = new Set();
  #asking = false;

  /** Loads the newest: what is seen first. */
  async load() {
    this.#count(await this.all.more());
    this.#tell("list", 0);
    this.#followNewest();
  }

  /** Loads, page by page, those before them that are counted. */
  async loadHistory() {
    const { all } = this;
    while (all.hasMore && all.rows.length < MOST_HISTORY && all === this.all) {
      this.#count(await all.more());
      if (this.shown === all) this.#tell("list", 0);
    }
  }

  /** Loads older ones, where the list has come to its end. */
  async more() {
    const { shown } = this;
    if (!shown.hasMore) return;
    const added = await shown.more();
    if (shown === this.all) this.#count(added);
    if (shown === this.shown && added.length > 0) this.#tell("list", 0);
  }

  /** @param {import("./filter.js").Filter} filter */
  async narrow(filter) {
    if (this.shown !== this.all) this.shown.stop();
    const shown = isEmpty(filter) ? this.all : new Feed(filter);
    this.shown = shown;
    if (shown !== this.all) await shown.more();
    if (shown === this.shown) this.#tell("list", 0);
  }

  /** @param {Delivery[]} deliveries oldest first, as they came */
  receive(deliveries) {
    const rows = deliveries
      .map(row)
      .filter(({ id }) => !this.#known.has(id))
      .reverse();
    if (rows.length === 0) return;
    this.#count(rows);
    for (const { id } of rows) this.unread.add(id);
    this.all.prepend(rows);
    this.#show(rows);
    this.#tell("arrived", rows);
    this.#tell("unread", 0);
    this.#followNewest();
  }

  /** Asks for what no event told of. */
  async catchUp() {
    // When nothing has been loaded yet, that does.
    if (this.all.rows.length > 0 || !this.all.hasMore) this.receive((await this.all.since()).reverse());
  }

  /**
   * @param {string} id
   * @param {{ byHand: boolean }} how by hand, the newest is not followed any more
   */
  pick(id, { byHand }) {
    if (byHand) this.follow(false);
    if ((byHand || this.isSeen()) && this.unread.delete(id)) this.#tell("unread", 0);
    if (this.picked === id) return;
    this.picked = id;
    this.#tell("picked", id);
  }

  /** @param {boolean} following */
  follow(following) {
    if (following !== this.following) {
      this.following = following;
      this.#tell("following", following);
    }
    this.#followNewest();
  }

  /** Somebody looks at the page again. */
  looked() {
    if (this.isSeen() && this.unread.delete(this.picked)) this.#tell("unread", 0);
  }

  markAllRead() {
    this.unread.clear();
    this.#tell("unread", 0);
    this.#tell("list", 0);
  }

  /** @param {string} id */
  remove(id) {
    const index = this.shown.rows.findIndex((row) => row.id === id);
    const gone = this.all.rows.find((row) => row.id === id);
    if (gone) this.counts[gone.verdict] -= 1;
    this.unread.delete(id);
    for (const feed of new Set([this.all, this.shown])) feed.remove(id);
    this.#tell("list", 0);
    this.#tell("counts", 0);
    this.#tell("unread", 0);
    if (this.picked === id)
      this.pick(this.shown.rows[Math.min(index, this.shown.rows.length - 1)]?.id ?? "", { byHand: false });
  }

  /** Starts over: what is known may be out of date. */
  async reload() {
    for (const feed of new Set([this.all, this.shown])) feed.stop();
    const { filter } = this.shown;
    this.all = new Feed({});
    this.shown = this.all;
    this.#known.clear();
    this.counts = { valid: 0, invalid: 0, unsigned: 0 };
    this.#tell("cleared", 0);
    await this.load();
    if (!isEmpty(filter)) await this.narrow(filter);
    await this.loadHistory();
    for (const id of this.unread) if (!this.#known.has(id)) this.unread.delete(id);
    this.#tell("unread", 0);
    if (!this.#known.has(this.picked)) this.pick(this.shown.rows[0]?.id ?? "", { byHand: false });
  }

  /** @param {Row[]} rows newest first */
  #show(rows) {
    if (this.shown === this.all) return this.#tell("list", rows.length);
    const wanted = rows.filter((row) => this.shown.matches(row));
    this.#tell("list", this.shown.prepend(wanted).length);
    if (rows.some((row) => this.shown.matches(row) === undefined)) this.#ask();
  }

  /** What only the receiver can find: a text in a header or in a body. */
  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    this.#asking = false;
    const { shown } = this;
    if (shown === this.all) return;
    const found = await shown.since().catch(() => []);
    if (shown === this.shown) this.#tell("list", shown.prepend(found.map(row)).length);
  }

  #followNewest() {
    const newest = this.shown.rows[0];
    if (this.following && newest) this.pick(newest.id, { byHand: false });
  }

  /** @param {Row[]} rows */
  #count(rows) {
    const unknown = rows.filter(({ id }) => !this.#known.has(id));
    if (unknown.length === 0) return;
    for (const { id, verdict } of unknown) {
      this.#known.add(id);
      this.counts[verdict] += 1;
    }
    this.#tell("counted", unknown);
    this.#tell("counts", 0);
  }

  /**
   * @param {string} what
   * @param {unknown} detail
   */
  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
