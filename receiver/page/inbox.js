// The left side: what came, narrowed down, and how much.

import { Activity } from "./activity.js";
import { health } from "./api.js";
import { drawCard, makeCard } from "./card.js";
import { parseFilter } from "./filter.js";
import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { sayError } from "./shared/messages.js";
import { grouped, size } from "./shared/when.js";
import { VirtualList } from "./virtual-list.js";

/** As in `inbox.css`. */
const CARD_HEIGHT = 60;

const TYPING_PAUSE = 120;

/** How soon after a change the receiver is asked how much it holds. */
const ASK_AFTER = 1000;

const VERDICTS = /** @type {const} */ (["", "valid", "invalid", "unsigned"]);

export class InboxPane {
  #verdict = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #narrowing;
  #isAsking = false;

  /**
   * @param {HTMLElement} element
   * @param {import("./store.js").Store} store
   * @param {() => void} open shows the picked delivery, where it and the list do not fit side by side
   */
  constructor(element, store, open) {
    this.element = element;
    this.store = store;
    this.activity = new Activity();
    this.field = h("input", {
      class: "field",
      type: "search",
      placeholder: "Filter: text, path:/x*, code:…, method:…",
      "aria-label": "Filter deliveries",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#narrowSoon(),
    });
    /** @type {VirtualList<import("./row.js").Row>} */
    this.list = new VirtualList({
      label: "Deliveries",
      height: CARD_HEIGHT,
      make: makeCard,
      draw: (card, row) => drawCard(card, row, store.unread.has(row.id)),
      pick: (row) => {
        store.pick(row.id, { byHand: true });
        open();
      },
      nearEnd: () => store.more().catch(sayError),
    });
    this.held = h("p", { class: "held muted small" });
    this.nothing = h("p", { class: "nothing muted", hidden: true });
    this.choices = VERDICTS.map((verdict) => this.#choice(verdict));
    this.followButton = h("button", { class: "button quiet small", type: "button" }, icon("up"), "Follow newest");
    this.followButton.addEventListener("click", () => store.follow(!store.following));
    this.readButton = h("button", { class: "button quiet small", type: "button", onclick: () => store.markAllRead() });
    fill(
      element,
      this.activity.element,
      h(
        "div",
        { class: "filter" },
        this.field,
        h("div", { class: "choices", role: "group", "aria-label": "Verdict" }, ...this.choices),
      ),
      h("div", { class: "list-head" }, this.followButton, this.readButton),
      this.list.element,
      this.nothing,
      this.held,
    );
    this.#listen();
  }

  /** @param {string} text */
  filterBy(text) {
    this.field.value = text;
    this.#verdict = "";
    this.#narrow();
  }

  /** What an export of the list as it is seen asks for. */
  get filter() {
    return { verdict: this.#verdict || undefined, ...parseFilter(this.field.value) };
  }

  /** @param {number} by */
  move(by) {
    const { rows } = this.store.shown;
    const at = rows.findIndex(({ id }) => id === this.store.picked);
    this.pickAt(at === -1 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1));
  }

  /** @param {number} index */
  pickAt(index) {
    const { rows } = this.store.shown;
    const row = rows.at(index);
    if (!row) return;
    this.store.pick(row.id, { byHand: true });
    this.list.reveal(index < 0 ? rows.length + index : index);
  }

  #listen() {
    const { store, list } = this;
    store.addEventListener("list", (event) => {
      list.show(store.shown.rows, /** @type {CustomEvent<number>} */ (event).detail);
      this.#showNothing();
      this.#showHeld();
    });
    store.addEventListener("picked", () => list.select(store.picked));
    store.addEventListener("unread", () => this.#showUnread());
    store.addEventListener("counts", () => this.#showCounts());
    store.addEventListener("counted", (event) => this.activity.add(/** @type {CustomEvent} */ (event).detail));
    store.addEventListener("cleared", () => this.activity.clear());
    store.addEventListener("following", () => this.#showFollowing());
    setInterval(() => list.refresh(), 10_000);
    this.#showFollowing();
    this.#showUnread();
    this.#showCounts();
  }

  /** @param {typeof VERDICTS[number]} verdict */
  #choice(verdict) {
    const choose = () => {
      this.#verdict = verdict;
      this.#narrow();
    };
    return h("button", { type: "button", "aria-pressed": String(verdict === ""), onclick: choose });
  }

  #narrowSoon() {
    clearTimeout(this.#narrowing);
    this.#narrowing = setTimeout(() => this.#narrow(), TYPING_PAUSE);
  }

  #narrow() {
    this.choices.forEach((choice, index) =>
      choice.setAttribute("aria-pressed", String(VERDICTS[index] === this.#verdict)),
    );
    this.list.element.scrollTop = 0;
    this.store.narrow(this.filter).then(
      () => this.field.removeAttribute("aria-invalid"),
      (error) => {
        if (error?.name === "AbortError") return;
        this.field.setAttribute("aria-invalid", "true");
        sayError(error);
      },
    );
  }

  #showNothing() {
    const isEmpty = this.store.shown.rows.length === 0;
    this.list.element.hidden = isEmpty;
    this.nothing.hidden = !isEmpty;
    if (isEmpty)
      fill(this.nothing, this.store.all.rows.length === 0 ? "Nothing has come yet." : "No delivery fits the filter.");
  }

  async #showHeld() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    await new Promise((resolve) => setTimeout(resolve, ASK_AFTER));
    this.#isAsking = false;
    const inbox = (await health().catch(() => null))?.inbox;
    if (!inbox) return;
    const dropped = inbox.dropped > 0 && ` · ${grouped(inbox.dropped)} made room for newer ones`;
    fill(this.held, `${grouped(inbox.held)} kept, ${size(inbox.bytes)}`, dropped);
  }

  #showUnread() {
    const { unread } = this.store;
    this.readButton.hidden = unread.size === 0;
    fill(this.readButton, h("span", { class: "unread-count" }, grouped(unread.size)), "new · mark as read");
    document.title = unread.size > 0 ? `(${unread.size}) hookseal` : "hookseal";
  }

  #showCounts() {
    const { valid, invalid, unsigned } = this.store.counts;
    const counts = { "": valid + invalid + unsigned, valid, invalid, unsigned };
    this.choices.forEach((choice, index) => {
      const verdict = VERDICTS[index] ?? "";
      const swatch = verdict && h("span", { class: `swatch ${verdict}` });
      const name = verdict ? verdict[0]?.toUpperCase() + verdict.slice(1) : "All";
      fill(choice, swatch, name, h("span", { class: "count" }, grouped(counts[verdict])));
    });
  }

  #showFollowing() {
    this.followButton.setAttribute("aria-pressed", String(this.store.following));
    this.followButton.title = this.store.following
      ? "The newest delivery is shown as it comes"
      : "Show the newest delivery as it comes";
  }
}
