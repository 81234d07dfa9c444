// How much of a resource is free: an arc from full at the left to free at the right, with the two lines on it.

import { fill, s } from "./shared/dom.js";

const RADIUS = 44;
const CENTRE = { x: 52, y: 52 };

/** @returns {SVGSVGElement} */
export function makeGauge() {
  return s("svg", { class: "gauge", viewBox: "0 0 104 60", role: "img" });
}

/**
 * @param {SVGSVGElement} gauge
 * @param {object} shown
 * @param {number | null} shown.percent that is free
 * @param {{ warning: number, critical: number }} shown.lines in percent
 * @param {string} shown.look the class that colours it
 * @param {string} shown.label the same in words
 */
export function drawGauge(gauge, { percent, lines, look, label }) {
  gauge.setAttribute("aria-label", label);
  fill(
    gauge,
    arc(0, 100, "track"),
    arc(lines.critical, lines.warning, "band warning"),
    arc(0, lines.critical, "band critical"),
    percent !== null && percent > 0 && arc(0, Math.max(percent, 1.5), `value ${look}`),
    s(
      "text",
      { x: CENTRE.x, y: CENTRE.y - 6, class: "gauge-number" },
      percent === null ? "?" : percent.toFixed(percent < 10 ? 1 : 0),
      percent !== null && s("tspan", { class: "gauge-unit" }, " %"),
    ),
    s("text", { x: CENTRE.x, y: CENTRE.y + 6, class: "gauge-caption" }, percent === null ? "unknown" : "free"),
  );
}

/**
 * @param {number} from in percent
 * @param {number} to
 * @param {string} name
 */
function arc(from, to, name) {
  const [start, end] = [point(from), point(to)];
  return s("path", { class: name, d: `M${start} A${RADIUS} ${RADIUS} 0 0 1 ${end}` });
}

/** @param {number} percent */
function point(percent) {
  const angle = Math.PI * (1 - Math.min(100, percent) / 100);
  const [x, y] = [CENTRE.x + RADIUS * Math.cos(angle), CENTRE.y - RADIUS * Math.sin(angle)];
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
}
