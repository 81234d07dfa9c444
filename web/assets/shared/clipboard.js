// Copying and saving.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./messages.js";

/**
 * Copies a text and says so.
 *
 * @param {string} text
 * @param {string} [what] is copied, for the message
 */
export async function copy(text, what = "Copied") {
  try {
    // Only there on https and on loopback addresses.
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copySelected(text);
    say(what);
  } catch {
    say("The browser did not allow copying.");
  }
}

/** @param {string} text */
function copySelected(text) {
  const field = h("textarea", { class: "spoken", readonly: true });
  field.value = text;
  const focused = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!done) throw new Error("not copied");
}

/**
 * @param {() => string | Promise<string>} text
 * @param {string} label what is copied
 * @returns {HTMLButtonElement}
 */
export function copyButton(text, label) {
  const attributes = { class: "button quiet icon", type: "button", "aria-label": label, title: label };
  return h("button", { ...attributes, onclick: async () => copy(await text()) }, icon("copy"));
}

/**
 * Saves octets or a text as a file.
 *
 * @param {BlobPart} content
 * @param {string} name
 */
export function save(content, name) {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
