// Dialogs: the browser's own, which keep the focus and close with Escape.

import { h } from "./dom.js";

/**
 * Opens a dialog and removes it once it is closed.
 *
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<string>} what closed it: a button's value
 */
export function open(dialog) {
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    // A press beside it closes it too.
    dialog.addEventListener("mousedown", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
    // Where nothing asks for the focus, its start has it: what comes first is read first.
    if (!dialog.querySelector("[autofocus]")) dialog.querySelector("h2")?.focus();
  });
}

/**
 * @param {string} title
 * @param {...import("./dom.js").Child} content
 */
export function dialog(title, ...content) {
  return h(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title" },
    h("form", { method: "dialog" }, h("h2", { id: "dialog-title", tabindex: -1 }, title), ...content),
  );
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} action what the button says
 */
export async function confirm(title, text, action) {
  const yes = h("button", { class: "button danger", value: "yes", autofocus: true }, action);
  const answer = await open(dialog(title, h("p", {}, text), h("div", { class: "buttons" }, cancel(), yes)));
  return answer === "yes";
}

export function cancel(text = "Cancel") {
  return h("button", { class: "button", value: "", formnovalidate: true }, text);
}

/**
 * Asks for a text and does something with it; stays open, so that what came of it can be seen and be tried again.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.text
 * @param {string} options.label
 * @param {string} options.value
 * @param {string} options.type of the field
 * @param {string} options.action
 * @param {HTMLElement} options.below where `run` shows what came of it
 * @param {(value: string) => Promise<void>} options.run
 */
export async function ask({ title, text, label, value, type, action, below, run }) {
  const field = h("input", {
    class: "field mono",
    id: "dialog-field",
    type,
    required: true,
    autofocus: true,
    autocomplete: "off",
    spellcheck: "false",
  });
  field.value = value;
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const go = h("button", { class: "button primary", value: "go" }, action);
  const box = dialog(
    title,
    h("p", { class: "muted" }, text),
    h("div", {}, h("label", { class: "label", for: "dialog-field" }, label), field),
    problem,
    below,
    h("div", { class: "buttons" }, cancel("Close"), go),
  );
  onSubmit(box, go, problem, () => run(field.value));
  await open(box);
}

/**
 * Does something when a dialog's button is pressed. The dialog stays, with what is wrong, unless that closes it.
 *
 * @param {HTMLDialogElement} box
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} problem where what is wrong is shown
 * @param {() => Promise<void>} run
 */
export function onSubmit(box, button, problem, run) {
  box.querySelector("form")?.addEventListener("submit", async (event) => {
    if (event.submitter !== button) return;
    event.preventDefault();
    button.disabled = true;
    problem.hidden = true;
    try {
      await run();
    } catch (error) {
      problem.hidden = false;
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
    button.disabled = false;
  });
}
