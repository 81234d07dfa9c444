// Deliveries per minute by verdict, over the last hour: a plot, and the same as a table.

import { drawBars } from "./shared/bars.js";
import { fill, h, s } from "./shared/dom.js";
import { grouped } from "./shared/when.js";

const MINUTES = 60;
const MINUTE = 60_000;
const VERDICTS = /** @type {const} */ (["valid", "unsigned", "invalid"]);

/** @typedef {Record<"valid" | "invalid" | "unsigned", number>} Counts */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export class Activity {
  /** @type {Map<number, Counts>} by the minute since 1970 */
  #minutes = new Map();
  #plot = s("svg", { id: "activity-plot", class: "plot" });
  #table = h("div", {
    class: "activity-table",
    hidden: true,
    role: "region",
    "aria-label": "Deliveries per minute",
    tabindex: 0,
  });
  #sum = h("span", { class: "muted small" });
  #scheduled = false;

  constructor() {
    const toggle = h(
      "button",
      { class: "button quiet small", type: "button", "aria-expanded": "false", "aria-label": "Activity as a table" },
      "Table",
    );
    toggle.addEventListener("click", () => {
      this.#table.hidden = !this.#table.hidden;
      toggle.setAttribute("aria-expanded", String(!this.#table.hidden));
      this.#draw();
    });
    this.element = h(
      "div",
      { class: "activity" },
      h("div", { class: "activity-head" }, h("h2", { class: "small" }, "Last hour"), this.#sum, toggle),
      h("div", { class: "activity-plot" }, this.#plot),
      h(
        "div",
        { class: "activity-scale muted", "aria-hidden": "true" },
        h("span", {}, "−60 min"),
        h("span", {}, "−30"),
        h("span", {}, "now"),
      ),
      this.#table,
    );
    this.#draw();
    setInterval(() => this.#draw(), 10_000);
  }

  /** @param {import("./row.js").Row[]} rows */
  add(rows) {
    for (const { time, verdict } of rows) {
      const minute = Math.floor(time / MINUTE);
      const counts = this.#minutes.get(minute) ?? { valid: 0, invalid: 0, unsigned: 0 };
      counts[verdict] += 1;
      this.#minutes.set(minute, counts);
    }
    if (rows.length > 0) this.#schedule();
  }

  clear() {
    this.#minutes.clear();
    this.#draw();
  }

  /** Not with each delivery, of which there may be thousands a second. */
  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => this.#draw(), 200);
  }

  #draw() {
    this.#scheduled = false;
    const now = Math.floor(Date.now() / MINUTE);
    for (const minute of this.#minutes.keys()) if (minute <= now - MINUTES) this.#minutes.delete(minute);
    const minutes = Array.from({ length: MINUTES }, (_, index) => now - MINUTES + 1 + index);
    const bars = minutes.map((minute) => {
      const counts = this.#minutes.get(minute);
      return {
        title: `${clock(minute)}: ${counts ? inWords(counts) : "none"}`,
        parts: VERDICTS.map((kind) => ({ kind, value: counts?.[kind] ?? 0 })),
      };
    });
    const all = sum([...this.#minutes.values()]);
    const most = Math.max(
      0,
      ...[...this.#minutes.values()].map((counts) => counts.valid + counts.invalid + counts.unsigned),
    );
    const total = all.valid + all.invalid + all.unsigned;
    fill(
      this.#sum,
      total === 0
        ? "no deliveries"
        : `${grouped(total)} ${total === 1 ? "delivery" : "deliveries"}, up to ${grouped(most)}/min`,
    );
    const description = `Over the last hour: ${inWords(all)}; up to ${grouped(most)} in a minute.`;
    drawBars(this.#plot, bars, { title: "Deliveries per minute by verdict", description });
    if (!this.#table.hidden) fill(this.#table, this.#tableOf(minutes));
  }

  /** @param {number[]} minutes */
  #tableOf(minutes) {
    const busy = minutes.filter((minute) => this.#minutes.has(minute)).reverse();
    if (busy.length === 0) return h("p", { class: "muted small" }, "Nothing came in the last hour.");
    const head = ["Minute", "Valid", "Unsigned", "Invalid"].map((name) => h("th", { scope: "col" }, name));
    const body = busy.map((minute) => {
      const cells = VERDICTS.map((verdict) => h("td", {}, grouped(this.#minutes.get(minute)?.[verdict] ?? 0)));
      return h("tr", {}, h("th", { scope: "row" }, clock(minute)), ...cells);
    });
    return h("table", { class: "table small" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body));
  }
}

/** @param {number} minute */
function clock(minute) {
  return CLOCK.format(minute * MINUTE);
}

/** @param {Counts[]} all */
function sum(all) {
  const counts = { valid: 0, invalid: 0, unsigned: 0 };
  for (const each of all) for (const verdict of VERDICTS) counts[verdict] += each[verdict];
  return counts;
}

/** @param {Counts} counts */
function inWords(counts) {
  return VERDICTS.map((verdict) => `${grouped(counts[verdict])} ${verdict}`).join(", ");
}
