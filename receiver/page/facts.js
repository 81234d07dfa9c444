// What is known of a delivery beside its headers and its body.

import { copyButton } from "./shared/clipboard.js";
import { h } from "./shared/dom.js";
import { visible } from "./shared/visible.js";
import { ago, clock, grouped } from "./shared/when.js";

const SCHEMA = {
  valid: "a health notification",
  invalid: "a health notification, but not as the schema has it",
  unknown: "not a health notification",
};

/** @param {import("./api.js").Delivery} delivery */
export function facts(delivery) {
  const { id, peer, target, http_version, body_size, body_sha256, schema, event } = delivery;
  const received = Date.parse(delivery.received_at);
  /** @type {[string, Node | string | (Node | string | false)[]][]} */
  const list = [
    [
      "Received",
      [
        h("time", { datetime: delivery.received_at, title: delivery.received_at }, clock(received)),
        h("span", { class: "muted" }, ` · ${ago(received)}${ago(received) === "now" ? "" : " ago"}`),
      ],
    ],
    ["Answered", answer(delivery)],
    ["From", peer],
    ...(target.startsWith("/") ? [] : [/** @type {[string, string]} */ (["Target", target])]),
    ["Protocol", http_version],
    ["Size", body_size === 1 ? "1 octet" : `${grouped(body_size)} octets`],
    ["Schema", SCHEMA[schema]],
    ["Id", [h("span", { class: "mono" }, id), copyButton(() => id, "Copy the id")]],
    ["SHA-256", [h("span", { class: "mono" }, body_sha256), copyButton(() => body_sha256, "Copy the hash")]],
  ];
  return h(
    "section",
    { class: "panel", "aria-label": "Facts" },
    event && eventPart(event),
    h(
      "dl",
      { class: "facts" },
      ...list.map(([name, value]) =>
        h("div", {}, h("dt", {}, name), h("dd", {}, ...(Array.isArray(value) ? value : [value]))),
      ),
    ),
  );
}

/** @param {import("./api.js").Delivery} delivery */
function answer({ response: { status, fault } }) {
  const parts = [];
  if (status === null) parts.push(fault ? "nothing" : "nothing: the sender had hung up");
  else
    parts.push(h("span", { class: `badge ${status < 300 ? "valid" : status < 500 ? "invalid" : "unsigned"}` }, status));
  if (fault)
    parts.push(
      h(
        "span",
        { class: "badge notice" },
        "fault: ",
        ...visible(typeof fault === "string" ? fault : JSON.stringify(fault)),
      ),
    );
  return parts;
}

/** @param {import("./api.js").Event} event */
function eventPart({ severity, service, resource, percent, text, type }) {
  const kind = severity === "critical" ? "invalid" : severity === "all-clear" ? "valid" : "unsigned";
  const about = [service, resource].filter(Boolean).join(" · ");
  return h(
    "div",
    { class: "event" },
    h(
      "p",
      { class: "event-head" },
      severity && h("span", { class: `badge ${kind}` }, ...visible(severity)),
      h("b", {}, ...visible(about || type || "notification")),
    ),
    text && h("p", {}, ...visible(text.slice(0, 500))),
    typeof percent === "number" && meter(percent, kind),
  );
}

/**
 * @param {number} percent that is free
 * @param {string} kind
 */
function meter(percent, kind) {
  const bar = h("span", { class: `meter-bar ${kind}` });
  bar.style.width = `${Math.min(100, Math.max(0, percent))}%`;
  const words = `${percent} % free`;
  return h(
    "p",
    { class: "event-meter" },
    h("span", { class: "meter", role: "img", "aria-label": words }, bar),
    h("span", { class: "muted small", "aria-hidden": "true" }, words),
  );
}
