// The button that goes from the system's theme to light, to dark, and back.

import { fill } from "./dom.js";
import { icon } from "./icons.js";

/** The name that `theme.js` reads too. */
const KEPT_AS = "hookseal-theme";

/** @typedef {"system" | "light" | "dark"} Theme */

/** @type {Theme[]} */
const THEMES = ["system", "light", "dark"];

const ICONS = /** @type {const} */ ({ system: "system", light: "sun", dark: "moon" });

/** @param {HTMLButtonElement} button */
export function themeSwitch(button) {
  show(button);
  button.addEventListener("click", () => {
    choose(THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length] ?? "system");
    show(button);
  });
}

/** @returns {Theme} */
function current() {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** @param {Theme} theme */
function choose(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEPT_AS, theme);
  } catch {
    // It holds until the page is closed.
  }
}

/** @param {HTMLButtonElement} button */
function show(button) {
  const label = `Theme: ${current()}`;
  fill(button, icon(ICONS[current()]));
  button.setAttribute("aria-label", label);
  button.title = label;
}
