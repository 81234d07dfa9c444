// What the application answered, where deliveries go on to one.

import { h } from "./shared/dom.js";
import { visible, visibleLines } from "./shared/visible.js";

const STATES = {
  pending: { look: "unsigned", text: "will be tried again" },
  delivered: { look: "valid", text: "delivered" },
  refused: { look: "invalid", text: "refused" },
  failed: { look: "invalid", text: "given up" },
};

/** @param {import("./api.js").Forwarded} forwarded */
export function forwardedPanel({ to, state, status, took_ms, attempts, error, body }) {
  const { look, text } = STATES[state];
  const tries = attempts === 1 ? "at the first attempt" : `after ${attempts} attempts`;
  const took = took_ms === null ? "" : ` in ${took_ms.toFixed(1)} ms`;
  return h(
    "section",
    { class: "panel", "aria-label": "The application's answer" },
    h("header", {}, h("h2", {}, "Forwarded"), h("span", { class: `badge ${look}` }, text)),
    h(
      "div",
      { class: "inside forward-answer" },
      h("p", { class: "mono" }, ...visible(to)),
      attempts > 0 && h("p", {}, status !== null && h("span", { class: `badge ${look}` }, status), ` ${tries}${took}`),
      error && h("p", { class: "problem" }, ...visible(error)),
      body && h("pre", {}, ...visibleLines(body)),
    ),
  );
}
