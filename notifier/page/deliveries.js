// What was told, to whom, and whether it arrived.

import { send } from "./api.js";
import { Keyed } from "./keyed.js";
import { confirm } from "./shared/dialogs.js";
import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { say, sayError } from "./shared/messages.js";
import { visible, visibleText } from "./shared/visible.js";
import { ago, clock, grouped } from "./shared/when.js";
import { kind, lookOfDelivery } from "./words.js";

const STATES = /** @type {[import("./desk.js").DeliveryState, string][]} */ ([
  ["", "All"],
  ["pending", "Waiting"],
  ["scheduled", "Retrying"],
  ["delivered", "Delivered"],
  ["dead", "Dead"],
]);

/** Of a text; more would not be seen. */
const LONGEST = 300;

/**
 * @param {HTMLElement} place
 * @param {import("./desk.js").Desk} desk
 * @param {(id: string) => void} open shows one with its attempts
 */
export function deliveriesView(place, desk, open) {
  const choices = STATES.map(([state, label]) =>
    h("button", { type: "button", "data-state": state, onclick: () => desk.narrow({ state }).catch(sayError) }, label),
  );
  const again = h(
    "button",
    { class: "button small", type: "button", onclick: () => redeliverDead(desk).catch(sayError) },
    icon("replay"),
    "Redeliver all dead…",
  );
  const only = h("div", { class: "only", hidden: true });
  const list = h("ul", { class: "delivery-list" });
  const nothing = h("p", { class: "nothing muted" });
  const more = h(
    "button",
    { class: "button small", type: "button", onclick: () => desk.moreDeliveries().catch(sayError) },
    "Show more",
  );
  fill(
    place,
    h("header", {}, h("h2", { id: "deliveries-title" }, "Deliveries"), again),
    h(
      "div",
      { class: "delivery-filter" },
      h("div", { class: "choices", role: "group", "aria-label": "State of the deliveries" }, ...choices),
      only,
    ),
    list,
    nothing,
    h("div", { class: "more" }, more),
  );
  /** @type {Keyed<import("./api.js").Delivery>} */
  const rows = new Keyed(
    list,
    ({ id }) => id,
    ({ id }) => makeRow(() => open(id), desk),
  );

  function draw() {
    const { filter, deliveries, status } = desk;
    for (const choice of choices) choice.setAttribute("aria-pressed", String(choice.dataset.state === filter.state));
    again.hidden = (status?.deliveries.dead ?? 0) === 0;
    drawOnly(only, desk);
    rows.show(deliveries);
    nothing.hidden = deliveries.length > 0;
    const isNarrowed = filter.state !== "" || filter.integration !== "";
    fill(nothing, isNarrowed ? "There is none like that." : "Nothing has been told yet: nothing was bad.");
    more.hidden = !desk.hasMoreDeliveries;
  }

  desk.addEventListener("deliveries", draw);
  desk.addEventListener("integrations", draw);
  desk.addEventListener("status", draw);
  setInterval(() => rows.show(desk.deliveries), 10_000);
}

/**
 * @param {HTMLElement} place
 * @param {import("./desk.js").Desk} desk
 */
function drawOnly(place, desk) {
  const { integration } = desk.filter;
  place.hidden = integration === "";
  if (integration === place.dataset.integration) return;
  place.dataset.integration = integration;
  const label = "All integrations again";
  fill(
    place,
    h("span", { class: "badge" }, "to ", h("code", {}, integration)),
    h(
      "button",
      {
        class: "button quiet small",
        type: "button",
        "aria-label": label,
        title: label,
        onclick: () => desk.narrow({ integration: "" }).catch(sayError),
      },
      icon("cross"),
    ),
  );
}

/**
 * @param {() => void} open
 * @param {import("./desk.js").Desk} desk
 */
function makeRow(open, desk) {
  const sign = h("span", { class: "row-sign" });
  const text = h("span", { class: "row-text" });
  const to = h("span", { class: "row-to muted" });
  const when = h("time", { class: "row-when muted" });
  const note = h("span", { class: "row-note" });
  const button = h("button", { class: "delivery-row", type: "button", onclick: open }, sign, text, when, to, note);
  return {
    element: h("li", {}, button),
    /** @param {import("./api.js").Delivery} delivery */
    draw(delivery) {
      const look = lookOfDelivery(delivery);
      const { parameters, integration, created_at } = delivery;
      const time = Date.parse(created_at);
      button.className = `delivery-row ${look.look}`.trim();
      fill(sign, icon(look.sign), h("span", { class: "spoken" }, `${look.text}: `));
      fill(text, ...visible(delivery.text.slice(0, LONGEST)));
      fill(when, ago(time));
      when.dateTime = created_at;
      when.title = clock(time);
      const type = desk.integrations.find(({ id }) => id === integration)?.type;
      fill(
        to,
        `to ${type ? kind(type) : integration}`,
        parameters.recipient && ` · ${visibleText(parameters.recipient)}`,
      );
      const tries = parameters.attempts > 1 ? `${grouped(parameters.attempts)} attempts` : "";
      fill(note, [look.text, tries].filter((part) => part !== "").join(", "));
    },
  };
}

/** @param {import("./desk.js").Desk} desk */
async function redeliverDead(desk) {
  const { integration } = desk.filter;
  const whose = integration === "" ? "to all integrations" : `to ${integration}`;
  const text = `What was given up ${whose} is tried again from now on, each with the id that it had.`;
  if (!(await confirm("Redeliver all that is dead?", text, "Redeliver"))) return;
  const body = integration === "" ? { state: "dead" } : { state: "dead", integration };
  const { redelivered } = await send("POST", "redeliver", body);
  say(redelivered === 1 ? "1 delivery is tried again" : `${grouped(redelivered)} deliveries are tried again`);
  await desk.refresh();
}
