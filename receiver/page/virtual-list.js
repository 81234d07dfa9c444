// A list of any length that draws only what is seen.

import { h } from "./shared/dom.js";

/** Drawn beyond either edge, so that a quick scroll finds something there. */
const BEYOND = 6;

/**
 * A list box whose options are elements of one height, taken out and put in again as they come into view. It has the focus
 * itself and names the active option, as elements that are taken out cannot.
 *
 * @template {{ id: string }} Item
 */
export class VirtualList {
  /** @type {readonly Item[]} */
  #items = [];
  /** @type {Map<number, HTMLElement>} by index */
  #drawn = new Map();
  /** @type {HTMLElement[]} */
  #spare = [];
  #selected = "";

  /**
   * @param {object} options
   * @param {string} options.label
   * @param {number} options.height of an option, in pixels
   * @param {() => HTMLElement} options.make an empty option
   * @param {(option: HTMLElement, item: Item, isSelected: boolean) => void} options.draw
   * @param {(item: Item, index: number) => void} options.pick
   * @param {() => void} options.nearEnd
   */
  constructor({ label, height, make, draw, pick, nearEnd }) {
    this.height = height;
    this.make = make;
    this.drawOption = draw;
    this.nearEnd = nearEnd;
    this.space = h("div", { class: "list-space", role: "presentation" });
    this.element = h("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": label }, this.space);
    // Told of at most once a frame and before it is painted, so what comes into view is drawn in that same frame.
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.space.addEventListener("click", (event) => {
      const option = /** @type {Element} */ (event.target).closest("[role=option]");
      const index = Number(option?.getAttribute("data-index") ?? -1);
      const item = this.#items[index];
      if (item) pick(item, index);
    });
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  /**
   * @param {readonly Item[]} items
   * @param {number} [inFront] so many of them are new and at the start: what is seen stays where it is
   */
  show(items, inFront = 0) {
    this.#items = items;
    this.space.style.height = `${items.length * this.height}px`;
    if (inFront > 0 && this.element.scrollTop > this.height / 2) this.element.scrollTop += inFront * this.height;
    this.#recycle(() => true);
    this.#draw();
  }

  /** @param {string} id */
  select(id) {
    this.#selected = id;
    this.#recycle(() => true);
    this.#draw();
  }

  /** @param {number} index */
  reveal(index) {
    const top = index * this.height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.element.scrollTop = top + this.height - clientHeight;
    this.#draw();
  }

  /** Draws what is seen again: times have passed. */
  refresh() {
    for (const [index, option] of this.#drawn) this.#drawOne(option, index);
  }

  #draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.height) - BEYOND);
    const last = Math.min(this.#items.length - 1, Math.ceil((scrollTop + clientHeight) / this.height) + BEYOND);
    this.#recycle((index) => index < first || index > last);
    for (let index = first; index <= last; index += 1) if (!this.#drawn.has(index)) this.#put(index);
    for (const option of this.#spare.splice(0)) option.remove();
    const active = [...this.#drawn.values()].find((option) => option.id === optionId(this.#selected));
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
    if (last >= this.#items.length - 30) this.nearEnd();
  }

  /** @param {(index: number) => boolean} isUnseen */
  #recycle(isUnseen) {
    for (const [index, option] of this.#drawn) {
      if (!isUnseen(index)) continue;
      this.#drawn.delete(index);
      this.#spare.push(option);
    }
  }

  /** @param {number} index */
  #put(index) {
    const option = this.#spare.pop() ?? this.make();
    option.style.transform = `translateY(${index * this.height}px)`;
    option.setAttribute("data-index", String(index));
    option.setAttribute("aria-setsize", String(this.#items.length));
    option.setAttribute("aria-posinset", String(index + 1));
    this.#drawOne(option, index);
    this.#drawn.set(index, option);
    if (!option.isConnected) this.space.append(option);
  }

  /**
   * @param {HTMLElement} option
   * @param {number} index
   */
  #drawOne(option, index) {
    const item = this.#items[index];
    if (!item) return;
    const isSelected = item.id === this.#selected;
    option.id = optionId(item.id);
    option.setAttribute("aria-selected", String(isSelected));
    this.drawOption(option, item, isSelected);
  }
}

/** @param {string} id */
function optionId(id) {
  return `delivery-${id}`;
}
