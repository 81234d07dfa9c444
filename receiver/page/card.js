// A delivery's card in the list.

import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { visible, visibleText } from "./shared/visible.js";
import { ago, size } from "./shared/when.js";

/** Of a path; more would not be seen. */
const LONGEST = 160;

export const SIGNS = /** @type {const} */ ({ valid: "check", invalid: "cross", unsigned: "question" });

/** An empty card. */
export function makeCard() {
  return h(
    "div",
    { role: "option", class: "card" },
    h("span", { class: "card-verdict" }),
    h("span", { class: "badge method card-method" }),
    h("span", { class: "card-path mono" }),
    h("span", { class: "card-when muted" }),
    h("span", { class: "card-note muted" }),
    h("span", { class: "card-size muted" }),
  );
}

/**
 * @param {HTMLElement} card
 * @param {import("./row.js").Row} row
 * @param {boolean} isUnread
 */
export function drawCard(card, row, isUnread) {
  const [verdict, method, path, when, note, octets] = /** @type {HTMLElement[]} */ ([...card.children]);
  if (!verdict || !method || !path || !when || !note || !octets) return;
  card.className = `card ${row.verdict}${isUnread ? " unread" : ""}`;
  fill(
    verdict,
    icon(SIGNS[row.verdict]),
    h("span", { class: "spoken" }, `${isUnread ? "unread, " : ""}${row.verdict}, `),
  );
  fill(method, visibleText(row.method.slice(0, 20)));
  fill(path, ...visible(shortened(row.path + row.query)));
  fill(when, ago(row.time));
  fill(note, ...visible(row.note || row.verdict), row.replay && h("span", { class: "badge notice" }, "replay"));
  fill(octets, size(row.size));
}

/** @param {string} text */
function shortened(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
