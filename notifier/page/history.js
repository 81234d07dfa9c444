// A resource's history: fetched, drawn, and read point by point with the mouse or the keyboard.

import { get } from "./api.js";
import { makePlot, topOf, WIDTH } from "./plot.js";
import { fill, h } from "./shared/dom.js";
import { visibleText } from "./shared/visible.js";
import { amount, NAMES, share } from "./words.js";

const HOUR = 3_600_000;

/** @typedef {keyof typeof RANGES} Range */

export const RANGES = /** @type {const} */ ({
  day: { label: "24 h", words: "24 hours", ago: "−24 h", half: "−12 h", length: 24 * HOUR },
  week: { label: "7 d", words: "7 days", ago: "−7 d", half: "−3.5 d", length: 7 * 24 * HOUR },
  month: { label: "30 d", words: "30 days", ago: "−30 d", half: "−15 d", length: 30 * 24 * HOUR },
});

const TIME = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** A plot shows what has changed at most so often, in milliseconds. */
const FRESH_FOR = 5000;

export class HistoryPlot {
  /** @type {import("./api.js").Resource | null} */
  #resource = null;
  /** @type {import("./api.js").Point[]} */
  #points = [];
  #plot = makePlot();
  #cursor = h("div", { class: "history-cursor", hidden: true }, h("span", { class: "history-dot" }));
  #readout = h("p", { class: "history-readout small" });
  #scale = h("div", { class: "history-scale muted", "aria-hidden": "true" });
  #marks = h("div", { class: "history-marks", "aria-hidden": "true" });
  #at = -1;
  /** What the drawing is of. */
  #shown = "";
  #fetched = 0;
  #isSeen = false;
  #span = { from: 0, to: 1 };
  #top = 100;

  constructor() {
    this.slider = h(
      "div",
      {
        class: "history-place",
        role: "slider",
        tabindex: 0,
        "aria-valuemin": 0,
        "aria-valuemax": 0,
        "aria-valuenow": 0,
        onpointermove: (/** @type {PointerEvent} */ event) => this.#point(event),
        onpointerleave: () => this.#move(-1),
        onblur: () => this.#move(-1),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
      },
      this.#plot.element,
      this.#marks,
      this.#cursor,
    );
    this.element = h("div", { class: "history" }, this.#readout, this.slider, this.#scale);
    // What nobody sees is not asked for: there may be many.
    new IntersectionObserver(([entry]) => {
      this.#isSeen = entry?.isIntersecting ?? false;
      this.#fetch();
    }).observe(this.element);
  }

  /**
   * @param {import("./api.js").Resource} resource
   * @param {Range} range
   */
  draw(resource, range) {
    this.#resource = resource;
    this.range = range;
    this.slider.setAttribute("aria-label", `History of ${this.#name()} over ${RANGES[range].words}`);
    this.#fetch();
  }

  async #fetch() {
    const { range } = this;
    const resource = this.#resource;
    if (!resource || !range || !this.#isSeen) return;
    const { service, resource: what, sampled_at } = resource;
    const wanted = JSON.stringify([range, sampled_at, resource.percent]);
    const isOther = range !== JSON.parse(this.#shown || "[]")[0];
    if (wanted === this.#shown || (!isOther && performance.now() - this.#fetched < FRESH_FOR)) return;
    this.#shown = wanted;
    this.#fetched = performance.now();
    const since = new Date(Date.now() - RANGES[range].length).toISOString();
    try {
      /** @type {import("./api.js").History} */
      const history = await get("history", { service, resource: what, since });
      if (range === this.range) this.#take(history);
    } catch {
      this.#shown = "";
    }
  }

  /** @param {import("./api.js").History} history */
  #take({ since, until, points }) {
    this.#points = points;
    this.#span = { from: Date.parse(since), to: Date.parse(until) };
    const { lines } = this;
    const places = points.map((point) => {
      const { percent, low, high, gap = false } = point;
      return { x: this.#x(point) * WIDTH, percent, low, high, gap };
    });
    // The last figures hold until now, unless nothing is known any more.
    const last = places.at(-1);
    if (last && !this.#resource?.unknown)
      places.push({ ...last, x: WIDTH, gap: false, low: last.percent, high: last.percent });
    const top = topOf(places, lines);
    this.#top = top;
    this.#plot.draw({ places, lines, top });
    fill(
      this.#marks,
      this.#mark(top, "edge"),
      this.#mark(lines.warning, "warning"),
      this.#mark(lines.critical, "critical"),
    );
    const { ago, half } = RANGES[this.range ?? "day"];
    fill(this.#scale, h("span", {}, ago), h("span", {}, half), h("span", {}, "now"));
    this.slider.setAttribute("aria-valuemax", String(Math.max(0, points.length - 1)));
    this.#move(this.slider.matches(":focus") ? Math.min(this.#at, points.length - 1) : -1);
  }

  /** In percent of the total as it is now. */
  get lines() {
    return linesOf(this.#resource);
  }

  /**
   * How far below the upper edge a share is.
   *
   * @param {number} percent
   */
  #height(percent) {
    return `${((this.#top - percent) / this.#top) * 100}%`;
  }

  /**
   * @param {number} percent
   * @param {string} name
   */
  #mark(percent, name) {
    const element = h("span", { class: name }, share(percent));
    element.style.top = this.#height(percent);
    return element;
  }

  #name() {
    const { service = "", resource = "disk" } = this.#resource ?? {};
    return `${visibleText(service)}, ${NAMES[resource].toLowerCase()}`;
  }

  /** @param {import("./api.js").Point} point */
  #x({ at }) {
    const { from, to } = this.#span;
    return Math.min(1, Math.max(0, (Date.parse(at) - from) / Math.max(1, to - from)));
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const { left, width } = this.slider.getBoundingClientRect();
    const x = (event.clientX - left) / Math.max(1, width);
    const distances = this.#points.map((point) => Math.abs(this.#x(point) - x));
    this.#move(distances.indexOf(Math.min(...distances)));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#points.length - 1;
    const at = this.#at < 0 ? last + 1 : this.#at;
    const page = Math.max(1, Math.round(last / 10));
    const to = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageDown: at - page,
      PageUp: at + page,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#move(Math.min(last, Math.max(0, to)));
  }

  /** @param {number} index of a point; of none, what is shown is all of them */
  #move(index) {
    this.#at = index;
    const point = this.#points[index];
    this.#cursor.hidden = !point;
    const words = point ? this.#say(point) : this.#sayAll();
    fill(this.#readout, words);
    this.slider.setAttribute("aria-valuenow", String(Math.max(0, point ? index : this.#points.length - 1)));
    this.slider.setAttribute("aria-valuetext", words);
    if (!point) return;
    this.#cursor.style.left = `${this.#x(point) * 100}%`;
    /** @type {HTMLElement} */ (this.#cursor.firstElementChild).style.top = this.#height(point.percent);
  }

  /** @param {import("./api.js").Point} point */
  #say({ at, percent, low, high, available }) {
    const time = TIME.format(Date.parse(at));
    const range = high - low >= 0.5 ? `, from ${share(low)} to ${share(high)}` : "";
    return `${time}: ${share(percent)} free, ${amount(this.#resource?.resource ?? "disk", available)}${range}`;
  }

  #sayAll() {
    if (this.#points.length === 0) return "Nothing was measured in this time.";
    const low = Math.min(...this.#points.map((point) => point.low));
    const high = Math.max(...this.#points.map((point) => point.high));
    return `Between ${share(low)} and ${share(high)} free`;
  }
}

/**
 * The lines in percent of the total.
 *
 * @param {import("./api.js").Resource | null} resource
 */
export function linesOf(resource) {
  if (!resource?.lines || !resource.total) return { warning: 20, critical: 10 };
  const percent = (/** @type {number} */ line) => (line / (resource.total ?? 1)) * 100;
  return { warning: percent(resource.lines.warning), critical: percent(resource.lines.critical) };
}
