// A list of elements that stay the same ones while what they show changes: a focus in them stays too.

/**
 * @template Item
 * @typedef {{ element: Element, draw: (item: Item) => void }} Part
 */

/** @template Item */
export class Keyed {
  /** @type {Map<string, Part<Item>>} */
  #parts = new Map();

  /**
   * @param {Element} place
   * @param {(item: Item) => string} key
   * @param {(item: Item) => Part<Item>} make an element for an item, not yet drawn
   */
  constructor(place, key, make) {
    this.place = place;
    this.key = key;
    this.make = make;
  }

  /** @param {readonly Item[]} items */
  show(items) {
    const wanted = new Set(items.map(this.key));
    for (const [key, { element }] of this.#parts) {
      if (wanted.has(key)) continue;
      element.remove();
      this.#parts.delete(key);
    }
    items.forEach((item, index) => {
      const part = this.#part(item);
      // An element that is moved loses the focus, so only those that have to are.
      const there = this.place.children[index] ?? null;
      if (there !== part.element) this.place.insertBefore(part.element, there);
      part.draw(item);
    });
  }

  /** @param {Item} item */
  #part(item) {
    const key = this.key(item);
    const known = this.#parts.get(key);
    if (known) return known;
    const part = this.make(item);
    this.#parts.set(key, part);
    return part;
  }
}
