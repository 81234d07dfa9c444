// A button that opens a menu below itself, with the keys that menus have.

import { fill, h } from "./dom.js";

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {string} [note] a line below the label
 * @property {string} [href] for what is fetched rather than done
 * @property {() => void} [run]
 */

/**
 * @param {HTMLButtonElement} button
 * @param {() => Item[]} items asked for each time the menu opens
 * @param {{ start?: boolean }} [options] `start`: the menu grows to the right
 * @returns {HTMLElement} the button and its menu, to be put into the page
 */
export function menu(button, items, { start = false } = {}) {
  const list = h("div", { class: start ? "menu start" : "menu", role: "menu", hidden: true, tabindex: -1 });
  const anchor = h("div", { class: "menu-anchor" }, button, list);
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");

  /** @param {boolean} isOpen */
  const toggle = (isOpen) => {
    list.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    list.setAttribute("aria-label", button.getAttribute("aria-label") ?? button.textContent ?? "");
    if (!isOpen) return;
    fill(list, ...items().map((item) => entry(item, () => close(true))));
    focus(0);
  };
  /** @param {boolean} returnFocus */
  const close = (returnFocus) => {
    if (list.hidden) return;
    toggle(false);
    if (returnFocus) button.focus();
  };
  const entries = () => /** @type {HTMLElement[]} */ ([...list.children]);
  /** @param {number} index */
  const focus = (index) =>
    entries()
      .at(index % entries().length)
      ?.focus();

  button.addEventListener("click", () => toggle(list.hidden === true));
  anchor.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const at = entries().indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) focus(to);
    else if (event.key === "Escape") close(true);
    else if (event.key === "Tab") close(false);
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.stopPropagation();
    if (event.key !== "Tab" && event.key !== "Enter" && event.key !== " ") event.preventDefault();
  });
  anchor.addEventListener("focusout", (event) => {
    if (!anchor.contains(/** @type {Node | null} */ (event.relatedTarget))) close(false);
  });
  return anchor;
}

/**
 * @param {Item} item
 * @param {() => void} close
 */
function entry({ label, note, href, run }, close) {
  const attributes = { role: "menuitem", tabindex: -1 };
  const content = [label, note && h("small", {}, note)];
  const chosen = () => {
    close();
    run?.();
  };
  return href === undefined
    ? h("button", { ...attributes, type: "button", onclick: chosen }, ...content)
    : h("a", { ...attributes, href, download: true, onclick: chosen }, ...content);
}
