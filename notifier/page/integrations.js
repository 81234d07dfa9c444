// Who is told, and how well that goes.

import { Keyed } from "./keyed.js";
import { fill, h } from "./shared/dom.js";
import { sayError } from "./shared/messages.js";
import { visible } from "./shared/visible.js";
import { ago, clock, grouped } from "./shared/when.js";
import { badge, kind, lookOfHealth } from "./words.js";

/**
 * @param {HTMLElement} place
 * @param {import("./desk.js").Desk} desk
 */
export function integrationsView(place, desk) {
  const list = h("ul", { class: "integration-list" });
  const nothing = h(
    "div",
    { class: "nothing muted" },
    h("p", {}, "Nobody is told yet. This adds a webhook:"),
    h(
      "pre",
      { class: "nothing-command" },
      "hookseal integration:add --type health.webhook --url https://example.com/health",
    ),
  );
  fill(place, h("header", {}, h("h2", { id: "integrations-title" }, "Integrations")), list, nothing);
  /** @type {Keyed<import("./api.js").Integration>} */
  const rows = new Keyed(
    list,
    ({ id }) => id,
    ({ id }) => makeRow(() => desk.narrow({ integration: id }).catch(sayError)),
  );
  const draw = () => {
    rows.show(desk.integrations);
    nothing.hidden = desk.integrations.length > 0;
  };
  desk.addEventListener("integrations", draw);
  setInterval(draw, 10_000);
}

/** @param {() => void} narrow */
function makeRow(narrow) {
  const head = h("p", { class: "integration-head" });
  const where = h("p", { class: "integration-where" });
  const note = h("p", { class: "small muted" });
  const error = h("p", { class: "problem small", hidden: true });
  const show = h("button", { class: "link small", type: "button", onclick: narrow }, "its deliveries");
  return {
    element: h("li", { class: "integration" }, head, where, error, h("div", { class: "integration-foot" }, note, show)),
    /** @param {import("./api.js").Integration} integration */
    draw({ id, type, settings, health, deliveries }) {
      show.setAttribute("aria-label", `its deliveries: ${id}`);
      fill(head, h("b", {}, kind(type)), h("code", { class: "muted" }, id), badge(lookOfHealth(health)));
      fill(where, ...visible(target(settings)));
      error.hidden = health.last_error === null || health.state === "ok";
      fill(error, ...visible(health.last_error ?? ""));
      fill(note, ...noteOf(health, deliveries));
    },
  };
}

/** @param {import("./api.js").Integration["settings"]} settings */
function target({ url, channel, recipients, key_format }) {
  if (url !== undefined) return key_format === undefined ? `${url} (unsigned)` : url;
  return channel ?? recipients?.join(", ") ?? "";
}

/**
 * @param {import("./api.js").Health} health
 * @param {import("./api.js").Outstanding} deliveries
 */
function noteOf({ failing_since, failures, succeeded_at, paused_at }, { pending, dead }) {
  const parts = [];
  if (paused_at !== null) parts.push(moment("paused for ", paused_at, ""));
  else if (failing_since !== null)
    parts.push(
      moment("failing for ", failing_since, `, ${grouped(failures)} ${failures === 1 ? "time" : "times"} in a row`),
    );
  if (succeeded_at !== null) parts.push(moment("last success ", succeeded_at, " ago"));
  if (pending > 0) parts.push(`${grouped(pending)} on their way`);
  if (dead > 0) parts.push(`${grouped(dead)} dead`);
  return parts.flatMap((part, index) => (index === 0 ? [part] : [" · ", part]));
}

/**
 * @param {string} before
 * @param {string} time
 * @param {string} after
 */
function moment(before, time, after) {
  const at = Date.parse(time);
  const words = ago(at) === "now" ? "a moment" : ago(at);
  return h("time", { datetime: time, title: clock(at) }, `${before}${words}${after}`);
}
