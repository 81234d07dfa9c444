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
function explained({ causes, tried }) {
  if (causes.length === 0) {
    return [
      h("h4", {}, "No cause found"),
      h(
        "p",
        {},
        "None of the known mistakes explains it: most likely the sender signs with another key.",
        ruledOut(tried),
      ),
    ];
  }
  return [
    h("h4", {}, causes.length === 1 ? "The cause, proved" : "Causes, each proved"),
    h("ul", {}, ...causes.map(item)),
  ];
}

/** @param {import("./api.js").Cause} cause */
function item({ family, found, fix }) {
  return h(
    "li",
    { class: "cause" },
    h("span", { class: "cause-sign" }, icon("check")),
    h(
      "div",
      {},
      h("p", {}, ...visible(found), " ", h("span", { class: "badge" }, family.replaceAll("_", " "))),
      h("p", { class: "fix" }, ...visible(fix)),
    ),
  );
}

/** @param {unknown} tried a number, or one for each family */
function ruledOut(tried) {
  if (typeof tried === "number") return ` ${tried} were tried.`;
  return "";
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
