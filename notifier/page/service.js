// A service's card: a gauge and a plot for its disk, and for its inodes.

import { drawGauge, makeGauge } from "./gauge.js";
import { HistoryPlot, linesOf } from "./history.js";
import { Keyed } from "./keyed.js";
import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { visible, visibleText } from "./shared/visible.js";
import { ago, clock } from "./shared/when.js";
import { amount, badge, lookOf, NAMES, share } from "./words.js";

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {import("./api.js").Resource[]} resources
 * @property {import("./api.js").Silence[]} silences that keep something of it back
 * @property {import("./history.js").Range} range
 */

/**
 * @param {Service} service
 * @param {(name: string) => void} silence
 */
export function makeService({ name }, silence) {
  const shown = visibleText(name);
  const state = h("span", { class: "service-state" });
  const silenced = h("span", {});
  const label = `Silence ${shown}`;
  const button = h(
    "button",
    { class: "button quiet icon", type: "button", "aria-label": label, title: label, onclick: () => silence(name) },
    icon("silence"),
  );
  const body = h("div", { class: "service-body" });
  const element = h(
    "article",
    { class: "panel service", "aria-label": `Service ${shown}` },
    h("header", {}, h("h3", { class: "service-name" }, ...visible(name)), silenced, state, button),
    body,
  );
  /** @type {Keyed<{ resource: import("./api.js").Resource, range: import("./history.js").Range }>} */
  const resources = new Keyed(body, ({ resource }) => resource.resource, makeResource);
  return {
    element,
    /** @param {Service} service */
    draw(service) {
      const worst = service.resources.reduce((worst, one) => (rank(one) > rank(worst) ? one : worst));
      fill(state, badge(lookOf(worst)));
      const until = service.silences.map(({ until }) => Date.parse(until)).sort()[0];
      fill(
        silenced,
        until !== undefined &&
          h("span", { class: "badge", title: `Until ${clock(until).slice(0, -4)}` }, icon("silence"), "silenced"),
      );
      resources.show(service.resources.map((resource) => ({ resource, range: service.range })));
    },
  };
}

/** @param {import("./api.js").Resource} resource */
function rank({ state, unknown }) {
  return { ok: 0, warning: 2, critical: 4 }[state] + (unknown ? 1 : 0);
}

function makeResource() {
  const gauge = makeGauge();
  const plot = new HistoryPlot();
  const title = h("h4", { class: "resource-title" });
  const note = h("p", { class: "resource-note small" });
  const element = h(
    "div",
    { class: "resource" },
    h("div", { class: "resource-now" }, gauge),
    h("div", { class: "resource-past" }, h("div", { class: "resource-head" }, title), note, plot.element),
  );
  return {
    element,
    /** @param {{ resource: import("./api.js").Resource, range: import("./history.js").Range }} shown */
    draw({ resource, range }) {
      const { look } = lookOf(resource);
      const { percent, available, total } = resource;
      const figures =
        available === null || total === null
          ? ""
          : `${amount(resource.resource, available)} of ${amount(resource.resource, total)} free`;
      element.className = `resource ${look}`;
      fill(title, NAMES[resource.resource], figures && h("span", { class: "muted figures" }, figures));
      fill(note, ...noteOf(resource));
      const label = `${NAMES[resource.resource]}: ${percent === null ? "unknown" : `${share(percent)} free`}`;
      drawGauge(gauge, { percent, lines: linesOf(resource), look, label });
      plot.draw(resource, range);
    },
  };
}

/** @param {import("./api.js").Resource} resource */
function noteOf({ state, since, announced, unknown, unknown_rounds, unknown_reason, watched }) {
  const time = Date.parse(since);
  const when = h(
    "time",
    { datetime: since, title: clock(time).slice(0, -4) },
    ago(time) === "now" ? "just now" : `for ${ago(time)}`,
  );
  /** @type {import("./shared/dom.js").Child[]} */
  const note = [];
  if (unknown) {
    note.push(h("b", {}, "Unknown"), ` for ${unknown_rounds} checks: `, ...visible(unknown_reason ?? "no figures"));
    if (state !== "ok") note.push(`. It was ${state} before.`);
  } else if (state !== "ok") {
    note.push(h("b", {}, state === "warning" ? "Warning" : "Critical"), " ", when);
    if (announced === "ok") note.push(", kept back by a silence");
  }
  if (!watched) note.push(" No longer in the configuration.");
  return note;
}
