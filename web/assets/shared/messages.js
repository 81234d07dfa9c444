// Short messages at the edge of the page, spoken too.

import { h } from "./dom.js";

const SHOWN_FOR = 3500;

/** @param {string} text */
export function say(text) {
  const place = document.querySelector(".messages");
  if (!place) return;
  const message = h("div", { class: "message" }, text);
  place.append(message);
  setTimeout(() => message.remove(), SHOWN_FOR);
}

/**
 * @param {unknown} error
 */
export function sayError(error) {
  say(error instanceof Error ? error.message : String(error));
}
