// Icons, drawn on a square of 16 with a line of 1.5.

import { s } from "./dom.js";

const PATHS = {
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  question: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.6M8 12.2v.3",
  download: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10",
  replay: "M3 8a5 5 0 1 1 1.6 3.7M3 12.5V9.2h3.3",
  forward: "M9 3.5 13.5 8 9 12.5M13 8H2.5",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1.2v1.3M8 13.5v1.3M1.2 8h1.3M13.5 8h1.3M3.2 3.2l.9.9M11.9 11.9l.9.9M3.2 12.8l.9-.9M11.9 4.1l.9-.9",
  moon: "M13.3 9.8A5.8 5.8 0 0 1 6.2 2.7a5.8 5.8 0 1 0 7.1 7.1z",
  system: "M2 3h12v8H2zM5.5 13.5h5M8 11v2.5",
  keyboard: "M1.5 4h13v8.5h-13zM4 6.7h.6M7 6.7h.6M10 6.7h.6M12 6.7h.2M4 9.8h8",
  faults: "M8.8 1.8 3.5 9h3.7l-.9 5.2L12.5 6.8H8.4z",
  back: "M10 3 5 8l5 5",
  down: "M4 6l4 4 4-4",
  up: "M8 13V3.5M3.8 7.5 8 3.2l4.2 4.3",
  warning: "M8 2.5 14.2 13.5H1.8zM8 6.5v3.2M8 11.5v.2",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 4.8V8l2.2 1.6",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  silence: "M4 11V7.5a4 4 0 0 1 6.5-3.1M12 7.5V11l1 1.5H5.5M6.7 14.5h2.6M2.5 2.5l11 11",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.5 10.5l3.3 3.3",
};

/**
 * @param {keyof typeof PATHS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const look = {
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 1.5,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  };
  return s(
    "svg",
    { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true", ...look },
    s("path", { d: PATHS[name] }),
  );
}
