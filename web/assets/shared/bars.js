// A plot of bars that stand on one another, drawn as SVG, with what it shows in words.

import { fill, s } from "./dom.js";

/**
 * @typedef {object} Bar
 * @property {string} title what the bar stands for, in words
 * @property {{ kind: string, value: number }[]} parts from the bottom up; `kind` is the class that colours it
 */

/** Of the drawing's own units; it is stretched to its place. */
const HEIGHT = 100;
const STEP = 10;
const GAP = 2;

/**
 * @param {SVGSVGElement} plot
 * @param {Bar[]} bars
 * @param {{ title: string, description: string }} words
 */
export function drawBars(plot, bars, { title, description }) {
  const most = Math.max(1, ...bars.map(total));
  plot.setAttribute("viewBox", `0 0 ${bars.length * STEP} ${HEIGHT}`);
  plot.setAttribute("preserveAspectRatio", "none");
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-labelledby", `${plot.id}-title ${plot.id}-description`);
  fill(
    plot,
    s("title", { id: `${plot.id}-title` }, title),
    s("desc", { id: `${plot.id}-description` }, description),
    s("line", {
      class: "axis",
      x1: 0,
      x2: bars.length * STEP,
      y1: HEIGHT,
      y2: HEIGHT,
      "vector-effect": "non-scaling-stroke",
    }),
    ...bars.map((bar, index) => drawBar(bar, index * STEP, most)),
  );
}

/**
 * @param {Bar} bar
 * @param {number} x
 * @param {number} most the value that takes the whole height
 */
function drawBar(bar, x, most) {
  let top = HEIGHT;
  const parts = bar.parts
    .filter(({ value }) => value > 0)
    .map(({ kind, value }) => {
      // What is there is seen, however little it is beside the most.
      const height = Math.max(3, (value / most) * (HEIGHT - 4));
      top -= height;
      return s("rect", { class: kind, x: x + GAP / 2, y: top, width: STEP - GAP, height });
    });
  return s(
    "g",
    {},
    s("rect", { class: "slot", x, y: 0, width: STEP, height: HEIGHT }),
    ...parts,
    s("title", {}, bar.title),
  );
}

/** @param {Bar} bar */
function total({ parts }) {
  return parts.reduce((sum, { value }) => sum + value, 0);
}
