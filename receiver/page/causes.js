// Causes of a mismatch, each proved: the signature matches if ….

import { get } from "./api.js";
import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { visible } from "./shared/visible.js";

/** Somebody who walks through the list does not ask about each. */
const PAUSE = 350;

/**
 * Looks for the causes by itself, once the delivery has been looked at for a moment.
 *
 * @param {import("./api.js").Delivery} delivery
 * @param {AbortSignal} signal
 */
export function causesOf(delivery, signal) {
  const place = h("div", { class: "causes", "aria-live": "polite" });
  const ask = async () => {
    fill(place, h("p", { class: "muted" }, "Looking for the cause…"));
    try {
      const explanation = await get(`deliveries/${delivery.id}/explain`, {}, signal);
      if (!signal.aborted) fill(place, ...explained(explanation));
    } catch (error) {
      if (!signal.aborted) fill(place, ...failed(error, ask));
    }
  };
  setTimeout(() => !signal.aborted && ask(), PAUSE);
  return place;
}

/** @param {import("./api.js").Explanation} explanation */
function explained({ valid, causes, notes, tried, ruled_out }) {
  const parts = [];
  if (causes.length > 0) {
    const title = causes.length === 1 ? "The cause, proved" : "Causes, each proved";
    parts.push(h("h4", {}, title), h("ul", {}, ...causes.map(cause)));
  } else if (valid) parts.push(h("p", {}, "It verifies with the keys that are in use now."));
  else parts.push(h("h4", {}, "No cause could be proved"), h("p", {}, ruledOut(tried, ruled_out)));
  if (notes.length > 0) parts.push(h("h4", {}, "To be noted"), h("ul", {}, ...notes.map(note)));
  return parts;
}

/** @param {import("./api.js").Cause} cause */
function cause({ family, found, fix, detail }) {
  const badge = h("span", { class: "badge" }, family.replaceAll("_", " "));
  return h(
    "li",
    { class: "cause" },
    h("span", { class: "cause-sign" }, icon("check")),
    told(found, badge, fix, detail),
  );
}

/** @param {import("./api.js").Note} note */
function note({ found, fix, detail }) {
  return h("li", {}, told(found, null, fix, detail));
}

/**
 * @param {string} found
 * @param {Node | null} badge
 * @param {string} fix
 * @param {import("./api.js").Note["detail"]} detail
 */
function told(found, badge, fix, detail) {
  const details = Object.entries(detail).map(([name, value]) => `${name.replaceAll("_", " ")}: ${value}`);
  return h(
    "div",
    {},
    h("p", { class: "found" }, ...visible(found), " ", badge),
    h("p", {}, ...visible(fix)),
    details.length > 0 && h("p", { class: "muted small" }, ...visible(details.join(" · "))),
  );
}

/**
 * @param {number} tried
 * @param {import("./api.js").RuledOut} ruledOut
 */
function ruledOut(tried, { keys, bodies, inputs, pairs }) {
  const kinds = `${keys} other keys, ${bodies} changes of the body, ${inputs} other signing inputs and ${pairs} pairs of them`;
  return (
    `Ruled out by ${tried} signatures: ${kinds}. ` +
    "Either the sender has an altogether different key, or the body differs in its content."
  );
}

/**
 * @param {unknown} error
 * @param {() => void} again
 */
function failed(error, again) {
  const message = error instanceof Error ? error.message : String(error);
  return [
    h("p", { class: "muted" }, message),
    h("button", { class: "button small", type: "button", onclick: again }, "Look for the cause again"),
  ];
}
