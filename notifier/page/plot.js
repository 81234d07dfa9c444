// Past shares as a line, with the two lines below which it is bad, and where it was below them in their colours.

import { fill, s } from "./shared/dom.js";

/** Of the drawing's own units, of which one is a percent high; it is stretched to its place. */
export const WIDTH = 1000;
const HEIGHT = 100;

let plots = 0;

/**
 * @typedef {object} Drawing
 * @property {SVGSVGElement} element
 * @property {(shown: Shown) => void} draw
 *
 * @typedef {object} Shown
 * @property {Place[]} places oldest first
 * @property {{ warning: number, critical: number }} lines in percent
 * @property {number} top the percentage at the upper edge
 *
 * @typedef {{ x: number, percent: number, low: number, high: number, gap: boolean }} Place
 */

/** @returns {Drawing} */
export function makePlot() {
  plots += 1;
  const id = `plot-${plots}`;
  const element = s("svg", {
    class: "history-plot",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  return { element, draw: (shown) => draw(element, id, shown) };
}

/**
 * @param {SVGSVGElement} element
 * @param {string} id
 * @param {Shown} shown
 */
function draw(element, id, { places, lines, top }) {
  element.setAttribute("viewBox", `0 ${HEIGHT - top} ${WIDTH} ${top}`);
  const pieces = whole(places);
  const bands = /** @type {const} */ ([
    ["fine", lines.warning, 100],
    ["warning", lines.critical, lines.warning],
    ["critical", 0, lines.critical],
  ]);
  fill(
    element,
    ...bands.map(([name, from, to]) =>
      s("clipPath", { id: `${id}-${name}` }, s("rect", { x: -10, width: WIDTH + 20, ...between(from, to) })),
    ),
    ...bands
      .slice(1)
      .map(([name, from, to]) =>
        s("rect", { class: `zone ${name}`, x: 0, width: WIDTH, y: y(to), height: y(from) - y(to) }),
      ),
    ...[25, 50, 75].map((percent) => across(percent, "grid")),
    ...bands.map(([name]) =>
      s(
        "g",
        { class: `share ${name}`, "clip-path": `url(#${id}-${name})` },
        s("path", { class: "area", d: pieces.map(area).join("") }),
        s("path", { class: "range", d: pieces.map(range).join("") }),
        s("path", { class: "line", d: pieces.map(line).join(""), "vector-effect": "non-scaling-stroke" }),
      ),
    ),
    across(lines.warning, "limit warning"),
    across(lines.critical, "limit critical"),
  );
}

/**
 * The pieces between which nothing is known. One that is a single place is as wide as can be seen.
 *
 * @param {Place[]} places
 */
function whole(places) {
  /** @type {Place[][]} */
  const pieces = [];
  for (const place of places) {
    const last = pieces.at(-1);
    if (last && !place.gap) last.push(place);
    else pieces.push([place]);
  }
  return pieces.map((piece) =>
    piece[0] && piece.length === 1 ? [piece[0], { ...piece[0], x: piece[0].x + 1 }] : piece,
  );
}

/** @param {Place[]} piece */
function line(piece) {
  return `M${piece.map(({ x, percent }) => `${x.toFixed(1)} ${y(percent)}`).join("L")}`;
}

/** @param {Place[]} piece */
function area(piece) {
  return `${line(piece)}L${piece.at(-1)?.x.toFixed(1)} ${HEIGHT}L${piece[0]?.x.toFixed(1)} ${HEIGHT}Z`;
}

/** @param {Place[]} piece */
function range(piece) {
  const there = piece.map(({ x, high }) => `${x.toFixed(1)} ${y(high)}`);
  const back = piece.map(({ x, low }) => `${x.toFixed(1)} ${y(low)}`).reverse();
  return `M${[...there, ...back].join("L")}Z`;
}

/**
 * @param {number} percent
 * @param {string} name
 */
function across(percent, name) {
  const ends = { x1: 0, x2: WIDTH, y1: y(percent), y2: y(percent) };
  return s("line", { class: name, ...ends, "vector-effect": "non-scaling-stroke" });
}

/**
 * What lies between two shares; beyond the last one too, so that a line on the edge is whole.
 *
 * @param {number} from
 * @param {number} to
 */
function between(from, to) {
  const [top, bottom] = [to === 100 ? -10 : y(to), from === 0 ? HEIGHT + 10 : y(from)];
  return { y: top, height: bottom - top };
}

/** Where the upper edge can be. */
const TOPS = [30, 40, 60, 80, 100];

/**
 * The upper edge: as low as what is shown allows, since the lines are low.
 *
 * @param {Place[]} places
 * @param {{ warning: number }} lines
 */
export function topOf(places, { warning }) {
  const highest = Math.max(warning * 1.5, ...places.map(({ high }) => high * 1.08));
  return TOPS.find((top) => top >= highest) ?? 100;
}

/** @param {number} percent */
function y(percent) {
  return Math.round((HEIGHT - percent) * 100) / 100;
}
