// What the application answered, where deliveries go on to one.

import { get } from "./api.js";
import { fill, h } from "./shared/dom.js";
import { visible, visibleLines } from "./shared/visible.js";

const STATES = {
  pending: { look: "unsigned", text: "will be tried again" },
  delivered: { look: "valid", text: "delivered" },
  refused: { look: "invalid", text: "refused" },
  failed: { look: "invalid", text: "given up" },
};

/** How often a delivery is looked at that is still on its way, in milliseconds. */
const LOOK_EVERY = 1000;

/**
 * @param {import("./api.js").Delivery} delivery
 * @param {AbortSignal} signal aborted when another delivery is shown
 */
export function forwardedPanel({ id, forward }, signal) {
  if (!forward) return null;
  const place = h("div", { "aria-live": "polite" });
  /** @param {import("./api.js").Forwarded} forwarded */
  const show = (forwarded) => {
    fill(place, panel(forwarded));
    if (forwarded.state === "pending") setTimeout(look, LOOK_EVERY);
  };
  const look = async () => {
    if (signal.aborted) return;
    const delivery = await get(`deliveries/${id}`, {}, signal).catch(() => null);
    if (delivery?.forward && !signal.aborted) show(delivery.forward);
  };
  show(forward);
  return place;
}

/** @param {import("./api.js").Forwarded} forwarded */
function panel({ to, state, status, took_ms, attempts, error, body }) {
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
