// One delivery with its attempts: what was sent, what was answered, and when.

import { get, send } from "./api.js";
import { Keyed } from "./keyed.js";
import { copyButton } from "./shared/clipboard.js";
import { cancel, dialog, open } from "./shared/dialogs.js";
import { fill, h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { say, sayError } from "./shared/messages.js";
import { visible, visibleLines } from "./shared/visible.js";
import { ago, clock, until } from "./shared/when.js";
import { badge, kind, lookOfAttempt, lookOfDelivery } from "./words.js";

/**
 * Shows it until it is closed, as it is now and as it becomes.
 *
 * @param {string} id
 * @param {import("./desk.js").Desk} desk
 */
export async function showDelivery(id, desk) {
  /** @type {import("./api.js").DeliveryDetail} */
  let delivery = await get(`deliveries/${id}`);
  const facts = h("dl", { class: "facts" });
  const none = h("p", { class: "muted" }, "It was not tried yet.");
  const list = h("ol", { class: "attempts" });
  /** @type {Keyed<import("./api.js").Attempt>} */
  const attempts = new Keyed(
    list,
    ({ number }) => String(number),
    (attempt) => makeAttempt(attempt, attempt.number === delivery.attempts.length),
  );
  const again = h(
    "button",
    { class: "button primary", type: "button", onclick: () => redeliver().catch(sayError) },
    icon("replay"),
    "Redeliver",
  );
  const box = dialog(
    "Delivery",
    h("p", { class: "delivery-text" }, ...visible(delivery.text)),
    facts,
    h("h3", {}, "Attempts"),
    none,
    list,
    h("div", { class: "buttons" }, cancel("Close"), again),
  );
  box.classList.add("wide");

  const draw = () => {
    fill(facts, ...factsOf(delivery, desk));
    none.hidden = delivery.attempts.length > 0;
    // The last one first: it is the one that matters.
    attempts.show([...delivery.attempts].reverse());
    again.hidden = delivery.state !== "complete";
  };
  const look = async () => {
    delivery = await get(`deliveries/${id}`).catch(() => delivery);
    draw();
  };
  const redeliver = async () => {
    await send("POST", `deliveries/${id}/redeliver`);
    say("It is tried again");
    await Promise.all([look(), desk.refresh()]);
  };
  draw();
  desk.addEventListener("deliveries", look);
  await open(box);
  desk.removeEventListener("deliveries", look);
}

/**
 * @param {import("./api.js").DeliveryDetail} delivery
 * @param {import("./desk.js").Desk} desk
 */
function factsOf(delivery, desk) {
  const { id, created_at, integration, parameters } = delivery;
  const type = desk.integrations.find((one) => one.id === integration)?.type;
  const next = parameters.next_attempt_at;
  /** @type {[string, import("./shared/dom.js").Child[]][]} */
  const facts = [
    ["State", [badge(lookOfDelivery(delivery)), next !== undefined && ` next attempt ${until(Date.parse(next))}`]],
    [
      "To",
      [
        type && `${kind(type)} `,
        h("code", {}, integration),
        parameters.recipient && ` · `,
        ...visible(parameters.recipient ?? ""),
      ],
    ],
    ["Made", [time(created_at)]],
    ["Event", [h("code", {}, parameters.event), copyButton(() => parameters.event, "Copy the event's id")]],
    ["Id", [h("code", {}, id), copyButton(() => id, "Copy the id")]],
  ];
  return facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value)));
}

/** @param {string} text */
function time(text) {
  const at = Date.parse(text);
  return h(
    "time",
    { datetime: text, title: text },
    `${clock(at)} · ${ago(at) === "now" ? "just now" : `${ago(at)} ago`}`,
  );
}

/**
 * @param {import("./api.js").Attempt} attempt
 * @param {boolean} isLast
 */
function makeAttempt({ number }, isLast) {
  const head = h("p", { class: "attempt-head" });
  const error = h("p", { class: "problem", hidden: true });
  const exchange = h("div", { class: "exchange" });
  // The last one is looked at; the others when somebody wants to.
  const more = h("details", { class: "exchange-more", open: isLast }, h("summary", {}, "Request and answer"), exchange);
  let shown = "";
  return {
    element: h("li", { class: "attempt", "aria-label": `Attempt ${number}` }, head, error, more),
    /** @param {import("./api.js").Attempt} attempt */
    draw(attempt) {
      // A selection in it is not to be lost.
      const wanted = JSON.stringify(attempt);
      if (wanted === shown) return;
      shown = wanted;
      const { status, took_ms } = attempt;
      fill(
        head,
        h("b", {}, `${number}`),
        badge(lookOfAttempt(attempt)),
        status !== null && h("span", { class: "badge" }, `status ${status}`),
        h(
          "span",
          { class: "muted" },
          time(attempt.started_at),
          took_ms !== null && ` · ${took_ms.toFixed(took_ms < 10 ? 1 : 0)} ms`,
        ),
      );
      error.hidden = attempt.error === null;
      fill(error, ...visible(attempt.error ?? ""));
      fill(exchange, part("Sent", attempt.request), part("Answered", attempt.answer));
      more.hidden = exchange.children.length === 0;
    },
  };
}

/**
 * @param {string} name
 * @param {string | null} text
 */
function part(name, text) {
  if (!text) return null;
  return h(
    "div",
    { class: "exchange-part" },
    h("h4", {}, name),
    h("pre", { tabindex: 0, role: "region", "aria-label": name }, ...visibleLines(text)),
  );
}
