// What keeps notifications back, and until when.

import { send } from "./api.js";
import { Keyed } from "./keyed.js";
import { cancel, dialog, onSubmit, open } from "./shared/dialogs.js";
import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { say, sayError } from "./shared/messages.js";
import { visible, visibleText } from "./shared/visible.js";
import { clock, until } from "./shared/when.js";

const HOUR = 3_600_000;

const LENGTHS = /** @type {[string, number][]} */ ([
  ["1 hour", HOUR],
  ["4 hours", 4 * HOUR],
  ["1 day", 24 * HOUR],
  ["1 week", 7 * 24 * HOUR],
]);

/**
 * @param {HTMLElement} place
 * @param {import("./desk.js").Desk} desk
 */
export function silencesView(place, desk) {
  const list = h("ul", { class: "silence-list" });
  const nothing = h("p", { class: "nothing muted" }, "Nothing is kept back.");
  const add = h(
    "button",
    { class: "button small", type: "button", onclick: () => askForSilence(desk).catch(sayError) },
    icon("silence"),
    "Silence…",
  );
  fill(place, h("header", {}, h("h2", { id: "silences-title" }, "Silences"), add), list, nothing);
  /** @type {Keyed<import("./api.js").Silence>} */
  const rows = new Keyed(
    list,
    ({ id }) => id,
    (silence) => makeRow(silence, desk),
  );
  const draw = () => {
    rows.show(desk.silences);
    nothing.hidden = desk.silences.length > 0;
  };
  desk.addEventListener("silences", draw);
  setInterval(draw, 10_000);
}

/**
 * @param {import("./api.js").Silence} silence
 * @param {import("./desk.js").Desk} desk
 */
function makeRow({ id, service, severity }, desk) {
  const what = `${service === null ? "All services" : visibleText(service)}, ${severity ?? "all severities"}`;
  const end = async () => {
    await send("DELETE", `silences/${id}`);
    say("The silence has ended; what is bad is told at the next check");
    await desk.refresh();
  };
  const time = h("time", { class: "muted small" });
  const label = `End the silence of ${what}`;
  const button = h(
    "button",
    { class: "button small", type: "button", "aria-label": label, onclick: () => end().catch(sayError) },
    "End",
  );
  return {
    element: h(
      "li",
      { class: "silence" },
      h("p", {}, h("b", {}, ...(service === null ? ["All services"] : visible(service))), ` ${severity ?? ""}`),
      time,
      button,
    ),
    /** @param {import("./api.js").Silence} silence */
    draw({ until: end }) {
      fill(time, `ends ${until(Date.parse(end))}`);
      time.dateTime = end;
      time.title = clock(Date.parse(end));
    },
  };
}

/**
 * Asks what to keep back and until when; stays open until that is done.
 *
 * @param {import("./desk.js").Desk} desk
 * @param {string} [service]
 */
export async function askForSilence(desk, service = "") {
  const names = [...new Set(desk.status?.resources.map((resource) => resource.service) ?? [])].sort();
  const services = h("datalist", { id: "silence-services" }, ...names.map((name) => h("option", { value: name })));
  const which = h("input", {
    class: "field",
    id: "silence-service",
    list: "silence-services",
    placeholder: "All services",
    autocomplete: "off",
    autofocus: service === "",
  });
  which.value = service;
  const severity = h(
    "select",
    { class: "field", id: "silence-severity" },
    h("option", { value: "" }, "Warnings and critical"),
    h("option", { value: "warning" }, "Warnings only"),
    h("option", { value: "critical" }, "Critical only"),
  );
  const end = h("input", {
    class: "field",
    id: "silence-until",
    type: "datetime-local",
    required: true,
    autofocus: service !== "",
  });
  const set = (/** @type {number} */ length) => (end.value = local(Date.now() + length));
  set(HOUR);
  const lengths = LENGTHS.map(([label, length]) => h("button", { type: "button", onclick: () => set(length) }, label));
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const go = h("button", { class: "button primary", value: "go" }, "Silence");
  const box = dialog(
    "Silence",
    h(
      "p",
      { class: "muted" },
      "Falls below a line are not told until then. What is still bad at the end is told then, and an all-clear is never kept back.",
    ),
    h("div", {}, h("label", { class: "label", for: "silence-service" }, "Service"), which, services),
    h("div", {}, h("label", { class: "label", for: "silence-severity" }, "Severity"), severity),
    h(
      "div",
      {},
      h("label", { class: "label", for: "silence-until" }, "Until"),
      end,
      h("div", { class: "choices lengths", role: "group", "aria-label": "How long" }, ...lengths),
    ),
    problem,
    h("div", { class: "buttons" }, cancel(), go),
  );
  onSubmit(box, go, problem, async () => {
    await send("POST", "silences", {
      ...(which.value !== "" && { service: which.value }),
      ...(severity.value !== "" && { severity: severity.value }),
      until: new Date(end.value).toISOString(),
    });
    box.close("done");
    say("It is silent from the next check on");
    await desk.refresh();
  });
  await open(box);
}

/**
 * As a field for a local time has it.
 *
 * @param {number} time
 */
function local(time) {
  const offset = new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - offset).toISOString().slice(0, 16);
}
