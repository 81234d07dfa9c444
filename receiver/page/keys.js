// The keyboard: what each key does, and the dialog that says so.

import { cancel, dialog, open } from "./shared/dialogs.js";
import { h } from "./shared/dom.js";

/** Letters may be in the way of speech input and of other tools, so they can be turned off. */
const KEPT_AS = "hookseal-keys";

/** @typedef {{ keys: string[], does: string, run: (key: string) => void }} Key */

/** @param {Key[]} keys */
export function listenToKeys(keys) {
  const byKey = new Map(keys.flatMap(({ keys, run }) => keys.map((key) => /** @type {const} */ ([key, run]))));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const isTyping = target.matches("input, textarea, select");
    if (isTyping && event.key !== "Escape") return;
    if (event.key.length === 1 && !areLettersOn()) return;
    // A button's own keys, and those that scroll what has the focus.
    if (event.key === "Enter" && target.matches("button, a")) return;
    if (/^(Arrow|Home|End)/.test(event.key) && target.closest(".detail, [role=region]")) return;
    const run = byKey.get(event.key);
    if (!run) return;
    event.preventDefault();
    run(event.key);
  });
}

/** @param {Key[]} keys */
export async function showKeys(keys) {
  const rows = keys.map(({ keys, does }) =>
    h("tr", {}, h("td", {}, ...keys.flatMap((key) => [h("kbd", { class: "key" }, name(key)), " "])), h("td", {}, does)),
  );
  const box = h("input", { type: "checkbox", id: "letters" });
  box.checked = areLettersOn();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(KEPT_AS, box.checked ? "on" : "off");
    } catch {
      // Then they stay on.
    }
  });
  await open(
    dialog(
      "Keys",
      h(
        "table",
        { class: "table keys" },
        h(
          "thead",
          { class: "spoken" },
          h("tr", {}, h("th", { scope: "col" }, "Key"), h("th", { scope: "col" }, "Does")),
        ),
        h("tbody", {}, ...rows),
      ),
      h("h3", {}, "Filters"),
      h(
        "p",
        { class: "muted" },
        "Words are looked for in path, query, headers and body. ",
        h("code", {}, "path:/hooks/*"),
        ", ",
        h("code", {}, "method:POST"),
        ", ",
        h("code", {}, "code:signature_mismatch"),
        " and ",
        h("code", {}, "verdict:invalid"),
        " narrow it down further.",
      ),
      h("p", {}, box, " ", h("label", { for: "letters" }, "Single letters and signs are keys")),
      h("div", { class: "buttons" }, cancel("Close")),
    ),
  );
}

function areLettersOn() {
  try {
    return localStorage.getItem(KEPT_AS) !== "off";
  } catch {
    return true;
  }
}

/** @param {string} key */
function name(key) {
  return { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" }[key] ?? key;
}
