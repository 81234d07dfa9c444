// All services, the worst first.

import { RANGES } from "./history.js";
import { Keyed } from "./keyed.js";
import { makeService } from "./service.js";
import { fill, h } from "./shared/dom.js";
import { sayError } from "./shared/messages.js";
import { grouped } from "./shared/when.js";

/** From how many services on there is a field to look for one. */
const MANY = 7;

/**
 * @param {HTMLElement} place
 * @param {import("./desk.js").Desk} desk
 * @param {(service: string) => void} silence
 */
export function servicesView(place, desk, silence) {
  /** @type {import("./history.js").Range} */
  let range = "day";
  const grid = h("div", { class: "service-grid" });
  const nothing = h("p", { class: "nothing muted" });
  const more = h("button", { class: "button", type: "button", onclick: () => desk.moreServices().catch(sayError) });
  const field = h("input", {
    class: "field",
    type: "search",
    placeholder: "Find a service",
    "aria-label": "Find a service",
    oninput: () => desk.find(field.value.trim()).catch(sayError),
  });
  const ranges = Object.entries(RANGES).map(([name, { label, words }]) =>
    h(
      "button",
      { type: "button", "data-range": name, "aria-label": `${label}, the last ${words}`, onclick: () => choose(name) },
      label,
    ),
  );
  fill(
    place,
    h(
      "header",
      { class: "services-head" },
      h("h2", { id: "services-title" }, "Services"),
      field,
      h("div", { class: "choices", role: "group", "aria-label": "Time of the plots" }, ...ranges),
    ),
    grid,
    nothing,
    more,
  );
  /** @type {Keyed<import("./service.js").Service>} */
  const cards = new Keyed(
    grid,
    ({ name }) => name,
    (service) => makeService(service, silence),
  );

  /** @param {string} name */
  function choose(name) {
    range = /** @type {import("./history.js").Range} */ (name);
    draw();
  }

  function draw() {
    const { status } = desk;
    if (!status) return;
    for (const button of ranges) button.setAttribute("aria-pressed", String(button.dataset.range === range));
    field.hidden = status.counts.services < MANY && desk.search === "";
    cards.show(
      byService(status.resources).map(([name, resources]) => ({
        name,
        resources,
        range,
        silences: desk.silences.filter(({ service }) => service === null || service === name),
      })),
    );
    more.hidden = status.more === 0;
    fill(more, `Show more of ${grouped(status.more)} others`);
    nothing.hidden = status.resources.length > 0;
    fill(
      nothing,
      desk.search !== ""
        ? "No service is called that."
        : status.round
          ? "The configuration has no services; hookseal.toml names them: [[service]]."
          : "The first check is under way.",
    );
  }

  desk.addEventListener("status", draw);
  desk.addEventListener("silences", draw);
}

/** @param {import("./api.js").Resource[]} resources those of one service beside each other */
function byService(resources) {
  /** @type {Map<string, import("./api.js").Resource[]>} */
  const services = new Map();
  for (const resource of resources)
    services.set(resource.service, [...(services.get(resource.service) ?? []), resource]);
  return [...services];
}
