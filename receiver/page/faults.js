// Answering badly on request: the rules as JSON, and some to start from.

import { get, send } from "./api.js";
import { cancel, dialog, open } from "./shared/dialogs.js";
import { fill, h } from "./shared/dom.js";
import { say } from "./shared/messages.js";

/** @type {Record<string, object>} */
const EXAMPLES = {
  "Fail twice": { path: "/*", status: [503, 503, 204], retry_after: 2 },
  "Slow by 2 s": { path: "/*", delay_ms: 2000 },
  "Reset every 3rd": { path: "/*", every: 3, kind: "reset" },
  "No answer": { path: "/*", kind: "empty" },
  "Half a body": { path: "/*", status: [200], kind: "truncate" },
};

export async function editFaults() {
  const { rules } = await get("faults");
  const field = h("textarea", {
    class: "field",
    id: "fault-rules",
    rows: 12,
    spellcheck: "false",
    autofocus: true,
    "aria-describedby": "fault-struck",
  });
  field.value = laidOut(rules);
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const examples = Object.entries(EXAMPLES).map(([name, rule]) => {
    const add = () => {
      field.value = laidOut([...(parsed(field.value) ?? []), rule]);
      field.focus();
    };
    return h("button", { class: "button small", type: "button", onclick: add }, name);
  });
  const use = h("button", { class: "button primary", value: "use" }, "Use these rules");
  const none = h("button", { class: "button", type: "button" }, "No faults");
  none.addEventListener("click", () => {
    field.value = "[]";
    use.click();
  });
  const box = dialog(
    "Faults",
    h(
      "p",
      { class: "muted" },
      "Answers that go wrong on request, to see how a sender takes it. Deliveries are captured and judged as ever.",
    ),
    h("div", { class: "examples", role: "group", "aria-label": "Add a rule" }, ...examples),
    h("div", {}, h("label", { class: "label", for: "fault-rules" }, "Rules (JSON)"), field),
    h("p", { class: "muted small", id: "fault-struck" }, struck(rules)),
    problem,
    h("div", { class: "buttons" }, cancel(), none, use),
  );
  box.querySelector("form")?.addEventListener("submit", async (event) => {
    if (event.submitter !== use) return;
    event.preventDefault();
    try {
      const answer = await send("PUT", "faults", { rules: JSON.parse(field.value || "[]") });
      box.close();
      say(
        answer.rules.length === 0
          ? "No faults"
          : `${answer.rules.length} fault ${answer.rules.length === 1 ? "rule" : "rules"} in force`,
      );
    } catch (error) {
      problem.hidden = false;
      fill(problem, error instanceof Error ? error.message : String(error));
    }
  });
  await open(box);
}

/** @param {string} text */
function parsed(text) {
  try {
    const rules = JSON.parse(text || "[]");
    return Array.isArray(rules) ? rules : null;
  } catch {
    return null;
  }
}

/** @param {object[]} rules */
function laidOut(rules) {
  return rules.length === 0 ? "[]" : `[\n${rules.map((rule) => `  ${JSON.stringify(rule)}`).join(",\n")}\n]`;
}

/** @param {{ matched?: number, struck?: number }[]} rules */
function struck(rules) {
  if (rules.length === 0) return "No rule is in force.";
  return rules
    .map(({ matched = 0, struck = 0 }, index) => `Rule ${index + 1} has struck at ${struck} of ${matched} deliveries.`)
    .join(" ");
}
