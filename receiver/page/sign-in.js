// Where the API asks for a token.

import { send } from "./api.js";
import { fill, h } from "./shared/dom.js";

/** @param {() => void} signedIn */
export function signIn(signedIn) {
  const field = h("input", {
    class: "field",
    id: "token",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const submit = h("button", { class: "button primary" }, "Open the inbox");
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
  const lead = h(
    "p",
    { class: "lead" },
    "Give the token that the receiver was started with (",
    h("code", {}, "--token"),
    " or ",
    h("code", {}, "HOOKSEAL_TOKEN"),
    ").",
  );
  return h("div", { class: "welcome sign-in" }, h("div", {}, h("h2", {}, "This inbox has a token"), lead), form);
}
