// What the signature proves, why not, and what to do about it.

import { causesOf } from "./causes.js";
import { SIGNS } from "./card.js";
import { h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { visible } from "./shared/visible.js";

const TITLES = { valid: "Valid", invalid: "Not valid", unsigned: "Not signed" };

/**
 * @param {import("./api.js").Delivery} delivery
 * @param {(text: string) => void} filterBy
 * @param {AbortSignal} signal aborted when another delivery is shown
 */
export function verdictPanel(delivery, filterBy, signal) {
  const { verdict, code } = delivery;
  return h(
    "section",
    { class: `panel verdict ${verdict}`, "aria-label": "Verdict" },
    h(
      "div",
      { class: "verdict-head" },
      h("span", { class: "verdict-sign" }, icon(SIGNS[verdict])),
      h("h3", {}, TITLES[verdict]),
      code && codeBadge(code, filterBy),
      delivery.replay && h("span", { class: "badge notice" }, "replay"),
      delivery.truncated && h("span", { class: "badge notice" }, "truncated"),
    ),
    h("div", { class: "verdict-text" }, ...reasons(delivery)),
    verdict === "invalid" && causesOf(delivery, signal),
  );
}

/**
 * @param {string} code
 * @param {(text: string) => void} filterBy
 */
function codeBadge(code, filterBy) {
  const title = `Show the deliveries with ${code}`;
  return h("button", { class: "badge code", type: "button", title, onclick: () => filterBy(`code:${code}`) }, code);
}

/** @param {import("./api.js").Delivery} delivery */
function reasons({ verdict, key, message, hint, replay, truncated }) {
  const text = [];
  if (verdict === "valid" && key)
    text.push(h("p", {}, "Signed with key ", h("b", {}, String(key.index)), ", read as ", h("b", {}, key.format), "."));
  if (message) text.push(h("p", {}, ...visible(sentence(message))));
  if (hint) text.push(h("p", { class: "hint" }, h("b", {}, "What to do "), ...visible(hint)));
  if (replay) text.push(h("p", {}, "A verified delivery with this signature or this notification id came before."));
  if (truncated) text.push(h("p", {}, "The body went on: it is over the limit, or the sender stopped half-way."));
  return text;
}

/** @param {string} text */
function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
