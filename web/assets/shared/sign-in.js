// Where the API asks for a token.

import { send } from "./client.js";
import { fill, h } from "./dom.js";

/**
 * @param {object} options
 * @param {string} options.title
 * @param {import("./dom.js").Child[]} options.lead where the token comes from
 * @param {string} options.action what the button says
 * @param {() => void} options.signedIn
 */
export function signIn({ title, lead, action, signedIn }) {
  const field = h("input", {
    class: "field",
    id: "token",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const submit = h("button", { class: "button primary" }, action);
  const form = h(
    "form",
    {},
    h("div", {}, h("label", { class: "label", for: "token" }, "Token"), field),
    problem,
    submit,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.hidden = true;
    try {
      await send("POST", "login", { token: field.value });
      signedIn();
    } catch (error) {
      problem.hidden = false;
      fill(problem, error instanceof Error ? error.message : String(error));
      field.select();
    }
    submit.disabled = false;
  });
  return h(
    "div",
    { class: "welcome sign-in" },
    h("div", {}, h("h2", {}, title), h("p", { class: "lead" }, ...lead)),
    form,
  );
}
