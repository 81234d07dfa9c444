// The bar on top of a page.

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Whether what the page shows is current.
 *
 * @param {HTMLElement} element
 * @param {import("./stream.js").State} state
 */
export function showConnection(element, state) {
  element.dataset.state = state;
  fill(element, h("span", {}, { live: "live", connecting: "connecting…", lost: "no connection" }[state]));
}

/**
 * A button that is a picture.
 *
 * @param {Parameters<typeof icon>[0]} picture
 * @param {string} label
 * @param {() => void} [run]
 */
export function tool(picture, label, run) {
  return h(
    "button",
    { class: "button quiet icon", type: "button", "aria-label": label, title: label, onclick: run },
    icon(picture),
  );
}
